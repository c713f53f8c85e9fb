"""The journal does what a few lists and dictionaries do, through restarts and kills."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from genesys_sentiment.delivery import _journal_tail
from genesys_sentiment.delivery._journal_consumer import JournalConsumer
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Dead, Parked, Settlement, Tally
from genesys_sentiment.model.entries import Entry
from tests.delivery.journal_parts import LARGE, crashed, entry

T = TypeVar("T")
NAMES = ("a", "b")
LANES = st.sampled_from(["c-1", "c-2", "c-3", None])


@define
class Place:
    """A consumer as the model has it. Entries are named by their numbers."""

    position: int = 0
    settled: int = 0
    taken: list[int] = field(factory=list)
    again: list[int] = field(factory=list)
    parked: dict[int, Parked] = field(factory=dict)
    dead: dict[int, Dead] = field(factory=dict)
    sent: int = 0
    passed: int = 0
    dropped: int = 0

    def tally(self, appended: int) -> Tally:
        """What the journal must say."""
        return Tally(
            offered=appended - self.passed,
            sent=self.sent,
            dropped=self.dropped,
            dead=len(self.dead),
            waiting=appended - self.settled,
            parked=len(self.parked),
            passed=self.passed,
        )


class JournalMachine(RuleBasedStateMachine):
    """Two consumers from the start; the others' entries are kept for nobody."""

    memory = 4

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(debug=True)
        self._directory = Path(tempfile.mkdtemp())
        self._path = self._directory / "j.db"
        self._crashes = 0
        self._appended: list[Entry] = []
        self._places = {name: Place() for name in NAMES}
        self._most = _journal_tail._MOST
        _journal_tail._MOST = self.memory  # type: ignore[misc]

    @initialize()
    def begin(self) -> None:
        self._open()

    @rule(lanes=st.lists(LANES, min_size=1, max_size=8))
    def append(self, lanes: list[str | None]) -> None:
        self._keep([entry(len(self._appended) + n, lane) for n, lane in enumerate(lanes)])

    @rule(name=st.sampled_from(NAMES), limit=st.integers(1, 6))
    def take(self, name: str, limit: int) -> None:
        place = self._places[name]
        found = self._run(self._consumers[name].take(limit, LARGE))
        expected = self._appended[place.position : place.position + limit]
        assert [each.id for each in found] == [each.id for each in expected]
        assert [each.body for each in found] == [each.body for each in expected]
        place.taken += range(place.position, place.position + len(found))
        place.position += len(found)

    @rule(name=st.sampled_from(NAMES), now=st.integers(0, 50), limit=st.integers(1, 6))
    def unpark(self, name: str, now: int, limit: int) -> None:
        place = self._places[name]
        found = self._run(self._consumers[name].unpark(now, limit))
        lanes = self._lanes(place)
        turn = {
            lane: held for lane, held in lanes.items() if (place.parked[held[0]].due or 0) <= now
        }
        assert len(found) == min(limit, sum(map(len, turn.values())))
        came: dict[str, list[int]] = {}
        for each in found:
            came.setdefault(each.entry.lane, []).append(each.entry.sequence - 1)
            kept = place.parked[each.entry.sequence - 1]
            assert (each.tries, each.due, each.reason) == (kept.tries, kept.due, kept.reason)
            assert each.entry.body == kept.entry.body
        for lane, numbers in came.items():
            assert turn[lane][: len(numbers)] == numbers
        place.again = sorted({*place.again, *(n for held in came.values() for n in held)})

    @rule(name=st.sampled_from(NAMES), data=st.data(), receipts=st.integers(0, 2))
    def settle(self, name: str, data: st.DataObject, receipts: int) -> None:
        place = self._places[name]
        given = [*place.taken, *place.again]
        fates = data.draw(
            st.lists(st.sampled_from("sspkd"), min_size=len(given), max_size=len(given))
        )
        said: dict[str, list[Any]] = {fate: [] for fate in "spkd"}
        for number, fate in zip(given, fates, strict=True):
            place.parked.pop(number, None)
            held = self._appended[number]
            if fate == "k":
                due = data.draw(st.none() | st.integers(0, 50).map(float))
                place.parked[number] = Parked(entry=held, tries=number, due=due, reason="busy")
                said[fate].append(place.parked[number])
            elif fate == "d":
                place.dead[number] = Dead(entry=held, tries=1, reason="no", at=float(number))
                said[fate].append(place.dead[number])
            else:
                said[fate].append(held)
        place.sent += len(said["s"])
        place.passed += len(said["p"])
        place.settled = place.position
        place.taken, place.again = [], []
        new = [entry(len(self._appended) + n, None, urgent=True) for n in range(receipts)]
        settlement = Settlement(
            sent=said["s"], passed=said["p"], parked=said["k"], dead=said["d"], receipts=new
        )
        self._run(self._consumers[name].settle(settlement))
        self._number(new)

    @rule(name=st.sampled_from(NAMES), everything=st.booleans(), data=st.data())
    def retry(self, name: str, everything: bool, data: st.DataObject) -> None:
        place = self._places[name]
        chosen = self._choose(place, everything, data)
        ids = None if everything else [self._appended[number].id for number in chosen]
        assert self._run(self._consumers[name].retry(ids, 20.0)) == len(chosen)
        for number in chosen:
            place.parked[number] = Parked(entry=place.dead.pop(number).entry, due=20.0)

    @rule(name=st.sampled_from(NAMES), everything=st.booleans(), data=st.data())
    def discard(self, name: str, everything: bool, data: st.DataObject) -> None:
        place = self._places[name]
        chosen = self._choose(place, everything, data)
        ids = None if everything else [self._appended[number].id for number in chosen]
        assert self._run(self._consumers[name].discard(ids)) == len(chosen)
        for number in chosen:
            del place.dead[number]
        place.dropped += len(chosen)

    @rule(name=st.sampled_from(NAMES), now=st.integers(0, 50))
    def hurry(self, name: str, now: int) -> None:
        place = self._places[name]
        self._run(self._consumers[name].hurry(now))
        for number, held in place.parked.items():
            if held.due is not None and held.due > now:
                place.parked[number] = Parked(
                    entry=held.entry, tries=held.tries, due=float(now), reason=held.reason
                )

    @rule(kill=st.booleans())
    def reopen(self, kill: bool) -> None:
        if kill:
            self._crashes += 1
            self._path = crashed(self._journal, self._crashes)
        self._run(self._journal.close())
        for place in self._places.values():
            place.position, place.taken, place.again = place.settled, [], []
        self._open()

    @rule()
    def idle(self) -> None:
        """Let it delete what is settled."""
        self._run(asyncio.sleep(0.03))

    @invariant()
    def agrees(self) -> None:
        assert self._run(self._journal.reconcile()) == []
        for name, place in self._places.items():
            consumer = self._consumers[name]
            assert self._run(consumer.tally()) == place.tally(len(self._appended))
            lanes = self._lanes(place)
            assert self._run(consumer.parked_conversations()) == lanes.keys()
            due = [place.parked[held[0]].due or 0.0 for held in lanes.values()]
            assert self._run(consumer.next_due()) == min(due, default=None)
            dead = [each.entry.id for each in self._run(consumer.dead(1000))]
            assert dead == [place.dead[number].entry.id for number in sorted(place.dead)]

    def teardown(self) -> None:
        self._run(self._journal.close())
        self._runner.close()
        shutil.rmtree(self._directory)
        _journal_tail._MOST = self._most  # type: ignore[misc]

    def _open(self) -> None:
        self._journal = self._run(Journal(self._path).open())
        self._consumers: dict[str, JournalConsumer] = {
            name: self._run(self._journal.consumer(name)) for name in NAMES
        }

    def _keep(self, new: list[Entry]) -> None:
        self._run(self._journal.append(new))
        self._number(new)

    def _number(self, new: list[Entry]) -> None:
        for each in new:
            place = len(self._appended)
            self._appended.append(
                Entry(
                    id=each.id,
                    kind=each.kind,
                    conversation=each.conversation,
                    at=each.at,
                    body=each.body,
                    urgent=each.urgent,
                    sequence=place + 1,
                )
            )

    def _lanes(self, place: Place) -> dict[str, list[int]]:
        lanes: dict[str, list[int]] = {}
        for number in sorted(place.parked):
            lanes.setdefault(self._appended[number].lane, []).append(number)
        return lanes

    def _choose(self, place: Place, everything: bool, data: st.DataObject) -> list[int]:
        dead = sorted(place.dead)
        if everything or not dead:
            return dead if everything else []
        return data.draw(st.lists(st.sampled_from(dead), unique=True))

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(call)


class FromTheFile(JournalMachine):
    """The same without anything in memory."""

    memory = 0


JournalMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
FromTheFile.TestCase.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
TestJournalMachine = JournalMachine.TestCase
TestFromTheFile = FromTheFile.TestCase
