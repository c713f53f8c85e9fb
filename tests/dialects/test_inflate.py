"""Compressed and large frames stay within C3's bounds ("Frames"), and saying no is cheap."""

from __future__ import annotations

import gzip
import io
import json
import random
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects import _bounds
from genesys_sentiment.dialects._bounds import MAX_CONTAINERS, MAX_NODES, MAX_STRING, check
from genesys_sentiment.dialects._inflate import MAX_INFLATED, MAX_RATIO, inflate
from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.errors import BadFrame

NOISE = random.Random(7).randbytes


def reason_of_inflating(frame: bytes) -> str:
    with pytest.raises(BadFrame) as caught:
        inflate(frame)
    return caught.value.reason


def reason_of(text: bytes) -> str | None:
    try:
        check(text)
    except BadFrame as error:
        return error.reason
    return None


def content(length: int) -> bytes:
    """Bytes that compress, but not too well."""
    noise = NOISE(length // 50 + 1).hex().encode()
    return (noise * (length // len(noise) + 1))[:length]


class TestInflate:
    @given(st.binary(max_size=500))
    def test_what_was_compressed_comes_back(self, whole: bytes) -> None:
        """S2-05: a gzip frame of one member."""
        assert inflate(gzip.compress(whole)) == whole

    def test_the_largest_output(self) -> None:
        """C3 Frames: 4 MiB inflated are read, one byte more is not."""
        assert MAX_INFLATED == 4 * 1024 * 1024
        whole = content(MAX_INFLATED)
        assert inflate(gzip.compress(whole)) == whole
        assert reason_of_inflating(gzip.compress(whole + b"x")) == "gzip_size"

    def test_the_ratio(self) -> None:
        """C3 Frames: at most 100 bytes out for each that came in."""
        assert MAX_RATIO == 100
        zeros = gzip.compress(bytes(200_000))
        assert len(zeros) * MAX_RATIO < 200_000
        assert reason_of_inflating(zeros) == "gzip_ratio"
        assert inflate(gzip.compress(bytes(1_500))) == bytes(1_500)

    @pytest.mark.parametrize("after", [gzip.compress(b"{}"), b"x", b"\0"])
    def test_one_member(self, after: bytes) -> None:
        """C3 Frames: nothing may follow the first member."""
        assert reason_of_inflating(gzip.compress(b"{}") + after) == "gzip_members"

    @pytest.mark.parametrize(
        "frame",
        [
            b"\x1f\x8b",
            b"\x1f\x8b\x08nonsense",
            gzip.compress(b"whole")[:-3],
            gzip.compress(b"whole")[:-8] + b"\0" * 8,
            gzip.compress(content(300_000))[:-9],
        ],
        ids=["magic", "nonsense", "short", "checksum", "cut"],
    )
    def test_damage(self, frame: bytes) -> None:
        """C5-15: a truncated frame."""
        assert reason_of_inflating(frame) == "gzip"

    @given(st.binary(max_size=200))
    def test_any_bytes_after_the_magic(self, rest: bytes) -> None:
        """C5-17: BadFrame or content, nothing else."""
        frame = b"\x1f\x8b" + rest
        try:
            assert inflate(frame) == gzip.decompress(frame)
        except BadFrame:
            with pytest.raises((OSError, EOFError, zlib.error)):
                gzip.decompress(frame)


class TestBounds:
    def test_nodes(self) -> None:
        """C3 Frames: 100,000 values and names; a name and its value are two."""
        most = b"[" + b"1," * (MAX_NODES - 1) + b"1]"
        assert reason_of(most) is None
        assert reason_of(b"[" + b"1," * MAX_NODES + b"1]") == "nodes"
        members = b'"a":1,' * (MAX_NODES // 2 - 1)
        assert reason_of(b"{" + members + b'"a":1}') is None
        assert reason_of(b"{" + members + b'"a":1,"b":1}') == "nodes"

    @pytest.mark.parametrize("item", [b"[]", b"{}", b'{"a":"[["}'])
    def test_containers(self, item: bytes) -> None:
        """C5-16: of arrays and objects, 5,000 are what 8 MiB hold whatever is made of them."""
        inner = b",".join([item] * (MAX_CONTAINERS - 1))
        assert reason_of(b"[" + inner + b"]") is None
        assert reason_of(b"[" + inner + b"," + item + b"]") == "nodes"

    def test_commas_and_brackets_in_a_string_are_no_nodes(self) -> None:
        """C3 Frames: only values count."""
        text = json.dumps(['[],{}\\"' * 20_000, "," * MAX_STRING, '"[{' * 30_000])
        assert len(text) > 3 * MAX_NODES
        assert reason_of(text.encode()) is None

    @pytest.mark.parametrize("before", range(0, 70_000, 6_991))
    def test_strings(self, before: int) -> None:
        """C3 Frames: 256 KiB, wherever the string begins, escapes counted as written."""
        start = b"[" + b" " * before + b'"'
        assert reason_of(start + b"x" * MAX_STRING + b'"]') is None
        assert reason_of(start + b"x" * (MAX_STRING + 1) + b'"]') == "string"
        assert reason_of(start + b"\\n" * (MAX_STRING // 2) + b'"]') is None
        assert reason_of(start + b'\\"' * (MAX_STRING // 2 + 1) + b'"]') == "string"

    @pytest.mark.parametrize("depth", [64, 65])
    @pytest.mark.parametrize("padding", [0, 200_000])
    def test_depth(self, depth: int, padding: int) -> None:
        """C3 Frames: 64 levels; brackets in strings are none."""
        text = b'"[[[",' * 9 + b" " * padding
        text = b"[" + text + b"[" * (depth - 1) + b"]" * depth
        assert reason_of(text) == (None if depth == 64 else "too_deep")

    @pytest.mark.parametrize("before", [0, 65_530, 65_533, 65_534, 65_535])
    def test_utf8_only(self, before: int) -> None:
        """C5-17: also where a character crosses the pieces that the text is walked in."""
        text = b'"' + b"x" * before + "é€😀".encode() + b'"'
        assert reason_of(text) is None
        assert reason_of(text[:-2]) == "utf8"
        assert reason_of(text + b"\xff") == "utf8"
        assert reason_of("[]".encode("utf-16")) == "utf8"

    @given(
        st.recursive(
            st.integers(-9, 9) | st.text(alphabet='a"\\,[]{}é', max_size=12),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
            max_leaves=30,
        ),
        st.integers(1, 9),
    )
    def test_pieces_change_nothing(self, value: object, size: int) -> None:
        """C3 Frames: however a text falls into pieces, its values, strings and depth are the same.

        The reference counts with what a parser made of the text instead.
        """
        text = json.dumps([value, value], ensure_ascii=False).encode()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_bounds, "_PIECE", size)
            patch.setattr(_bounds, "MAX_NODES", nodes([value, value]))
            _bounds._walk(text)
            patch.setattr(_bounds, "MAX_NODES", nodes([value, value]) - 1)
            with pytest.raises(BadFrame, match="nodes"):
                _bounds._walk(text)


def nodes(value: object) -> int:
    """Commas, opening brackets and strings, names included."""
    if isinstance(value, str):
        return 1
    if not isinstance(value, dict | list):
        return 0
    inner = list(value.values()) if isinstance(value, dict) else value
    names = len(value) if isinstance(value, dict) else 0
    return 1 + max(len(inner) - 1, 0) + names + sum(map(nodes, inner))


def compressed(text: bytes) -> bytes:
    """With noise in front, so that the ratio lets the rest through."""
    return gzip.compress(b'{"z":"' + NOISE(22_000).hex().encode() + b'",' + text)


def members(count: int) -> bytes:
    return gzip.compress(b'{"a":1}') * count


def bomb() -> bytes:
    """Noise, then zeros: the ratio is not to be seen from the beginning."""
    whole = io.BytesIO()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    whole.write(packer.compress(NOISE(900_000)))
    for _ in range(50):
        whole.write(packer.compress(bytes(1_000_000)))
    return whole.getvalue() + packer.flush()


def zeros() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()


@pytest.mark.parametrize(
    "frame",
    [
        zeros(),
        members(20_000),
        bomb(),
        compressed(b'"a":1,' * 660_000),
        compressed(b'"a":' + b'{"a":' * 800_000),
        compressed(b'"a":"' + b'\\"' * 1_900_000),
        compressed(b'"a":"' + "é".encode() * 1_900_000),
        compressed(b'"",' * 1_300_000),
        b"[" * 1_000_000,
        b'"' * 1_000_000,
        b"[" * 65 + b'"' + b'\\"' * 500_000,
    ],
    ids=[
        "zeros",
        "members",
        "bomb",
        "keys",
        "nested",
        "escapes",
        "letters",
        "strings",
        "lists",
        "quotes",
        "unfinished",
    ],
)
def test_hostile_frames_cost_little(frame: bytes) -> None:
    """C5-16: refused within 50 ms of CPU and 8 MiB. The CPU's bound is looser: machines are busy.

    Zeros: 100 MB in 97 kB. Members: 20,000 of them.
    """
    began = time.process_time()
    with pytest.raises(BadFrame):
        AgentAssist().decode(frame, 0.0)
    assert time.process_time() - began < 0.25
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame):
            AgentAssist().decode(frame, 0.0)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_reader_without_bounds_pays() -> None:
    """S2-05: the tutorial's way, decompressing whatever begins like gzip, takes all of a bomb."""
    frame = gzip.compress(bytes(20_000_000))
    assert len(frame) < 20_000
    tracemalloc.start()
    try:
        assert len(gzip.decompress(frame)) == 20_000_000
        assert tracemalloc.get_traced_memory()[1] > 20_000_000
        tracemalloc.reset_peak()
        with pytest.raises(BadFrame, match="gzip_ratio"):
            inflate(frame)
    finally:
        tracemalloc.stop()
