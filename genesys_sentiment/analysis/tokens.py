"""Text into comparable tokens, at a bounded cost. Pure: no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MAX_CHARACTERS = 16_384
"""Read of one text. Speech is far shorter; a longer text costs no more than this."""

MAX_TOKENS = 1_024
"""Judged of one text, from its beginning."""

MAX_WORD = 40
"""Characters of the longest word that is looked up."""

# [noise], <unk>, [background talk]: marks of recognisers. Links and mentions say nothing either.
_LINK = r"https?://\S+|www\.\S+"
_MARK = r"\[[\w \-/]{1,32}\]|<[\w/\-]{1,32}>|@\w+"
_WORD = r"[^\W_]+"
_BREAK = r"[.,;:!?…¿¡\n]+"


def fold(word: str) -> str:
    """Case and accents away: ``Enttäuschend`` is ``enttauschend``, ``weiß`` is ``weiss``."""
    if word.isascii():
        return word.casefold()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def tidy(text: str) -> str:
    """Bounded, in one case, composed, and with the apostrophe that keyboards have.

    ``n't`` is joined, so that "don't" and the recogniser's "dont" are one word; every other
    apostrophe parts two words ("I'll" is not "ill", "j'aime" is "j aime").
    """
    text = text[:MAX_CHARACTERS].casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("’", "'")
    return text.replace("n't", "nt")


@lru_cache(maxsize=8)
def splitter(symbols: frozenset[str]) -> re.Pattern[str]:
    """A pattern whose matches are words, ``symbols``, clause breaks and dropped marks."""
    known = "|".join(_symbol(symbol) for symbol in _longest_first(symbols))
    # Words are most of a text, and no mark or symbol begins as they do: they are tried early.
    return re.compile("|".join(part for part in (_LINK, _WORD, _MARK, known, _BREAK) if part))


def _symbol(symbol: str) -> str:
    """``:d`` must not be found inside ``see:details``; an emoji may stand anywhere."""
    pattern = re.escape(symbol)
    return rf"(?<!\w){pattern}(?!\w)" if symbol.isascii() else pattern


def _longest_first(symbols: Iterable[str]) -> list[str]:
    return sorted(symbols, key=lambda symbol: (-len(symbol), symbol))
