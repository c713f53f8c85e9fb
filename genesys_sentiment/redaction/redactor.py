"""The redactor that is used unless you bring your own. Pure but for the key it makes itself."""

from __future__ import annotations

import hmac
import os
from collections import OrderedDict
from hashlib import sha256
from typing import Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.redaction.numbers import Run, runs_of
from genesys_sentiment.redaction.patterns import (
    Found,
    accounts,
    mails,
    number,
    without_overlaps,
)

MOST_SPEAKERS: Final = 10_000
"""Speakers whose last digits are remembered; the one that was silent longest is forgotten."""

_SHORTEST_KEY: Final = 16
_NEAR: Final = 3
"""Words that may stand between an end of an utterance and a number that goes on there."""
_PATIENCE: Final = 2
"""Short utterances without a digit ("hold on") after which a number may still go on."""
_LONGEST_TAIL: Final = 19
_LETTERS: Final = str.maketrans("0123456789abcdef", "ghijklmnopabcdef")


@frozen
class _Tail:
    digits: str
    patience: int


class PatternRedactor:
    """Replaces card numbers, e-mail addresses, IBANs, phone numbers and long runs of digits.

    Written with any marks between the digits, spoken digit by digit (five languages), and split
    over utterances of one speaker: what completes seven digits or more is replaced, with what
    came before it in mind. Dates stay. Names, postal addresses and anything that only a model can
    see stay as well: for these bring a ``Redactor`` of your own.

    In place of each stands its kind and a keyed pseudonym, ``[card:kfbgjhie]``: the same content
    gives the same pseudonym, so that one person stays one, and nobody can try out contents
    without the key. ``key``: 16 bytes or more, kept by you; None makes one that lives as long as
    the object. Raises ConfigurationError for a key that is too short.
    """

    def __init__(self, key: bytes | None = None) -> None:
        if key is not None and len(key) < _SHORTEST_KEY:
            raise ConfigurationError(f"the redaction key needs {_SHORTEST_KEY} bytes or more")
        self._key = key or os.urandom(32)
        self._tails: OrderedDict[tuple[str, str | None], _Tail] = OrderedDict()

    def redact(
        self, text: str, *, conversation: str | None, participant: str | None, final: bool = True
    ) -> str:
        """The text without personal data. Text that was redacted comes back as it is.

        Remembers the last digits of a speaker for the next call; without a ``conversation``, and
        of a text that is not ``final``, it remembers nothing.
        """
        runs, words = runs_of(text)
        before = ""
        if conversation is not None:
            tail = self._tails.get((conversation, participant))
            before = "" if tail is None else tail.digits
            if final:
                self._remember((conversation, participant), tail, runs, words)
        found = [*mails(text), *accounts(text)]
        for run in runs:
            carried = before if run.first and run.before <= _NEAR else ""
            if (one := number(text, run, carried)) is not None:
                found.append(one)
        return self._replaced(text, without_overlaps(found)) if found else text

    def pseudonym(self, kind: str, content: str) -> str:
        """Eight letters that stand for a content, and for the same content again."""
        digest = hmac.new(self._key, f"{kind}:{content}".encode(), sha256).hexdigest()
        return digest[:8].translate(_LETTERS)

    def _replaced(self, text: str, found: list[Found]) -> str:
        pieces, end = [], 0
        for one in found:
            pieces += [
                text[end : one.start],
                f"[{one.kind}:{self.pseudonym(one.kind, one.content)}]",
            ]
            end = one.end
        return "".join((*pieces, text[end:]))

    def _remember(
        self, speaker: tuple[str, str | None], tail: _Tail | None, runs: list[Run], words: int
    ) -> None:
        self._tails.pop(speaker, None)
        if runs and runs[-1].after <= _NEAR:
            last = runs[-1]
            goes_on = tail is not None and last.first and last.before <= _NEAR
            digits = (tail.digits if tail is not None and goes_on else "") + last.digits
            tail = _Tail(digits[-_LONGEST_TAIL:], _PATIENCE)
        elif tail is None or runs or words > _NEAR or not tail.patience:
            return
        else:
            tail = _Tail(tail.digits, tail.patience - 1)
        self._tails[speaker] = tail
        if len(self._tails) > MOST_SPEAKERS:
            self._tails.popitem(last=False)
