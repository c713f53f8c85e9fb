"""State changes of conversations, found by comparing snapshots. Pure: no I/O.

The platform sends whole conversations, again and again and by several topics. What changed is the
difference to what is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Message, Source, StateChange
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.scoring._changes import ENDED, RINGING, Kept, compare
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.packing import pack

Phase: TypeAlias = Literal["waiting", "alerting", "talking", "ended"]


class Snapshots:
    """Keeps the last state of each conversation and says what a snapshot changes.

    ``limit``: conversations kept; beyond it the one that was silent longest is forgotten, and
    a later snapshot of it is all new again (with the ids of its first changes). Of one
    conversation, 256 participants and communications and 1,000 messages each are followed.
    """

    def __init__(self, limit: int = 100_000) -> None:
        if limit < 1:
            raise ConfigurationError(f"limit is {limit}: keep at least 1 conversation")
        self._limit = limit
        # Packed: objects would take four times the memory, and most conversations only wait.
        # The one that was silent longest is first.
        self._kept: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def observe(
        self, snapshot: Snapshot, *, source: Source = "live"
    ) -> Sequence[StateChange | Message]:
        """What is new since the last snapshot of this conversation; nothing if nothing is.

        ``at`` is the snapshot's own time of the change, None where it has none.
        """
        name = shared(snapshot.conversation)
        packed = self._kept.get(name)
        kept = Kept() if packed is None else _unpack(packed)
        changes = compare(kept, snapshot, source)
        self._kept.pop(name, None)
        self._kept[name] = pack(kept)
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return changes

    def phase(self, conversation: str) -> Phase | None:
        """Where a conversation is; None if it is not known.

        ``talking``: an agent's (or other user's) communication is connected, whichever of the
        several that re-routing leaves behind. ``alerting``: one rings. ``ended``: every
        communication is over, or every participant where there is none. Else ``waiting``.
        """
        packed = self._kept.get(conversation)
        if packed is None:
            return None
        kept = _unpack(packed)
        staff = {leg.state for leg in kept.legs.values() if leg.staff}
        if not staff.isdisjoint({"connected"}):
            return "talking"
        if not staff.isdisjoint(RINGING):
            return "alerting"
        over = (
            all(leg.state in ENDED for leg in kept.legs.values())
            if kept.legs
            else bool(kept.people) and all(person.ended for person in kept.people.values())
        )
        return "ended" if over else "waiting"

    def forget(self, conversation: str) -> None:
        """Drop what is kept of a conversation, if anything is."""
        self._kept.pop(conversation, None)

    def snapshot(self) -> bytes:
        """All that is kept, for :meth:`restore` in this process or another."""
        return msgspec.msgpack.encode(self._kept)

    def restore(self, data: bytes) -> None:
        """Keep what :meth:`snapshot` gave instead of what is kept now.

        Raises ConfigurationError if ``data`` is something else.
        """
        try:
            kept = _unpack_all(data)
            for packed in kept.values():
                _unpack(packed)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise ConfigurationError("not a snapshot of a Snapshots: it cannot be read") from None
        # The last ones: dropping the others one by one would look for the first one each time.
        self._kept = {shared(name): kept[name] for name in list(kept)[-self._limit :]}


_unpack: Final = msgspec.msgpack.Decoder(Kept).decode
_unpack_all: Final = msgspec.msgpack.Decoder(dict[str, bytes]).decode
