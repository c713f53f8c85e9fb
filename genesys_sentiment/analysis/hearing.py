"""Who negates whom: one walk over the words of a text. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from genesys_sentiment.analysis.vocabulary import BREAK, Word

_TURN = 0.4  # what is left of everything said before a "but"
_NEGATED_PRAISE = -0.9  # "not happy" is nearly as bad as "unhappy"
_NEGATED_BLAME = -0.35  # "not bad" is far from "good"
_EMPHASIS_REACH = 2  # words: "very (much) appreciated"
_NAME_REACH = 2  # words: first and last name


@define
class Hit:
    """One word that weighs, at its place among the words; ``strength`` is 1 if unemphasised."""

    place: int
    word: Word
    strength: float
    negated: bool

    @property
    def weight(self) -> float:
        """Its part of the evidence: above 0 praise, below 0 blame."""
        weight = self.word.polarity * self.strength
        if not self.negated:
            return weight
        return weight * (_NEGATED_PRAISE if weight > 0 else _NEGATED_BLAME)

    @property
    def evidence(self) -> str:
        """``concept:word``, or ``concept:not word``."""
        return f"{self.word.concept}:{'not ' if self.negated else ''}{self.word.text}"


def hear(words: Sequence[Word | None]) -> list[Hit]:
    """The words that weigh, in order, with all that is said about them."""
    listener = _Listener()
    for word in _phrased(words):
        if word is None:
            listener.place += 1
        elif word.spoken:
            listener.take(word)
        elif word is BREAK:
            listener.denied_until = -1
    return listener.hits


def _phrased(words: Sequence[Word | None]) -> Iterator[Word | None]:
    """The words, with the longest known phrases in place of their parts."""
    taken = 0
    for index, word in enumerate(words):
        if taken:
            taken -= 1
            continue
        if word is not None and word.phrases:
            for rest, phrase in word.phrases:
                following = words[index + 1 : index + 1 + len(rest)]
                if tuple(part.text for part in following if part is not None) == rest:
                    word, taken = phrase, len(rest)
                    break
        yield word


class _Listener:
    """What is still in force at a place in the text: a negation, an emphasis, a name."""

    __slots__ = ("denied_until", "factor", "hits", "muted_until", "place", "stressed_until")

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.factor = 1.0
        self.place = self.denied_until = self.stressed_until = self.muted_until = -1

    def take(self, word: Word) -> None:
        self.place = place = self.place + 1
        if (word.polarity or word.emotions) and place > self.muted_until:
            strength = self.factor if place <= self.stressed_until else 1.0
            negated = place <= self.denied_until and not word.firm
            self.hits.append(Hit(place, word, strength, negated))
        if word.factor != 1.0:
            self.factor, self.stressed_until = word.factor, place + _EMPHASIS_REACH
        if word.mutes:
            self.muted_until = place + _NAME_REACH
        if word.ahead:
            self.denied_until = max(self.denied_until, place + word.ahead)
        if word.back:
            self._deny(place - word.back)
        if word.turns:
            self._turn()

    def _deny(self, since: int) -> None:
        """French and German deny afterwards: "j'aime pas", "das gefällt mir nicht"."""
        for hit in reversed(self.hits):
            if hit.place < since:
                return
            hit.negated = not hit.word.firm

    def _turn(self) -> None:
        self.denied_until = -1
        for hit in self.hits:
            hit.strength *= _TURN
