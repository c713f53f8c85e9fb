"""``audit verify``: whole, or the first line that is not, under the right key only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from genesys_sentiment.cli import main
from genesys_sentiment.sinks.audit import Audit
from tests.cli.command import Ran, command
from tests.cli.deliveries import AUDIT_KEY, keyed, objects, without_secrets
from tests.cli.terminal import on_a_terminal
from tests.sinks.receiver import entry

KEY = "GENESYS_SENTIMENT_AUDIT_KEY"


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """An audit of five lines."""
    path = tmp_path / "audit.jsonl"
    asyncio.run(_write(path, ["a", "b", "c", "d", "e"]))
    return path


async def _write(path: Path, names: Sequence[str]) -> None:
    sink = Audit(path, key=AUDIT_KEY.encode())
    await sink.send([entry(name, kind="gap") for name in names])
    await sink.close()


def verified(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str | Path
) -> Ran:
    """The command in this process, with the key."""
    monkeypatch.setenv(KEY, AUDIT_KEY)
    code = main(["audit", "verify", *map(str, arguments)])
    out, err = capfd.readouterr()
    without_secrets(out, err)
    return Ran(code, out, err)


def test_a_whole_audit_has_an_end_to_keep(
    audit: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = objects(verified(capfd, monkeypatch, audit))
    end = found.pop("end")
    assert found == {"type": "audit", "whole": True, "lines": 5, "files": 1, "beyond": 0}
    asyncio.run(_write(audit, ["f"]))
    (later,) = objects(verified(capfd, monkeypatch, audit, "--known", end))
    assert later["lines"] == 6
    assert later["end"] != end


def test_c5_33_the_first_bad_line_is_named(
    audit: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5-33: by its number in its file; code 1."""
    content = audit.read_bytes().splitlines(keepends=True)
    audit.write_bytes(b"".join([*content[:2], content[2].replace(b'"c"', b'"x"'), *content[3:]]))
    ran = verified(capfd, monkeypatch, audit, "--json")
    assert (ran.code, ran.err) == (1, "")
    (found,) = objects(ran)
    assert (found["whole"], found["line"]) == (False, 3)
    assert "line 3" in found["what"]
    audit.write_bytes(b"".join(content[:4]))
    (cut,) = objects(verified(capfd, monkeypatch, audit))
    assert (cut["whole"], cut["line"]) == (False, 5)


def test_c5_33_an_older_copy_is_found_by_the_known_end(
    audit: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5-33: file and anchor put back together."""
    head = audit.with_name(audit.name + ".head")
    old = audit.read_bytes(), head.read_bytes()
    asyncio.run(_write(audit, ["f"]))
    (found,) = objects(verified(capfd, monkeypatch, audit))
    audit.write_bytes(old[0])
    head.write_bytes(old[1])
    assert verified(capfd, monkeypatch, audit).code == 0
    ran = verified(capfd, monkeypatch, audit, "--known", found["end"])
    assert ran.code == 1
    assert "known end" in objects(ran)[0]["what"]


def test_no_audit_and_no_key_are_code_2(
    tmp_path: Path,
    audit: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for arguments in ([tmp_path / "nothing"], [tmp_path]):
        ran = verified(capfd, monkeypatch, *arguments)
        assert (ran.code, ran.out) == (2, "")
        ran.says("no audit")
    audit.unlink()
    audit.mkdir()
    verified(capfd, monkeypatch, audit).says("directory")
    monkeypatch.delenv(KEY)
    assert main(["audit", "verify", str(audit)]) == 2
    assert KEY in capfd.readouterr().err
    with pytest.raises(SystemExit):
        main(["audit", "verify", str(audit), "--known", "0"])


async def test_another_key_is_code_1_for_the_real_command(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    await _write(path, ["a"])
    ran = await command("audit", "verify", str(path), env=keyed() | {KEY: "another key, as long"})
    assert ran.code == 1
    assert "another one" in objects(ran)[0]["what"]


def test_a_terminal_gets_a_line_for_people(audit: Path) -> None:
    code, shown = on_a_terminal("audit", "verify", str(audit), env=keyed())
    assert code == 0
    assert re.fullmatch(r"ok  5 lines in 1 files, end [0-9a-f]{64}\s*", shown)
