"""What an analyzer is: text and language in, sentiment and emotion out. Pure: no I/O."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from genesys_sentiment.model.values import Polarity


@frozen(kw_only=True)
class Analysis:
    """What one text says.

    ``polarity`` is −1…1, ``label`` the analyzer's own decision, ``confidence`` (0…1) how sure it
    is of that label. ``emotion`` is a lower-case word, None where the text shows none; then
    ``emotion_confidence`` is 0.0. ``words`` is how many words were read: 0 says that there was
    nothing to judge (noise marks only), which is not the same as a neutral text. ``evidence``
    names what carried the decision, strongest first, as ``concept:word``; it may quote the text.
    """

    polarity: float
    label: Polarity
    confidence: float
    words: int
    emotion: str | None = None
    emotion_confidence: float = 0.0
    evidence: tuple[str, ...] = field(default=(), repr=False)


class Analyzer(Protocol):
    """A named callable. It does no I/O and gives the same answer to the same question.

    ``name`` goes into every score's ``method``. ``languages`` are primary subtags (``en``); the
    scorer never asks about another language.
    """

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> frozenset[str]: ...

    def __call__(self, text: str, language: str) -> Analysis:
        """Judge ``text``; ``language`` is a primary subtag out of ``languages``.

        What it raises becomes a ``Skipped("analyzer_failed")``, except AnalyzerError, which says
        that no text can ever be judged and comes out of the scorer.
        """
        ...
