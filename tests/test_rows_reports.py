"""What a report gives does not change behind the reader's back, nor does the reader change it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.model.events import Gap, Reading, Utterance
from genesys_sentiment.model.histogram import RELATIVE_ERROR
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.tracker import Tracker
from genesys_sentiment.streaming.scripted import Scripted
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.toys import Toy


class TutorialReport:
    """The tutorial's: it hands out the very object that it goes on counting in."""

    def __init__(self) -> None:
        self.metrics = {"totalEvents": 0}

    def get_metrics(self) -> dict[str, int]:
        """The live one."""
        return self.metrics


def test_the_tutorials_report_changes_under_its_reader() -> None:
    """S0-24: what was reported as 0 becomes 1, and a reader can make it anything."""
    theirs = TutorialReport()
    report = theirs.get_metrics()
    theirs.metrics["totalEvents"] += 1
    assert report["totalEvents"] == 1
    scorer = Scorer()
    ours = scorer.counters
    scorer(Utterance(conversation="c", utterance="u", text="thank you", language="en"), now=1.0)
    assert (ours.offered, scorer.counters.offered) == (0, 1)


@pytest.mark.parametrize("stage", [Scorer(), AlertRules(), Assist(), Tracker()])
def test_a_stages_report_is_a_copy_that_cannot_be_written(stage: Any) -> None:
    """S0-24: immutable, and of one moment."""
    before = stage.counters
    stage(Gap(reason="lost", since=0.0, until=1.0), now=1.0)
    assert stage.counters != before, "the event was counted, in another report"
    with pytest.raises(FrozenInstanceError):
        before.passed = 7


def test_what_is_written_into_a_report_is_not_counted() -> None:
    """S0-24: neither are the parts of a report live."""
    scorer = Scorer()
    scorer(Reading(conversation="c", received=1.0), now=1.0)
    skipped: Any = scorer.counters.skipped
    skipped["no_data"] = 7
    assert scorer.counters.skipped == {"no_data": 1}
    assert scorer.counters.balanced


class TutorialLatency:
    """The tutorial's: every sample is kept, and all are added up again for every event."""

    def __init__(self) -> None:
        self.samples: list[int] = []
        self.additions = 0

    def track(self, seconds: float) -> float:
        """The average, in whole milliseconds a sample."""
        self.samples.append(round(seconds * 1000))
        self.additions += len(self.samples)
        return sum(self.samples) / len(self.samples)


def test_the_tutorials_latency_grows_with_every_event_and_ours_does_not() -> None:
    """S0-23: quadratic work, a list without end, and 0 ms for what took 0.4 ms; beside ours."""
    theirs, scorer = TutorialLatency(), Scorer()
    for number in range(500):
        average = theirs.track(0.0004)
        scorer(Reading(conversation="c", score=0.5, at=float(number)), now=number + 0.0004)
    assert (average, len(theirs.samples), theirs.additions) == (0.0, 500, 125_250)
    ours, fresh = scorer.report.latency, Scorer().report.latency
    assert ours.mean == pytest.approx(0.0004)
    assert ours.quantile(0.99) == pytest.approx(0.0004, rel=RELATIVE_ERROR)
    assert (ours.count, len(ours.counts)) == (500, len(fresh.counts))


def test_counters_and_latency_are_of_one_moment() -> None:
    """S0-24: one immutable report, which later events do not change."""
    scorer = Scorer()
    report: Any = scorer.report
    scorer(Reading(conversation="c", score=0.5, at=1.0), now=2.0)
    assert (report.counters.scored, report.latency.count) == (0, 0)
    assert (scorer.report.counters.scored, scorer.report.latency.count) == (1, 1)
    with pytest.raises(FrozenInstanceError):
        report.latency = None


async def test_the_reports_of_stream_and_handler_are_of_one_moment() -> None:
    """S0-24: read while it runs, they stay what they were."""
    script = Scripted(["u1", "u2"])
    subject = Stream(Toy(), script, clock=script.clock)
    async with subject, Delivery() as delivery:
        handler = delivery.subscribe(lambda _record: None)
        before, unoffered = subject.counters, handler.counters
        for _ in range(2):
            await delivery.put(await anext(subject))
        assert (before.yielded, subject.counters.yielded) == (0, 2)
        assert (unoffered.offered, handler.counters.offered) == (0, 2)
