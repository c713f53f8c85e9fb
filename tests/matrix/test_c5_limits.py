"""Faults to survive, a row each, through the whole stack: limits and leaving (C5-24 to C5-37)."""

from __future__ import annotations

import errno
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from genesys_sentiment.errors import ConnectionFailed
from genesys_sentiment.model.events import TopicRefused, Unknown
from genesys_sentiment.simulator import (
    Abort,
    AnnounceClosing,
    AnswerLate,
    Do,
    HalfOpen,
    On,
    Refuse,
    Simulator,
)
from tests.matrix.stage import CHANNELS, PRESENCE, TOKEN, staged, until

FIRST = 100.0
NEVER = AnswerLate(1e9)
SUBSCRIPTIONS = f"{CHANNELS}/{{id}}/subscriptions"


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open no file and no socket; those that are open go on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_c5_24_no_descriptor_is_left() -> None:
    """C5-24: EMFILE, for real, for five minutes: delays, no spinning, and then it goes on."""
    async with staged(Abort(after=FIRST), speed=2_000) as stage:
        await stage.at(FIRST - 1.0)
        with no_descriptors():
            with pytest.raises(OSError, match="Too many open files"):
                socket.socket()
            await stage.at(FIRST + 300.0)
            assert isinstance(stage.stream.last_error, ConnectionFailed)
            assert stage.stream.stale
            assert stage.stream.counters.attempts <= 21
        await until(lambda: stage.gaps)
    assert stage.error is None
    assert stage.simulator.connections == 2
    assert stage.gaps == ["disconnected"]


async def test_c5_24_the_kernel_has_no_buffers() -> None:
    """C5-24: ENOBUFS cannot be had at will: whoever makes the client's sockets raises it."""
    failing, asked = False, 0

    def make(address: Any) -> socket.socket:
        nonlocal asked
        if failing:
            asked += 1
            raise OSError(errno.ENOBUFS, "No buffer space available")
        made = socket.socket(*address[:3])
        made.setblocking(False)
        return made

    async with staged(Abort(after=FIRST), speed=2_000, connector={"socket_factory": make}) as stage:
        await stage.at(FIRST - 1.0)
        failing = True
        await stage.at(FIRST + 300.0)
        assert isinstance(stage.stream.last_error, ConnectionFailed)
        assert 3 < asked <= 80, "as often as a name that does not resolve"
        failing = False
        await until(lambda: stage.gaps)
    assert stage.simulator.connections == 2


def slow(method: str, path: str, *before: Any) -> Any:
    def prepare(simulator: Simulator) -> None:
        simulator.rest_script = [On(method, path, *before, *[NEVER] * 10)]

    return prepare


PHASES: dict[str, dict[str, Any]] = {
    "token": {"prepare": slow("POST", TOKEN)},
    "channel": {"prepare": slow("POST", CHANNELS)},
    "subscribing": {"prepare": slow("PUT", SUBSCRIPTIONS)},
    "waiting": {"script": [Refuse(503, 250)]},
    "open": {},
    "half open": {"script": [HalfOpen(after=1.0)]},
    "rollover": {
        "script": [AnnounceClosing(after=1.0, grace=1e6)],
        "prepare": slow("POST", CHANNELS, None),
    },
    "renewal": {"prepare": slow("POST", TOKEN, None), "token_lifetime": 600.0},
}


STATES = {
    "token": "opening",
    "channel": "opening",
    "subscribing": "opening",
    "waiting": "waiting",
}


@pytest.mark.parametrize("phase", PHASES)
async def test_c5_25_leaving_in_every_phase(phase: str) -> None:
    """C5-25: within two seconds, no task left (the fixture looks), and nothing is opened again."""
    settings = dict(PHASES[phase])
    script = settings.pop("script", [])
    async with staged(*script, speed=2_000, **settings) as stage:
        await stage.at(560.0 if phase == "renewal" else 20.0)
        assert stage.stream.state == STATES.get(phase, "open")
        began = time.monotonic()
        await stage.stream.close()
        assert time.monotonic() - began < 2.0
        known = len(stage.notes.tried), sum(stage.simulator.requests.values())
        await until(lambda: not stage.simulator.open_sockets or phase == "half open")
        await stage.clock.sleep(600.0)
        assert (len(stage.notes.tried), sum(stage.simulator.requests.values())) == known
    assert stage.error is None
    assert stage.stream.state == "done"


def topics(count: int) -> list[str]:
    return [f"v2.users.{number}.presence" for number in range(count)]


async def test_c5_36_the_1001st_topic() -> None:
    """C5-36: 1,000 are subscribed; the other one is refused, by name, and not in silence."""
    async with staged(topics=topics(1_001)) as stage:
        await until(lambda: stage.notes.opened)
        await stage.clock.sleep(5.0)
        refused = [each for each in stage.events if isinstance(each, TopicRefused)]
        assert [each.topic for each in refused] == ["v2.users.1000.presence"]
        assert refused[0].reason == "channel_full"
        assert stage.simulator.publish("v2.users.999.presence", {"number": 1}) == 1
    assert stage.error is None


async def test_c5_36_somebody_opens_a_channel_too_many() -> None:
    """C5-36: ours goes; that is told as a gap, and the stream takes another one. Once."""

    def prepare(simulator: Simulator) -> None:
        simulator.script = [Do(simulator.open_elsewhere, after=FIRST)]

    async with staged(prepare=prepare, channel_limit=1) as stage:
        await until(lambda: stage.gaps)
        await stage.clock.sleep(120.0)
        assert stage.simulator.requests[f"POST {CHANNELS}"] == 2
        assert stage.simulator.open_sockets == 1
        assert len(stage.gaps) == 1


async def test_c5_36_somebody_uses_our_channel() -> None:
    """C5-36: the platform ends our socket for theirs; ours is opened again, with a gap."""
    async with staged() as stage:
        await stage.stream.ready()
        theirs = await stage.cloud.session.ws_connect(stage.notes.urls[0])
        await until(lambda: stage.gaps and stage.simulator.open_sockets == 1)
        await theirs.close()
    assert stage.notes.codes == [1001]
    assert len(stage.notes.opened) == 2


async def test_c5_37_some_topics_are_refused() -> None:
    """C5-37: listed with their missing permissions; the others live."""
    permission = "conversation:transcription:view"
    wanted = "v2.conversations.4c9a7cf0-5b1c-4a3c-9d53-0a2b4f2c7c11.transcription"
    async with staged(topics=[PRESENCE, wanted], denied_permissions=[permission]) as stage:
        await until(lambda: any(isinstance(each, TopicRefused) for each in stage.events))
        await stage.stream.ready()
        assert stage.simulator.publish(PRESENCE, {"number": 1}) == 1
        await until(lambda: any(isinstance(each, Unknown) for each in stage.events))
        (refused,) = [each for each in stage.events if isinstance(each, TopicRefused)]
    assert refused.topic == wanted
    assert refused.missing == (permission,)
    assert stage.stream.counters.refused == 1
