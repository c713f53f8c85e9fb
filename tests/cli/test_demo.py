"""``demo``: everything at work, ended by itself, with an accounting that adds up."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from genesys_sentiment.simulator import Call, builtin_calls, load_calls
from tests.cli.command import Ran, command
from tests.cli.conftest import SAID
from tests.cli.terminal import on_a_terminal
from tests.data import calls_dir, needs_data


def judged(ran: Ran) -> list[dict[str, Any]]:
    """The final verdicts on utterances; a platform reading names none."""
    return [
        record
        for record in ran.records
        if record["type"] in ("score", "skipped")
        and record.get("reason") != "not_final"
        and record["utteranceId"] is not None
    ]


def spoken(call: Call) -> tuple[str, ...]:
    """What is said in a call, in the order in which it has been said."""
    return tuple(turn.text for turn in sorted(call.turns, key=lambda turn: turn.end))


async def test_the_builtin_calls_are_scored_and_counted() -> None:
    ran = await command("demo", "--speed", "40")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    texts = [turn.text for call in builtin_calls() for turn in call.turns]
    ids = Counter((record["conversationId"], record["utteranceId"]) for record in judged(ran))
    assert set(ids.values()) == {1}
    assert len(ids) == len(texts)
    assert ran.summary["gaps"] == ran.summary["dropped"] == 0
    assert ran.summary["stream"]["connections"] == 1
    assert {record["type"] for record in ran.records} >= {"score", "skipped", "stateChange"}
    completed = [record for record in ran.records if record["type"] == "completed"]
    assert ran.summary["completed"] == len(completed) == len(builtin_calls())
    assert sum(record["utterances"] for record in completed) == len(texts)
    assert {(record["reason"], record["coverage"]) for record in completed} == {
        ("stream_ended", 1.0)
    }
    assert not [text for text in texts if len(text) > 12 and text in ran.out]


async def test_text_is_shown_when_asked_for(folder: Path) -> None:
    ran = await command("demo", "--calls", str(folder), "--speed", "40", "--json", "--text")
    assert ran.code == 0, ran.err
    scores = [record for record in ran.records if record["type"] == "score"]
    assert [record["conversationId"] for record in scores] == [scores[0]["conversationId"]] * 3
    assert [record["text"] for record in scores] == list(SAID)
    assert scores[1]["polarity"] == "negative"
    assert scores[1]["participant"] == "customer"


@needs_data
async def test_every_utterance_of_the_recorded_calls_is_judged_once_and_in_order() -> None:
    ran = await command("demo", "--calls", str(calls_dir()), "--text", "--speed", "100")
    assert ran.code == 0, ran.err
    texts: dict[str, list[str]] = {}
    for record in judged(ran):
        texts.setdefault(record["conversationId"], []).append(record["text"])
    expected = Counter(spoken(call) for call in load_calls(calls_dir()))
    assert Counter(map(tuple, texts.values())) == expected
    assert ran.summary["gaps"] == 0


async def test_a_folder_without_calls_is_bad_input(tmp_path: Path) -> None:
    ran = await command("demo", "--calls", str(tmp_path))
    assert ran.code == 2
    ran.says("no *.jsonl call files")


@pytest.mark.parametrize("text", [False, True])
def test_a_terminal_gets_a_live_table(folder: Path, tmp_path: Path, text: bool) -> None:
    extra = ["--text"] if text else ["--sink", f"file:{tmp_path / 'records.jsonl'}"]
    code, shown = on_a_terminal("demo", "--calls", str(folder), "--speed", "40", *extra)
    assert code == 0, shown
    assert "conversation" in shown
    assert re.search(r"-0\.[1-9]\d", shown), "the customer's mean sentiment"
    assert "3 scored" in shown
    assert "0 gaps" in shown
    assert (SAID[2] in shown) is text
    sent = re.search(r"file:records\.jsonl:\w{8}: \d+ sent · 0 pending · 0 dead · 0 dropped", shown)
    assert (sent is None) is text
    assert '"type"' not in shown


def test_a_terminal_without_rich_gets_json_lines_and_a_hint(folder: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "path" / "rich"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('not installed')")
    code, shown = on_a_terminal(
        "demo", "--calls", str(folder), "--speed", "40", PYTHONPATH=str(hidden.parent)
    )
    assert code == 0, shown
    assert "genesys-sentiment[cli]" in shown
    assert '"type":"summary"' in shown
