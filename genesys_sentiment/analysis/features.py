"""What of a word is looked up in the model's tables: hashes of its letters. Pure: no I/O.

Training and scoring both ask here, so that they cannot differ.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

SENTIMENT_BUCKETS: Final = 1 << 16
EMOTION_BUCKETS: Final = 1 << 15
"""Rows of the two tables: powers of two."""

_SENTIMENT_MASK: Final = SENTIMENT_BUCKETS - 1
_EMOTION_MASK: Final = EMOTION_BUCKETS - 1
_SIZES: Final = (3, 4, 5)


def sentiment_of_word(word: str) -> list[int]:
    """Rows of the sentiment table for a folded word: the whole, and its runs of 3 to 5 letters.

    The runs stay inside the word, so that a word is always the same sum. Languages share them:
    one model for all was as good as one each.
    """
    letters = f"<{word}>".encode()
    rows = [crc32(letters, 1) & _SENTIMENT_MASK]
    length = len(letters)
    for size in _SIZES:
        rows += [
            crc32(letters[start : start + size]) & _SENTIMENT_MASK
            for start in range(length - size + 1)
        ]
    return rows


def sentiment_of_pair(first: str, second: str) -> int:
    """The row of the sentiment table for two folded words, one after the other."""
    return crc32(f"{first} {second}".encode()) & _SENTIMENT_MASK


def emotion_of(language: str, words: str) -> int:
    """The row of the emotion table for one folded word, or for two with a space between."""
    return crc32(f"{language} {words}".encode()) & _EMOTION_MASK
