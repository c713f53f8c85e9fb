"""What each stage of the package is for, as events in the order of their arrival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve

from genesys_sentiment.model.events import Gap, StateChange, Suggestion, Suggestions
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.diagnostics import Diagnostics
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.stage import Stage
from genesys_sentiment.scoring.tracker import Tracker
from tests.scoring.alert_feed import change, no_data, platform, score
from tests.scoring.completeness_feed import call, final, gap, said
from tests.scoring.helpers import START, Fixed, reading, utterance

SAID: Final[Sequence[Record]] = (
    utterance("this is terrible", START, utterance="1", participant="customer"),
    utterance("I am so sorry", START + 2.0, utterance="2", participant="agent"),
    utterance("...", START + 3.0, utterance="3"),
    utterance("half a sent", START + 3.5, utterance="4", final=False),
    utterance("half a sentence", START + 4.0, utterance="4", conversation="d"),
    reading(-0.5, START + 5.0, conversation="d"),
    reading(None, START + 6.0),
    utterance("ganz schlecht", START + 7.0, utterance="5", language="xx"),
    utterance("and terrible again", START + 20.0, utterance="6"),
    utterance("thank you", START + 22.0, utterance="7"),
    reading(0.25, START + 40.0, conversation="d", queues=("q",)),
    utterance("one more thing", START + 41.0, utterance="8", conversation="d"),
)

SCORED: Final[Sequence[Record]] = (
    change("connected", 0.0),
    *(score(-0.9, 5.0 + 10.0 * place) for place in range(8)),
    no_data(90.0, queues=("q",)),
    *(platform(0.0, 91.0 + place, queues=("q",)) for place in range(11)),
    platform(0.4, 300.0, queues=("q",)),
    change("connected", 301.0, conversation="d"),
    *(score(-0.8, 302.0 + 9.0 * place, conversation="d") for place in range(6)),
    change("disconnected", 400.0),
    score(0.9, 401.0),
    change("disconnected", 460.0, conversation="d", count=2),
)


def _suggestion(name: str, confidence: float = 0.9, state: str | None = None) -> Suggestion:
    return Suggestion(
        conversation="c",
        suggestion=name,
        kind="knowledge.search",
        confidence=confidence,
        state=state,
        at=START,
        received=START,
    )


def _suggestions(message: str, *found: Suggestion) -> Suggestions:
    return Suggestions(
        conversation="c", message=message, suggestions=found, at=START, received=START
    )


SUGGESTED: Final[Sequence[Record]] = (
    _suggestions("m", _suggestion("a"), _suggestion("b", 0.8), _suggestion("c", 0.1)),
    _suggestions("n", _suggestion("a"), _suggestion("d", 0.7)),
    _suggestion("e"),
    _suggestion("a", state="Accepted"),
    _suggestion("b", state="Dismissed"),
)


def _numbered(sequence: int, state: str, of: str = "i", came: float | None = None) -> StateChange:
    return StateChange(
        conversation=of,
        subject="interaction",
        state=state,
        medium="voice",
        sequence=sequence,
        at=START + sequence,
        received=START + (sequence if came is None else came),
    )


NUMBERED: Final[Sequence[Record]] = (
    _numbered(1, "queued"),
    _numbered(3, "connected", came=2.0),
    _numbered(2, "ringing", came=2.5),
    _numbered(4, "queued"),
    _numbered(1, "queued", "j", 4.5),
    _numbered(7, "completed", came=7.0),
    _numbered(3, "connected", "j", 8.0),
    Gap(reason="disconnected", since=START + 30.0, until=START + 40.0),
    _numbered(9, "connected", "k", 41.0),
)

LIVED: Final[Sequence[Record]] = (
    call("connected", 0.0),
    call("connected", 1.0, "agent"),
    said(5.0),
    said(6.0, conversation="d"),
    gap(7.0, 9.0),
    said(12.0),
    call("disconnected", 20.0),
    call("disconnected", 21.0, "agent"),
    gap(7.0, 22.0, "c", reason="silent"),
    said(23.0),
    evolve(gap(7.0, 24.0, "c"), unrecovered=("utterances",)),
    final(60.0),
    said(900.0, conversation="e"),
    call("connected", 901.0, conversation="f", communication="f-call"),
    call("disconnected", 905.0, conversation="f", communication="f-call"),
)

FEEDS: Final[dict[str, tuple[Callable[[], Stage], Sequence[Record]]]] = {
    "scorer": (lambda: Scorer(analyzer=Fixed()), SAID),
    "gated scorer": (lambda: Scorer(Policy(min_interval=10.0), Fixed()), SAID),
    "alerts": (AlertRules, SCORED),
    "diagnostics": (Diagnostics, SCORED),
    "assist": (Assist, SUGGESTED),
    "tracker": (Tracker, NUMBERED),
    "completeness": (Completeness, LIVED),
}
"""A stage, and what it is for."""
