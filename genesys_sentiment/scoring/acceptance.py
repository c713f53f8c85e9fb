"""What became of the suggestions of one conversation (S2-11). Pure: no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.events import Suggestion

VERSION = 1
"""Of the snapshot's form. Another one is refused."""

Reaction: TypeAlias = Literal["accepted", "dismissed", "copied", "opened", "rated_up", "rated_down"]

_REACTIONS: Final[tuple[Reaction, ...]] = get_args(Reaction)
_BITS: Final[dict[str, int]] = {name: 2 << place for place, name in enumerate(_REACTIONS)}
_SHOWN: Final = 1
_ALL: Final = (2 << len(_REACTIONS)) - 1
_OPPOSITE: Final[dict[Reaction, Reaction]] = {"rated_up": "rated_down", "rated_down": "rated_up"}

_BY_STATE: Final[dict[str | None, Reaction]] = {"Accepted": "accepted", "Dismissed": "dismissed"}
_BY_ENGAGEMENT: Final[dict[str | None, Reaction]] = {
    "Dismissed": "dismissed",
    "Copied": "copied",
    "Opened": "opened",
}
_BY_RATING: Final[dict[str | None, Reaction]] = {"Positive": "rated_up", "Negative": "rated_down"}


def reactions(event: Suggestion) -> tuple[Reaction, ...]:
    """What an agent did, by the platform's ``state``, ``engagementType`` and ``rating``."""
    found = (
        _BY_STATE.get(event.state),
        _BY_ENGAGEMENT.get(event.engagement),
        _BY_RATING.get(event.rating),
    )
    return tuple(dict.fromkeys(each for each in found if each is not None))


def is_offer(event: Suggestion) -> bool:
    """Whether it suggests something: no reaction, and a state that says so or none at all."""
    return event.state in (None, "Suggested") and not reactions(event)


class Seen(msgspec.Struct, gc=False):
    """One suggestion: ``marks`` are bits, shown and the reactions; and where it points to."""

    marks: int = 0
    reference: str | None = None


class Uptake(msgspec.Struct):
    """The suggestions of one conversation, in the order of their first sight, and their counts.

    ``counts`` outlive the suggestions that are forgotten, so the rate stays what it was.
    ``touched`` is the event time of the latest event.
    """

    touched: float = 0.0
    seen: dict[str, Seen] = msgspec.field(default_factory=dict)
    shown: int = 0
    unseen: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=dict)

    def has_shown(self, suggestion: str) -> bool:
        """Whether it was shown, as far as remembered."""
        one = self.seen.get(suggestion)
        return one is not None and bool(one.marks & _SHOWN)

    def __contains__(self, suggestion: object) -> bool:
        return isinstance(suggestion, str) and self.has_shown(suggestion)

    def show(self, suggestion: str, reference: str | None, limit: int) -> tuple[Reaction, ...]:
        """It is shown now, for the first time. Returns reactions that had come before it."""
        one = self._one(suggestion, limit)
        one.reference = reference or one.reference
        earlier = tuple(name for name in _REACTIONS if one.marks & _BITS[name])
        one.marks |= _SHOWN
        self.shown += 1
        self.unseen -= bool(earlier)
        for name in earlier:
            self._count(name, 1)
        return earlier

    def react(self, suggestion: str, reaction: Reaction, limit: int) -> bool:
        """Note a reaction, to a suggestion that was shown or not. Whether a count changed."""
        one = self._one(suggestion, limit)
        if one.marks & _BITS[reaction]:
            return False
        if not one.marks:
            self.unseen += 1
        shown = bool(one.marks & _SHOWN)
        if (other := _OPPOSITE.get(reaction)) and one.marks & _BITS[other]:
            one.marks &= ~_BITS[other]
            self._count(other, -shown)
        one.marks |= _BITS[reaction]
        self._count(reaction, shown)
        return shown

    def record(
        self, conversation: str, suggestion: str, reaction: Reaction, at: float
    ) -> Acceptance:
        """The counts as they are now."""
        one = self.seen.get(suggestion)
        return Acceptance(
            conversation=conversation,
            at=at,
            suggestion=suggestion,
            reaction=reaction,
            shown=self.shown,
            unseen=self.unseen,
            reference=None if one is None else one.reference,
            **{name: self.counts.get(name, 0) for name in _REACTIONS},
        )

    def _one(self, suggestion: str, limit: int) -> Seen:
        one = self.seen.get(suggestion)
        if one is None:
            while len(self.seen) >= limit:
                del self.seen[next(iter(self.seen))]
            one = self.seen[suggestion] = Seen()
        return one

    def _count(self, name: str, step: int) -> None:
        if step:
            self.counts[name] = self.counts.get(name, 0) + step


class _Snapshot(msgspec.Struct):
    version: int
    conversations: dict[str, Uptake]


def write(conversations: Iterable[tuple[str, Uptake]]) -> bytes:
    """A snapshot in JSON: ids and numbers, no text of any suggestion."""
    plain = msgspec.to_builtins(_Snapshot(VERSION, dict(conversations)))
    # The standard encoder escapes lone surrogates; msgspec's own refuses ids that have them.
    return json.dumps(plain, separators=(",", ":")).encode("ascii")


def read(data: bytes) -> dict[str, Uptake]:
    """What ``write`` wrote. Raises ConfigurationError for anything else."""
    try:
        snapshot = msgspec.convert(json.loads(data), _Snapshot)
    except (ValueError, TypeError, RecursionError):
        raise ConfigurationError("this is not a snapshot of Assist, or it is damaged") from None
    if snapshot.version != VERSION:
        raise ConfigurationError(
            f"snapshot of version {snapshot.version}: this release reads version {VERSION}"
        )
    if any(flaw for uptake in snapshot.conversations.values() for flaw in _flaws(uptake)):
        raise ConfigurationError("this snapshot of Assist is damaged")
    return snapshot.conversations


def _flaws(uptake: Uptake) -> Iterator[bool]:
    marks = [one.marks for one in uptake.seen.values()]
    yield not isfinite(uptake.touched)
    yield any(not 0 < each <= _ALL for each in marks)
    yield uptake.shown < sum(each & _SHOWN for each in marks)
    yield uptake.unseen < sum(not each & _SHOWN for each in marks)
    for name, bit in _BITS.items():
        count = uptake.counts.get(name, 0)
        remembered = sum(1 for each in marks if each & _SHOWN and each & bit)
        yield not remembered <= count <= uptake.shown
    yield not uptake.counts.keys() <= _BITS.keys()
