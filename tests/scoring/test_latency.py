"""The scorer's report: counters that add up, and how long events took to become scores."""

from __future__ import annotations

from math import nan

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.model.events import Gap
from genesys_sentiment.scoring import Policy, Scorer
from tests.scoring.helpers import START, Fixed, reading, utterance


class Failing(Fixed):
    """An analyzer that raises."""

    def __call__(self, text: str, language: str) -> Analysis:
        raise ValueError


def test_how_long_it_took_from_the_event_to_its_score() -> None:
    """S0-23: one histogram, and only of what can be known; nothing unknown counts as 0 ms."""
    scorer = Scorer(analyzer=Fixed())
    scorer(reading(0.5, START), START + 0.25)
    scorer(utterance("hi", START + 1.0), START + 2.0)
    scorer(reading(0.5, START + 5.0), START + 4.5)  # the platform's clock is ahead of ours
    scorer(reading(0.5, None, received=START), START + 9.0)
    scorer(reading(0.5, START), nan)
    scorer(reading(nan, START), START + 9.0)
    scorer(Gap(reason="silent", since=1.0, until=2.0), START)
    report = scorer.report
    latency = report.latency
    assert (latency.count, latency.early, report.untimed) == (2, 1, 2)
    assert (latency.least, latency.most, latency.mean) == (0.25, 1.0, 0.625)
    assert report.counters == scorer.counters
    assert report.counters.scored == latency.count + latency.early + report.untimed == 5


def test_the_gates_wait_is_part_of_it() -> None:
    """S0-23: the score came that late, whoever is to blame."""
    scorer = Scorer(Policy(min_interval=2.0))
    scorer(reading(0.5, START), START)
    scorer(reading(0.5, START + 0.5), START + 0.5)
    assert scorer.report.latency.count == 1
    scorer.tick(START + 2.0)
    assert (scorer.report.latency.count, scorer.report.latency.most) == (2, 1.5)


def test_every_event_is_in_the_total_also_what_failed() -> None:
    """S0-23: total = scored + skipped + no_data + invalid + error, each in one count."""
    scorer = Scorer(analyzer=Failing())
    scorer(reading(0.5), 1.0)
    scorer(utterance("hi", final=False), 1.0)
    scorer(reading(None), 1.0)
    scorer(reading(nan), 1.0)
    scorer(utterance("hi"), 1.0)
    counters = scorer.report.counters
    assert counters.skipped == {"not_final": 1, "no_data": 1, "invalid": 1, "analyzer_failed": 1}
    assert counters.offered == counters.scored + sum(counters.skipped.values()) == 5
