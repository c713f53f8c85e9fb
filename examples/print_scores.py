"""Every utterance of a queue, scored, as it is spoken.

    python examples/print_scores.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION. Without SECONDS it
runs until Ctrl-C.
"""

import asyncio
import contextlib
import sys

from genesys_sentiment import Cloud, Gap, Score, Scorer, Skipped, TopicRefused, score, watch


async def main(queue: str, seconds: float | None) -> None:
    async with Cloud.from_env() as cloud, watch(cloud, queues=[queue]) as stream:
        with contextlib.suppress(TimeoutError):
            # Ends by cancelling the loop below: nothing of the library needs to be told.
            async with asyncio.timeout(seconds):
                async for record in score(stream, Scorer()):
                    show(record)
        print("the accounting adds up:", not stream.counters.problems())


def show(record: object) -> None:
    """The records that matter here; there are more kinds, and new ones may come."""
    match record:
        case Score(utterance=str()):
            who = record.participant or "somebody"
            print(f"{who:>8}  {record.polarity:<8} {record.polarity_raw:+.2f}  {record.emotion}")
        case Score():
            # No utterance: the platform's own verdict on the whole conversation.
            print(f"  overall  {record.polarity:<8} {record.polarity_raw:+.2f}")
        case Skipped(reason="not_final" | "empty" | "no_words"):
            pass  # a revision that a later one replaces, or nothing that could be judged
        case Skipped():
            print("not scored:", record.reason)
        case Gap():
            print(f"events may be missing for {record.until - record.since:.1f} s: {record.reason}")
        case TopicRefused():
            print("not permitted:", record.topic, *record.missing)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
