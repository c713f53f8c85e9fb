"""docs/own-model.md: its code runs as it stands, and its figures are those of the code."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from genesys_sentiment.classifiers import OnnxClassifier, _asker, ahead, look_ahead
from genesys_sentiment.simulator import Simulator, builtin_calls
from tests.classifiers.tiny import write
from tests.project import ROOT

PAGE = ROOT / "docs" / "own-model.md"
TEXT = PAGE.read_text("utf-8")
LIVE, ANY = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


async def test_the_classifier_scores_a_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Played calls, a tiny model; what a user would end with Ctrl-C is cancelled here."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    mains: list[Coroutine[Any, Any, None]] = []
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "run", mains.append)
        exec(compile(LIVE, str(PAGE), "exec"), {"__name__": "__main__"})
    async with Simulator(builtin_calls()[:2], speed=40.0, wait=1.2) as simulator:
        monkeypatch.delenv("GENESYS_REGION", raising=False)
        monkeypatch.setenv("GENESYS_API_URL", simulator.api_url)
        monkeypatch.setenv("GENESYS_LOGIN_URL", simulator.login_url)
        monkeypatch.setenv("GENESYS_CLIENT_ID", simulator.client_id)
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", simulator.client_secret)
        monkeypatch.setenv("GENESYS_QUEUE_ID", simulator.queue_id)
        task = asyncio.create_task(mains[0])
        said = ""
        async with asyncio.timeout(20):
            while simulator.open_sockets == 0:
                await asyncio.sleep(0.02)
                assert not task.done(), task.result()
            await simulator.play()
            while " onnx" not in said:
                await asyncio.sleep(0.02)
                assert not task.done(), task.result()
                said += capsys.readouterr().out
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.wait({task})
    assert task.cancelled()


def test_a_slow_analyzer_is_asked_ahead() -> None:
    exec(compile(ANY, str(PAGE), "exec"), {"__name__": "__main__"})


def test_the_figures_are_those_of_the_code() -> None:
    assert _asker._ASTRAY == 4
    for stated in (
        f"At most {look_ahead.WAITING} events",
        f"last {ahead.REMEMBERED:,} texts",
        "When four threads",
    ):
        assert stated in TEXT, stated
    for name, parameter in inspect.signature(OnnxClassifier).parameters.items():
        default = parameter.default
        if default is inspect.Parameter.empty:
            shown = ""
        else:
            shown = ", ".join(default) if isinstance(default, tuple) else str(default)
        assert re.search(rf"^\| `{name}` \| `?{re.escape(shown)}`? ?\|", TEXT, re.MULTILINE), name
