"""Suggestions in, ranked suggestions and how they were taken out (S2-08…S2-11). Pure: no I/O."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence

from attrs import evolve, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.acceptance import (
    Reaction,
    Uptake,
    is_offer,
    reactions,
    read,
    write,
)
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.ranking import AssistPolicy, rank

_FARTHEST = 1e12  # seconds: any event time beyond ±32,000 years is damage
_EVICT_AT_ONCE = 2  # idle conversations forgotten per new one: bounded work, and the number falls


@frozen(kw_only=True)
class AssistCounters:
    """What became of every suggestion: offered = shown + suppressed, the latter by reason.

    ``suppressed`` has ``too_uncertain``, ``invalid``, ``repeated``, ``beyond`` (as in ``Ranked``).
    ``reactions`` to shown suggestions were noted, repeats of them not. ``unseen`` suggestions had a
    reaction before, or without, being shown. ``passed`` events were none of this stage's business.
    ``conversations`` are held now, ``evicted`` were forgotten because idle or too many.
    """

    offered: int
    shown: int
    suppressed: dict[str, int]
    reactions: int
    unseen: int
    passed: int
    conversations: int
    evicted: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds; it always does."""
        return self.offered == self.shown + sum(self.suppressed.values())


class Assist:
    """A stage: what is suggested becomes ``Ranked``, what an agent did with it ``Acceptance``.

    Every event passes on, in front of what follows from it. ``Suggestions`` (several in one
    message) and a ``Suggestion`` that comes alone give one ``Ranked``, also when nothing is left
    to show. A ``Suggestion`` whose state, engagement or rating tells of a reaction gives one
    ``Acceptance`` per reaction that changes a count; repeats change none. Where reactions do not
    come by the stream, ``accept``, ``dismiss``, ``copy``, ``open`` and ``rate`` note them.

    Everything is decided in event time; the same events give the same records. One stage belongs
    to one task; it is not safe to share between threads.
    """

    def __init__(self, policy: AssistPolicy | None = None) -> None:
        self.policy = AssistPolicy() if policy is None else policy
        self._uptakes: OrderedDict[str, Uptake] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._suppressed: Counter[str] = Counter()

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """``event``, and what follows from it."""
        if isinstance(event, Suggestions):
            return (event, *self._offer(event, now))
        if isinstance(event, Suggestion):
            if is_offer(event):
                return (event, *self._offer(_alone(event), now))
            if found := reactions(event):
                return (event, *self._reactions(event, found, now))
        self._counts["passed"] += 1
        return (event,)

    @property
    def deadline(self) -> None:
        """Time alone brings nothing."""
        return

    def tick(self, now: float) -> Sequence[Record]:
        """Nothing."""
        return ()

    def finish(self, now: float) -> Sequence[Record]:
        """Nothing: nothing is held back."""
        return ()

    def accept(self, conversation: str, suggestion: str, now: float) -> Acceptance:
        """The agent took a suggestion; once more changes nothing. ``now``: seconds, the epoch's.

        Raises ConfigurationError for a suggestion that was not shown in this conversation, or so
        long ago that it is forgotten (the policy's bounds).
        """
        return self._note(conversation, suggestion, "accepted", now)

    def dismiss(self, conversation: str, suggestion: str, now: float) -> Acceptance:
        """The agent put a suggestion away. As ``accept``."""
        return self._note(conversation, suggestion, "dismissed", now)

    def copy(self, conversation: str, suggestion: str, now: float) -> Acceptance:
        """The agent copied from a suggestion. As ``accept``."""
        return self._note(conversation, suggestion, "copied", now)

    def open(self, conversation: str, suggestion: str, now: float) -> Acceptance:
        """The agent opened what a suggestion points to. As ``accept``."""
        return self._note(conversation, suggestion, "opened", now)

    def rate(self, conversation: str, suggestion: str, positive: bool, now: float) -> Acceptance:
        """The agent's thumb, up or down; the last one counts. As ``accept``."""
        reaction: Reaction = "rated_up" if positive else "rated_down"
        return self._note(conversation, suggestion, reaction, now)

    def evict(self, conversation: str) -> None:
        """Forget a conversation: no reaction will come, or a snapshot of it was handed over."""
        self._uptakes.pop(conversation, None)

    def snapshot(self, conversation: str | None = None) -> bytes:
        """One conversation, or all of them, for ``restore``: ids and counts, no text.

        An unknown one gives an empty snapshot. Not the counters.
        """
        if conversation is None:
            return write(self._uptakes.items())
        uptake = self._uptakes.get(conversation)
        return write(() if uptake is None else ((conversation, uptake),))

    def restore(self, data: bytes) -> None:
        """Take over the conversations of a snapshot; they replace those of the same name.

        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        for name, uptake in read(data).items():
            self.evict(name)
            self._uptakes[name] = uptake
        while len(self._uptakes) > self.policy.max_conversations:
            self._forget_oldest()

    @property
    def counters(self) -> AssistCounters:
        """The accounting so far."""
        counts = self._counts
        return AssistCounters(
            offered=counts["offered"],
            shown=counts["shown"],
            suppressed=dict(self._suppressed),
            reactions=counts["reactions"],
            unseen=counts["unseen"],
            passed=counts["passed"],
            conversations=len(self._uptakes),
            evicted=counts["evicted"],
        )

    def _offer(self, message: Suggestions, now: float) -> Sequence[Record]:
        at = _moment(message, now)
        uptake = self._visit(message.conversation, at)
        ranked = evolve(rank(message, self.policy, uptake), at=at)
        self._counts["offered"] += ranked.offered
        self._counts["shown"] += len(ranked.suggestions)
        for reason in ("too_uncertain", "invalid", "repeated", "beyond"):
            if count := getattr(ranked, reason):
                self._suppressed[reason] += count
        late = [
            uptake.record(message.conversation, each.suggestion, reaction, at)
            for each in ranked.suggestions
            for reaction in uptake.show(
                each.suggestion, each.reference, self.policy.max_suggestions
            )
        ]
        return (ranked, *late)

    def _reactions(
        self, event: Suggestion, found: Sequence[Reaction], now: float
    ) -> Sequence[Record]:
        at = _moment(event, now)
        uptake = self._visit(event.conversation, at)
        out: list[Record] = []
        for reaction in found:
            unseen = uptake.unseen
            if uptake.react(event.suggestion, reaction, self.policy.max_suggestions):
                self._counts["reactions"] += 1
                out.append(uptake.record(event.conversation, event.suggestion, reaction, at))
            self._counts["unseen"] += uptake.unseen - unseen
        return out

    def _note(
        self, conversation: str, suggestion: str, reaction: Reaction, now: float
    ) -> Acceptance:
        uptake = self._uptakes.get(conversation)
        if uptake is None or suggestion not in uptake:
            raise ConfigurationError(
                f"suggestion {suggestion!r} was never shown in this conversation: pass the ids of "
                "a Ranked as they are (a very old one may be forgotten: max_suggestions)"
            )
        self._uptakes.move_to_end(conversation)
        if uptake.react(suggestion, reaction, self.policy.max_suggestions):
            self._counts["reactions"] += 1
        return uptake.record(conversation, suggestion, reaction, now)

    def _visit(self, name: str, at: float) -> Uptake:
        """What is known of a conversation; a new one finds its room."""
        uptake = self._uptakes.get(name)
        if uptake is None:
            self._make_room(at)
            uptake = self._uptakes[name] = Uptake()
        else:
            self._uptakes.move_to_end(name)
        uptake.touched = at
        return uptake

    def _make_room(self, at: float) -> None:
        """Forget who is idle and, at the bound, who has been silent longest."""
        uptakes, policy = self._uptakes, self.policy
        for _ in range(_EVICT_AT_ONCE):
            if uptakes and next(iter(uptakes.values())).touched <= at - policy.idle_eviction:
                self._forget_oldest()
        while len(uptakes) >= policy.max_conversations:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._uptakes.popitem(last=False)
        self._counts["evicted"] += 1


def _alone(event: Suggestion) -> Suggestions:
    """A suggestion that came by itself, as the message that the real platform did not make."""
    return Suggestions(
        conversation=event.conversation,
        message=event.suggestion,
        suggestions=(event,),
        at=event.at,
        received=event.received,
        source=event.source,
    )


def _moment(event: Suggestion | Suggestions, now: float) -> float:
    """Event time, else the time of arrival; ``now`` for an event that has neither."""
    at = event.received if event.at is None else event.at
    return at if at and is_real(at, -_FARTHEST, _FARTHEST) else now
