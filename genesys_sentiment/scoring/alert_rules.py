"""The rules of alerts: what is looked at, and which figures it is held against. Pure: no I/O.

A rule judges the latest scores of one side of a conversation. How long a judgement must hold, and
what happens then, is the same for all rules: `genesys_sentiment.scoring.alert_watch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum, inf
from typing import Any, Final, Protocol, runtime_checkable

from attrs import field, frozen
from msgspec import Struct

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real

MAX_WINDOW: Final = 100
"""Scores that a rule may ask for: they are kept per side of every conversation."""


class Heard(Struct, array_like=True, frozen=True):
    """One score as a rule sees it.

    ``at`` is event time, seconds since the epoch; ``value`` the polarity, −1…1; ``utterance`` its
    id, None for a reading of a whole conversation; ``sarcasm`` the flag of S0-20. ``record`` is
    the score's id in a short form that only the stage reads.
    """

    at: float
    value: float
    utterance: str | None = None
    sarcasm: bool = False
    record: str | None = None


@frozen
class Judgement:
    """What a rule says now: ``value`` is what it computed.

    ``breached``: it is bad. ``recovered``: it is good again. Between the two is neither: that is
    the hysteresis, in which a raised alert stays raised and another does not begin.
    """

    value: float
    breached: bool
    recovered: bool


@runtime_checkable
class Rule(Protocol):
    """One condition. Any frozen value with these members is a rule; there is no base class.

    ``id`` names it in alerts; no two rules of a stage have the same. ``threshold`` is the figure
    that its value is compared with. ``window`` is how many scores it wants to see at most, 1…100.
    ``participants`` are the sides that it judges, each on its own; None is the conversation as a
    whole (readings that name no side). In seconds of event time: the breach must hold for more
    than ``sustain`` (0.0: at once), being well for ``recovery_time``; for ``cooldown`` after an
    alert was cleared none is raised; after more than ``stale`` without a score nothing is known
    any more, and scores from before such a silence are not shown to the rule.
    """

    @property
    def id(self) -> str: ...
    @property
    def threshold(self) -> float: ...
    @property
    def window(self) -> int: ...
    @property
    def participants(self) -> Sequence[str | None]: ...
    @property
    def sustain(self) -> float: ...
    @property
    def recovery_time(self) -> float: ...
    @property
    def cooldown(self) -> float: ...
    @property
    def stale(self) -> float: ...

    def judge(self, heard: Sequence[Heard], /) -> Judgement | None:
        """Judge these scores, oldest first; None where they are too few. Pure."""
        ...


@frozen(kw_only=True)
class TrendRule:
    """S3's rule: the average of the last scores is below −0.5 for more than 30 s.

    ``window``: scores in the average (S3-08); ``min_readings``: fewer are no trend (S3-09).
    ``threshold``: breached below it, strict (S3-10). ``recovery``: well at or above it.
    ``sarcasm_veto``: a positive score with the sarcasm flag is left out (S0-20).
    The times are those of :class:`Rule`, with the figures of C3.

    Raises ConfigurationError that lists every problem.
    """

    id: str = "trend"
    window: int = 5
    min_readings: int = 5
    threshold: float = -0.5
    recovery: float = -0.3
    participants: tuple[str | None, ...] = ("customer", "agent", None)
    sarcasm_veto: bool = False
    sustain: float = 30.0
    recovery_time: float = 15.0
    cooldown: float = 300.0
    stale: float = 60.0

    def __attrs_post_init__(self) -> None:
        problems = [*problems_of(self), *_min_readings(self)]
        sound = [is_real(each, -1.0, 1.0) for each in (self.threshold, self.recovery)]
        if not all(sound):
            problems.append("threshold and recovery must be finite numbers from -1 to 1")
        elif self.recovery < self.threshold:
            problems.append("recovery must not be less than threshold")
        _refuse(self, problems)

    def judge(self, heard: Sequence[Heard], /) -> Judgement | None:
        """The average of what counts."""
        values = [each.value for each in _counting(heard, self.sarcasm_veto)]
        if len(values) < self.min_readings:
            return None
        average = fsum(values) / len(values)
        return Judgement(average, average < self.threshold, average >= self.recovery)


def _share(value: float | None) -> float:
    # S1-11: the tutorial's `threshold or 0.8` made 0.8 of a configured 0.
    return 0.8 if value is None else value


@frozen(kw_only=True)
class ShareRule:
    """S1's rule: more than 0.8 of the last scores are negative (S1-14), and at once.

    ``threshold``: the escalation threshold, 0…1, breached above it, strict; None means 0.8 and 0
    means 0 (S1-11). ``recovery``: well at or below this share; None: 0.5, or the threshold if
    that is less. ``negative``: a score at or below it is negative (S0-18). The others are those
    of :class:`TrendRule`.

    Raises ConfigurationError that lists every problem.
    """

    id: str = "share"
    window: int = 10
    min_readings: int = 5
    threshold: float = field(default=None, converter=_share)
    recovery: float | None = None
    negative: float = -0.3
    participants: tuple[str | None, ...] = ("customer",)
    sarcasm_veto: bool = False
    sustain: float = 0.0
    recovery_time: float = 15.0
    cooldown: float = 300.0
    stale: float = 60.0

    def __attrs_post_init__(self) -> None:
        problems = [*problems_of(self), *_min_readings(self), *_negative(self)]
        shares = (self.threshold, 0.0 if self.recovery is None else self.recovery)
        if not all(is_real(each, 0.0, 1.0) for each in shares):
            problems.append("threshold and recovery must be finite numbers from 0 to 1")
        elif shares[1] > shares[0]:
            problems.append("recovery must not be more than threshold")
        _refuse(self, problems)

    def judge(self, heard: Sequence[Heard], /) -> Judgement | None:
        """The share of negative scores among what counts."""
        counting = _counting(heard, self.sarcasm_veto)
        if len(counting) < self.min_readings:
            return None
        share = sum(each.value <= self.negative for each in counting) / len(counting)
        limit = min(0.5, self.threshold) if self.recovery is None else self.recovery
        return Judgement(share, share > self.threshold, share <= limit)


@frozen(kw_only=True)
class PolarityRule:
    """S0's rule: three negative scores of the customer in a row, at once.

    ``count``: how many in a row; ``negative``: a score at or below it is negative (S0-18). The
    value is how many in a row there are in the window, the threshold how many it takes.
    Well as soon as the latest is not negative. The others are those of :class:`TrendRule`;
    with ``sarcasm_veto`` a positive score that may be sarcasm does not end the row (S0-20).

    Raises ConfigurationError that lists every problem.
    """

    id: str = "polarity"
    window: int = 6
    count: int = 3
    negative: float = -0.3
    participants: tuple[str | None, ...] = ("customer",)
    sarcasm_veto: bool = False
    sustain: float = 0.0
    recovery_time: float = 15.0
    cooldown: float = 300.0
    stale: float = 60.0

    def __attrs_post_init__(self) -> None:
        problems = [*problems_of(self), *_negative(self)]
        most = self.window if is_real(self.window, 1, MAX_WINDOW) else MAX_WINDOW
        count: object = self.count
        if not isinstance(count, int) or not is_real(count, 1, most):
            problems.append("count must be a whole number from 1 to window")
        _refuse(self, problems)

    @property
    def threshold(self) -> float:
        """How many in a row."""
        return float(self.count)

    def judge(self, heard: Sequence[Heard], /) -> Judgement | None:
        """The length of the row that the latest score ends; None before the first score."""
        counting = _counting(heard, self.sarcasm_veto)
        if not counting:
            return None
        row = 0
        while row < len(counting) and counting[-1 - row].value <= self.negative:
            row += 1
        return Judgement(float(row), row >= self.count, row == 0)


def problems_of(rule: Rule) -> Iterator[str]:
    """What is wrong with the members that every rule has."""
    name: object = rule.id
    if not isinstance(name, str) or not name:
        yield "id must be a word"
    window: object = rule.window
    if not isinstance(window, int) or not is_real(window, 1, MAX_WINDOW):
        yield f"window must be a whole number from 1 to {MAX_WINDOW}"
    for each in ("sustain", "recovery_time", "cooldown", "stale"):
        if not is_real(getattr(rule, each), 0.0, inf):
            yield f"{each} must be a finite number of at least 0"
    sides: Any = rule.participants
    if isinstance(sides, str) or not all(side in ("customer", "agent", None) for side in sides):
        yield "participants must be of 'customer', 'agent' and None"


def _min_readings(rule: TrendRule | ShareRule) -> Iterator[str]:
    most = rule.window if is_real(rule.window, 1, MAX_WINDOW) else MAX_WINDOW
    value: object = rule.min_readings
    if not isinstance(value, int) or not is_real(value, 1, most):
        yield "min_readings must be a whole number from 1 to window"


def _negative(rule: ShareRule | PolarityRule) -> Iterator[str]:
    if not is_real(rule.negative, -1.0, 1.0):
        yield "negative must be a finite number from -1 to 1"


def _refuse(rule: Rule, problems: Sequence[str]) -> None:
    if problems:
        raise ConfigurationError(f"{type(rule).__name__}: " + "; ".join(problems))


def _counting(heard: Sequence[Heard], veto: bool) -> Sequence[Heard]:
    if not veto:
        return heard
    return [each for each in heard if not (each.sarcasm and each.value > 0.0)]


DEFAULT_RULES: Final[tuple[Rule, ...]] = (TrendRule(),)
"""One alert for one grievance: the others are there to be asked for."""
