"""The summary: every counter, under the published names, and every identity that fails."""

from __future__ import annotations

import pytest
from attrs import evolve

from genesys_sentiment.cli.tally import Tally, in_words, summary
from genesys_sentiment.contracts import validator
from genesys_sentiment.delivery import log
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.scoring.counters import ScorerCounters
from genesys_sentiment.streaming.counters import Counters
from tests.model.test_export import AT, SCORE, UTTERANCE

STREAM = Counters(received=5, eventful=3, control=2, emitted=3, yielded=3, discovery_failures=1)
SCORER = ScorerCounters(
    offered=3,
    scored=1,
    skipped={"empty": 1},
    passed=1,
    withheld=0,
    conversations=1,
    evicted=0,
)


@pytest.fixture
def tally() -> Tally:
    """One of each."""
    found = Tally()
    found.add(SCORE)
    found.add(Skipped(reason="empty", at=AT, event=UTTERANCE))
    found.add(Gap(reason="silent", since=AT, until=AT + 1))
    return found


def test_a_summary_obeys_the_contract_and_adds_up(tally: Tally) -> None:
    found = summary(tally, STREAM, SCORER, started=AT, ended=AT + 2.5)
    validator().validate(found)
    assert found["seconds"] == 2.5
    assert (found["framesReceived"], found["events"], found["records"]) == (5, 3, 3)
    assert (found["scored"], found["skipped"], found["gaps"]) == (1, {"empty": 1}, 1)
    assert found["problems"] == []


def test_sinks_are_in_it_if_there_are_any_and_so_are_their_problems(tally: Tally) -> None:
    assert "sinks" not in summary(tally, STREAM, SCORER, started=AT, ended=AT)
    sinks = {"file": log.Tally(offered=9, sent=3, dropped=1, dead=1, waiting=2, parked=2)}
    found = summary(tally, STREAM, SCORER, sinks, started=AT, ended=AT, problems=["lost one"])
    validator().validate(found)
    assert found["problems"] == ["lost one"]
    assert isinstance(found["sinks"], dict)
    assert found["sinks"]["file"]["pending"] == 4
    assert in_words(found["sinks"]["file"]) == "3 sent · 4 pending · 1 dead · 1 dropped"


def test_completed_conversations_are_counted_and_are_none_of_the_scorers(tally: Tally) -> None:
    tally.add(Completed(conversation="c", at=AT, reason="ended", began=AT - 9))
    found = summary(tally, STREAM, SCORER, started=AT, ended=AT)
    validator().validate(found)
    assert (found["records"], found["completed"], found["problems"]) == (4, 1, [])


def test_every_counter_of_stream_and_scorer_is_in_it_in_camel_case(tally: Tally) -> None:
    found = summary(tally, STREAM, SCORER, started=AT, ended=AT)
    stream, scorer = found["stream"], found["scorer"]
    assert isinstance(stream, dict)
    assert isinstance(scorer, dict)
    assert list(stream.values()) == list(STREAM.as_dict().values())
    assert not [name for name in (*stream, *scorer) if "_" in name]
    assert stream["discoveryFailures"] == 1
    assert scorer["skipped"] == {"empty": 1}


@pytest.mark.parametrize(
    ("stream", "scorer", "words"),
    [
        (evolve(STREAM, invalid=1), SCORER, "received 5 frames"),
        (evolve(STREAM, dropped=1), SCORER, "emitted 3 events"),
        (evolve(STREAM, yielded=4, emitted=4), SCORER, "4 events were read"),
        (STREAM, evolve(SCORER, withheld=1), "cannot account for all"),
        (STREAM, evolve(SCORER, scored=0, withheld=1), "2 records, 3 were shown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_identity_that_does_not_hold_is_a_problem(
    tally: Tally, stream: Counters, scorer: ScorerCounters, words: str
) -> None:
    problems = summary(tally, stream, scorer, started=AT, ended=AT)["problems"]
    assert isinstance(problems, list)
    assert any(words in problem for problem in problems), problems
