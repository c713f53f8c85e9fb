"""The fuzzer's promises without the fuzzer: every seed, and what Hypothesis makes of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import BadFrame
from tests.fuzz.mutation import mutated
from tests.fuzz.seeds import NOISE, seeds
from tests.fuzz.targets import TARGETS, Target, run, sound

SEEDS = tuple(seeds())
WORDS = st.sampled_from(NOISE) | st.binary(max_size=6)


def test_every_target_reads_a_seed_and_refuses_another() -> None:
    """C5-15: else a target would only ever say no, or never, and show nothing."""
    outcomes = Counter(run(seed) for seed in SEEDS)
    for target in TARGETS:
        assert outcomes[f"{target.name}: read"], target.name
        assert outcomes[f"{target.name}: refused"] or not target.errors, target.name


@given(st.sampled_from(SEEDS), st.integers(0, 2**31))
def test_values_that_changed(seed: bytes, number: int) -> None:
    """C5-15, C5-17: texts that are still JSON."""
    changed = mutated(seed[1:], number)
    if changed is not None:
        run(seed[:1] + changed)


@given(st.sampled_from(SEEDS), st.data())
def test_bytes_that_changed(seed: bytes, data: st.DataObject) -> None:
    """C5-15, C5-17: texts that mostly are not."""
    start = data.draw(st.integers(1, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 30)))
    run(seed[:start] + data.draw(WORDS) + seed[end:])


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    """C5-17."""
    run(raw)


@pytest.mark.parametrize("broken", ["another error", "no number", "two answers"])
def test_broken_promises_are_noticed(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """C5-15: the harness can fail."""
    answers = iter(range(9))

    def read(text: bytes) -> object:
        if broken == "another error":
            raise LookupError
        return float("inf") if broken == "no number" else next(answers)

    target = Target("broken", read, sound, (BadFrame,))
    monkeypatch.setattr("tests.fuzz.targets.TARGETS", (target,))
    with pytest.raises((LookupError, AssertionError)):
        run(b"\x00{}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "call file",
            b'{"speaker":"agent","text":"","duration_ms":1,"start_ms":%s}' % (b"9" * 400),
        ),
        ("realtime_analytics", b'{"conversationId":"c","sentiment":{"score":1e308}}'),
    ],
)
def test_what_was_found(name: str, text: bytes) -> None:
    """C5-15: an integer that no float holds; a score that was infinite on another scale."""
    places = [place for place, target in enumerate(TARGETS) if target.name == name]
    assert run(bytes(places) + text).startswith(f"{name}: ")
