"""One connection's life: frames and now in, events and actions out. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import (
    Event,
    Gap,
    Message,
    Reading,
    StateChange,
    Suggestion,
    Suggestions,
    TopicRefused,
    Unknown,
    Unreadable,
    Utterance,
)
from genesys_sentiment.model.wire import (
    Acknowledged,
    ChannelLost,
    Closing,
    Dialect,
    Drift,
    Heartbeat,
    Ignored,
    Pong,
    Snapshot,
    TokenRevoked,
    WireMessage,
)
from genesys_sentiment.streaming.memory import Memory


@frozen
class Send:
    """Send this text."""

    text: str


@frozen(kw_only=True)
class Leave:
    """This connection is of no more use: open another one.

    ``reason`` becomes the Gap's. ``keep_channel``: the next socket may use the same channel.
    ``refuse_token``: the token behind this connection is void.
    """

    reason: str
    keep_channel: bool = True
    refuse_token: bool = False


Action: TypeAlias = Send | Leave


class Observer(Protocol):
    """Whoever follows the states of conversations as they change (see ``watching``)."""

    def observe(self, change: StateChange, now: float) -> None: ...


_EVENTS = frozenset(
    (
        Utterance,
        Reading,
        Suggestion,
        Suggestions,
        StateChange,
        Message,
        Gap,
        TopicRefused,
        Unknown,
        Unreadable,
    )
)
_CONTROL = frozenset((Heartbeat, Pong, Acknowledged, Ignored))


class Session:
    """Decodes, deduplicates, watches for silence. ``now`` is always monotonic seconds.

    ``wall`` is what added to ``now`` gives seconds since the epoch: a clock that is set while
    the connection lives moves no time of arrival.
    """

    def __init__(
        self,
        dialect: Dialect,
        memory: Memory,
        *,
        now: float,
        wall: float,
        observer: Observer | None = None,
    ) -> None:
        self._dialect = dialect
        self._decode = dialect.decode
        self._memory = memory
        self._counters = memory.counters
        self._is_new = memory.seen.add
        self._observer = observer
        self._wall = wall
        self.last_frame = now
        self._pinged = now
        self._silent_from = now
        self._slow: Mapping[type, Callable[[Any, float], Sequence[Event | Action]]] = {
            Snapshot: self._snapshot,
            Drift: self._drift,
            Closing: lambda _message, _now: (Leave(reason="socket_closing"),),
            ChannelLost: lambda message, _now: (Leave(reason=message.reason, keep_channel=False),),
            TokenRevoked: lambda _message, _now: (
                Leave(reason="token_revoked", keep_channel=False, refuse_token=True),
            ),
        }

    @property
    def deadline(self) -> float:
        """When ``tick`` wants to be called although no frame came."""
        dead = self._silent_from + self._dialect.idle_timeout
        if self._dialect.ping is None:
            return dead
        return min(dead, self._pinged + self._dialect.ping_interval)

    def tick(self, now: float) -> Sequence[Action]:
        """What is due: a ping, or leaving a line that has been silent for too long."""
        if now >= self._silent_from + self._dialect.idle_timeout:
            return (Leave(reason="silent"),)
        ping = self._dialect.ping
        if ping is not None and now >= self._pinged + self._dialect.ping_interval:
            self._pinged = now
            return (Send(ping),)
        return ()

    def excuse(self, now: float) -> None:
        """Time that the reader spent waiting for room is not the line's silence."""
        self._silent_from = now

    def receive(self, frame: bytes, now: float) -> Sequence[Event | Action]:
        """Read one frame. It ends in exactly one count of frames."""
        counters = self._counters
        self.last_frame = self._silent_from = now
        try:
            messages = self._decode(frame, now + self._wall)
        except BadFrame as error:
            counters.received += 1
            counters.invalid += 1
            return (self._unreadable(error.reason, frame, now + self._wall),)
        events: list[Event | Action] = []
        actions: list[Event | Action] = []
        known = 0
        for message in messages:
            kind = type(message)
            if kind is Reading:
                if self._is_new(message.key, now):  # type: ignore[union-attr]
                    events.append(message)  # type: ignore[arg-type]
                else:
                    known += 1
                    counters.duplicates += 1
            elif kind in _EVENTS:
                known += not self._take(message, events, now)  # type: ignore[arg-type]
            elif kind not in _CONTROL:
                known += not self._act(message, events, actions, now)
        # Counted here, so that an error of the dialect's own leaves the identities whole.
        counters.received += 1
        if events:
            counters.eventful += 1
        elif known:
            counters.duplicate += 1
        else:
            counters.control += 1
        return events + actions if actions else events

    def _take(self, event: Event, events: list[Event | Action], now: float) -> bool:
        """Add an event that is new. A state that is told again is no duplicate worth counting."""
        if not self._is_new(event.id, now):
            self._counters.duplicates += not isinstance(event, StateChange)
            return False
        events.append(event)
        self._note(event, now)
        return True

    def _act(
        self,
        message: WireMessage,
        events: list[Event | Action],
        actions: list[Event | Action],
        now: float,
    ) -> bool:
        """Do what a snapshot or a control message asks for; False if it told nothing new."""
        if isinstance(message, Snapshot):
            changes = self._snapshot(message, now)
            events.extend(changes)
            return bool(changes)
        actions.extend(self._slow[type(message)](message, now))
        return True

    def _note(self, message: WireMessage, now: float) -> None:
        if isinstance(message, Unknown):
            self._counters.unknown += 1
        elif isinstance(message, TopicRefused):
            self._counters.refused += 1
        elif isinstance(message, Gap):
            self._counters.gaps += 1
        elif isinstance(message, StateChange) and self._observer is not None:
            self._observer.observe(message, now)

    def _snapshot(self, snapshot: Snapshot, now: float) -> Sequence[Event]:
        changes: Sequence[Event] = self._memory.snapshots.observe(snapshot)
        if self._observer is not None:
            for change in changes:
                if isinstance(change, StateChange):
                    self._observer.observe(change, now)
        # The same message may have come by a topic of its own, or the snapshots may have forgotten.
        return [change for change in changes if self._is_new(change.id, now)]

    def _drift(self, drift: Drift, _now: float) -> Sequence[Event]:
        self._memory.note_drift(drift.names)
        return ()

    @staticmethod
    def _unreadable(reason: str, frame: bytes, received: float) -> Unreadable:
        digest = blake2b(frame, digest_size=8).hexdigest()
        return Unreadable(reason=reason, length=len(frame), digest=digest, received=received)
