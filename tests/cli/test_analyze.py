"""``analyze``: one line out for one line in, whatever it holds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.analysis import EmbeddedAnalyzer
from genesys_sentiment.cli.analyze import LIMIT, Lines, judge
from genesys_sentiment.model.export import encode
from tests.cli.command import PATIENCE, Ran, environment
from tests.cli.terminal import on_a_terminal

COMMAND = (sys.executable, "-m", "genesys_sentiment", "analyze")
FIELDS = ["label", "polarity", "confidence", "emotion", "emotionConfidence", "evidence"]
ANALYZER = EmbeddedAnalyzer()


def analyzed(given: bytes, *arguments: str) -> list[dict[str, Any]]:
    """The real command, and what every run of it keeps to."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        env=environment(),
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == len(done.stdout.splitlines())
    return [checked(line) for line in done.stdout.splitlines()]


def checked(line: bytes) -> dict[str, Any]:
    """One line of output: its fields, and what a reason means."""
    found: dict[str, Any] = json.loads(line)
    extra = ["reason"] if "reason" in found else []
    assert list(found) == [*FIELDS, *extra]
    assert found["label"] in ("negative", "neutral", "positive")
    assert -1 <= found["polarity"] <= 1
    assert 0 <= found["confidence"] <= 1
    assert 0 <= found["emotionConfidence"] <= 1
    if extra:
        silent = ["neutral", 0, 0, "neutral", 0, []]
        assert [found[name] for name in FIELDS] == silent
    return found


def test_every_line_has_its_line_in_order() -> None:
    """Of each kind one; the reason is the first that applies."""
    lines: list[tuple[bytes, str]] = [
        (b"en-US\tthank you so much, that is wonderful", "positive"),
        (b"de_DE\tdas ist eine Frechheit", "negative"),
        (b"  EN \tthis is\tridiculous", "negative"),
        (b"es\testoy muy enfadado", "negative"),
        (b"", "empty"),
        (b" \t ", "empty"),
        (b"en\t", "empty"),
        (b"hello", "no_tab"),
        (b"\thello", "language_missing"),
        (b"ja\tgood", "language_unsupported"),
        (b"english\tgood", "language_unsupported"),
        (b"en\t[noise] <unk> ...", "no_words"),
        (b"en\tgood \xff", "not_utf8"),
        (b"en\tgood \xed\xa0\x80", "not_utf8"),
        (b"\xff", "not_utf8"),
        (b"en\tgreat\x00, thanks\x1b[31m\x85\xe2\x80\xa8great", "not_utf8"),
        (b"en\tgreat\x00, thanks\x1b[31m\xe2\x80\xa8great\x0c", "positive"),
        (b"en\tthis is terrible " + b"x" * (1 << 20), "negative"),
        (b"en\tthis is terrible. " + "é".encode() * (1 << 20), "negative"),
        (b"pt\tmuito obrigado", "positive"),
    ]
    found = analyzed(b"\r\n".join(line for line, _ in lines), "--json")
    assert [each.get("reason", each["label"]) for each in found] == [what for _, what in lines]
    assert found[1]["emotion"] != "neutral"
    assert found[1]["evidence"]


@pytest.mark.parametrize(
    ("given", "count"),
    [(b"", 0), (b"\n", 1), (b"\r", 1), (b"\n\n", 2), (b"en\ta\nen\tb", 2), (b"en\ta\nen\tb\n", 2)],
)
def test_only_a_line_feed_ends_a_line(given: bytes, count: int) -> None:
    assert len(analyzed(given)) == count


def test_a_mark_at_the_beginning_is_no_part_of_the_language() -> None:
    good, bad = analyzed(b"\xef\xbb\xbfen\tgreat\n\xef\xbb\xbfen\tgreat\n")
    assert (good["label"], bad["reason"]) == ("positive", "language_unsupported")


def test_an_emotion_that_is_none_is_neutral_and_has_a_confidence() -> None:
    (found,) = analyzed(b"en\ti would like to know my account number\n")
    said = ANALYZER("i would like to know my account number", "en")
    assert said.emotion is None
    assert found["emotion"] == "neutral"
    assert found["emotionConfidence"] == round(said.emotion_confidence, 4) > 0


@given(st.lists(st.binary(max_size=40)), st.data())
def test_lines_are_the_same_however_they_come(lines: list[bytes], data: st.DataObject) -> None:
    """Cut anywhere."""
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    reader = Lines()
    found: list[bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        if start < end:
            found += reader.feed(whole[start:end])
    found += reader.end()
    wanted = whole.split(b"\n")
    if not wanted[-1]:
        wanted.pop()  # it ended with a line feed
    mark = b"\xef\xbb\xbf"
    assert found == [
        (each.removeprefix(mark) if not index else each).removesuffix(b"\r")
        for index, each in enumerate(wanted)
    ]


TAGS = st.sampled_from([b"en", b"de-DE", b"fr_CA", b"", b"xx", b"\xc3\xa9"])


@given(TAGS, st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda t: t.encode())))
def test_any_line_has_one_answer(tag: bytes, text: bytes) -> None:
    """As one line of JSON."""
    shown = encode(judge(tag + b"\t" + text, ANALYZER))
    assert len(shown.splitlines()) == 1
    checked(shown)


def test_a_line_without_an_end_is_not_kept_whole() -> None:
    reader = Lines()
    for _ in range(100):
        assert reader.feed(b"x" * 65_536) == ()
    (line,) = reader.feed(b"\nen\tb")
    assert len(line) == LIMIT
    assert reader.end() == [b"en\tb"]


async def started(**streams: Any) -> asyncio.subprocess.Process:
    """The command, which reads what the test writes."""
    pipe = asyncio.subprocess.PIPE
    wanted = {"stdin": pipe, "stdout": pipe, "stderr": pipe, **streams}
    return await asyncio.create_subprocess_exec(*COMMAND, env=environment(), **wanted)


async def test_answers_leave_as_lines_come() -> None:
    """Whoever asks line by line is answered line by line."""
    process = await started()
    assert process.stdin is not None
    assert process.stdout is not None
    for text in (b"en\tgreat", b"nothing", b"en\tterrible"):
        process.stdin.write(text + b"\n")
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        checked(line)
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def test_a_closed_pipe_ends_it_quietly() -> None:
    """Although there is more to read, and without an end."""
    process = await started()
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"en\tgreat\n")
    await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)
    process.stdin.write(b"en\tgreat\n")
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    assert await process.stderr.read() == b""
    process.stdin.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_waiting_for_input(number: signal.Signals) -> None:
    process = await started()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"en\tgreat\n")
    checked(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
    process.send_signal(number)
    # Before its input ends, which would be an end of its own.
    await asyncio.wait_for(process.wait(), PATIENCE)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")


async def test_output_that_cannot_be_written_is_said(full: int) -> None:
    process = await started(stdout=full)
    _, err = await asyncio.wait_for(process.communicate(b"en\tgreat\n"), PATIENCE)
    assert process.returncode == 1
    assert err == b"genesys-sentiment: standard output: No space left on device\n"


async def test_a_slow_reader_holds_up_the_reading() -> None:
    """What nobody reads is not kept in memory: the input waits."""
    process = await started()
    assert process.stdin is not None
    assert process.stdout is not None
    accepted = 0
    with contextlib.suppress(TimeoutError):
        while accepted < 3_000_000:
            process.stdin.write(b"no tab\n" * 20_000)
            await asyncio.wait_for(process.stdin.drain(), 1.0)
            accepted += 140_000
    process.kill()
    # Also reads what is left: a pipe that is full would never be seen to end.
    await asyncio.wait_for(process.communicate(), PATIENCE)
    assert accepted < 3_000_000, "it takes everything"


def test_an_input_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with (tmp_path / "written").open("wb") as other:
        done = subprocess.run(
            COMMAND, stdin=other, capture_output=True, text=True, check=False, env=environment()
        )
    assert (done.returncode, done.stdout) == (2, "")
    Ran(2, "", done.stderr).says("standard input: Bad file descriptor")


def test_no_input_at_all_is_one_line() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 2
    Ran(2, "", done.stderr).says("standard input is closed")


def test_an_input_that_somebody_made_non_blocking() -> None:
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    with subprocess.Popen(
        COMMAND, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        os.close(ours)
        time.sleep(0.5)
        os.write(theirs, b"en\tgreat\n")
        os.close(theirs)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b"")
    checked(out)


def test_a_terminal_gets_a_line_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which control characters in the words cannot disturb."""
    path = tmp_path / "lines"
    path.write_bytes(b"en\tthis is terrible\nhello\n")
    with path.open() as lines:
        monkeypatch.setattr("tests.cli.terminal.Popen", partial(subprocess.Popen, stdin=lines))
        code, shown = on_a_terminal("analyze")
    first, second = shown.splitlines()
    assert code == 0
    assert first.startswith("negative  -0.")
    assert "terrible" in first
    assert second.split() == ["-", "no_tab"]


def test_help_teaches() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    for word in ("examples:", "exit codes:", "--json", "language_unsupported", "emotionConfidence"):
        assert word in done.stdout
