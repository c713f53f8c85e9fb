"""Where a text has personal data: addresses, bank accounts, cards, numbers. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from genesys_sentiment.redaction.numbers import Run, is_card

SHORTEST: Final = 7
"""Digits from which a run is personal data whatever it is: the shortest phone numbers in use
(ITU-T E.164 sets no lower limit; 7 is a local number of the North American plan), and the most of
a card that may be seen is its first six or last four digits (PCI DSS 4.0, 3.4.1)."""

_MAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SPOKEN_MAIL: Final = re.compile(
    r"\b\w{1,32}(?: (?:dot|punkt|punto|point|ponto) \w{1,32}){0,4}"
    r" (?:at|arroba|arobase|klammeraffe) \w{1,32}"
    r"(?: (?:dot|punkt|punto|point|ponto) \w{2,32}){1,4}\b",
    re.IGNORECASE,
)
_ACCOUNT: Final = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ -]?\d[ -]?\d(?=[ -]?[A-Za-z0-9])")
_DATE: Final = r"(?:(?:19|20)\d\d([-./])[01]?\d\1[0-3]?\d|[0-3]?\d([-./])[01]?\d\2(?:19|20)\d\d)"
_MOMENT: Final = re.compile(rf"{_DATE}(?:[ T,]{{1,2}}[0-2]?\d:[0-5]\d(?::[0-5]\d)?)?", re.ASCII)
_PHONE: Final = re.compile(r"(?:\+|00|\(|0)")


@frozen
class Found:
    """One piece of personal data. ``content`` is what it is without its marks and spaces."""

    start: int
    end: int
    kind: str
    content: str


def mails(text: str) -> Iterator[Found]:
    """E-mail addresses, written, or spoken as "john dot smith at example dot com"."""
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield Found(match.start(), match.end(), "email", match[0].casefold())
    for match in _SPOKEN_MAIL.finditer(text):
        yield Found(match.start(), match.end(), "email", match[0].casefold())


def accounts(text: str) -> Iterator[Found]:
    """International bank account numbers with right check digits (ISO 13616, mod 97)."""
    for match in _ACCOUNT.finditer(text):
        found = _account_from(text, match.start())
        if found is not None:
            yield found


def number(text: str, run: Run, before: str = "") -> Found | None:
    """A run of digits that is long enough to be personal data. None: it is not, or it is a moment.

    ``before``: digits of the same speaker that came just before, in another text.
    """
    digits = before + run.digits
    if len(digits) < SHORTEST:
        return None
    if is_card(digits):
        return Found(run.start, run.end, "card", digits)
    start = run.start
    if start and text[start - 1] in "+(":
        start -= 1
    if start > 1 and text[start] == "(" and text[start - 1] == "+":
        start -= 1
    written = text[start : run.end]
    if not before and _MOMENT.fullmatch(written):
        return None
    kind = "phone" if _PHONE.match(written) and len(digits) <= 15 else "number"
    return Found(start, run.end, kind, digits)


def without_overlaps(found: Sequence[Found]) -> list[Found]:
    """In order of the text; of two that overlap, the one that begins first, then the longer."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            # Nothing of either may stay.
            last = kept.pop()
            kept.append(Found(last.start, each.end, last.kind, last.content))
    return kept


def _account_from(text: str, start: int) -> Found | None:
    content = ""
    best: Found | None = None
    for place in range(start, min(start + 80, len(text))):
        letter = text[place]
        if letter.isascii() and letter.isalnum():
            content += letter.upper()
        elif letter not in " -":
            break
        else:
            continue
        if len(content) > 34:
            break
        follows = text[place + 1 : place + 2]
        if len(content) >= 15 and not follows.isalnum() and _checks(content):
            best = Found(start, place + 1, "iban", content)
    return best


def _checks(content: str) -> bool:
    moved = content[4:] + content[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1
