"""Recorded connections: written as they come, replayed with the times they had."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.errors import ConfigurationError, ConnectionLost
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import WireMessage
from genesys_sentiment.streaming.recording import FORMAT, Recorder, Recording, replay
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import Transport
from tests.streaming.toys import Toy, everything, names

DIALECT = Toy(ping=None)
SCRIPTS: list[list[Step]] = [
    ["u1", 0.5, "u2 u3", b"\xff\xfe", 2.25, ConnectionLost("x", host="h", code=1012)],
    [0.125, "u3 u4", 0.25, "closing", 9.0, "never"],
    ["u5", 7200.0, "never"],
    ["", "u6", 1.0, "u7"],
]


class Bytes(Toy):
    """A frame that is no text is unreadable."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        return super().decode(frame if frame.isascii() else b"x", received)


def options(seconds: float) -> StreamOptions:
    return StreamOptions(delays=lambda: repeat(seconds))


async def recorded(path: Path, scripts: list[list[Step]] | None = None) -> list[Event]:
    script = Scripted(*(SCRIPTS if scripts is None else scripts), clock=VirtualClock(1_000_000.0))
    with Recorder(script, path, clock=script.clock) as recorder:
        stream = Stream(
            Bytes(ping=None),
            recorder,
            options=options(0.75),
            clock=script.clock,
        )
        return await everything(stream)


async def replayed(path: Path, seconds: float = 0.0, speed: float | None = None) -> list[Event]:
    recording = Recording(path, speed=speed)
    stream = Stream(
        Bytes(ping=None),
        recording,
        options=options(seconds),
        clock=recording.clock,
    )
    return await everything(stream)


async def test_a_replay_gives_the_same_events_with_the_same_times(tmp_path: Path) -> None:
    """Lost connections, our own leaving and silence included; whatever the delays of the replay."""
    path = tmp_path / "r.jsonl"
    events = await recorded(path)
    assert names(events) == [
        *("u1", "u2", "u3", "Unreadable", "gap disconnected", "u4"),
        *("u5", "gap silent", "u6", "u7"),
    ]
    for seconds in (0.0, 0.75, 33.0):
        assert await replayed(path, seconds) == events


async def test_a_connection_that_we_left_ends_for_who_is_more_patient(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await recorded(path, [["u1", 100.0, "never"], ["u2"]])
    recording = Recording(path)
    patient = Stream(Toy(ping=None, idle_timeout=9999.0), recording, clock=recording.clock)
    assert names(await everything(patient)) == ["u1", "gap disconnected", "u2"]


async def test_speed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    events = await recorded(path, [["u1", 2.0, "u2"]])
    assert await replayed(path, speed=100.0) == events


async def test_replay_is_a_stream_of_the_real_dialect(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await recorded(path, [["heartbeat"]])
    assert names(await everything(replay(path))) == ["Unreadable"]
    assert names(await everything(replay(path, DIALECT))) == []


async def test_after_it_was_left_a_recorder_writes_nothing(tmp_path: Path) -> None:
    script = Scripted(["u1"])
    recorder = Recorder(script, tmp_path / "r.jsonl", clock=script.clock)
    with recorder:
        pass
    recorder.note(frame="late")
    assert (tmp_path / "r.jsonl").read_bytes().count(b"\n") == 1


HEAD = f'{{"format":"{FORMAT}","began":0}}\n'


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("no json\n", 1),
        ('{"format":"something else","began":0}\n', 1),
        (f'{{"format":"{FORMAT}"}}\n', 1),
        (HEAD + '{"t":0,"frame":"before any connection"}\n', 2),
        (HEAD + '{"t":0,"open":1}\n{"t":"x","frame":"y"}\n', 3),
        (HEAD + '{"t":0,"open":1}\n{"frame":"y"}\n', 3),
        (HEAD + '{"t":0,"open":1}\n{"t":1}\n', 3),
        (HEAD + '{"t":5,"open":1}\n{"t":1,"frame":"back in time"}\n', 3),
        (HEAD + '{"t":0,"open":1}\n{"t":1,"bytes":"***"}\n', 3),
        (HEAD + '{"t":0,"open":1}\n{"t":1,"lost":"x"}\n', 3),
        (HEAD + '{"t":0,"open":1}\n{"t":1,"frame":"cut o', 3),
    ],
)
def test_a_damaged_file_names_the_line(tmp_path: Path, content: str, line: int) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=f"line {line}:"):
        Recording(path)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        Recording(tmp_path / "none.jsonl")


async def test_a_recording_of_a_handover_replays(tmp_path: Path) -> None:
    """X-01: frames of two connections, one beside the other, each at its time."""
    path = tmp_path / "r.jsonl"
    clock = VirtualClock(1_000_000.0)
    script = Scripted(
        ["u1", 40.0, "closing", 0.25, "u2", 0.5, "u3", 9.0, "never"],
        [0.375, "u2", 0.25, "u3", 1.0, "u4", 30.0, "u5"],
        clock=clock,
    )

    def stream(transport: Transport, clock: VirtualClock) -> Stream:
        return Stream(Toy(ping=None), transport, options=options(1.0), clock=clock)

    with Recorder(script, path, clock=clock) as recorder:
        live = await everything(stream(recorder, clock))
    assert names(live) == ["u1", "u2", "u3", "u4", "u5"]
    recording = Recording(path)
    again = await everything(stream(recording, recording.clock))
    assert again == live


async def test_a_recording_whose_last_connection_was_to_be_closed(tmp_path: Path) -> None:
    """There is no successor to replay: the old one is read to its end."""
    script = Scripted(["u1", "closing", 5.0, "u2"])
    subject = Stream(Toy(ping=None), script, options=options(1.0), clock=script.clock)
    assert names(await everything(subject)) == ["u1", "u2"]
