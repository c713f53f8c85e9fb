"""What a send makes of every entry of its batch."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import msgspec
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.delivery.book import Batch, Book, Sent, Verdict, understood
from genesys_sentiment.delivery.log import Parked, Settlement
from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Retry
from tests.delivery.ledgers import entry

NOW = 1000.0
RETRY = Retry(delays=(5.0, 60.0), jitter=0.0, refusals=2)


def placed(number: int, conversation: str | None = "c", **more: Any) -> Entry:
    return evolve(entry(number, conversation, **more), sequence=number)


def book(receipts: Iterable[str] = ()) -> Book:
    return Book("crm", RETRY, frozenset(receipts), lambda: 0.0, Outward().entry)


def batch(*entries: Entry, lane: Lane | None = None, behind: Iterable[str] = ()) -> Batch:
    made = Batch(lane or Lane(), frozenset(behind))
    made.add(entries)
    return made


def sent(*failures: Failure, size: int = 100, counts: bool = True, disabled: bool = False) -> Sent:
    error = SinkFailed(failures, disabled=disabled) if failures else None
    return Sent(at=NOW, steady=NOW, took=0.25, verdict=understood(error, size), counts=counts)


def numbers(found: Iterable[Any]) -> list[int]:
    return [getattr(each, "entry", each).sequence for each in found]


def of(settlement: Settlement) -> list[tuple[int, int, float | None]]:
    return [(each.entry.sequence, each.tries, each.due) for each in settlement.parked]


def test_all_else_counts_as_delivered() -> None:
    """C5-5: exactly what failed is tried again."""
    one = batch(*(placed(n, f"c{n}") for n in range(4)))
    found = book().settle(one, sent(Failure(1, "x"), Failure(3, "y", after=30.0)))
    assert numbers(found.sent) == [0, 2]
    assert of(found) == [(1, 1, NOW + 5.0), (3, 1, NOW + 30.0)]
    assert [each.reason for each in found.parked] == ["x", "y"]


def test_behind_one_that_failed_its_conversation_waits() -> None:
    one = batch(*(placed(n, "a") for n in range(3)), placed(3, "b"))
    found = book().settle(one, sent(Failure(0, "x"), Failure(1, "x"), Failure(2, "-", tried=False)))
    assert numbers(found.sent) == [3]
    assert of(found) == [(0, 1, NOW + 5.0), (1, 0, None), (2, 0, None)]


def test_behind_a_dead_one_its_conversation_goes_on() -> None:
    one = Batch(Lane())
    one.again([Parked(entry=placed(0, "a"), tries=1), Parked(entry=placed(1, "a"))])
    found = book().settle(one, sent(Failure(0, "400", retry=False), Failure(1, "-", tried=False)))
    (dead,) = found.dead
    assert (dead.entry.sequence, dead.tries, dead.reason, dead.at) == (0, 2, "400", NOW)
    assert of(found) == [(1, 0, NOW)]


def test_the_schedule_ends() -> None:
    one = Batch(Lane())
    one.again([Parked(entry=placed(0, "a"), tries=2), Parked(entry=placed(1, "b"), tries=1)])
    found = book().settle(one, sent(Failure(0, "x"), Failure(1, "x")))
    assert numbers(found.dead) == [0]
    assert of(found) == [(1, 2, NOW + 60.0)]


def test_what_does_not_count_is_no_try() -> None:
    """A sink that is down loses nothing."""
    for unsure in (sent(Failure(0, "x"), counts=False), sent(Failure(0, "410"), disabled=True)):
        one = Batch(Lane())
        one.again([Parked(entry=placed(0, "a"), tries=2)])
        found = book().settle(one, unsure)
        assert [each[:2] for each in of(found)] == [(0, 2)]
        assert not found.dead


def test_a_batch_leaves_out_what_is_not_for_the_sink_and_what_must_wait() -> None:
    lane = Lane(kinds=frozenset({"score"}))
    entries = [placed(0, "a"), placed(1, "b"), placed(2, "a", urgent=True), placed(3, None)]
    one = batch(*entries, lane=lane, behind={"a"})
    assert numbers(one.send) == [1, 3]
    found = book().settle(one, sent())
    assert (numbers(found.sent), numbers(found.passed)) == ([1, 3], [2])
    assert of(found) == [(0, 0, None)]


def test_a_sink_chooses_by_kind_and_by_a_function_whose_mistake_loses_nothing() -> None:
    def odd(one: Entry) -> bool:
        return bool(one.sequence % 2)

    def wrong(one: Entry) -> bool:
        raise KeyError(one.id)

    entries = [placed(n, f"c{n}") for n in range(4)]
    chosen = batch(*entries, lane=Lane(only=odd))
    assert (numbers(chosen.send), numbers(chosen.passed)) == ([1, 3], [0, 2])
    unsure = batch(*entries, lane=Lane(only=wrong))
    assert (numbers(unsure.send), unsure.undecided) == ([0, 1, 2, 3], 4)
    assert numbers(batch(*entries, lane=Lane(kinds=frozenset(), only=odd)).send) == []


def test_a_batch_is_bounded_by_count_and_bytes() -> None:
    """S4-17: by count and by bytes; one that is larger goes alone."""
    small = Lane(batch=3, size=4)
    one = batch(*(placed(n, "a") for n in (10, 11, 12)), lane=small)
    assert numbers(one.send) == [10, 11]
    assert one.room == 0
    assert of(book().settle(one, sent())) == [(12, 0, NOW)]
    assert of(book().settle(one, sent(Failure(0, "x")))) == [(10, 1, NOW + 5.0), (12, 0, None)]
    large = batch(placed(123456), placed(1), lane=small)
    assert numbers(large.send) == [123456]
    many = batch(*(placed(n) for n in range(3)), lane=small)
    assert (many.room, many.taken) == (0, 3)


def test_with_each_try_fewer_go_together() -> None:
    """So the one that spoils every batch it is in ends alone."""
    for tries, together in ((0, 8), (1, 4), (2, 2), (3, 1), (9, 1)):
        one = Batch(Lane(batch=8))
        one.again([Parked(entry=placed(n, f"c{n}"), tries=tries) for n in range(8)])
        assert (len(one.send), len(one.held)) == (together, 8 - together)


def test_who_names_a_stranger_is_not_believed() -> None:
    for index in (-1, 2):
        verdict = understood(SinkFailed([Failure(index, "x")]), 2)
        assert [verdict.failures[n].reason for n in (0, 1)] == ["misreported"] * 2
        assert verdict.down
    assert understood(SinkFailed([]), 2) == Verdict()


@pytest.mark.parametrize(
    ("failures", "down", "after"),
    [
        ([Failure(0, "x"), Failure(1, "x", after=9.0)], True, 9.0),
        ([Failure(0, "x", after=9.0)], False, None),
        ([Failure(0, "400", retry=False), Failure(1, "400", retry=False)], False, None),
        ([Failure(0, "400", retry=False), Failure(1, "503", after=inf)], True, inf),
        ([Failure(0, "x"), Failure(1, "-", tried=False)], True, None),
    ],
)
def test_down_is_when_nothing_went_through_that_could(
    failures: list[Failure], down: bool, after: float | None
) -> None:
    """What the receiver refused, it has answered."""
    verdict = understood(SinkFailed(failures), 2)
    assert (verdict.down, verdict.after) == (down, after)


def test_receipts() -> None:
    """S1-17, S1-18: for what was given up, and for delivered ones of the kinds asked for."""
    alert = evolve(placed(2, "b", urgent=True), at=NOW - 2.0)
    receipt = evolve(placed(3, "b"), kind="receipt")
    lane = Lane(kinds=frozenset({"score", "alert", "receipt"}))
    one = Batch(lane)
    one.again([Parked(entry=placed(0, "a"), tries=2)])
    one.add([placed(1, "b"), alert, receipt, evolve(receipt, sequence=4, conversation="d")])
    refused = Failure(4, "x", retry=False)
    found = book({"alert", "receipt"}).settle(
        one, sent(Failure(0, "gone", retry=False), evolve(refused, index=4))
    )
    assert numbers(found.sent) == [1, 2, 3]
    assert all(each.urgent and each.kind == "receipt" for each in found.receipts)
    dead, delivered = (msgspec.json.decode(each.body) for each in found.receipts)
    assert (dead["recordId"], dead["outcome"], dead["attempts"], dead["reason"]) == (
        *("e0", "dead", 3),
        "gone",
    )
    assert dead["latency"] is None
    assert (delivered["recordId"], delivered["sink"], delivered["outcome"]) == (
        *("e2", "crm"),
        "delivered",
    )
    assert (delivered["latency"], delivered["lag"], delivered["attempts"]) == (0.25, 2.0, 1)


_failures = st.builds(
    Failure, st.integers(0, 11), st.just("x"), st.booleans(), st.none(), st.booleans()
)


@given(
    st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=12),
    st.lists(_failures, max_size=12),
    st.frozensets(st.sampled_from(["a", "b"])),
    st.integers(1, 6),
    st.booleans(),
)
def test_every_entry_has_one_place_and_its_order(
    conversations: list[str | None],
    failures: list[Failure],
    behind: frozenset[str],
    size: int,
    counts: bool,
) -> None:
    """Whatever a sink says: none lost, none twice, and at most one of a lane has a time."""
    entries = [placed(n, each) for n, each in enumerate(conversations)]
    one = batch(*entries, lane=Lane(batch=size), behind=behind)
    error = SinkFailed(failures) if failures else None
    verdict = understood(error, len(one.send))
    found = book().settle(one, Sent(at=NOW, steady=NOW, took=0.0, verdict=verdict, counts=counts))
    places = [*found.sent, *found.passed]
    places += [each.entry for each in found.parked]
    places += [each.entry for each in found.dead]
    assert sorted(each.sequence for each in places) == list(range(len(entries)))
    timed: dict[str, int] = {}
    for each in sorted(found.parked, key=lambda parked: parked.entry.sequence):
        if each.due is None:
            assert each.entry.lane in timed or each.entry.lane in behind
        else:
            assert each.entry.lane not in behind
            assert timed.setdefault(each.entry.lane, each.entry.sequence) == each.entry.sequence
