"""Who negates whom: one walk over the words of a text. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from genesys_sentiment.analysis.vocabulary import BREAK, Phrase, Word

_TURN: Final = 0.4  # what is left of everything said before a "but"
_EMPHASIS_REACH: Final = 2  # words: "very (much) appreciated"
_NAME_REACH: Final = 2  # words: first and last name


class Hit:
    """One word that stands for something, at its place; ``strength`` is 1 if unemphasised."""

    __slots__ = ("negated", "place", "strength", "word")

    def __init__(self, place: int, word: Word, strength: float, negated: bool) -> None:
        self.place = place
        self.word = word
        self.strength = strength
        self.negated = negated

    @property
    def text(self) -> str:
        """The word, or ``not`` and the word."""
        return f"not {self.word.text}" if self.negated else self.word.text


def hear(words: Sequence[Word]) -> list[Hit]:
    """The words that stand for something, in order, with all that is said about them."""
    listener = _Listener()
    place, until, last = -1, 0, len(words) - 1
    for index, word in enumerate(words):
        if index < until:
            continue
        if word.phrases is not None and index < last:
            following = word.phrases.get(words[index + 1].text)
            if following is not None:
                word, until = _longest(following, words, index)
        if word.concepts:
            place += 1
            listener.take(word, place)
        elif word.spoken:
            place += 1
        elif word is BREAK:
            listener.denied_until = -1
    return listener.hits


def _longest(following: Sequence[Phrase], words: Sequence[Word], index: int) -> tuple[Word, int]:
    """The longest phrase that begins at ``index``, else the word there; and where that ends."""
    for phrase in following:
        end = index + 2
        for part in phrase.rest:
            if end >= len(words) or words[end].text != part:
                break
            end += 1
        else:
            return phrase.word, end
    return words[index], index + 1


class _Listener:
    """What is still in force at a place in the text: a negation, an emphasis, a name."""

    __slots__ = ("denied_until", "factor", "hits", "muted_until", "stressed_until")

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.factor = 1.0
        self.denied_until = self.stressed_until = self.muted_until = -1

    def take(self, word: Word, place: int) -> None:
        if place > self.muted_until:
            strength = self.factor if place <= self.stressed_until else 1.0
            self.hits.append(
                Hit(place, word, strength, place <= self.denied_until and not word.firm)
            )
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
            # The denial itself is no part of what it denies.
            hit.negated = not hit.word.firm and not hit.word.back

    def _turn(self) -> None:
        self.denied_until = -1
        for hit in self.hits:
            hit.strength *= _TURN
