"""A slow analyzer, asked ahead of the scorer in a thread.

The scorer asks its analyzer on the event loop and waits for the answer. Here the answer is there
before the question: utterances are judged on their way to the scorer, which then only looks up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterable
from hashlib import blake2b
from typing import Final

from attrs import evolve, frozen

from genesys_sentiment.analysis.analyzer import Analysis, Analyzer
from genesys_sentiment.classifiers._asker import Answer, Asker
from genesys_sentiment.classifiers.look_ahead import LookAhead, Question
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event
from genesys_sentiment.scoring.language import primary_subtag
from genesys_sentiment.scoring.numbers import is_real

REMEMBERED: Final = 16_384
"""Answers that are kept, some 500 bytes each: texts come again ("yes"), and the scorer's gate asks
about what it withheld a second time."""


@frozen(kw_only=True)
class AheadCounters:
    """What became of the utterances that were to be judged so far; the sum is all of them.

    ``judged``: by the analyzer. ``known``: the same text was judged before. ``timed_out``,
    ``failed``: no answer, so the scorer says ``analyzer_failed``.
    """

    judged: int = 0
    known: int = 0
    timed_out: int = 0
    failed: int = 0


class Ahead:
    """Any analyzer, asked in a thread ahead of the scorer. It is itself an analyzer.

    ``async with slow.ahead(stream) as events:`` judges what comes, and
    ``score(events, Scorer(analyzer=slow))`` looks up what was found. ``timeout``: seconds that one
    text may take. A call that takes longer is left alone in its thread and another thread goes
    on: ``analyzer`` must bear to be called from several threads.

    Asked for a text that it has not seen, it raises LookupError rather than hold up the loop: the
    scorer says ``analyzer_failed`` with the detail ``LookupError``. It is ``TimeoutError`` for a
    text that took too long, else the name of what ``analyzer`` raised; AnalyzerError comes out of
    the scorer. Texts are remembered by their hashes, not as what was said.

    Raises ConfigurationError for a ``timeout`` that is none.
    """

    def __init__(self, analyzer: Analyzer, *, timeout: float = 2.0) -> None:
        if not is_real(timeout, 0.001, 3600.0):
            raise ConfigurationError("timeout must be a number of seconds from 0.001 to 3600")
        self._analyzer = analyzer
        self._timeout = timeout
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._counters = AheadCounters()

    @property
    def name(self) -> str:
        """The analyzer's."""
        return self._analyzer.name

    @property
    def languages(self) -> frozenset[str]:
        """The analyzer's."""
        return self._analyzer.languages

    @property
    def counters(self) -> AheadCounters:
        """The accounting so far, over all look-aheads."""
        return self._counters

    def __call__(self, text: str, language: str) -> Analysis:
        """What was found for exactly this text in this language."""
        key = _key(text, language)
        found = self._answers.get(key)
        if found is None:
            raise LookupError("not judged yet: score the events that come out of ahead()")
        if isinstance(found, Exception):
            del self._answers[key]  # told once: raised, it holds on to frames, and they to texts
            raise found
        return found

    def ahead(
        self, events: AsyncIterable[Event], *, default_language: str | None = None
    ) -> LookAhead:
        """The same events in the same order, each utterance judged before it comes out.

        An asynchronous context manager, see :class:`LookAhead`. ``default_language``: that of the
        scorer's policy.
        """
        languages, default = self.languages, default_language or ""

        def language_of(tag: str | None) -> str | None:
            language = primary_subtag(tag or default)
            return language if language in languages else None

        return LookAhead(
            events, language_of, self._judge, lambda: Asker(self._analyzer, self._timeout)
        )

    async def _judge(self, asker: Asker, question: Question) -> None:
        """Have the answer ready."""
        key, counts = _key(*question), self._counters
        if isinstance(self._answers.get(key), Analysis):
            self._answers.move_to_end(key)
            self._counters = evolve(counts, known=counts.known + 1)
            return
        found = await asker.ask(*question)
        counts = self._counters
        if isinstance(found, TimeoutError):
            self._counters = evolve(counts, timed_out=counts.timed_out + 1)
        elif isinstance(found, Exception):
            self._counters = evolve(counts, failed=counts.failed + 1)
        else:
            self._counters = evolve(counts, judged=counts.judged + 1)
        self._answers[key] = found
        self._answers.move_to_end(key)
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)


def _key(text: str, language: str) -> bytes:
    said = f"{language}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).digest()
