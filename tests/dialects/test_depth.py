"""The bound on nesting, the same on every interpreter (C3, C5-16)."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects._depth import MAX_DEPTH, too_deep

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='[]{}"\\a', max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=30,
)


def depth(value: object) -> int:
    """How deep it really is."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (isinstance(value, dict | list)) + max(map(depth, inner), default=0)


def wrapped(value: object, times: int) -> object:
    for turn in range(times):
        value = [value] if turn % 2 else {"in": value}
    return value


@given(VALUES, st.integers(MAX_DEPTH - 12, MAX_DEPTH + 3))
def test_the_bound_is_exact(value: object, times: int) -> None:
    whole = wrapped([value, value], times)
    assert too_deep(json.dumps(whole).encode()) is (depth(whole) > MAX_DEPTH)


@pytest.mark.parametrize("width", [10, 100_000])
def test_width_is_no_depth(width: int) -> None:
    assert not too_deep(b"[" + b"{}," * width + b"{}]")


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 500_000 + b"]" * 500_000,
        b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
        b"[[]," * 250_000,
        b'"' + b"\\" * 999_999,
        b'["a",' * 200_000,
        b"[" + b"[],[[],[]]," * 90_000 + b"[]]",
        b"[" * 65 + b'"' + b'\\"' * 500_000,
    ],
    ids=["lists", "objects", "siblings", "quotes", "unfinished", "wide", "escapes"],
)
def test_hostile_megabytes_cost_little(text: bytes) -> None:
    """C5-16: under 50 ms of CPU. The bound here is looser, for a machine that is busy."""
    began = time.process_time()
    too_deep(text)
    assert time.process_time() - began < 0.5
