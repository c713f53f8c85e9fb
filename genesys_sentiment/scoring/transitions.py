"""Which state of an interaction may follow which, and every figure of the tracker. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from types import MappingProxyType
from typing import Final, Literal

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real

TRANSITIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "queued": frozenset({"ringing", "connected", "completed"}),
        "ringing": frozenset({"queued", "connected", "completed"}),
        "connected": frozenset({"held", "queued", "ringing", "wrapup", "completed"}),
        "held": frozenset({"connected", "queued", "ringing", "wrapup", "completed"}),
        "wrapup": frozenset({"completed"}),
        "completed": frozenset({"wrapup"}),
    }
)
"""Steps that nothing is wrong with (S4-13).

The tutorial names queued, ringing, connected and completed. Beside going through them in order, an
interaction may be abandoned (completed from anywhere), answered without ringing, not answered and
queued again, held, transferred (back to a queue or ringing elsewhere), and wrapped up before or
after its end.
"""

LAST: Final = frozenset({"completed"})
"""States that end an interaction."""

AFTERWARDS: Final = frozenset({"wrapup"})
"""States that do not begin an ended interaction anew."""


@frozen(kw_only=True)
class TrackerPolicy:
    """The tracker's figures (C3). Times are seconds.

    ``numbering``: whether a ``sequence`` counts the events of its ``interaction`` or those of the
    whole ``stream``; the tutorial does not say. With the first, events of a stream would be taken
    for gaps; with the second, those of interactions for repeats.
    ``buffer``: events of one numbering that wait for earlier ones, ``wait``: how long at most.
    ``max_jump``: a sequence further from the next one than this is damage, until another follows
    it. ``grace``: how long a completed interaction is kept. ``max_conversations``: held at once;
    beyond it the one longest without an event goes. ``idle_eviction``: how long without an event
    until one may go. ``transitions``: state to the states that may follow, in lower case, without
    dashes and underscores.

    Raises ConfigurationError that lists every problem.
    """

    numbering: Literal["interaction", "stream"] = "interaction"
    buffer: int = 64
    wait: float = 2.0
    max_jump: int = 1_000
    grace: float = 5.0
    max_conversations: int = 100_000
    idle_eviction: float = 4 * 3600.0
    transitions: Mapping[str, frozenset[str]] = field(default=TRANSITIONS, repr=False)

    def __attrs_post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ConfigurationError("tracker policy: " + "; ".join(problems))

    def expects(self, before: str | None, state: str) -> bool:
        """Whether ``state`` may follow ``before``; anything may where nothing was known."""
        return before is None or plain(state) in self.transitions.get(plain(before), ())


def plain(state: str) -> str:
    """A state as the table writes it: ``Wrap-Up`` is ``wrapup``."""
    return state.casefold().replace("-", "").replace("_", "")


def _problems(policy: TrackerPolicy) -> Iterator[str]:
    if policy.numbering not in ("interaction", "stream"):
        yield "numbering must be 'interaction' or 'stream'"
    for name in ("wait", "grace", "idle_eviction"):
        if not is_real(getattr(policy, name), 0.0, inf):
            yield f"{name} must be a finite number of seconds, 0 or more"
    for name, most in (("buffer", 10_000), ("max_jump", 2**53), ("max_conversations", 10_000_000)):
        value = getattr(policy, name)
        if not isinstance(value, int) or not is_real(value, 1, most):
            yield f"{name} must be a whole number from 1 to {most:,}"
