"""Two handlers for one stream: a plain one that counts, an async one that reacts.

    python examples/callbacks.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.
"""

import asyncio
import contextlib
import sys
from collections import Counter

from genesys_sentiment import Cloud, Delivery, Score, Scorer, score, watch

polarities: Counter[str] = Counter()


def count(record: Score) -> None:
    """A plain function runs at once, in the event loop: it must not block."""
    polarities[record.polarity] += 1


async def react(record: Score) -> None:
    """An async one may wait, for ``timeout`` seconds. Within a conversation it is called in order;
    other conversations do not wait for it."""
    if record.participant == "customer" and record.polarity == "negative":
        await asyncio.sleep(0.01)  # a call to your own system
        print(f"{record.conversation}: {record.emotion} ({record.confidence or 0.0:.2f})")


async def main(queue: str, seconds: float | None) -> None:
    async with (
        Cloud.from_env() as cloud,
        watch(cloud, queues=[queue]) as stream,
        Delivery() as delivery,
    ):
        delivery.subscribe(count, only=Score)
        # What comes back is the way back: calling it withdraws the handler.
        reacting = delivery.subscribe(react, only=Score, timeout=2.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await delivery.consume(score(stream, Scorer()))
        reacting()
    print(dict(polarities))
    print(reacting.counters)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
