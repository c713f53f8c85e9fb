"""Record what comes over a connection, and score the recording again: the same scores.

    python examples/replay_recording.py [FILE]

Runs against a Genesys Cloud on this machine. A recording holds what was said: treat it so.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from genesys_sentiment import (
    AiohttpTransport,
    Cloud,
    Recorder,
    Score,
    Scorer,
    Stream,
    endpoints,
    replay,
    score,
    watch,
)
from genesys_sentiment.simulator import Simulator, builtin_calls


async def scores_of(stream: Stream) -> dict[str, float]:
    """Every score until the stream ends. The id is the same for the same logical event."""
    scores = score(stream, Scorer(), only=Score)
    return {scored.id: scored.polarity_raw async for scored in scores}


async def live(path: Path) -> dict[str, float]:
    """Follow a queue, and write down every frame on the way."""
    async with Simulator(builtin_calls()[:2], speed=30.0) as simulator:
        addresses = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(addresses, simulator.client_id, simulator.client_secret) as cloud:
            # A recorder is a transport around another one: the stream notices nothing.
            with Recorder(AiohttpTransport(cloud.session), path) as recorder:
                async with watch(cloud, queues=[simulator.queue_id], transport=recorder) as stream:
                    scoring = asyncio.create_task(scores_of(stream), name="scoring")
                    await stream.ready()
                    await simulator.play()
                    await asyncio.sleep(0.5)  # what was sent last is on its way
                # Leaving the stream has ended the loop inside scores_of.
                return await scoring


async def again(path: Path) -> dict[str, float]:
    """The same frames, with the times they had, as fast as they can be read."""
    async with replay(path) as stream:
        return await scores_of(stream)


async def main(path: Path) -> None:
    first = await live(path)
    print(len(first), "scores live, recorded in", path)
    same = await again(path) == first
    print("the same scores again:", same)
    if not first or not same:
        sys.exit(1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        named = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "recording.jsonl"
        asyncio.run(main(named))
