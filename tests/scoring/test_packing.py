"""Ids in little memory: whatever they are, they come back, and no two become the same."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.scoring.packing import fold, unfold

_UUIDS = st.uuids().map(str)
_NAMES = (
    _UUIDS
    | _UUIDS.map(str.upper)
    | _UUIDS.map(lambda name: name.replace("-", ""))
    | st.text(st.characters(exclude_categories=()))
    | st.text("0123456789abcdefABCDEF- ", min_size=36, max_size=36)
)
_TEXTS = st.lists(_NAMES | st.sampled_from([":", "\0", "\ud800", "ÿ", "þ"]), max_size=4).map(
    "".join
)


@given(_TEXTS, _NAMES)
def test_what_is_folded_comes_back(name: str, own: str) -> None:
    """Also halves of surrogate pairs, NUL, nothing at all, and bytes that look like marks."""
    assert unfold(fold(name)) == name
    assert unfold(fold(name, own), own) == name
    assert unfold(fold(own + name + own, own), own) == own + name + own


@given(_TEXTS, _TEXTS)
def test_no_two_become_the_same(one: str, other: str) -> None:
    assert (fold(one) == fold(other)) == (one == other)


@given(_UUIDS)
def test_a_uuid_takes_17_bytes(name: str) -> None:
    assert len(fold(name)) == 17
    assert len(fold(f"score:reading:{name}::")) == 16 + 17
    assert len(fold(name, name)) == 1
    assert fold(name.upper()) == name.upper().encode() or name.upper() == name


@pytest.mark.parametrize(
    "name",
    ["", "\0", "\ud800", "\udcff", "ÿþ", "-" * 36, " " * 36, "ab " * 12, "0" * 36, "é" * 36]
    + [str(UUID(bytes=bytes([each]) * 16)) for each in (0, 0x0A, 0xFE, 0xFF)],
)
def test_names_that_might_be_mistaken(name: str) -> None:
    for text in (name, name * 2, f"{name}\0{name}"):
        assert unfold(fold(text)) == text
        assert unfold(fold(text, "\0"), "\0") == text


@pytest.mark.parametrize("damaged", [b"\xff", b"\xff123", b"\x80", b"\xff" * 18])
def test_damage_is_told(damaged: bytes) -> None:
    """A snapshot that holds it is refused, by this ValueError."""
    with pytest.raises(ValueError, match="decode"):
        unfold(damaged)
