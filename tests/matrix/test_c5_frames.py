"""Faults to survive, a row each, through the whole stack: what comes and when (C5-13 to C5-19)."""

from __future__ import annotations

import gzip
import json
from typing import Any

from attrs import define

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.model.events import Gap, StateChange, Unknown, Unreadable
from genesys_sentiment.scoring.tracker import Tracker
from genesys_sentiment.simulator import InteractionStream as SimulatedStream
from genesys_sentiment.simulator import Say, Simulator
from tests.matrix.stage import EPOCH, PRESENCE, Stage, staged, until

STATES = ("queued", "ringing", "connected", "completed")


def change(whose: str, sequence: Any, status: str, at: int) -> str:
    return json.dumps(
        {
            "sequence": sequence,
            "id": whose,
            "type": "interaction",
            "status": status,
            "channelType": "voice",
            "timestamp": f"2027-01-15T08:{at // 60:02}:{at % 60:02}.000Z",
            "attributes": {},
        }
    )


def life(whose: str, *numbers: Any) -> list[str]:
    """The four states under these numbers; each number's time is its place."""
    return [
        change(whose, number, STATES[min(place, 3)], place) for place, number in enumerate(numbers)
    ]


def at(simulator: Simulator) -> InteractionStream:
    host = simulator.api_url.removeprefix("http://").rstrip("/")
    return InteractionStream(host=host, secure=False, types=("voice",), idle_timeout=1e6)


def tracked(stage: Stage) -> tuple[dict[str, list[str]], list[Gap]]:
    """States by interaction as a tracker passes them on, and its gaps."""
    tracker = Tracker()
    states: dict[str, list[str]] = {}
    gaps: list[Gap] = []
    records = [record for event in stage.events for record in tracker(event, stage.clock.wall())]
    records += tracker.tick(stage.clock.wall() + 3_600.0)
    for record in records:
        if isinstance(record, StateChange) and not record.unexpected:
            states.setdefault(record.conversation, []).append(record.state)
        elif isinstance(record, Gap):
            gaps.append(record)
    return states, gaps


async def test_c5_13_numbers_of_every_kind() -> None:
    """C5-13: duplicate, reordered, gap, restart at 1, huge jump, 0, negative: each state once.

    And in order, per interaction; what is missing is told by a gap, what is no number is refused.
    """
    fine = life("duplicate", 1, 2, 3, 4)
    swapped = life("reordered", 1, 2, 3, 4)
    again = [change("restart", 1, "queued", 10), change("restart", 2, "ringing", 11)]
    frames = [
        *[frame for frame in fine for _ in range(3)],
        *(swapped[place] for place in (0, 2, 1, 3)),
        *(frame for place, frame in enumerate(life("gap", 1, 2, 3, 4)) if place != 2),
        *(change("restart", number, "queued", number) for number in (1,)),
        *(change("restart", 2, "ringing", 2), change("restart", 3, "connected", 3)),
        *again,
        *life("zero", 0, 1, 2, 3),
        *life("negative", -1, -2)[:2],
        *(change("jump", number, STATES[0], number % 60) for number in (1,)),
        change("jump", 10**12, "ringing", 20),
        change("jump", 10**12 + 1, "connected", 21),
        change("jump", 2**60, "completed", 22),
    ]
    language = SimulatedStream()
    async with staged(
        Say(tuple(frames), after=1.0), host=at, topics=(), languages=[language]
    ) as stage:
        await until(lambda: stage.stream.counters.received >= len(frames))
        await stage.clock.sleep(10.0)
        states, gaps = tracked(stage)
        assert stage.simulator.connections == 1
    whole = list(STATES)
    assert states["duplicate"] == states["reordered"] == states["zero"] == whole
    assert states["gap"] == ["queued", "ringing", "completed"]
    # Behind the gap the numbers go on from the second that fits; the first alone proves nothing.
    assert states["restart"] == [*whole[:3], "ringing"]
    assert states["jump"] == ["queued", "connected"]
    assert "negative" not in states
    refused = [each for each in stage.events if isinstance(each, Unreadable)]
    assert [each.reason for each in refused] == ["sequence"] * 3, "two negative ones, and 2^60"
    told = {(gap.conversation, gap.reason, gap.count) for gap in gaps}
    assert told == {
        ("gap", "sequence", 1),
        ("jump", "sequence", None),
        ("restart", "sequence", None),
    }


NESTED = "[" * 5_000 + "]" * 5_000
GARBAGE: tuple[str | bytes, ...] = (
    "not json",
    '{"topicName":',
    NESTED,
    "{" + ",".join(f'"{number}":1' for number in range(100_001)) + "}",
    '{"topicName":"v2.conversations.x.transcription","eventBody":{"transcripts":NaN}}',
    b"\x00\xff\xfe noise",
    b'{"topicName":"\xc3\x28"}',
    '{"topicName":7,"eventBody":[]}',
    gzip.compress(b"0" * 8_000_000),
    gzip.compress(b"0") * 100,
)


async def test_c5_15_c5_16_c5_17_frames_that_cannot_be_read() -> None:
    """C5-15, C5-16, C5-17: each is told once with a reason and its length, none with its content.

    One connection; the event behind them arrives. (How long each takes, and how much memory, the
    tests of the dialects measure.)
    """
    async with staged(Say(GARBAGE, after=1.0)) as stage:
        await until(lambda: stage.stream.counters.received >= len(GARBAGE))
        stage.simulator.publish(PRESENCE, {"number": 1})
        await until(lambda: any(isinstance(each, Unknown) for each in stage.events))
        refused = [each for each in stage.events if isinstance(each, Unreadable)]
        counters = stage.stream.counters
        assert stage.simulator.connections == 1
    assert len(refused) == counters.invalid == len(GARBAGE)
    assert {each.length for each in refused} == {
        len(frame if isinstance(frame, bytes) else frame.encode()) for frame in GARBAGE
    }
    assert all(each.reason.replace("_", "").isalpha() for each in refused)


async def test_c5_18_what_nobody_knows_yet() -> None:
    """C5-18: fields, values and topics of tomorrow pass, are kept and counted by name."""
    topic = "v2.conversations.4c9a7cf0-5b1c-4a3c-9d53-0a2b4f2c7c11.hologram"
    new = {"topicName": topic, "version": "9", "eventBody": {"shape": "cube"}, "metadata": {}}
    queue = {
        "topicName": "v2.routing.queues.q.conversations",
        "version": "2",
        "eventBody": {"id": "c", "participants": [], "aura": "blue"},
        "metadata": {},
        "tomorrow": True,
    }
    async with staged(Say((json.dumps(new), json.dumps(queue)), after=1.0)) as stage:
        await until(lambda: any(isinstance(each, Unknown) for each in stage.events))
        await stage.clock.sleep(5.0)
        (unknown,) = [each for each in stage.events if isinstance(each, Unknown)]
        assert stage.stream.counters.invalid == 0
        assert stage.stream.counters.unknown == 1
        assert any("tomorrow" in name or "aura" in name for name in stage.stream.drift)
    assert unknown.topic == topic
    assert b"cube" in unknown.body


@define
class Skewed:
    """The client's clock: somebody sets its wall time."""

    clock: VirtualClock
    ahead: float = 0.0

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    def wall(self) -> float:
        return self.clock.wall() + self.ahead


async def test_c5_19_somebody_sets_the_clock() -> None:
    """C5-19: an hour ahead, an hour back, 2040, and back again; a second, as NTP does.

    No timer moves: no new connection, no new token, no gap, never stale; events bear the time at
    which their connection began.
    """
    skewed: list[Skewed] = []

    def skew(clock: VirtualClock) -> Skewed:
        skewed.append(Skewed(clock))
        return skewed[0]

    async with staged(skew=skew, every=10.0) as stage:
        await stage.stream.ready()
        for number, ahead in enumerate((3_600.0, -3_600.0, 4e8, 0.0, 1.0, -1.0)):
            skewed[0].ahead = ahead
            stage.simulator.publish(PRESENCE, {"number": number})
            await stage.clock.sleep(120.0)
        assert not stage.stream.degraded
        told = [each.received for each in stage.events if isinstance(each, Unknown)]
    assert stage.gaps == []
    assert not any(stale for _, stale, _ in stage.looks)
    assert (stage.simulator.connections, stage.simulator.token_requests) == (1, 1)
    assert told == sorted(told)
    assert all(EPOCH <= each <= EPOCH + 1_000.0 for each in told)


async def test_c5_19_a_line_that_begins_in_2040() -> None:
    """C5-19: wall times beyond 2^31; the token and the channel live as long as they do."""
    async with staged(epoch=2_208_988_800.0) as stage:
        await stage.stream.ready()
        await stage.clock.sleep(600.0)
        stage.simulator.publish(PRESENCE, {"number": 1})
        await until(lambda: stage.events)
        assert stage.simulator.connections == 1
    (event,) = stage.events
    assert isinstance(event, Unknown)
    assert event.received > 2**31
