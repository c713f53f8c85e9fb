"""The virtual clock: who wakes when, and what is waited for before time passes."""

from __future__ import annotations

import asyncio
import time
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.clock import SystemClock, VirtualClock


async def note(clock: VirtualClock, seconds: float, log: list[tuple[float, float]]) -> None:
    await clock.sleep(seconds)
    log.append((seconds, clock.monotonic()))


@given(st.lists(st.floats(0.001, 1e6), max_size=30), st.booleans())
def test_sleepers_wake_at_their_own_time_and_nothing_adds_up(
    naps: list[float], automatic: bool
) -> None:
    """In the order of their times, and those of the same time in the order they lay down."""
    log: list[tuple[float, float]] = []

    async def main() -> float:
        clock = VirtualClock(automatic=automatic)
        tasks = [asyncio.create_task(note(clock, nap, log)) for nap in naps]
        if automatic:
            await asyncio.gather(*tasks)
        else:
            await clock.elapse(max(naps, default=0.0))
            assert all(task.done() for task in tasks)
        return clock.monotonic()

    end = asyncio.run(main())
    assert log == [(nap, nap) for nap in sorted(naps)]
    assert end == max(naps, default=0.0)


async def test_a_chain_of_naps_and_a_long_one_pass_beside_each_other() -> None:
    clock, log = VirtualClock(), list[str]()

    async def chain() -> None:
        for number in range(5):
            await clock.sleep(10.0)
            log.append(f"{number} at {clock.monotonic():g}")

    async def long() -> None:
        await clock.sleep(25.0)
        log.append(f"long at {clock.monotonic():g}")

    await asyncio.gather(chain(), long())
    assert log == ["0 at 10", "1 at 20", "long at 25", "2 at 30", "3 at 40", "4 at 50"]


async def test_a_day_passes_at_once() -> None:
    clock, begun = VirtualClock(epoch=1_800_000_000.0), time.monotonic()
    await clock.sleep(86_400.0)
    assert (clock.monotonic(), clock.wall()) == (86_400.0, 1_800_086_400.0)
    assert time.monotonic() - begun < 1.0


async def test_by_hand_nothing_passes_by_itself() -> None:
    clock, log = VirtualClock(automatic=False), list[tuple[float, float]]()
    tasks = [asyncio.create_task(note(clock, nap, log)) for nap in (5.0, 1.0, 3.0)]
    await asyncio.sleep(0.02)
    assert (log, clock.monotonic()) == ([], 0.0)
    await clock.elapse(3.0)
    assert log == [(1.0, 1.0), (3.0, 3.0)]
    await asyncio.sleep(0.02)
    assert clock.monotonic() == 3.0
    await clock.elapse(10.0)
    assert (log[-1], clock.monotonic()) == ((5.0, 5.0), 13.0)
    assert all(task.done() for task in tasks)


async def test_an_elapse_that_is_cancelled_moves_nothing_afterwards() -> None:
    clock, log = VirtualClock(automatic=False), list[tuple[float, float]]()
    nap = asyncio.create_task(note(clock, 5.0, log))
    await asyncio.sleep(0)
    elapsing = asyncio.create_task(clock.elapse(10.0))
    await asyncio.sleep(0)
    elapsing.cancel()
    await asyncio.wait({elapsing})
    await asyncio.sleep(0.02)
    assert (log, clock.monotonic()) == ([], 0.0)
    await clock.elapse(5.0)
    assert nap.done()


async def test_a_jump_finds_everybody_late_but_in_order() -> None:
    """As after a machine was suspended: C5-19."""
    clock, log = VirtualClock(automatic=False), list[tuple[float, float]]()
    tasks = [asyncio.create_task(note(clock, nap, log)) for nap in (2.0, 1.0, 500.0)]
    await asyncio.sleep(0)
    clock.advance(100.0)
    clock.advance(-50.0)
    await asyncio.wait(tasks[:2])
    assert log == [(1.0, 100.0), (2.0, 100.0)]
    await clock.elapse(400.0)
    assert log[2] == (500.0, 500.0)


async def test_setting_the_wall_clock_wakes_nobody() -> None:
    """C5-19: an hour forth and back."""
    clock, log = VirtualClock(1000.0, automatic=False), list[tuple[float, float]]()
    nap = asyncio.create_task(note(clock, 60.0, log))
    await clock.elapse(10.0)
    for wall in (4610.0, 1010.0):
        clock.set_wall(wall)
        await asyncio.sleep(0)
        assert (clock.wall(), clock.monotonic(), log) == (wall, 10.0, [])
    await clock.elapse(50.0)
    assert nap.done()
    assert clock.wall() == 1060.0


async def test_a_cancelled_sleeper_is_forgotten_and_holds_nothing_up() -> None:
    clock = VirtualClock(automatic=False)
    for _ in range(1_000):
        nap = asyncio.create_task(clock.sleep(3600.0))
        await asyncio.sleep(0)
        nap.cancel()
        await asyncio.wait({nap})
    assert clock._sleepers == []
    await clock.elapse(7200.0)
    assert clock.monotonic() == 7200.0


async def test_who_never_wakes_stops_no_one() -> None:
    clock = VirtualClock()
    never = asyncio.create_task(clock.sleep(inf))
    await clock.sleep(5.0)
    assert clock.monotonic() == 5.0
    assert not never.done()
    never.cancel()
    await asyncio.wait({never})


async def test_whoever_turns_round_for_the_time_gets_it() -> None:
    clock = VirtualClock()
    nap = asyncio.create_task(clock.sleep(30.0))
    async with asyncio.timeout(5):
        while clock.monotonic() < 30.0:
            await asyncio.sleep(0)
        await nap


async def test_what_can_run_has_run_before_time_passes_sockets_included() -> None:
    """Ten round trips over a real connection take no virtual time at all, if by hand."""
    clock = VirtualClock(automatic=False)
    seen: list[float] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await clock.sleep(1.0)
        for _ in range(10):
            writer.write(b"hello\n")
            await reader.readline()
            seen.append(clock.monotonic())
        await clock.sleep(1.0)
        writer.close()
        await writer.wait_closed()

    async def ticking() -> None:
        for _ in range(100):
            await clock.sleep(0.1)

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    talking = asyncio.create_task(talk(server.sockets[0].getsockname()[1]))
    ticks = asyncio.create_task(ticking())
    await clock.elapse(10.5)
    await asyncio.wait({talking, ticks})
    server.close()
    await server.wait_closed()
    assert seen == [1.0] * 10


async def test_speed_is_the_most_that_passes_in_a_real_second() -> None:
    clock, begun = VirtualClock(speed=1_000.0), time.monotonic()
    await asyncio.gather(clock.sleep(50.0), clock.sleep(20.0))
    assert clock.monotonic() == 50.0
    assert 0.045 < time.monotonic() - begun < 2.0


async def test_a_short_nap_does_not_wait_for_a_long_one_with_speed() -> None:
    clock, begun = VirtualClock(speed=100.0), time.monotonic()
    long = asyncio.create_task(clock.sleep(360_000.0))
    await asyncio.sleep(0.02)
    await clock.sleep(1.0)
    assert time.monotonic() - begun < 2.0
    assert clock.monotonic() == 1.0
    long.cancel()
    await asyncio.wait({long})


def test_one_clock_serves_one_loop_after_the_other() -> None:
    clock = VirtualClock()

    async def leave() -> None:
        nap = asyncio.create_task(clock.sleep(100.0))
        await asyncio.sleep(0)
        nap.cancel()

    asyncio.run(leave())
    asyncio.run(clock.sleep(5.0))
    assert clock.monotonic() == 5.0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
async def test_no_time_is_one_turn(seconds: float) -> None:
    clock = VirtualClock(automatic=False)
    await asyncio.wait_for(clock.sleep(seconds), 1.0)
    assert clock.monotonic() == 0.0


async def test_the_machines_clock_sleeps_for_real() -> None:
    clock = SystemClock()
    begun = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - begun >= 0.009
    assert abs(clock.wall() - time.time()) < 1.0
