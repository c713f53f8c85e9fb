"""A gap that concerns thousands of conversations is noted without anybody waiting for it."""

from __future__ import annotations

import asyncio

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.model.events import Gap
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.gap_agenda import Agenda
from genesys_sentiment.streaming.gap_ledger import PARTS, Ledger
from genesys_sentiment.streaming.gap_matching import Heard
from genesys_sentiment.streaming.gap_notes import Notes
from genesys_sentiment.streaming.gap_states import Look

GAP = Gap(reason="silent", since=1.0, until=2.0)


class Rig:
    """Notes of 2,000 conversations, and what they are noted in."""

    def __init__(self) -> None:
        self.names = [f"c{number}" for number in range(2_000)]
        clock = VirtualClock()
        self.looks: Agenda[Look] = Agenda(clock)
        self.ledger = Ledger(5_000, Counters())
        self.heard = Heard()
        self.notes = Notes(
            self.ledger, self.heard, self.looks, clock, PARTS, lambda: self.names, delay=0.0
        )


async def test_a_gap_of_thousands_is_noted_some_at_a_time() -> None:
    """C3: 9,000 at once took 0.2 s. It is looked at when all are noted, and not before."""
    rig = Rig()
    rig.notes.note(GAP)
    assert not rig.ledger.cases
    running = asyncio.create_task(rig.notes.run())
    steps = []
    async with asyncio.timeout(20):
        while (before := len(rig.ledger.cases)) < 2_000:
            assert rig.looks.poll() is None
            await asyncio.sleep(0)
            steps.append(len(rig.ledger.cases) - before)
    assert max(steps) == 100
    assert list(rig.ledger.cases) == rig.names
    look = rig.looks.poll()
    assert look is not None
    assert look.gap == GAP
    running.cancel()
    await asyncio.wait({running})


async def test_who_is_heard_of_is_noted_before() -> None:
    """What was heard before the gap must be kept, and that it ended be seen."""
    rig = Rig()
    rig.notes.note(GAP)
    rig.notes.note(GAP)
    rig.notes.concern("c1999")
    rig.notes.concern("another")
    assert list(rig.ledger.cases) == ["c1999"]
    assert len(rig.ledger.cases["c1999"].entries) == 1
    assert rig.heard.within("c1999", 1.5)
    assert not rig.heard.within("c0", 1.5)


async def test_a_gap_of_one_conversation_is_noted_at_once() -> None:
    rig = Rig()
    rig.notes.note(Gap(reason="joined_late", since=1.0, until=2.0, conversation="c7"))
    assert list(rig.ledger.cases) == ["c7"]
    look = rig.looks.poll()
    assert look is not None
    assert look.gap.conversation == "c7"
