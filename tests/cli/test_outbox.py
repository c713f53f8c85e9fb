"""``outbox`` and ``reconcile``: what a journal tells after its run, and what settles it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from genesys_sentiment.cli import main
from tests.cli.command import Ran, command
from tests.cli.deliveries import objects, with_dead_letters
from tests.cli.terminal import on_a_terminal

ONE, OTHER = "webhook:one:0a1b2c3d", "file:other:0a1b2c3d"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where one is, or will be."""
    return tmp_path / "box.db"


@pytest.fixture
def dead(journal: Path) -> list[str]:
    """The ids of two dead letters that each of two sinks has in the journal."""
    return asyncio.run(with_dead_letters(journal, ONE, OTHER))


def ran(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Ran:
    """A command in this process: no socket and no signal is in it."""
    code = main([str(each) for each in arguments])
    out, err = capfd.readouterr()
    return Ran(code, out, err)


def test_status_tells_what_became_of_everything(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    found = objects(ran(capfd, "outbox", "status", "--journal", journal))
    assert [each["sink"] for each in found] == [ONE, OTHER]
    for each in found:
        assert each["type"] == "sink"
        assert (each["sent"], each["dead"], each["pending"], each["dropped"]) == (1, 2, 0, 0)
        assert each["offered"] == 3
    only = ran(capfd, "outbox", "status", "--journal", journal, "--sink", OTHER)
    assert [each["sink"] for each in objects(only)] == [OTHER]


def test_dead_letters_are_told_without_their_content_unless_asked(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    found = objects(ran(capfd, "outbox", "dead", "--journal", journal, "--sink", ONE))
    assert [each["id"] for each in found] == dead
    for each in found:
        assert set(each) == {
            *("type", "sink", "id", "kind", "conversationId", "tries", "reason", "at")
        }
        assert (each["kind"], each["tries"], each["reason"]) == ("forward", 1, "http_400")
    arguments = ("outbox", "dead", "--journal", journal, "--sink", ONE, "--body")
    bodies = [each["body"] for each in objects(ran(capfd, *arguments))]
    assert [(each["type"], each["id"]) for each in bodies] == [("forward", name) for name in dead]


def test_retry_makes_them_wait_for_the_next_run(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    one = ran(capfd, "outbox", "retry", "--journal", journal, "--sink", ONE, dead[0])
    assert objects(one) == [{"type": "outbox", "sink": ONE, "retried": 1}]
    every = ran(capfd, "outbox", "retry", "--journal", journal, "--all")
    assert [each["retried"] for each in objects(every)] == [1, 2]
    for each in objects(ran(capfd, "outbox", "status", "--journal", journal)):
        assert (each["pending"], each["dead"]) == (2, 0)


def test_discard_drops_them_and_counts_them(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    both = ran(capfd, "outbox", "discard", "--journal", journal, dead[1])
    assert [each["discarded"] for each in objects(both)] == [1, 1]
    ran(capfd, "outbox", "discard", "--journal", journal, "--sink", ONE, "--all")
    found = objects(ran(capfd, "outbox", "status", "--journal", journal))
    assert [(each["dropped"], each["dead"]) for each in found] == [(2, 0), (1, 1)]
    assert ran(capfd, "reconcile", "--journal", journal).code == 0


def test_forget_lets_a_sink_go(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    gone = ran(capfd, "outbox", "forget", "--journal", journal, "--sink", ONE)
    assert objects(gone) == [{"type": "outbox", "sink": ONE, "forgotten": 2}]
    left = objects(ran(capfd, "outbox", "status", "--journal", journal))
    assert [each["sink"] for each in left] == [OTHER]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["outbox", "retry", "nobody"], "no such dead letter"),
        (["outbox", "discard", "nobody", "--sink", ONE], "no such dead letter"),
        (["outbox", "status", "--sink", "three"], f"its sinks are: {ONE}, {OTHER}"),
        (["outbox", "dead", "--sink", "three"], "knows no sink 'three'"),
        (["outbox", "forget", "--sink", "three"], "knows no sink 'three'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_there_is_code_2_and_changes_nothing(
    arguments: list[str],
    words: str,
    journal: Path,
    dead: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = ran(capfd, "reconcile", "--journal", journal).out
    found = ran(capfd, *arguments, "--journal", journal)
    assert (found.code, found.out) == (2, "")
    found.says(words)
    assert ran(capfd, "reconcile", "--journal", journal).out == before


@pytest.mark.parametrize(
    "arguments", [["outbox", "status"], ["outbox", "retry", "--all"], ["reconcile"]], ids=" ".join
)
def test_a_journal_that_is_not_there_is_not_made(
    arguments: list[str], journal: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = ran(capfd, *arguments, "--journal", journal)
    assert (found.code, found.out) == (2, "")
    found.says(f"no journal at {journal}")
    assert list(journal.parent.iterdir()) == []


def test_reconcile_says_what_does_not_agree(
    journal: Path, dead: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    whole = ran(capfd, "reconcile", "--journal", journal)
    assert whole.code == 0
    (agreed,) = objects(whole)
    assert agreed["problems"] == []
    assert set(agreed["sinks"]) == {ONE, OTHER}
    database = sqlite3.connect(journal)
    with database:
        database.execute("UPDATE consumers SET sent = sent + 1 WHERE name = ?", (ONE,))
        database.execute("DELETE FROM dead WHERE id = ?", (dead[0],))
    database.close()
    wrong = ran(capfd, "reconcile", "--journal", journal)
    assert wrong.code == 1
    problems = json.loads(wrong.out)["problems"]
    assert [each.partition(": ")[0] for each in problems] == [ONE, ONE, OTHER]
    assert "offered 3, accounted for 4" in problems[0]
    assert ran(capfd, "outbox", "status", "--journal", journal).code == 1


async def test_the_real_command_does_the_same(journal: Path) -> None:
    dead = await with_dead_letters(journal, ONE)
    found = await command("outbox", "dead", "--journal", str(journal))
    assert (found.code, found.err) == (0, "")
    assert [each["id"] for each in objects(found)] == dead


def test_a_terminal_gets_lines_for_people(journal: Path, dead: list[str]) -> None:
    code, shown = on_a_terminal("outbox", "status", "--journal", str(journal))
    assert code == 0
    assert f"{ONE}  1 sent · 0 pending · 2 dead · 0 dropped" in shown
    code, shown = on_a_terminal("outbox", "dead", "--journal", str(journal), "--sink", ONE)
    assert code == 0
    assert f"{ONE}  {dead[0]}  forward  1 tries  http_400" in shown
    assert '"type"' not in shown
