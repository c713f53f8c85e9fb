"""What changed between the kept state of a conversation and a snapshot of it. Pure: no I/O.

Snapshots carry no sequence number, so an old one is known by its states only: a communication
that ended stays ended, and one that was connected does not ring again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from genesys_sentiment.model.events import Message, Source, StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.packing import fold, unfold

ENDED: Final = frozenset({"disconnected", "terminated"})
RINGING: Final = frozenset({"alerting", "dialing", "contacting", "offering"})
_STAFF: Final = frozenset({"agent", "user"})
_MAX_PARTS: Final = 256  # participants, and communications, of one conversation
_MAX_MESSAGES: Final = 1_000  # of one communication


class Leg(Struct, array_like=True):
    """One communication; ``staff`` if an agent's or other user's.

    ``named`` is False while it was seen in flattened participants only, which do not tell its id:
    its changes are the participant's then. ``changes`` and ``holds`` count the changes so far.
    """

    participant: bytes
    medium: str
    named: bool = False
    staff: bool = False
    state: str | None = None
    held: bool | None = None
    changes: int = 0
    holds: int = 0
    messages: dict[str, str | None] = {}


class Person(Struct, array_like=True):
    """One participant. Times of after-call work are seconds since the epoch."""

    ended: bool = False
    acw_started: float | None = None
    acw_ended: float | None = None
    wrapup: str | None = None
    acws: int = 0
    wrapups: int = 0
    holds: int = 0


class Kept(Struct, array_like=True):
    """What is kept of a conversation: participants, communications (``_leg``); ids are folded."""

    people: dict[bytes, Person] = {}
    legs: dict[bytes, Leg] = {}


def compare(kept: Kept, snapshot: Snapshot, source: Source) -> list[StateChange | Message]:
    """What ``snapshot`` changes; ``kept`` is brought up to it."""
    changes: list[StateChange | Message] = []
    for now in snapshot.participants:
        whose = fold(now.participant)
        if whose not in kept.people and len(kept.people) >= _MAX_PARTS:
            continue
        person = kept.people.setdefault(whose, Person())
        context = _Context(snapshot, now, source)
        for communication in now.communications:
            found = _leg(kept.legs, now, whose, communication)
            if found is not None:
                changes += _communication(*found, person, communication, context)
        changes += _after_call(person, context)
        person.ended = now.ended is not None
    return changes


class _Context:
    """Whose changes are found: what every event of a participant in a snapshot has in common."""

    __slots__ = ("_snapshot", "_source", "now")

    def __init__(self, snapshot: Snapshot, now: ParticipantState, source: Source) -> None:
        self._snapshot = snapshot
        self._source: Source = source
        self.now = now

    def change(
        self,
        subject: str,
        state: str,
        count: int,
        *,
        before: str | None = None,
        communication: str | None = None,
        at: float | None = None,
    ) -> StateChange:
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
            count=count,
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


def _leg(
    legs: dict[bytes, Leg], now: ParticipantState, whose: bytes, seen: CommunicationState
) -> tuple[bytes, Leg] | None:
    """The key and kept state of a communication; None if there are too many of them.

    A flattened participant does not name its communication (its id is empty): it is the one of
    that medium which is not over, else the last one. If none is kept, the first communication
    that is named takes over what was seen without a name.
    """
    unnamed = fold(f"{now.participant}/{seen.medium}")
    if not seen.communication:
        same = [
            (key, leg)
            for key, leg in legs.items()
            if leg.participant == whose and leg.medium == seen.medium
        ]
        if same:
            return next((pair for pair in same if pair[1].state not in ENDED), same[-1])
    key = fold(seen.communication) if seen.communication else unnamed
    leg = legs.get(key)
    if leg is None and unnamed in legs and not _outdated(legs[unnamed].state, seen.state):
        leg = legs.pop(unnamed)
    if leg is None:
        if len(legs) >= _MAX_PARTS:
            return None
        leg = Leg(whose, seen.medium)
    legs[key] = leg
    leg.named = bool(seen.communication)
    return key, leg


def _communication(
    key: bytes, leg: Leg, person: Person, seen: CommunicationState, context: _Context
) -> Iterator[StateChange | Message]:
    communication = unfold(key) if leg.named else None
    if context.now.purpose is not None:
        leg.staff = context.now.purpose in _STAFF
    if _outdated(leg.state, seen.state):
        return
    if seen.state is not None and seen.state != leg.state:
        before, leg.state = leg.state, seen.state
        leg.changes += 1
        yield context.change(
            leg.medium,
            seen.state,
            leg.changes,
            before=before,
            communication=communication,
            at=_changed_at(seen),
        )
    # A call that ends on hold was not retrieved.
    if seen.held is not None and leg.state not in ENDED and seen.held != bool(leg.held):
        before = None if leg.held is None else _hold(leg.held)
        leg.held = seen.held
        # Two media of one participant may be on hold, neither of them with an id.
        holder = leg if leg.named else person
        holder.holds += 1
        yield context.change(
            "hold", _hold(seen.held), holder.holds, before=before, communication=communication
        )
    elif leg.held is None:
        leg.held = seen.held
    yield from _messages(leg, communication, seen, context)


def _messages(
    leg: Leg, communication: str | None, seen: CommunicationState, context: _Context
) -> Iterator[Message]:
    for message, status, at in seen.messages[-_MAX_MESSAGES:]:
        if message not in leg.messages or leg.messages[message] != status:
            leg.messages[message] = status
            yield context.message(message, status, at, communication)
    while len(leg.messages) > _MAX_MESSAGES:
        del leg.messages[next(iter(leg.messages))]


def _changed_at(seen: CommunicationState) -> float | None:
    if seen.state in ENDED:
        return seen.disconnected
    return seen.connected if seen.state == "connected" else None


def _outdated(kept: str | None, seen: str | None) -> bool:
    """A snapshot from before what is known already (it came late, or by a slower topic)."""
    if kept in ENDED:
        return seen not in ENDED or (kept == "terminated" and seen == "disconnected")
    return kept == "connected" and seen in RINGING


def _hold(held: bool) -> str:
    return "held" if held else "retrieved"


def _after_call(person: Person, context: _Context) -> Iterator[StateChange]:
    """After-call work and wrap-up. A time that is not later than the one known says nothing new."""
    now = context.now
    if now.acw_started is not None and now.acw_started > (person.acw_started or 0.0):
        before = "ended" if person.acw_ended is not None else None
        person.acw_started = now.acw_started
        person.acws += 1
        yield context.change("acw", "started", person.acws, before=before, at=now.acw_started)
    if now.acw_ended is not None and now.acw_ended > (person.acw_ended or 0.0):
        before = None if person.acw_started is None else "started"
        person.acw_ended = now.acw_ended
        person.acws += 1
        yield context.change("acw", "ended", person.acws, before=before, at=now.acw_ended)
    if now.wrapup is not None and now.wrapup != person.wrapup:
        before, person.wrapup = person.wrapup, now.wrapup
        person.wrapups += 1
        yield context.change("wrapup", now.wrapup, person.wrapups, before=before)
