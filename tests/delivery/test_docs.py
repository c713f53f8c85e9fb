"""The example of docs/delivery.md runs as it stands, and its figures are the code's."""

from __future__ import annotations

import re

import pytest

from genesys_sentiment.delivery.inbox import MOST, MOST_BYTES
from genesys_sentiment.model.entries import Breaking, Lane, Retry
from tests.project import ROOT

PAGE = (ROOT / "docs" / "delivery.md").read_text("utf-8")


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(block, "delivery.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "live: lost"
    assert said[1].endswith(" lost")
    assert said[2] == "printer 1 of 1"


def test_the_figures() -> None:
    lane, retry, breaking = Lane(), Retry(), Breaking()
    assert (lane.batch, lane.size, lane.linger, lane.timeout) == (100, 1 << 20, 0.05, 30.0)
    assert (len(retry.delays), retry.jitter, retry.refusals) == (9, 0.1, 1)
    assert (retry.longest_wait, breaking.consecutive, breaking.failing) == (3600.0, 5, 0.5)
    assert (breaking.sends, breaking.window, breaking.pause) == (20, 30.0, 30.0)
    assert (MOST, MOST_BYTES) == (10_000, 16 << 20)
