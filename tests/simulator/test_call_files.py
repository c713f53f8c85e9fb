"""Call files: what is read, what is refused, and by which line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator import builtin_calls, load_calls
from genesys_sentiment.simulator.call_files import parse_call
from tests.data import calls_dir, needs_data

GOOD = {"speaker": "caller", "start_ms": 100, "duration_ms": 900, "text": "hi"}


def test_a_line_is_a_turn_in_seconds() -> None:
    call = parse_call("one", json.dumps(GOOD | {"index": 7, "valence": [0, 1, 0]}), "one.jsonl")
    (turn,) = call.turns
    assert (turn.index, turn.speaker, turn.text) == (7, "caller", "hi")
    assert (turn.start, turn.duration, turn.end) == (0.1, 0.9, 1.0)
    assert (turn.language, call.language, call.sentiment) == ("en-US", "en-US", None)


def test_a_header_sets_the_language_and_a_line_may_differ() -> None:
    lines = [{"language": "es-ES"}, GOOD, GOOD | {"language": "pt-BR"}]
    call = parse_call("two", "\n".join(map(json.dumps, lines)), "two.jsonl")
    assert [turn.language for turn in call.turns] == ["es-ES", "pt-BR"]
    assert [turn.index for turn in call.turns] == [1, 2]


def test_times_may_step_back_and_texts_may_be_empty() -> None:
    lines = [GOOD | {"start_ms": 5000, "text": ""}, GOOD | {"text": "[noise]"}]
    call = parse_call("three", "\n".join(map(json.dumps, lines)), "three.jsonl")
    assert [(turn.start, turn.text) for turn in call.turns] == [(5.0, ""), (0.1, "[noise]")]
    assert call.duration == 5.9


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[1]",
        json.dumps(GOOD | {"speaker": "robot"}),
        json.dumps(GOOD | {"start_ms": "soon"}),
        json.dumps(GOOD | {"start_ms": -1}),
        json.dumps(GOOD | {"duration_ms": True}),
        '{"speaker": "agent", "start_ms": NaN, "duration_ms": 1, "text": ""}',
        json.dumps(GOOD | {"text": None}),
        json.dumps({name: GOOD[name] for name in ("speaker", "text")}),
        "[" * 100_000,
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(f"{json.dumps(GOOD)}\n\n{line}\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"bad\.jsonl line 3"):
        load_calls(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        {"language": 3},
        {"sentiment": {"overall": 2, "trend": 0}},
        {"sentiment": []},
        {"suggestions": {}},
        {"suggestions": [{"after": 1, "title": "t", "answer": "a", "confidence": 1.5}]},
    ],
)
def test_a_bad_header_is_named(header: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r"bad\.jsonl line 1"):
        parse_call("bad", f"{json.dumps(header)}\n{json.dumps(GOOD)}", "bad.jsonl")


def test_nothing_to_play_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder"):
        load_calls(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match=r"no \*\.jsonl"):
        load_calls(tmp_path)
    (tmp_path / "empty.jsonl").write_text(json.dumps({"language": "en-GB"}), "utf-8")
    with pytest.raises(ConfigurationError, match="no turns"):
        load_calls(tmp_path)
    (tmp_path / "empty.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"empty\.jsonl cannot be read"):
        load_calls(tmp_path)


@given(st.text())
def test_any_text_is_read_or_refused(content: str) -> None:
    try:
        turns = len(parse_call("any", content, "any.jsonl").turns)
    except ConfigurationError:
        turns = 1
    assert turns


def test_builtin_calls_are_short_and_speak_several_languages() -> None:
    calls = builtin_calls()
    assert 4 <= len(calls) <= 6
    assert all(25 <= call.duration <= 62 for call in calls)
    assert {"en", "es", "de", "fr"} == {call.language[:2] for call in calls}
    assert any(call.suggestions for call in calls)
    texts = [turn.text for call in calls for turn in call.turns]
    assert "" in texts
    assert "[noise]" in texts


@needs_data
def test_the_recorded_calls_load() -> None:
    calls = load_calls(calls_dir())
    assert len(calls) == 24
    assert sum(len(call.turns) for call in calls) == 449
    assert sum(call.duration for call in calls) / 60 == pytest.approx(23.5, abs=0.1)
