"""Events in, scores out: the rules S0-13 to S0-21 over bounded state. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from genesys_sentiment.analysis.analyzer import Analysis, Analyzer
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.errors import AnalyzerError
from genesys_sentiment.model.events import Reading, Utterance
from genesys_sentiment.model.histogram import FARTHEST
from genesys_sentiment.model.results import Record, Result
from genesys_sentiment.scoring.counters import Accounts, ScorerCounters, ScorerReport
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.language import supported_language
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.outcome import (
    flaw_of,
    score_reading,
    score_utterance,
    skipped,
    unsound_analysis,
)
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.state import Conversation, Withheld, read, write
from genesys_sentiment.scoring.window import SIZE, TICK, enter, enter_all

_MAX_TAGS = 1_024  # language tags whose match is remembered
_EVICT_AT_ONCE = 2  # idle conversations forgotten per new one: bounded work, and the number falls


class Scorer:
    """A stage: every utterance and platform reading becomes one Score or one Skipped.

    Other events come back unchanged. With the policy's gate off (the default) the result follows
    at once. With the gate on, an event too soon after a score is withheld: it becomes a Score
    when its interval is over (``tick``) or its conversation ends (``flush``), or a Skipped
    (``too_soon``) when a newer one takes its place.

    ``now`` arguments are seconds since the epoch and become ``scored_at``. Everything else is
    decided in event time: the event's ``at``, else its ``received``. One scorer belongs to one
    task; it is not safe to share between threads.

    Raises AnalyzerError out of a call if the analyzer can never work (a damaged lexicon).
    """

    def __init__(self, policy: Policy | None = None, analyzer: Analyzer | None = None) -> None:
        self.policy = Policy() if policy is None else policy
        self.analyzer: Analyzer = EmbeddedAnalyzer() if analyzer is None else analyzer
        self._tags: dict[str, str | None] = {}
        # The least recently touched is first.
        self._states: dict[str, Conversation] = {}
        self._deadlines = Deadlines()
        self._released: list[Result] = []
        self._accounts = Accounts()

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """What becomes of ``event``, and of what it displaces; empty while it is withheld."""
        if isinstance(event, Reading):
            results = self._reading(event, now)
        elif isinstance(event, Utterance):
            results = self._utterance(event, now)
        else:
            self._accounts.offered += 1
            self._accounts.passed += 1
            return (event,)
        self._accounts.offered += 1
        if self._released:
            results = (*self._released, *results)
            self._released.clear()
        return results

    @property
    def deadline(self) -> float | None:
        """When the next withheld event is due, in event time; None without one."""
        return self._deadlines.earliest

    def tick(self, now: float) -> Sequence[Record]:
        """Score every withheld event whose interval is over at ``now``, earliest first.

        ``now`` is compared with event times: for a live stream that is the wall clock. Releasing
        counts as a score at the end of the interval, so the rate stays within the policy.
        """
        results: list[Result] = []
        for name in self._deadlines.due(now):
            state = self._states[name]
            if state.last is not None:
                state.last += self.policy.min_interval
            results += self._release(state, now)
        return results

    def flush(self, conversation: str, now: float) -> Sequence[Record]:
        """Score what is withheld of ``conversation`` now: it has ended. Empty if nothing is."""
        state = self._states.get(conversation)
        if state is None or state.withheld is None:
            return ()
        self._deadlines.drop(conversation)
        state.last = state.withheld.at
        return self._release(state, now)

    def finish(self, now: float) -> Sequence[Record]:
        """Score everything that is withheld: no event will come any more."""
        return [
            result
            for name in self._deadlines.due(inf)
            for result in self._release(self._states[name], now)
        ]

    def evict(self, conversation: str) -> None:
        """Forget a conversation: it has ended, or a snapshot of it was handed over.

        What is withheld goes with it, and is no longer counted as offered here: ``flush`` first
        where no snapshot carried it away.
        """
        state = self._states.pop(conversation, None)
        if state is not None and state.withheld is not None:
            self._deadlines.drop(conversation)
            self._accounts.offered -= 1

    def snapshot(self, conversation: str | None = None) -> bytes:
        """One conversation, or all of them, for ``restore``; an unknown one gives an empty one.

        Not the counters. It may hold transcript text (a withheld event).
        """
        if conversation is None:
            return write(self._states.items())
        state = self._states.get(conversation)
        return write(() if state is None else ((conversation, state),))

    def restore(self, data: bytes) -> None:
        """Take over the conversations of a snapshot; they go on exactly as they would have there.

        They replace conversations of the same name. What they withhold counts as offered here.
        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        for name, state in read(data):
            self.evict(name)
            self._states[state.name] = state
            if state.withheld is not None:
                self._accounts.offered += 1
                self._deadlines.set(name, (state.last or 0.0) + self.policy.min_interval)

    @property
    def counters(self) -> ScorerCounters:
        """The accounting so far."""
        return self._accounts.counters(
            withheld=len(self._deadlines), conversations=len(self._states)
        )

    @property
    def report(self) -> ScorerReport:
        """The accounting and the latencies so far; what happens later does not change it."""
        return ScorerReport(counters=self.counters, latency=self._accounts.latency())

    def _reading(self, event: Reading, now: float) -> Sequence[Result]:
        policy = self.policy
        at = event.received if event.at is None else event.at
        if not -FARTHEST < at < FARTHEST:
            return self._skip(event, 0.0, "invalid", "time")
        if (reason := self._unreadable(event)) is not None:
            return self._skip(event, at, reason)
        state = self._visit(event.conversation, at, now)
        if event.segments:
            context = self._enter_segments(state.context, event, at)
        else:
            context = enter(state.context, at, policy.context_window, policy.context_segments)
        state.context = context
        count = len(context) // SIZE
        if (flaw := flaw_of(event)) is not None:
            return self._skip(event, at, *flaw)
        if policy.min_interval:
            moment = Withheld(event, at, count or 1)
            return self._through_gate(moment, state, now, None)
        self._accounts.note_scored(event.at, now)
        return (score_reading(event, at, count or 1, now, policy),)

    def _unreadable(self, event: Reading) -> str | None:
        """S0-13: why a reading does not belong here at all, None if it does."""
        policy = self.policy
        if policy.require_segments and not event.segments:
            return "segments_missing"
        language = event.language or policy.default_language
        if language is None:
            return "language_missing" if policy.require_language else None
        return "language_unsupported" if self._match(language) is None else None

    def _utterance(self, event: Utterance, now: float) -> Sequence[Result]:
        at = event.received if event.at is None else event.at
        if not -FARTHEST < at < FARTHEST:
            return self._skip(event, 0.0, "invalid", "time")
        if not event.final:
            return self._skip(event, at, "not_final")
        if not event.text or event.text.isspace():
            return self._skip(event, at, "empty")
        language = event.language or self.policy.default_language
        if language is None:
            return self._skip(event, at, "language_missing")
        subtag = self._match(language)
        if subtag is None or subtag not in self.analyzer.languages:
            return self._skip(event, at, "language_unsupported")
        analysis = self._analyse(event.text, subtag)
        if isinstance(analysis, Analysis) and analysis.words == 0:
            return self._skip(event, at, "no_words")
        state = self._visit(event.conversation, at, now)
        policy = self.policy
        context = enter(state.context, at, policy.context_window, policy.context_segments)
        state.context = context
        if isinstance(analysis, str):
            return self._skip(event, at, "analyzer_failed", analysis)
        moment = Withheld(event, at, len(context) // SIZE)
        if policy.min_interval:
            return self._through_gate(moment, state, now, analysis)
        return (self._outcome(moment, now, analysis),)

    def _match(self, tag: str) -> str | None:
        """The supported primary subtag of ``tag``, remembered for a bounded number of tags."""
        try:
            return self._tags[tag]
        except KeyError:
            if len(self._tags) >= _MAX_TAGS:
                self._tags.clear()
        policy = self.policy
        match = supported_language(tag, policy.languages, policy.exact_languages)
        self._tags[tag] = match
        return match

    def _visit(self, name: str, at: float, now: float) -> Conversation:
        """The state of a conversation; a new one finds its room."""
        state = self._states.pop(name, None)
        if state is None:
            self._make_room(at, now)
            state = Conversation(shared(name))
        self._states[state.name] = state
        state.touched = at
        return state

    def _enter_segments(self, context: bytes, event: Reading, at: float) -> bytes:
        """All segments of one message that the window reaches; none of them moves it."""
        span = self.policy.context_window
        times = [at if segment.at is None else segment.at for segment in event.segments]
        spoken = [time for time in times if at - span + TICK < time < FARTHEST]
        return enter_all(context, at, spoken, span, self.policy.context_segments)

    def _make_room(self, at: float, now: float) -> None:
        """Forget who is idle and, at the bound, who has been silent longest."""
        states, policy = self._states, self.policy
        for _ in range(_EVICT_AT_ONCE):
            if states and next(iter(states.values())).touched <= at - policy.idle_eviction:
                self._forget_oldest(now)
        while len(states) >= policy.max_conversations:
            self._forget_oldest(now)

    def _forget_oldest(self, now: float) -> None:
        name = next(iter(self._states))
        state = self._states.pop(name)
        self._accounts.evicted += 1
        self._deadlines.drop(name)
        self._released += self._release(state, now)

    def _through_gate(
        self, moment: Withheld, state: Conversation, now: float, analysis: Analysis | None
    ) -> Sequence[Result]:
        """S0-16. The one event that is behind the gate is always the newest in event time."""
        last, waiting = state.last, state.withheld
        if last is not None and moment.at < last - TICK:
            return (self._outcome(moment, now, analysis),)  # a clock that went back blocks nothing
        if last is None or moment.at - last >= self.policy.min_interval - TICK:
            state.last, state.withheld = moment.at, None
            self._deadlines.drop(moment.event.conversation)
            scored = self._outcome(moment, now, analysis)
            return (scored,) if waiting is None else (*self._too_soon(waiting), scored)
        if waiting is not None and moment.at < waiting.at:
            return self._too_soon(moment)
        state.withheld = moment
        self._deadlines.set(moment.event.conversation, last + self.policy.min_interval)
        return () if waiting is None else self._too_soon(waiting)

    def _too_soon(self, moment: Withheld) -> Sequence[Result]:
        return self._skip(moment.event, moment.at, "too_soon")

    def _release(self, state: Conversation, now: float) -> Sequence[Result]:
        """The outcome of what is withheld. Analysed anew: so a restored scorer says the same."""
        moment, state.withheld = state.withheld, None
        return () if moment is None else (self._outcome(moment, now, None),)

    def _outcome(self, moment: Withheld, now: float, analysis: Analysis | None) -> Result:
        """The Score of a valid event; an utterance without ``analysis`` is analysed here."""
        event, policy = moment.event, self.policy
        if isinstance(event, Reading):
            self._accounts.note_scored(event.at, now)
            return score_reading(event, moment.at, moment.count, now, policy)
        if analysis is None:
            language = event.language or policy.default_language or ""
            found = self._analyse(event.text, self._match(language) or "")
            if isinstance(found, str):
                return self._skip(event, moment.at, "analyzer_failed", found)[0]
            analysis = found
        self._accounts.note_scored(event.at, now)
        name = self.analyzer.name
        return score_utterance(event, analysis, moment.at, moment.count, now, policy, name)

    def _analyse(self, text: str, language: str) -> Analysis | str:
        """What the analyzer says, or what went wrong in a word or two."""
        try:
            analysis = self.analyzer(text, language)
        except AnalyzerError:
            raise
        except Exception as error:  # noqa: BLE001 - the border to the user's callback; counted
            return type(error).__name__
        return unsound_analysis(analysis) or analysis

    def _skip(
        self, event: Utterance | Reading, at: float, reason: str, detail: str | None = None
    ) -> Sequence[Result]:
        self._accounts.skipped[reason] += 1
        return (skipped(event, at, reason, detail),)
