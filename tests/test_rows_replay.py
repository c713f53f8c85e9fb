"""A recorded run, scored and judged again, says the same to the byte."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics, conversations
from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.diagnostics import Diagnostics
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.stage import Stage
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.simulator.call_files import Call, parse_call
from genesys_sentiment.streaming.recording import Recorder, Recording
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from tests.streaming.simulated import QUICK, client


def stages() -> tuple[Stage, ...]:
    return Scorer(), AlertRules(), Diagnostics()


def bad_call() -> Call:
    """A minute and more of anger."""
    turn = {"speaker": "caller", "duration_ms": 900, "text": "no", "mood": {"score": -0.8}}
    turns = [json.dumps({**turn, "start_ms": 5000 * number}) for number in range(14)]
    return parse_call("bad", "\n".join(turns), "bad.jsonl")


async def again(path: Path) -> list[bytes]:
    """The recording through new stages, on its own clock."""
    recording = Recording(path)
    stream = Stream(RealtimeAnalytics(), recording, tokens=recording, clock=recording.clock)
    async with stream:
        records = score(stream, *stages(), wall=recording.clock.wall)
        return [to_json(each) async for each in records]


def timeless(line: bytes) -> str:
    """Without when it was computed, which a replay does later."""
    return json.dumps({k: v for k, v in json.loads(line).items() if k != "scoredAt"})


async def test_a_recorded_run_replays_to_the_same_bytes(tmp_path: Path) -> None:
    """X-01, S3-10: live, and twice from the file: scores, alerts and findings are the same."""
    path = tmp_path / "run.jsonl"
    async with Simulator([bad_call()], speed=60.0, wait=0.1) as simulator:
        async with client(simulator) as cloud:
            host = simulator.api_url.removeprefix("http://")
            with Recorder(AiohttpTransport(cloud.session), path) as recorder:
                stream = Stream(
                    RealtimeAnalytics(host=host, secure=False),
                    recorder,
                    tokens=cloud.tokens,
                    topics=[conversations(queue=simulator.queue_id)],
                    options=QUICK,
                )

                async def consume() -> list[Record]:
                    return [record async for record in score(stream, *stages())]

                async with stream:
                    consuming = asyncio.create_task(consume())
                    await stream.ready()
                    await asyncio.sleep(0.05)
                    await simulator.play()
                    await asyncio.sleep(0.1)
                live = await consuming
    assert [each.state for each in live if isinstance(each, Alert)] == ["raised", "cleared"]
    first, second = await again(path), await again(path)
    assert first == second
    assert [timeless(each) for each in first] == [timeless(to_json(each)) for each in live]
