"""What is wrong with the data is found once, and over once."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.diagnostic_figures import DiagnosticFigures
from genesys_sentiment.scoring.diagnostics import Diagnostics
from tests.scoring.alert_feed import Feed, change, findings, no_data, platform, score


def test_a_flat_line() -> None:
    """S3-13: ten platform readings of exactly 0.0, found once and over with the first other."""
    feed = Feed(Diagnostics())
    feed(*(platform(0.0, float(at)) for at in range(9)))
    assert feed.out == []
    (found,) = feed(platform(0.0, 9.0))
    assert "language" in found.advice
    assert found.conversation == "c"
    feed(platform(0.0, 10.0), platform(0.1, 11.0), platform(0.0, 12.0))
    assert findings(feed.out) == [("flat_line", "raised", 9.0), ("flat_line", "cleared", 11.0)]


def test_text_without_feeling_is_no_flat_line() -> None:
    """S3-13: an analyzer says 0.0 of every neutral sentence."""
    assert Feed(Diagnostics())(*(score(0.0, float(at)) for at in range(30))) == []


def test_a_gap_while_connected() -> None:
    """S3-17: more than 120 s without a score, found by time alone, over with the next score."""
    feed = Feed(Diagnostics())
    feed(change("connected", 0.0), score(0.1, 10.0))
    assert feed.tick(130.0) == []
    (found,) = feed.wait()
    assert "Masking stays on" in found.advice
    feed(score(0.1, 140.0))
    feed(change("disconnected", 150.0))
    feed.wait()
    assert findings(feed.out) == [
        ("sentiment_gap", "raised", 130.001),
        ("sentiment_gap", "cleared", 140.0),
    ]
    assert feed.deadline is None


def test_a_gap_is_over_with_the_call_and_none_begins_unconnected() -> None:
    """S3-17: only a connected conversation can have one."""
    feed = Feed(Diagnostics())
    feed(score(0.1, 0.0))
    assert feed.deadline is None
    feed(change("connected", 1.0), score(0.2, 2.0))
    feed.wait()
    feed(change("disconnected", 200.0))
    feed.wait()
    assert findings(feed.out)[-1] == ("sentiment_gap", "cleared", 205.0)


def test_readings_without_a_single_score() -> None:
    """S3-01: ten in a row say licence or policy, of the queue they name."""
    feed = Feed(Diagnostics())
    feed(*(no_data(float(at), conversation=f"c{at}", queues=("q",)) for at in range(12)))
    (found,) = feed.out
    assert found.queue == "q"  # type: ignore[union-attr]
    assert "licence" in found.advice  # type: ignore[union-attr]
    feed(platform(0.4, 20.0, queues=("q",)), platform(0.4, 21.0, queues=("q",)))
    assert findings(feed.out) == [("no_data", "raised", 9.0), ("no_data", "cleared", 20.0)]


def test_now_and_then_a_score_is_enough() -> None:
    """S3-01: not one hundred per cent, no finding."""
    feed = Feed(Diagnostics())
    for start in (0.0, 20.0):
        feed(*(no_data(start + at) for at in range(9)), platform(0.4, start + 10))
    assert feed.out == []


def call(name: str, start: float, *scores: Any, queue: str = "q") -> list[Any]:
    """A conversation of ten seconds."""
    names = {"conversation": name, "queue": queue}
    return [change("connected", start, **names), *scores, change("ended", start + 10.0, **names)]


def test_a_queue_without_coverage() -> None:
    """S3-02: three connected conversations without a score; over with the first that has one."""
    stage = Diagnostics()
    feed = Feed(stage)
    for number in range(3):
        assert feed(*call(f"c{number}", 20.0 * number)) == []
        feed.wait()
    assert stage.coverage() == {"q": (0, 3)}
    feed(*call("good", 80.0, score(0.1, 82.0, conversation="good")))
    feed(*call("other", 100.0, score(0.1, 102.0, conversation="other"), queue="r"))
    assert stage.coverage() == {"q": (1, 4), "r": (1, 1)}
    assert findings(feed.out) == [("no_coverage", "raised", 55.0), ("no_coverage", "cleared", 82.0)]


def test_a_late_score_covers() -> None:
    """S3-02, S3-12: within the 5 s of grace."""
    stage = Diagnostics(DiagnosticFigures(uncovered=1))
    feed = Feed(stage)
    feed(*call("c", 0.0), score(0.1, 14.9))
    feed.wait()
    assert feed.out == []
    assert stage.coverage() == {"q": (1, 1)}


def test_handing_over() -> None:
    """S3-02: counts and timers go on in another process."""
    first, second = Diagnostics(), Diagnostics()
    Feed(first)(change("connected", 0.0, queue="q"), *(platform(0.0, float(at)) for at in range(9)))
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert (second.deadline, second.coverage()) == (first.deadline, {"q": (1, 1)})
    assert findings(Feed(second)(platform(0.0, 9.0))) == [("flat_line", "raised", 9.0)]
    with pytest.raises(ConfigurationError):
        second.restore(b"no")


def test_a_leap_of_the_clock_finds_nothing() -> None:
    """C5-19: nobody was silent for 120 s because a clock was set."""
    feed = Feed(Diagnostics())
    feed(change("connected", 0.0))
    assert feed.tick(3600.0) == []


def test_settings_and_bounds() -> None:
    """S3-13: every problem at once; what is held is bounded."""
    with pytest.raises(ConfigurationError, match=r"uncovered.*gap"):
        DiagnosticFigures(uncovered=0, gap=-1.0)
    stage = Diagnostics(DiagnosticFigures(max_conversations=10, max_queues=10))
    feed = Feed(stage)
    for number in range(50):
        feed(change("connected", number / 10, conversation=f"c{number}", queue=f"q{number}"))
    assert len(stage.coverage()) == 10
