"""The tutorial's monitor beside ours."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from genesys_sentiment.model.events import Reading
from genesys_sentiment.scoring import Scorer
from genesys_sentiment.scoring.alerts import AlertRules
from tests.scoring.alert_feed import told
from tests.scoring.helpers import START


class Monitor:
    """What the tutorial does: one buffer for everybody, no 30 s, a map that nobody makes."""

    def __init__(self) -> None:
        self.buffer: deque[float] = deque(maxlen=5)
        self.alerts: list[str] = []

    def process(self, event: dict[str, Any]) -> None:
        if not event.get("sentiment"):
            return
        self.buffer.append(event["sentiment"]["score"])
        if len(self.buffer) == 5 and sum(self.buffer) / 5 < -0.5:
            self.alerts.append(event["agentId"])


def ours(values: list[tuple[str, float | None]], every: float) -> list[tuple[str, str, float]]:
    """The alerts over the same values, one every so many seconds, by conversation."""
    scorer, stage = Scorer(), AlertRules()
    out: list[Any] = []
    for step, (name, value) in enumerate(values):
        at = START + step * every
        for record in scorer(Reading(conversation=name, score=value, at=at), at):
            out += stage(record, at)
    return told(out)


def test_other_agents_do_not_add_up() -> None:
    """S3-08, S3-10: five calls with one bad reading each are no trend of anybody."""
    values: list[tuple[str, float | None]] = [(f"c{number}", -0.9) for number in range(5)]
    monitor = Monitor()
    for name, value in values:
        monitor.process({"sentiment": {"score": value}, "agentId": name})
    assert monitor.alerts == ["c4"]
    assert ours(values, 1.0) == []


def test_one_alert_and_only_after_thirty_seconds() -> None:
    """S3-10: the tutorial alerts at the fifth reading, and at each one after it."""
    values: list[tuple[str, float | None]] = [("c", -0.9)] * 12
    monitor = Monitor()
    for name, value in values:
        monitor.process({"sentiment": {"score": value}, "agentId": name})
    assert len(monitor.alerts) == 8
    assert ours(values, 5.0) == [("trend", "raised", 50.001)]


def test_null_is_no_number() -> None:
    """S3-07: the tutorial crashes on a null score; here it is no reading at all."""
    values: list[tuple[str, float | None]] = [*[("c", -0.9)] * 2, ("c", None), *[("c", -0.9)] * 3]
    monitor = Monitor()
    events = [{"sentiment": {"score": value}, "agentId": name} for name, value in values]
    for event in events[:4]:
        monitor.process(event)
    with pytest.raises(TypeError):
        monitor.process(events[4])
    assert ours([*values, *[("c", -0.9)] * 7], 5.0) == [("trend", "raised", 55.001)]
