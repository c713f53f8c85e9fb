"""Following queues, agents and conversations: who is talking decides what is subscribed.

Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from math import inf

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event, Gap, StateChange, TopicRefused
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.plan import Following

_DETAILS = frozenset({"transcription", "detail"})
"""Subjects whose topics name a conversation: they come of following it, and may come late."""


def _joined_late(conversation: str, since: float, until: float) -> Gap:
    return Gap(reason="joined_late", conversation=conversation, since=since, until=until)


class Watcher:
    """A plan that adds a conversation's topics when it starts and drops them after it ended.

    ``base`` is always wanted; ``topics`` names the topics of one conversation. ``linger``: seconds
    that the topics of an ended conversation stay, because transcripts lag up to about 35 s behind
    speech. ``idle``: seconds after which a conversation of which nothing is heard is let go, for
    its end may have fallen into a gap; whoever looks is up to an eighth of that late. One that the
    caller named (found without a beginning) stays. A conversation that was talking before its
    topics were subscribed is announced as Gap ``joined_late``, also where that is heard of only
    afterwards: what a network held back comes late. ``wall`` is what added to monotonic seconds
    gives seconds since the epoch.
    """

    deadline: float | None = None

    def __init__(
        self,
        snapshots: Snapshots,
        topics: Callable[[str], tuple[str, ...]],
        *,
        base: Iterable[str] = (),
        linger: float = 60.0,
        idle: float = 4 * 3600.0,
        wall: float = 0.0,
    ) -> None:
        self._snapshots = snapshots
        self._topics = topics
        self._base = tuple(base)
        self._linger = linger
        self._idle = idle
        self._check = inf
        self._wall = wall
        # Numbers by name, and no object for each: a fleet follows thousands.
        self._active: dict[str, float] = {}
        self._joining: dict[str, float] = {}
        self._until: dict[str, float] = {}
        self._nameless: set[str] = set()
        self._late: set[str] = set()
        self._quiet: dict[str, float] = {}
        self._untold: list[Event] = []
        self.version = 0

    @property
    def wanted(self) -> Collection[str]:
        """The base, then the topics of the followed conversations, each once, in order."""
        followed = (topic for name in self.conversations for topic in self._topics(name))
        return tuple(dict.fromkeys((*self._base, *followed)))

    @property
    def conversations(self) -> tuple[str, ...]:
        """The conversations followed now; not those whose ids cannot be topics."""
        if not self._nameless:
            return tuple(self._active)
        return tuple(name for name in self._active if name not in self._nameless)

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """Follow a conversation that is new, let go of one that ended.

        A Gap for one of which it turns out that it was talking before its topics were subscribed.
        """
        conversation = change.conversation
        phase = self._snapshots.phase(conversation)
        if conversation not in self._active:
            if phase == "ended" or change.subject in _DETAILS:
                return ()
            seen = now + self._wall
            seen = seen if change.at is None else min(seen, change.at)
            self._follow(conversation, seen, now)
        elif phase == "ended":
            self.heard(conversation, now)
            if conversation not in self._until:
                self._until[conversation] = now + self._linger
                self._set_deadline()
        else:
            self.heard(conversation, now)
            self._until.pop(conversation, None)
        return self._talks(conversation, change.at) if phase == "talking" else ()

    def heard(self, conversation: str, now: float) -> None:
        """Something was said in a conversation: it is not idle."""
        active = self._active.get(conversation)
        if active is not None and active < now:
            self._active[conversation] = now

    def discovered(
        self, conversations: Iterable[Following], now: float, whole: float | None = None
    ) -> None:
        """Follow conversations that were found by asking: they may have been talking for long.

        What had begun before ``whole`` would have been known; later than that it is missing.
        """
        for each in conversations:
            if each.conversation in self._active:
                self.heard(each.conversation, now)
                continue
            since = each.since if whole is None else whole
            active = inf if each.since is None else now
            self._follow(each.conversation, now + self._wall if since is None else since, active)
            self._late.add(each.conversation)

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """Note what is subscribed; a Gap for every conversation that was talking before.

        Also for those that were over before they could be subscribed. Conversations whose ids
        cannot be topics are told as TopicRefused, once.
        """
        told, self._untold = self._untold, []
        began = [
            (conversation, seen)
            for conversation, seen in self._joining.items()
            if any(topic in topics for topic in self._topics(conversation))
        ]
        for conversation, seen in began:
            del self._joining[conversation]
            if conversation in self._late:
                self._late.discard(conversation)
                told.append(_joined_late(conversation, min(seen, wall), wall))
            else:
                self._quiet[conversation] = wall
        return told

    def tick(self, now: float) -> None:
        """Drop the conversations that ended long enough ago, or that seem to have."""
        over = [conversation for conversation, until in self._until.items() if until <= now]
        if now >= self._check:
            idle = now - self._idle
            over += (each for each, active in self._active.items() if active <= idle)
            self._check = now + self._idle / 8
        for conversation in dict.fromkeys(over):
            self._forget(conversation, now)
        if not self._active:
            self._check = inf
        self._set_deadline()

    def _talks(self, conversation: str, at: float | None) -> Sequence[Event]:
        if conversation in self._joining:
            self._late.add(conversation)  # it may be over by the time its topics are subscribed
        elif at is not None:
            subscribed = self._quiet.pop(conversation, at)
            if at < subscribed:
                return (_joined_late(conversation, at, subscribed),)
        return ()

    def _follow(self, conversation: str, seen: float, active: float) -> None:
        conversation = shared(conversation)
        self._active[conversation] = active
        self.version += 1
        try:
            self._topics(conversation)
        except ConfigurationError:
            # The wire may call a conversation what no topic can name: that is no reason to end.
            self._nameless.add(conversation)
            self._untold.append(
                TopicRefused(
                    topic="v2.conversations",
                    reason="invalid_id",
                    conversation=conversation,
                    received=seen,
                )
            )
        else:
            self._joining[conversation] = seen
        if self._check == inf and active != inf:
            self._check = active + self._idle / 8
            self._set_deadline()

    def _forget(self, conversation: str, now: float) -> None:
        del self._active[conversation]
        seen = self._joining.pop(conversation, None)
        if seen is not None and conversation in self._late:
            # It talked and ended while its topics could not be subscribed.
            self._untold.append(_joined_late(conversation, seen, now + self._wall))
        self._until.pop(conversation, None)
        self._nameless.discard(conversation)
        self._late.discard(conversation)
        self._quiet.pop(conversation, None)
        self.version += 1

    def _set_deadline(self) -> None:
        due = min(self._check, min(self._until.values(), default=inf))
        self.deadline = None if due == inf else due
