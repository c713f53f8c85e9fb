"""The pipeline: a loop over stages, with deadlines, an order and an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from attrs import define, field

from genesys_sentiment.model.events import Event, Gap, Utterance
from genesys_sentiment.model.results import Record, Skipped
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.toys import Lines, Toy, turns, utterance


@define
class Skip:
    """Turns every utterance into a Skipped."""

    deadline: float | None = None

    def __call__(self, event: Record, now: float) -> Iterable[Record]:
        """At once."""
        if not isinstance(event, Utterance):
            return (event,)
        return (Skipped(reason=event.text, at=now, event=event),)

    def tick(self, now: float) -> Iterable[Record]:
        """Nothing is held."""
        return ()

    def finish(self, now: float) -> Iterable[Record]:
        """Nothing is held."""
        return ()


@define
class Hold:
    """Holds utterances back until ``wait`` seconds after the first of them."""

    wait: float = 2.0
    deadline: float | None = None
    held: list[Record] = field(factory=list)

    def __call__(self, event: Record, now: float) -> Iterable[Record]:
        """Not yet."""
        self.held.append(event)
        self.deadline = self.deadline or now + self.wait
        return ()

    def tick(self, now: float) -> Iterable[Record]:
        """All of them, when it is time."""
        if self.deadline is None or now < self.deadline:
            return ()
        return self.finish(now)

    def finish(self, now: float) -> Iterable[Record]:
        """All of them."""
        out, self.held, self.deadline = self.held, [], None
        return out


async def source(*names: str, error: Exception | None = None) -> AsyncIterator[Event]:
    for name in names:
        yield utterance(name)
    if error is not None:
        raise error


def texts(records: Iterable[Record]) -> list[str]:
    return [
        each.text if isinstance(each, Utterance) else each.reason
        for each in records
        if isinstance(each, Utterance | Skipped | Gap)
    ]


async def test_without_stages_events_pass() -> None:
    assert texts([each async for each in score(source("a", "b"))]) == ["a", "b"]


async def test_only_one_type_or_several() -> None:
    async def mixed() -> AsyncIterator[Event]:
        yield utterance("a")
        yield Gap(reason="lost", since=0.0, until=0.0)

    assert texts([each async for each in score(mixed(), Skip(), only=Gap)]) == ["lost"]
    assert texts([each async for each in score(mixed(), Skip(), only=Skipped)]) == ["a"]
    both = score(mixed(), Skip(), only=(Skipped, Gap))
    assert texts([each async for each in both]) == ["a", "lost"]
    assert [each async for each in score(mixed(), Skip(), only=Utterance)] == []


async def test_several_stages_in_order() -> None:
    found = [each async for each in score(source("a", "b"), Hold(), Skip(), wall=lambda: 0.0)]
    assert [type(each) for each in found] == [Skipped, Skipped]
    assert texts(found) == ["a", "b"]


async def test_what_is_held_comes_when_the_events_end() -> None:
    """S0-16: the trailing event is not dropped."""
    assert texts([each async for each in score(source("a", "b"), Hold())]) == ["a", "b"]


async def test_what_is_held_comes_before_the_error_that_ended_the_events() -> None:
    got: list[Record] = []
    with pytest.raises(LookupError):
        await collect(score(source("a", error=LookupError()), Hold()), got)
    assert texts(got) == ["a"]


async def collect(records: AsyncIterator[Record], into: list[Record]) -> None:
    async for record in records:
        into.append(record)  # noqa: PERF401 - what came before an error is kept


async def test_a_stage_that_does_not_let_go_of_its_deadline_ends_as_well() -> None:
    assert texts([each async for each in score(source("a"), Skip(deadline=0.0))]) == ["a"]


@pytest.mark.parametrize("over_a_stream", [True, False])
async def test_a_deadline_passes_though_nothing_comes(over_a_stream: bool) -> None:
    lines = Lines()
    queue: asyncio.Queue[Event] = asyncio.Queue()

    async def slowly() -> AsyncIterator[Event]:
        while True:
            yield await queue.get()

    async with Stream(Toy(ping=None), lines) as stream:
        await stream.ready()
        records = score(stream if over_a_stream else slowly(), Hold(wait=0.01))
        lines.opened[0].frames.put_nowait(b"u1")
        queue.put_nowait(utterance("u1"))
        assert texts([await anext(records)]) == ["u1"]
        lines.opened[0].frames.put_nowait(b"u2")
        queue.put_nowait(utterance("u2"))
        assert texts([await anext(records)]) == ["u2"], "waiting in vain lost nothing"
        await records.aclose()  # type: ignore[attr-defined]


async def test_events_that_keep_coming_do_not_put_a_deadline_off() -> None:
    now = iter(range(1000))
    names = [str(number) for number in range(50)]
    found = score(source(*names), Hold(wait=5.0), wall=lambda: float(next(now)))
    first = await anext(found)
    assert texts([first]) == ["0"]
    rest = [each async for each in found]
    assert texts([first, *rest]) == names
    assert len(list(now)) > 0


async def test_breaking_out_leaves_no_task() -> None:
    """PEP 789: though a read is pending in the background."""
    before = asyncio.all_tasks()

    async def slowly() -> AsyncIterator[Event]:
        yield utterance("a")
        await asyncio.Event().wait()

    async for record in score(slowly(), Hold(wait=0.005)):
        assert texts([record]) == ["a"]
        break
    await turns()
    assert asyncio.all_tasks() == before


async def test_cancelling_comes_out() -> None:
    async def never() -> AsyncIterator[Event]:
        yield utterance("a")
        await asyncio.Event().wait()

    for wait in (0.0001, 60.0):
        task = asyncio.create_task(collect(score(never(), Hold(wait=wait)), []))
        await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_stopping_over_a_stream_loses_no_event() -> None:
    """C5-20: whoever goes on with the stream gets what follows."""
    lines = Lines()
    async with Stream(Toy(ping=None), lines) as stream:
        await stream.ready()
        task = asyncio.create_task(collect(score(stream, Skip(deadline=1e12)), []))
        await turns()
        lines.opened[0].frames.put_nowait(b"u1")
        while not stream.counters.emitted:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        if not stream.counters.yielded:
            assert isinstance(await anext(stream), Utterance)
