"""What happens to the conversations of a real queue: calls, holds, after-call work, wrap-up.

    python examples/states_on_queue.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.
"""

import asyncio
import contextlib
import sys

from genesys_sentiment import Cloud, Gap, StateChange, watch


def show(event: object) -> None:
    """The platform sends whole conversations; the stream has compared each with the last one."""
    match event:
        case StateChange(subject="transcription" | "detail"):
            pass
        case StateChange():
            print(f"{event.conversation}  {event.purpose or '-'} {event.subject} {event.state}")
        case Gap():
            print(f"events may be missing for {event.until - event.since:.1f} s: {event.reason}")


async def main(queue: str, seconds: float | None) -> None:
    async with Cloud.from_env() as cloud, watch(cloud, queues=[queue]) as stream:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for event in stream:  # no stage is needed: these are the events themselves
                    show(event)
    print("the accounting adds up:", not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
