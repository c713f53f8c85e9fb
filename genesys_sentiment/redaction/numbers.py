"""Digits as they are written and spoken, put together into runs. Pure: no I/O.

Recognisers write "four one one one", "4111 1111" and a mixture of both. A run is what somebody
reads out in one go: digits and number words in English, Spanish, French, German and Portuguese,
with nothing between them but marks, spaces and the small words that people put there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from genesys_sentiment.analysis.tokens import fold

WIDEST_GAP: Final = 5
"""Characters of marks and spaces between two digits of one run."""

_UNITS: Final = {
    word: str(value)
    for value, words in enumerate(
        (
            "zero oh o null nul cero",
            "one uno una un une eins ein um uma",
            "two dos deux zwei zwo dois duas",
            "three tres trois drei",
            "four cuatro quatre vier quatro",
            "five cinco cinq funf fuenf",
            "six seis sechs meia",
            "seven siete sept sieben sete",
            "eight ocho huit acht oito",
            "nine nueve neuf neun nove",
        )
    )
    for word in words.split()
}
_TEENS: Final = {
    word: str(value)
    for value, words in enumerate(
        (
            "ten diez dix zehn dez",
            "eleven once onze elf",
            "twelve doce douze zwolf zwoelf doze",
            "thirteen trece treize dreizehn treze",
            "fourteen catorce quatorze vierzehn catorze",
            "fifteen quince quinze funfzehn fuenfzehn",
            "sixteen dieciseis seize sechzehn dezesseis",
            "seventeen diecisiete siebzehn dezessete",
            "eighteen dieciocho achtzehn dezoito",
            "nineteen diecinueve neunzehn dezenove",
        ),
        10,
    )
    for word in words.split()
}
_TENS: Final = {
    word: value * 10
    for value, words in enumerate(
        (
            "twenty veinte vingt zwanzig vinte",
            "thirty treinta trente dreissig trinta",
            "forty cuarenta quarante vierzig quarenta",
            "fifty cincuenta cinquante funfzig fuenfzig cinquenta",
            "sixty sesenta soixante sechzig sessenta",
            "seventy setenta septante siebzig",
            "eighty ochenta achtzig oitenta",
            "ninety noventa nonante neunzig",
        ),
        2,
    )
    for word in words.split()
}
_REPEATS: Final = {"double": 2, "doble": 2, "doppel": 2, "duplo": 2, "triple": 3, "triplo": 3}
_FILLERS: Final = frozenset(
    word
    for words in (
        "and um uh er then next dash hyphen minus space dot point slash",
        "y eh guion espacio luego",
        "et euh tiret espace puis",
        "und ahm ehm bindestrich strich leerzeichen dann",
        "e ah hm hmm hifen espaco depois",
    )
    for word in words.split()
)
_GERMAN: Final = re.compile(
    r"(ein|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun)und"
    r"(zwanzig|dreissig|vierzig|funfzig|fuenfzig|sechzig|siebzig|achtzig|neunzig)"
)
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")


@frozen
class Run:
    """Digits read out in one go. ``start`` and ``end`` are places in the text.

    ``before`` and ``after``: how many words that are no filler stand on either side of it, up to
    the next run or the end of the text. ``first`` and ``last``: whether it is the text's first
    and last run.
    """

    start: int
    end: int
    digits: str
    before: int
    after: int
    first: bool
    last: bool


class _Open:
    """A run that is being put together."""

    def __init__(self, before: int) -> None:
        self.before = before
        self.start = -1
        self.end = -1
        self.digits = ""
        self.tens = 0
        self.repeat = 1

    def add(self, start: int, end: int, word: str) -> None:
        if self.start < 0:
            self.start = start
        self.end = end
        if (tens := _TENS.get(word, 0)) != 0:
            self._flush()
            self.tens = tens
            return
        digits = _digits(word)
        if self.tens and (unit := int(digits)) < 10 and digits != "0" and word in _UNITS:
            digits = str(self.tens + unit)
        elif self.tens in (60, 80) and word in _TEENS:
            digits = str(self.tens + int(digits))  # soixante-quinze
        else:
            self._flush()
        self.digits += digits * self.repeat
        self.tens, self.repeat = 0, 1

    def _flush(self) -> None:
        if self.tens:
            self.digits += str(self.tens) * self.repeat
            self.tens, self.repeat = 0, 1

    def close(self) -> str:
        self._flush()
        return self.digits


def runs_of(text: str) -> tuple[list[Run], int]:
    """The runs of a text in order, and how many words that are neither digits nor fillers it has.

    Any script's digits count; "double four" is 44, "forty two" 42, "zweiundvierzig" 42.
    """
    found: list[_Open] = []
    afters: list[int] = []
    words, since, repeat = 0, 0, 1
    current: _Open | None = None
    reach = 0
    for start, end, word in _tokens(text):
        if _is_number(word):
            if current is None or since or start - reach > WIDEST_GAP:
                if current is not None:
                    afters.append(since)
                current = _Open(since)
                found.append(current)
                since = 0
            current.repeat = max(current.repeat, repeat)
            current.add(start, end, word)
            repeat, reach = 1, end
        elif word in _REPEATS:
            repeat = _REPEATS[word]
            reach = end
        elif word in _FILLERS:
            # The gap is measured from the filler on, when it stands close enough itself.
            reach = end if start - reach <= WIDEST_GAP else reach
        else:
            since += 1
            words += 1
    afters.append(since)
    last = len(found) - 1
    runs = [
        Run(one.start, one.end, one.close(), one.before, after, index == 0, index == last)
        for index, (one, after) in enumerate(zip(found, afters, strict=False))
    ]
    return runs, words


def is_card(digits: str) -> bool:
    """13 to 19 digits with a right check digit (ISO/IEC 7812, Luhn)."""
    if not 13 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _TOKEN.finditer(text):
        word = match[0]
        yield match.start(), match.end(), word if word.isdigit() else fold(word)


def _is_number(word: str) -> bool:
    return (
        word[0].isdigit()
        or word in _UNITS
        or word in _TEENS
        or word in _TENS
        or _GERMAN.fullmatch(word) is not None
    )


def _digits(word: str) -> str:
    if word[0].isdigit():
        return "".join(str(int(each)) for each in word if each.isdecimal())
    if (known := _UNITS.get(word) or _TEENS.get(word)) is not None:
        return known
    parts = _GERMAN.fullmatch(word)
    if parts is None:
        raise AssertionError(word)
    return str(_TENS[parts[2]] + int(_UNITS[parts[1]]))
