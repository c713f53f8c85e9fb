"""One rule watching one side of a stint: from the first breach to all-clear. Pure: no I/O.

The states: at rest → breaching (``began``) → raised → recovering (``well``) → at rest. Time alone
moves it as well: :func:`due` says when, and :func:`expire` does what is due then.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import Final, Protocol, TypeVar

from msgspec import Struct

from genesys_sentiment.scoring.alert_rules import Judgement, Rule

MOMENT: Final = 0.001
"""Seconds. The platform's times are whole milliseconds: "more than 30 s" is 30.001 s at least."""


class Timed(Protocol):
    """Something that was at a time."""

    @property
    def at(self) -> float: ...


_Timed = TypeVar("_Timed", bound=Timed)


class Watch(Struct, array_like=True):
    """What one rule remembers of one side. Event times; None where there is no such time.

    ``began``: of the breach that holds now; ``raised``: of the alert that is up; ``well``: since
    when the rule calls it recovered; ``quiet``: until when no alert is raised. ``value`` is what
    the rule computed last.
    """

    began: float | None = None
    raised: float | None = None
    well: float | None = None
    quiet: float | None = None
    value: float = 0.0

    @property
    def idle(self) -> bool:
        """Nothing to remember but the cooldown."""
        return self.began is None and self.raised is None


def visible(heard: Sequence[_Timed], rule: Rule) -> Sequence[_Timed]:
    """The latest scores that the rule judges: at most its window, none from before a silence."""
    latest = heard[-rule.window :]
    start = 0
    for position, (one, other) in enumerate(pairwise(latest), 1):
        if other.at - one.at >= rule.stale + MOMENT:
            start = position
    return latest[start:]


def observe(watch: Watch, judgement: Judgement | None, at: float) -> None:
    """Take in what the rule says from ``at`` on; None: it cannot say, so nothing is shown."""
    if judgement is not None:
        watch.value = judgement.value
    if watch.raised is None:
        if judgement is None or not judgement.breached:
            watch.began = None
        elif watch.began is None:
            watch.began = at
    elif judgement is None or not judgement.recovered:
        watch.well = None
    elif watch.well is None:
        watch.well = at


def due(rule: Rule, watch: Watch, last: float) -> float | None:
    """When time alone changes something; ``last`` is the time of the side's newest score."""
    if watch.idle:
        return None
    silence = last + rule.stale + MOMENT
    return min(_raise_at(rule, watch), _clear_at(rule, watch), silence)


def expire(rule: Rule, watch: Watch, at: float) -> str | None:
    """Do what is due at ``at``: ``raised``, the reason of a clearing, or None (a breach lapses)."""
    if _raise_at(rule, watch) <= at:
        watch.raised = at
        return "raised"
    if watch.raised is None:
        watch.began = None
        return None
    return "recovered" if _clear_at(rule, watch) <= at else "stale"


def rest(rule: Rule, watch: Watch, at: float) -> None:
    """The alert was cleared at ``at``; the next one needs a breach of its own, and a pause."""
    watch.began = watch.raised = watch.well = None
    watch.quiet = at + rule.cooldown


def _raise_at(rule: Rule, watch: Watch) -> float:
    if watch.began is None or watch.raised is not None:
        return inf
    held = watch.began + rule.sustain + MOMENT if rule.sustain else watch.began
    return held if watch.quiet is None else max(held, watch.quiet)


def _clear_at(rule: Rule, watch: Watch) -> float:
    return inf if watch.well is None else watch.well + rule.recovery_time
