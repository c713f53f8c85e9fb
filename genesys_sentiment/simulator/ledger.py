"""What the simulator emitted: the oracle that tests compare a client's results with."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Literal

from attrs import field, frozen

_KEPT = 100_000


@frozen(kw_only=True)
class Emitted:
    """One transcript as it was put on the wire (or would have been, with nobody listening).

    ``at`` is the platform's time of the event that carried it, ``emitted`` the wall clock's, both
    seconds since the epoch. ``delivered`` counts the open sockets that it was handed to: 0 means
    lost, since nothing is replayed. What a dying connection still had in flight counts as handed,
    and so does what the fault ``Lose`` loses.
    """

    conversation: str
    utterance: str
    text: str = field(repr=False)
    final: bool
    participant: Literal["agent", "customer"]
    language: str
    at: float
    emitted: float
    delivered: int


class Ledger:
    """Everything that is counted. Holds the latest 100,000 emitted transcripts."""

    def __init__(self) -> None:
        self._emitted: deque[Emitted] = deque(maxlen=_KEPT)
        self.requests: Counter[str] = Counter()
        self.frames_sent: Counter[str] = Counter()
        self.connections = 0

    def add(self, entry: Emitted) -> None:
        """One more transcript went out."""
        self._emitted.append(entry)

    @property
    def emitted(self) -> Sequence[Emitted]:
        """All transcripts, in the order of their emission."""
        return tuple(self._emitted)
