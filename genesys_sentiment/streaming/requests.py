"""The topics of one connection whose dialect subscribes on the socket. Pure: no I/O.

Sending proves nothing: a topic is live when the server acknowledged it, where the dialect has
acknowledgements at all. A new connection starts from nothing, with a new object.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from math import inf

from attrs import define, field

from genesys_sentiment.model.events import TopicRefused
from genesys_sentiment.model.wire import Dialect, Request

TRIES = 3
"""How often a topic is asked for until it counts as refused for want of an answer."""

NOT_ACKNOWLEDGED = "not_acknowledged"


@define
class _Topic:
    """What was said of one topic on this connection. ``held``: the server may send it by now."""

    references: list[str] = field(factory=list)
    tries: int = 0
    held: bool = False
    live: bool = False
    refused: bool = False


class Requests:
    """Wanted, asked for, acknowledged: the topics of one connection.

    ``reference`` makes a new id each time. ``wall`` is what added to ``now`` (monotonic seconds)
    gives seconds since the epoch. ``before`` are the topics of the connection before this one:
    whatever is not among them is new, and goes first.
    """

    def __init__(
        self,
        dialect: Dialect,
        reference: Callable[[], str],
        *,
        wall: float = 0.0,
        before: Collection[str] = (),
    ) -> None:
        self._dialect = dialect
        self._reference = reference
        self._wall = wall
        self._before = frozenset(before)
        self._wanted: dict[str, None] = {}
        self._topics: dict[str, _Topic] = {}
        # Dictionaries as ordered sets: a topic cannot be in a queue twice.
        self._fresh: dict[str, None] = {}
        self._again: dict[str, None] = {}
        self._drops: dict[str, None] = {}
        self._ready: deque[tuple[Request, bool]] = deque()
        self._asked: dict[str, tuple[str, ...]] = {}
        self._waiting: deque[tuple[float, str]] = deque()
        self._began: list[str] = []
        self._refusals: list[TopicRefused] = []
        self._next = -inf
        self._greeted = False

    @property
    def wanted(self) -> Collection[str]:
        """What was desired last."""
        return self._wanted

    @property
    def live(self) -> tuple[str, ...]:
        """The topics that the server sends, as far as it can be known."""
        return tuple(name for name, topic in self._topics.items() if topic.live)

    @property
    def settled(self) -> bool:
        """Whether everything was sent and answered, one way or the other."""
        return self._greeted and not (self._queued or self._waiting)

    @property
    def deadline(self) -> float | None:
        """When :meth:`due` wants to be called, in monotonic seconds; None for never."""
        sending = self._next if self._queued or not self._greeted else inf
        answer = self._waiting[0][0] if self._waiting else inf
        earliest = min(sending, answer)
        return None if earliest == inf else earliest

    def desire(self, topics: Iterable[str], now: float) -> None:
        """These topics are wanted from now on, and no others. Refused ones are not asked again."""
        wanted = dict.fromkeys(topics)
        for name in wanted:
            if name not in self._topics:
                self._topics[name] = _Topic()
                (self._again if name in self._before else self._fresh)[name] = None
            elif name in self._drops:
                del self._drops[name]
                self._resume(name)
        for name in [name for name in self._wanted if name not in wanted]:
            self._drop(name)
        self._wanted = wanted

    def due(self, now: float) -> Sequence[Request]:
        """What is to be sent now: at most one where the dialect wants them apart."""
        self._expire(now)
        if now < self._next:
            return ()
        sent: list[Request] = []
        while self._prepare(now):
            request, subscribes = self._ready.popleft()
            if subscribes:
                self._note(request, now)
            sent.append(request)
            if self._dialect.pacing > 0:
                self._next = now + self._dialect.pacing
                break
        return sent

    def acknowledged(self, reference: str | None) -> None:
        """The server accepted a request; without a reference the one that waits longest."""
        for name in self._take(reference) or ():
            topic = self._topics.get(name)
            if topic is None or topic.refused:
                continue
            topic.held = True
            self._fresh.pop(name, None)
            self._again.pop(name, None)
            self._go_live(name, topic)

    def refused(
        self, reference: str | None, reason: str, received: float = 0.0
    ) -> Sequence[TopicRefused]:
        """The server refused a request; its topics are not asked for again on this connection.

        A refusal that belongs to no topic is one of the dialect as a whole. An answer to what
        nobody waits for any more says nothing.
        """
        names = self._take(reference)
        if names is None and reference is not None:
            return ()
        if not names:
            return (TopicRefused(topic=self._dialect.name, reason=reason, received=received),)
        return [
            TopicRefused(topic=name, reason=reason, received=received)
            for name in names
            if self._refuse(name)
        ]

    def began(self) -> Sequence[str]:
        """The topics that came live since this was asked last."""
        began, self._began = self._began, []
        return began

    def given_up(self) -> Sequence[TopicRefused]:
        """The topics that nobody acknowledged, since this was asked last."""
        refusals, self._refusals = self._refusals, []
        return refusals

    @property
    def _queued(self) -> bool:
        return bool(self._ready or self._fresh or self._again or self._drops)

    def _prepare(self, now: float) -> bool:
        """Have a request ready, made only now: what it says of the time shall be true."""
        while not self._ready:
            if self._fresh or self._again or not self._greeted:
                self._greeted = True
                self._subscribe(self._batch(self._fresh, self._again), now)
            elif self._drops:
                names = self._batch(self._drops)
                for name in names:
                    self._forget(name)
                requests = self._dialect.unsubscribe(names, self._reference)
                self._ready.extend((request, False) for request in requests)
            else:
                return False
        return True

    def _batch(self, *queues: dict[str, None]) -> tuple[str, ...]:
        """All of them in one go, or one by one where the dialect wants requests apart."""
        names = tuple(name for queue in queues for name in queue)
        if self._dialect.pacing > 0:
            names = names[:1]
        for name in names:
            for queue in queues:
                queue.pop(name, None)
        return names

    def _subscribe(self, names: Sequence[str], now: float) -> None:
        requests = self._dialect.subscribe(names, now + self._wall, self._reference)
        self._ready.extend((request, True) for request in requests)
        said = {name for request in requests for name in request.topics}
        for name in names:
            topic = self._topics[name]
            topic.tries += 1
            topic.held = True
            if name not in said:
                self._go_live(name, topic)  # the dialect needs no words for it

    def _note(self, request: Request, now: float) -> None:
        """A request goes out: from now on its answer is awaited, if there are answers."""
        timeout = self._dialect.ack_timeout
        names = tuple(name for name in request.topics if name in self._topics)
        if request.reference is not None and (names or not request.topics):
            self._asked[request.reference] = names
            for name in names:
                self._topics[name].references.append(request.reference)
            if timeout is not None:
                self._waiting.append((now + timeout, request.reference))
                return
        for name in names:
            self._go_live(name, self._topics[name])

    def _expire(self, now: float) -> None:
        """What was not acknowledged in time is asked for again, and after that given up.

        The reference stays known: an answer that comes late is still one.
        """
        while self._waiting and self._waiting[0][0] <= now:
            _, reference = self._waiting.popleft()
            names = self._asked.get(reference, ())
            for name in names or (self._dialect.name,):
                topic = self._topics.get(name)
                if topic is not None and (topic.live or topic.refused or name in self._drops):
                    continue
                if topic is not None and topic.tries < TRIES:
                    self._again[name] = None
                else:
                    self._give_up(name, now + self._wall)

    def _give_up(self, name: str, received: float) -> None:
        self._refuse(name)
        refused = TopicRefused(topic=name, reason=NOT_ACKNOWLEDGED, received=received)
        self._refusals.append(refused)

    def _take(self, reference: str | None) -> tuple[str, ...] | None:
        """The topics that an answer is about; None where nobody waits for it."""
        if reference is None:
            reference = self._waiting[0][1] if self._waiting else None
        names = self._asked.pop(reference, None) if reference is not None else None
        if names is not None:
            self._waiting = deque(each for each in self._waiting if each[1] != reference)
        return names

    def _go_live(self, name: str, topic: _Topic) -> None:
        if not topic.live:
            topic.live = True
            self._began.append(name)

    def _refuse(self, name: str) -> bool:
        topic = self._topics.get(name)
        if topic is None or topic.refused:
            return False
        topic.refused, topic.held, topic.live = True, False, False
        self._fresh.pop(name, None)
        self._again.pop(name, None)
        return True

    def _drop(self, name: str) -> None:
        """Nobody wants it any more: say so if the server may have heard of it."""
        topic = self._topics[name]
        if topic.held:
            self._again.pop(name, None)
            self._drops[name] = None
        else:
            self._forget(name)

    def _resume(self, name: str) -> None:
        """Wanted again before it was dropped: what had been going on with it goes on."""
        topic = self._topics[name]
        on_its_way = any(name in self._asked.get(each, ()) for _, each in self._waiting)
        prepared = any(name in request.topics for request, _ in self._ready)
        if not (topic.live or on_its_way or prepared):
            self._again[name] = None

    def _forget(self, name: str) -> None:
        topic = self._topics.pop(name)
        self._fresh.pop(name, None)
        self._again.pop(name, None)
        for reference in topic.references:
            rest = tuple(each for each in self._asked.pop(reference, ()) if each != name)
            if rest:
                self._asked[reference] = rest
        if topic.references:
            self._waiting = deque(each for each in self._waiting if each[1] in self._asked)
