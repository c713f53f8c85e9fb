"""One connection's life: frames and now in, events and actions out. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from math import inf
from typing import Any, Protocol, get_args

from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import (
    Event,
    Gap,
    Reading,
    StateChange,
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
    Refused,
    Snapshot,
    TokenRevoked,
    WireMessage,
)
from genesys_sentiment.streaming.actions import Action, Leave, Send
from genesys_sentiment.streaming.liveness import Liveness
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.renewal import Renewal
from genesys_sentiment.streaming.requests import Requests


class Observer(Protocol):
    """Whoever follows the states of conversations as they change (see ``watching``)."""

    def observe(self, change: StateChange, now: float) -> Sequence[Event]: ...

    def heard(self, conversation: str, now: float) -> None: ...

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]: ...


_EVENTS = frozenset(get_args(Event))
_CONTROL = frozenset((Heartbeat, Ignored))


class Session:
    """Decodes, deduplicates, says what is due. ``now`` is always monotonic seconds.

    ``liveness`` watches for silence. ``lost``: why the channel has no subscriptions any more, None
    while it has. ``unread``: when a frame came that could not be read, infinity where none did;
    whoever cares for it sets it back.

    ``wall`` is what added to ``now`` gives seconds since the epoch: a clock that is set while
    the connection lives moves no time of arrival. ``requests`` are the topics, where they are
    subscribed on the socket; ``renewal`` says when another connection takes over. ``admit``, while
    two connections are read, tells whether a snapshot is this one's to tell.
    """

    def __init__(
        self,
        dialect: Dialect,
        memory: Memory,
        *,
        now: float,
        wall: float,
        observer: Observer | None = None,
        requests: Requests | None = None,
        renewal: Renewal | None = None,
    ) -> None:
        self._dialect = dialect
        self._decode = dialect.decode
        self._memory = memory
        self._counters = memory.counters
        self._is_new = memory.seen.add
        self._observer = observer
        self._requests = requests
        self._renewal = renewal or Renewal(dialect, None, str, now)
        self._wall = wall
        self.admit: Callable[[Snapshot], bool] | None = None
        self.lost: str | None = None
        self.liveness = Liveness(dialect, now)
        self.unread = inf
        self._slow: Mapping[type, Callable[[Any, float], Sequence[Event | Action]]] = {
            Snapshot: self._snapshot,
            Drift: self._drift,
            Pong: self._ponged,
            Closing: lambda _message, _now: self._renewal.replace(Leave(reason="socket_closing")),
            ChannelLost: self._channel_lost,
            TokenRevoked: self._token_revoked,
        }

    @property
    def deadline(self) -> float:
        """When ``tick`` wants to be called although no frame came."""
        due = min(self.liveness.deadline, self._renewal.deadline)
        if self._requests is not None and (asking := self._requests.deadline) is not None:
            due = min(due, asking)
        return due

    def tick(self, now: float) -> Sequence[Event | Action]:
        """What is due: topics to ask for, a ping, a new token, or leaving a line that is silent."""
        if self.liveness.silent(now):
            return (Leave(reason="silent"),)
        due: list[Event | Action] = [*self._renewal.tick(now)]
        if self._requests is not None:
            due.extend(Send(request.text) for request in self._requests.due(now))
            due.extend(self._new(self._requests.given_up(), now))
            due.extend(self._new(self._began(now), now))
        if (ping := self.liveness.due(now)) is not None:
            due.append(ping)
        return due or ()

    def left_alone(self, rest: Iterable[Snapshot], now: float) -> Sequence[Event]:
        """The other connection has gone; ``rest`` are snapshots that count after all."""
        self.admit = None
        return [change for snapshot in rest for change in self._snapshot(snapshot, now)]

    def receive(self, frame: bytes, now: float) -> Sequence[Event | Action]:
        """Read one frame. It ends in exactly one count of frames."""
        counters = self._counters
        self.liveness.heard = now
        try:
            messages = self._decode(frame, now + self._wall)
        except BadFrame as error:
            counters.received += 1
            counters.invalid += 1
            self.unread = min(self.unread, now)
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
            self._memory.last_event = now
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
        events.extend(self._note(event, now))
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
        if isinstance(message, Acknowledged):
            self._acknowledged(message, events, now)
            return True
        if isinstance(message, Refused):
            self._refused(message, events, actions, now)
            return True
        actions.extend(self._slow[type(message)](message, now))
        return True

    def _acknowledged(
        self, message: Acknowledged, events: list[Event | Action], now: float
    ) -> None:
        if self._renewal.answered(message.reference):
            self._renewal.acknowledged(now)
        elif self._requests is not None:
            self._requests.acknowledged(message.reference)
            events.extend(self._new(self._began(now), now))

    def _refused(
        self,
        message: Refused,
        events: list[Event | Action],
        actions: list[Event | Action],
        now: float,
    ) -> None:
        if self._renewal.answered(message.reference):
            actions.extend(self._renewal.refused())
        elif self._requests is not None:
            at = now + self._wall
            refused = self._requests.refused(message.reference, message.reason, at)
            events.extend(self._new(refused, now))

    def _began(self, now: float) -> Sequence[Event]:
        """What the plan has to say of the topics that came live."""
        began = self._requests.began() if self._requests is not None else ()
        if not began or self._observer is None:
            return ()
        return self._observer.subscribed(began, now + self._wall)

    def _new(self, news: Iterable[Event], now: float) -> Sequence[Event]:
        """What is new of our own making: another connection may have told it."""
        new: list[Event] = []
        for event in news:
            if self._is_new(event.id, now):
                new.append(event)
                new.extend(self._note(event, now))
        return new

    def _note(self, message: WireMessage, now: float) -> Sequence[Event]:
        if isinstance(message, Utterance):
            if self._observer is not None:
                self._observer.heard(message.conversation, now)
        elif isinstance(message, Unknown):
            self._counters.unknown += 1
        elif isinstance(message, TopicRefused):
            self._counters.refused += 1
        elif isinstance(message, Gap):
            self._counters.gaps += 1
        elif isinstance(message, StateChange) and self._observer is not None:
            return self._new(self._observer.observe(message, now), now)
        return ()

    def _channel_lost(self, message: ChannelLost, now: float) -> Sequence[Action]:
        self.lost = message.reason
        self.liveness.lose(now)
        return self._renewal.replace(Leave(reason=message.reason, keep_channel=False))

    def _token_revoked(self, _message: TokenRevoked, now: float) -> Sequence[Action]:
        self.liveness.doubt(now)
        leave = Leave(reason="token_revoked", keep_channel=False, refuse_token=True)
        return self._renewal.replace(leave)

    def _snapshot(self, snapshot: Snapshot, now: float) -> Sequence[Event]:
        if self.admit is not None and not self.admit(snapshot):
            return ()
        changes = self._memory.snapshots.observe(snapshot)
        # The same message may have come by a topic of its own, or the snapshots may have forgotten.
        events: list[Event] = [each for each in changes if self._is_new(each.id, now)]
        if self._observer is not None:
            for change in changes:
                if isinstance(change, StateChange):
                    events.extend(self._new(self._observer.observe(change, now), now))
        return events

    def _ponged(self, _pong: Pong, _now: float) -> Sequence[Event]:
        self.liveness.pong()
        return ()

    def _drift(self, drift: Drift, _now: float) -> Sequence[Event]:
        self._memory.note_drift(drift.names)
        return ()

    @staticmethod
    def _unreadable(reason: str, frame: bytes, received: float) -> Unreadable:
        digest = blake2b(frame, digest_size=8).hexdigest()
        return Unreadable(reason=reason, length=len(frame), digest=digest, received=received)
