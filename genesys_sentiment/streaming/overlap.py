"""Snapshots while two connections tell them: each counts once, and none goes back in time.

Pure: no I/O.

Events have ids, but a snapshot is only what a conversation is like at some moment, and it says not
at which: told by the slower of two connections it looks like a change back.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from genesys_sentiment.model.wire import Snapshot

_LIMIT = 100_000


class Overlap:
    """Whose turn it is to tell of a conversation: an old connection's, until the new one does.

    Both tell the same snapshots in the same order, from some snapshot on. What the new one tells
    after the old one is known; from its first word on, the old one has no say in that conversation.
    A snapshot may also be the same because a conversation is again as it was: then the new one does
    not go on as the old one did, and ``rest`` has what it told last. At most 100,000 snapshots are
    compared; the overlap is over before.
    """

    def __init__(self) -> None:
        self._told: dict[str, list[int]] = {}
        self._taken: set[str] = set()
        self._held_back: dict[str, Snapshot] = {}
        self._room = _LIMIT

    def old(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot that came on the old connection counts."""
        conversation = snapshot.conversation
        if conversation in self._taken:
            return False
        if self._room > 0:
            self._room -= 1
            self._told.setdefault(conversation, []).append(_mark(snapshot))
        return True

    def new(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot that came on the new connection counts."""
        conversation = snapshot.conversation
        self._taken.add(conversation)
        told = self._told.get(conversation)
        if not told:
            return True
        mark = _mark(snapshot)
        if mark not in told:
            del self._told[conversation]
            self._held_back.pop(conversation, None)
            return True
        self._told[conversation] = told[told.index(mark) + 1 :]
        self._held_back[conversation] = snapshot
        return False

    def rest(self) -> Sequence[Snapshot]:
        """What counts although it did not when it came; to be asked for when the overlap ends."""
        return [held for name, held in self._held_back.items() if self._told[name]]


def _mark(snapshot: Snapshot) -> int:
    return hash(evolve(snapshot, received=0.0))
