"""The program in ``docs/on-demand.md`` does what the page says, as it stands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator
from tests.project import ROOT
from tests.simulator.client import short_call

(PROGRAM,) = (
    block
    for block in re.findall(
        r"^```python\n(.*?)^```",
        (ROOT / "docs" / "on-demand.md").read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    if "asyncio.run(" in block
)


async def test_the_program_tells_what_it_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """S1-21: the platform's sentiment of a call that ended, without a call of ours.

    The call is over before its own topics are subscribed, so the topic does not say it first; and
    it is analysed before the first question, which would be put again after 15 s only.
    """
    call = short_call("judged", sentiment={"overall": -0.42, "trend": 0.18})
    async with Simulator([call], speed=1e5, wait=0.2) as simulator:
        monkeypatch.delenv("GENESYS_REGION", raising=False)
        monkeypatch.setenv("GENESYS_API_URL", simulator.api_url)
        monkeypatch.setenv("GENESYS_LOGIN_URL", simulator.login_url)
        monkeypatch.setenv("GENESYS_CLIENT_ID", simulator.client_id)
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", simulator.client_secret)
        monkeypatch.setenv("GENESYS_QUEUE_ID", simulator.queue_id)
        mains: list[Coroutine[Any, Any, None]] = []
        with monkeypatch.context() as patch:
            patch.setattr(asyncio, "run", mains.append)
            exec(compile(PROGRAM, "on-demand.md", "exec"), {"__name__": "__main__"})
        task = asyncio.create_task(mains[0])
        await simulator.watched()
        await simulator.play()
        said = ""
        async with asyncio.timeout(10):
            while "in the end" not in said:
                await asyncio.sleep(0.02)
                assert not task.done(), task.result()
                said += capsys.readouterr().out
            await simulator.abort_sockets()
            while "gap disconnected" not in said:
                await asyncio.sleep(0.02)
                said += capsys.readouterr().out
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.wait({task})
    assert f"in the end {simulator.conversations[0]} negative\n" in said
    assert said.count("in the end") == 1
