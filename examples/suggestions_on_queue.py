"""Agent Assist suggestions of a real queue: which are worth showing, and how agents take them.

    python examples/suggestions_on_queue.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.
"""

import asyncio
import contextlib
import sys

from genesys_sentiment import Cloud, score, watch
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.scoring.assist import Assist


def show(record: object) -> None:
    """The platform sends one suggestion at a time, and later what the agent did with it."""
    match record:
        case Ranked(suggestions=(best, *_)):
            print("suggested:", best.title or best.kind)
        case Ranked():
            print("suppressed: too uncertain", record.too_uncertain, "repeated", record.repeated)
        case Acceptance():
            rate = "" if record.rate is None else f"{record.rate:.2f}"
            print(f"{record.reaction}: {record.accepted} of {record.shown} accepted, {rate}")


async def main(queue: str, seconds: float | None) -> None:
    assist = Assist()
    async with Cloud.from_env() as cloud, watch(cloud, queues=[queue], suggestions=True) as stream:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for record in score(stream, assist):
                    show(record)
    print("the accounting adds up:", assist.counters.balanced and not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
