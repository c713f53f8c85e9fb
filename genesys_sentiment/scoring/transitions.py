"""State changes of conversations, found by comparing snapshots. Pure: no I/O.

The platform sends whole conversations, again and again and by several topics. What changed is the
difference to what is kept here. Snapshots carry no sequence number, so an old one is known by its
states only: a communication that ended stays ended, and one that was connected does not ring.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Message, Source, StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot

Phase: TypeAlias = Literal["waiting", "alerting", "talking", "ended"]

_ENDED: Final = frozenset({"disconnected", "terminated"})
_RINGING: Final = frozenset({"alerting", "dialing", "contacting", "offering"})
_STAFF: Final = frozenset({"agent", "user"})
_MAX_PARTS: Final = 256  # participants, and communications, of one conversation
_MAX_MESSAGES: Final = 1_000  # of one communication


class _Leg(Struct, array_like=True):
    """One communication; ``staff`` if an agent's or other user's. ``counts``: by subject."""

    participant: str
    medium: str
    staff: bool = False
    state: str | None = None
    held: bool | None = None
    counts: dict[str, int] = {}
    messages: dict[str, str | None] = {}


class _Person(Struct, array_like=True):
    """One participant. Times of after-call work are seconds since the epoch."""

    ended: bool = False
    acw_started: float | None = None
    acw_ended: float | None = None
    wrapup: str | None = None
    counts: dict[str, int] = {}


class _Conversation(Struct, array_like=True):
    people: dict[str, _Person] = {}
    legs: dict[str, _Leg] = {}


class Tracker:
    """Keeps the last state of each conversation and says what a snapshot changes.

    ``limit``: conversations kept; beyond it the one that was silent longest is forgotten, and
    a later snapshot of it is all new again (with the ids of its first changes). Of one
    conversation, 256 participants and communications and 1,000 messages each are followed.
    """

    def __init__(self, limit: int = 100_000) -> None:
        if limit < 1:
            raise ConfigurationError(f"limit is {limit}: keep at least 1 conversation")
        self._limit = limit
        self._kept: OrderedDict[str, _Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def observe(
        self, snapshot: Snapshot, *, source: Source = "live"
    ) -> Sequence[StateChange | Message]:
        """What is new since the last snapshot of this conversation; nothing if nothing is.

        ``at`` is the snapshot's own time of the change, None where it has none.
        """
        kept = self._kept.setdefault(snapshot.conversation, _Conversation())
        self._kept.move_to_end(snapshot.conversation)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        changes: list[StateChange | Message] = []
        for now in snapshot.participants:
            if now.participant not in kept.people and len(kept.people) >= _MAX_PARTS:
                continue
            person = kept.people.setdefault(now.participant, _Person())
            context = _Context(snapshot, now, source)
            for communication in now.communications:
                leg = _leg(kept.legs, now, communication)
                if leg is not None:
                    changes += _communication(leg, communication, context)
            changes += _after_call(person, context)
            person.ended = now.ended is not None
        return changes

    def phase(self, conversation: str) -> Phase | None:
        """Where a conversation is; None if it is not known.

        ``talking``: an agent's (or other user's) communication is connected, whichever of the
        several that re-routing leaves behind. ``alerting``: one rings. ``ended``: every
        communication is over, or every participant where there is none. Else ``waiting``.
        """
        kept = self._kept.get(conversation)
        if kept is None:
            return None
        staff = {leg.state for leg in kept.legs.values() if leg.staff}
        if not staff.isdisjoint({"connected"}):
            return "talking"
        if not staff.isdisjoint(_RINGING):
            return "alerting"
        over = (
            all(leg.state in _ENDED for leg in kept.legs.values())
            if kept.legs
            else bool(kept.people) and all(person.ended for person in kept.people.values())
        )
        return "ended" if over else "waiting"

    def forget(self, conversation: str) -> None:
        """Drop what is kept of a conversation, if anything is."""
        self._kept.pop(conversation, None)

    def snapshot(self) -> bytes:
        """All that is kept, for :meth:`restore` in this process or another."""
        return msgspec.json.encode(dict(self._kept))

    def restore(self, data: bytes) -> None:
        """Keep what :meth:`snapshot` gave instead of what is kept now.

        Raises ConfigurationError if ``data`` is something else.
        """
        try:
            kept = _decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise ConfigurationError("not a snapshot of a Tracker: it cannot be read") from None
        self._kept = OrderedDict(kept)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)


_decode: Final = msgspec.json.Decoder(dict[str, _Conversation]).decode


class _Context:
    """Whose changes are found: what every event of a participant in a snapshot has in common."""

    __slots__ = ("_snapshot", "_source", "now")

    def __init__(self, snapshot: Snapshot, now: ParticipantState, source: Source) -> None:
        self._snapshot = snapshot
        self._source: Source = source
        self.now = now

    def change(
        self,
        counts: dict[str, int],
        subject: str,
        state: str,
        *,
        before: str | None = None,
        communication: str | None = None,
        at: float | None = None,
    ) -> StateChange:
        counts[subject] = counts.get(subject, 0) + 1
        return StateChange(
            conversation=self._snapshot.conversation,
            subject=subject,
            state=state,
            before=before,
            communication=communication,
            participant=self.now.participant,
            purpose=self.now.purpose,
            user=self.now.user,
            queue=self.now.queue,
            count=counts[subject],
            at=at,
            received=self._snapshot.received,
            source=self._source,
        )

    def message(
        self, message: str, status: str | None, at: float | None, communication: str | None
    ) -> Message:
        return Message(
            conversation=self._snapshot.conversation,
            message=message,
            communication=communication,
            participant=self.now.participant,
            purpose=self.now.purpose,
            status=status,
            at=at,
            received=self._snapshot.received,
            source=self._source,
        )


def _leg(legs: dict[str, _Leg], now: ParticipantState, seen: CommunicationState) -> _Leg | None:
    """The kept state of a communication; None if there are too many of them.

    A flattened participant does not name its communication (its id is empty): it is the one of
    that medium which is not over, else the last one. If none is kept, the first communication
    that is named takes over what was seen without a name.
    """
    unnamed = f"{now.participant}/{seen.medium}"
    if not seen.communication:
        same = [
            leg
            for leg in legs.values()
            if leg.participant == now.participant and leg.medium == seen.medium
        ]
        if same:
            return next((leg for leg in same if leg.state not in _ENDED), same[-1])
    key = seen.communication or unnamed
    found = legs.get(key)
    if found is None and (found := legs.pop(unnamed, None)) is not None:
        legs[key] = found
    if found is None:
        if len(legs) >= _MAX_PARTS:
            return None
        found = legs[key] = _Leg(now.participant, seen.medium)
    return found


def _communication(
    leg: _Leg, seen: CommunicationState, context: _Context
) -> Iterator[StateChange | Message]:
    communication = seen.communication or None
    if context.now.purpose is not None:
        leg.staff = context.now.purpose in _STAFF
    if _outdated(leg.state, seen.state):
        return
    if seen.state is not None and seen.state != leg.state:
        before, leg.state = leg.state, seen.state
        at = (
            seen.disconnected
            if seen.state in _ENDED
            else (seen.connected if seen.state == "connected" else None)
        )
        yield context.change(
            leg.counts, leg.medium, seen.state, before=before, communication=communication, at=at
        )
    # A call that ends on hold was not retrieved.
    if seen.held is not None and leg.state not in _ENDED and seen.held != bool(leg.held):
        before = None if leg.held is None else _hold(leg.held)
        leg.held = seen.held
        yield context.change(
            leg.counts, "hold", _hold(seen.held), before=before, communication=communication
        )
    elif leg.held is None:
        leg.held = seen.held
    for message, status, at in seen.messages[-_MAX_MESSAGES:]:
        if message not in leg.messages or leg.messages[message] != status:
            leg.messages[message] = status
            yield context.message(message, status, at, communication)
    while len(leg.messages) > _MAX_MESSAGES:
        del leg.messages[next(iter(leg.messages))]


def _outdated(kept: str | None, seen: str | None) -> bool:
    """A snapshot from before what is known already (it came late, or by a slower topic)."""
    if kept in _ENDED:
        return seen not in _ENDED or (kept == "terminated" and seen == "disconnected")
    return kept == "connected" and seen in _RINGING


def _hold(held: bool) -> str:
    return "held" if held else "retrieved"


def _after_call(person: _Person, context: _Context) -> Iterator[StateChange]:
    """After-call work and wrap-up. A time that is not later than the one known says nothing new."""
    now = context.now
    if now.acw_started is not None and now.acw_started > (person.acw_started or 0.0):
        before = "ended" if person.acw_ended is not None else None
        person.acw_started = now.acw_started
        yield context.change(person.counts, "acw", "started", before=before, at=now.acw_started)
    if now.acw_ended is not None and now.acw_ended > (person.acw_ended or 0.0):
        before = None if person.acw_started is None else "started"
        person.acw_ended = now.acw_ended
        yield context.change(person.counts, "acw", "ended", before=before, at=now.acw_ended)
    if now.wrapup is not None and now.wrapup != person.wrapup:
        before, person.wrapup = person.wrapup, now.wrapup
        yield context.change(person.counts, "wrapup", now.wrapup, before=before)
