"""Every decision is on record, and a changed record shows."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesys_sentiment.errors import AuditBroken, ConfigurationError, LogFailed, LogInUse
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.entries import Entry, Receipt
from genesys_sentiment.model.events import Gap, StateChange, Suggestion
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.results import Record, Skipped
from genesys_sentiment.sinks.audit import Audit
from genesys_sentiment.sinks.audit_files import head_path, rotated_path, verify
from genesys_sentiment.sinks.audit_lines import AUDITED, audit_fields
from tests.model.records import BY_TYPE
from tests.model.test_export import SCORE
from tests.sinks.entries import entry_of

KEY = b"a key of sixteen"


async def written(path: Path, count: int = 10, *, start: int = 0, rotate: int = 1 << 20) -> None:
    """An audit of so many scores."""
    audit = Audit(path, key=KEY, rotate=rotate)
    for index in range(start, start + count):
        await audit.send([_entry(index)])
    await audit.close()


def _entry(index: int) -> Entry:
    return evolve(entry_of(SCORE, index), id=f"score:{index}")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def one(path: Path, record: Record) -> dict[str, Any]:
    """What the audit says of one record."""
    audit = Audit(path / "audit.jsonl", key=KEY)
    await audit.send([entry_of(record)])
    await audit.close()
    return lines(path / "audit.jsonl")[-1]


async def test_a_score_is_told_with_its_fields(tmp_path: Path) -> None:
    """S0-22: uuid, time, type, interaction, language, polarity, emotion, sarcasm, status."""
    said = await one(tmp_path, SCORE)
    assert said["eventType"] == "sentiment_score"
    assert said["status"] == "scored"
    assert said["interactionId"] == SCORE.conversation
    for name in ("language", "polarity", "emotion"):
        assert said[name] == getattr(SCORE, name)
    assert said["sarcasmFlag"] is SCORE.sarcasm_flag
    assert len(said["auditId"]) == 36
    assert said["latencyMs"] == round((SCORE.scored_at - SCORE.at) * 1000)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("too_soon", "skipped"),
        ("language_unsupported", "skipped"),
        ("no_data", "no_data"),
        ("invalid", "invalid"),
        ("segments_missing", "invalid"),
        ("analyzer_failed", "error"),
    ],
)
async def test_what_was_not_scored_is_told_too(reason: str, status: str, tmp_path: Path) -> None:
    """S0-22: scored, skipped, no_data, invalid, error; a skipped one keeps its language."""
    said = await one(tmp_path, Skipped(event=SCORE.event, reason=reason, at=1.0))
    assert (said["status"], said["reason"]) == (status, reason)
    assert said["language"] == SCORE.event.language


async def test_forwarding_is_told_with_its_latency_and_its_failure(tmp_path: Path) -> None:
    """S1-18: what was forwarded, whether it escalates, its confidence under its own name, and
    what became of it at each sink, failures too."""
    forward = Forward(
        conversation="c",
        forwarding="f-1",
        at=1.0,
        polarity="negative",
        positive=0.1,
        neutral=0.0,
        negative=0.9,
        threshold=0.8,
        confidence=0.75,
    )
    told = await one(tmp_path, forward)
    assert (told["forwardingId"], told["alertTriggered"], told["confidence"]) == ("f-1", True, 0.75)
    receipt = Receipt(
        conversation="c",
        at=2.0,
        sink="crm",
        record=forward.id,
        kind="forward",
        outcome="delivered",
        latency=0.0324,
        lag=1.0,
    )
    told = await one(tmp_path, receipt)
    assert (told["forwardingId"], told["latencyMs"]) == ("f-1", 32)
    assert (told["status"], told["sink"]) == ("delivered", "crm")
    failed = evolve(receipt, outcome="dead", latency=None, lag=None, reason="http_404", attempts=3)
    told = await one(tmp_path, failed)
    assert (told["status"], told["reason"], told["attempts"]) == ("dead", "http_404", 3)
    assert told["latencyMs"] is None


async def test_suggestions_are_told_with_what_was_filtered(tmp_path: Path) -> None:
    """S2-10: retrieved with count and latency, and how many were not shown; accepted."""
    ranked = Ranked(
        conversation="c",
        at=1.0,
        suggestions=(Suggestion(conversation="c", suggestion="s", kind="knowledge", received=1.0),),
        scores=(0.9,),
        offered=4,
        too_uncertain=2,
        repeated=1,
        latency=0.25,
        event="m",
    )
    told = await one(tmp_path, ranked)
    assert told["eventType"] == "suggestions_retrieved"
    assert (told["count"], told["latencyMs"]) == (1, 250)
    assert (told["offered"], told["tooUncertain"], told["repeated"]) == (4, 2, 1)
    acceptance = Acceptance(
        conversation="c",
        at=2.0,
        suggestion="s",
        reaction="accepted",
        shown=1,
        accepted=1,
        reference="article-7",
    )
    told = await one(tmp_path, acceptance)
    assert told["eventType"] == "suggestion_accepted"
    assert (told["suggestionId"], told["articleId"]) == ("s", "article-7")
    other = await one(tmp_path, evolve(acceptance, reaction="dismissed"))
    assert other["eventType"] == "suggestion_reaction"


async def test_a_state_change_is_told_as_a_line_in_a_file(tmp_path: Path) -> None:
    """S4-15: JSON lines, durable, with the tutorial's names."""
    change = StateChange(
        conversation="c",
        subject="call",
        state="connected",
        before="alerting",
        medium="voice",
        at=1.5,
        received=2.0,
    )
    told = await one(tmp_path, change)
    assert told["eventType"] == "INTERACTION_STATE_CHANGE"
    assert (told["interactionId"], told["channelType"]) == ("c", "voice")
    assert (told["previousStatus"], told["currentStatus"]) == ("alerting", "connected")
    assert told["eventTimestamp"] == "1970-01-01T00:00:01.500Z"


async def test_a_gap_is_told_as_it_is(tmp_path: Path) -> None:
    told = await one(tmp_path, Gap(reason="disconnected", since=1.0, until=2.0))
    assert (told["eventType"], told["reason"]) == ("gap", "disconnected")
    assert told["since"] == "1970-01-01T00:00:01.000Z"


@pytest.mark.parametrize("kind", sorted(AUDITED & set(BY_TYPE)))
@given(data=st.data())
def test_every_kind_that_is_audited_has_its_fields(kind: str, data: st.DataObject) -> None:
    fields = audit_fields(entry_of(data.draw(BY_TYPE[kind])))
    assert {"auditId", "timestamp", "recordId", "interactionId", "eventType"} <= set(fields)
    assert not {"text", "title", "attributes", "body"} & set(fields)


async def test_lines_are_one_each_whatever_is_in_them(tmp_path: Path) -> None:
    """C5-30: line ends, escapes and JSON in a text stay in their field."""
    gap = Gap(reason='a\nb\r\u2028{"sequence":9}\x1b[31m', since=1.0, until=2.0)
    told = await one(tmp_path, gap)
    assert told["reason"] == gap.reason
    content = (tmp_path / "audit.jsonl").read_bytes()
    assert content.count(b"\n") == 1
    assert b"\x1b" not in content


async def test_a_whole_audit_verifies_over_restarts_and_rotations(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for start in (0, 20, 40):
        await written(path, 20, start=start, rotate=4096)
    found = verify(path, KEY)
    assert (found.lines, found.beyond) == (60, 0)
    assert found.files > 3
    assert rotated_path(path, found.files - 1).exists()
    assert [each["sequence"] for each in lines(rotated_path(path, 1))][:3] == [1, 2, 3]
    await written(path, 5, start=60)
    assert verify(path, KEY, known=found.end).lines == 65


def _cut(path: Path, change: str, where: int) -> None:
    """Tamper with line ``where`` (from 0)."""
    content = path.read_bytes().splitlines(keepends=True)
    if change == "edit":
        content[where] = content[where].replace(b"scored", b"skored")
    elif change == "delete":
        del content[where]
    elif change == "insert":
        content.insert(where, content[where])
    elif change == "swap":
        content[where], content[where + 1] = content[where + 1], content[where]
    path.write_bytes(b"".join(content))


@pytest.mark.parametrize("change", ["edit", "delete", "insert", "swap"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 8))
def test_the_first_bad_line_is_named(
    change: str, where: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """C5-33: edited, deleted, inserted, swapped."""
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    asyncio.run(written(path))
    _cut(path, change, where)
    with pytest.raises(AuditBroken) as caught:
        verify(path, KEY)
    # An inserted copy is bad itself; the line it was copied from is not.
    assert caught.value.line == where + (2 if change == "insert" else 1)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 9])
async def test_a_cut_off_end_is_found(kept: int, tmp_path: Path) -> None:
    """C5-33: whole lines missing at the end chain well; the anchor knows that there were more."""
    path = tmp_path / "audit.jsonl"
    await written(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(AuditBroken, match="missing at the end") as caught:
        verify(path, KEY)
    assert caught.value.line == kept + 1
    audit = Audit(path, key=KEY)
    with pytest.raises(AuditBroken):
        await audit.send([_entry(11)])
    await audit.close()


async def test_a_missing_file_in_the_middle_is_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path, 40, rotate=4096)
    rotated_path(path, 1).unlink()
    with pytest.raises(AuditBroken):
        verify(path, KEY)


async def test_another_audit_in_its_place_is_found(tmp_path: Path) -> None:
    """C5-33: replaced by an older copy of itself, with the anchor of then: only a known end
    that was kept elsewhere tells."""
    path = tmp_path / "audit.jsonl"
    await written(path, 3)
    old, anchor = path.read_bytes(), head_path(path).read_bytes()
    await written(path, 3, start=3)
    known = verify(path, KEY).end
    path.write_bytes(old)
    with pytest.raises(AuditBroken, match="missing at the end"):
        verify(path, KEY)
    head_path(path).write_bytes(anchor)
    assert verify(path, KEY).lines == 3
    with pytest.raises(AuditBroken, match="replaced"):
        verify(path, KEY, known=known)


async def test_a_changed_or_missing_anchor_is_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path)
    anchor = head_path(path)
    anchor.write_bytes(anchor.read_bytes().replace(b":10,", b":11,"))
    with pytest.raises(AuditBroken, match="changed"):
        verify(path, KEY)
    anchor.unlink()
    audit = Audit(path, key=KEY)
    with pytest.raises(AuditBroken, match="missing"):
        await audit.send([_entry(1)])
    await audit.close()
    with pytest.raises(ConfigurationError):
        verify(path, KEY)


async def test_another_key_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path)
    with pytest.raises(AuditBroken):
        verify(path, b"another sixteen!")
    with pytest.raises(ConfigurationError, match="16 bytes"):
        Audit(path, key=b"short")
    assert "sixteen" not in repr(Audit(path, key=KEY))


async def test_an_unfinished_line_is_taken_away_and_noted(tmp_path: Path) -> None:
    """C5-1: what a kill left half written."""
    path = tmp_path / "audit.jsonl"
    await written(path, 3)
    with path.open("ab") as file:
        file.write(b'{"sequence":4,"half')
    assert verify(path, KEY).lines == 3
    await written(path, 1, start=3)
    assert verify(path, KEY).lines == 5
    assert lines(path)[3]["eventType"] == "audit_repaired"
    assert lines(path)[3]["bytes"] == 19


async def test_lines_that_a_crash_kept_from_the_anchor_are_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path, 3)
    anchor = head_path(path).read_bytes()
    await written(path, 2, start=3)
    head_path(path).write_bytes(anchor)
    assert verify(path, KEY).beyond == 2
    await written(path, 1, start=5)
    found = verify(path, KEY)
    assert (found.lines, found.beyond) == (6, 0)


async def test_a_crash_while_a_file_is_put_aside_is_survived(tmp_path: Path) -> None:
    """Renamed, and neither the new file nor its anchor made."""
    path = tmp_path / "audit.jsonl"
    await written(path, 3)
    path.rename(rotated_path(path, 1))
    await written(path, 3, start=3)
    assert (verify(path, KEY).lines, verify(path, KEY).files) == (6, 2)


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path, 1)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from genesys_sentiment.sinks._appending import LineFile\n"
        "file = LineFile(Path(sys.argv[1]))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - asyncio's would watch it in a thread
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        audit = Audit(path, key=KEY)
        with pytest.raises(LogInUse, match="locked"):
            await audit.send([_entry(1)])
        other.kill()
    await audit.send([_entry(1)])
    await audit.close()
    assert verify(path, KEY).lines == 2


async def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "nowhere" / "audit.jsonl", key=KEY)
    with pytest.raises(LogFailed, match="cannot write"):
        await audit.send([_entry(1)])
    await audit.close()


async def test_a_full_disk_leaves_no_half_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is not to be had here: ``os.write`` is made to stop after 100 bytes."""
    path = tmp_path / "audit.jsonl"
    await written(path, 2)
    audit = Audit(path, key=KEY)
    await audit.send([_entry(2)])
    really, given_ = os.write, 0

    def little(number: int, content: bytes) -> int:
        nonlocal given_
        if given_:
            raise OSError(28, "No space left on device")
        given_ = 1
        return really(number, bytes(content)[:100])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little)
        with pytest.raises(LogFailed, match="No space left"):
            await audit.send([_entry(3)])
    await audit.send([_entry(3)])
    await audit.close()
    assert verify(path, KEY).lines == 4


async def test_its_files_are_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await written(path, 1)
    assert [each.stat().st_mode & 0o777 for each in (path, head_path(path))] == [0o600, 0o600]


async def test_a_cancelled_send_ends_before_the_next_begins(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path, key=KEY)
    for index in range(20):
        sending = asyncio.create_task(audit.send([_entry(index)]))
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.wait({sending})
        await audit.send([_entry(index)])
    await audit.close()
    assert verify(path, KEY).lines >= 20
