"""A slow analyzer ahead of the scorer: order, time limits, leaving, and what nobody waits for."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesys_sentiment.analysis import Analysis
from genesys_sentiment.classifiers import Ahead, AheadCounters
from genesys_sentiment.classifiers import ahead as ahead_module
from genesys_sentiment.classifiers.look_ahead import WAITING
from genesys_sentiment.errors import AnalyzerError, ConfigurationError
from genesys_sentiment.model.events import Event, Gap, StateChange, Utterance
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring import Policy, Scorer
from genesys_sentiment.streaming.score import score


class Slow:
    """An analyzer in a real thread; a text that begins with "hang" waits until it is let go."""

    name = "slow"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, text: str, language: str) -> Analysis:
        self.asked.append(text)
        if text.startswith("hang"):
            self.let_go.wait(30)
        if text == "raise":
            raise ZeroDivisionError(text)
        if text == "damaged":
            raise AnalyzerError("the model is damaged")
        return Analysis(polarity=1.0, label="positive", confidence=1.0, words=len(text.split()))


@pytest.fixture
def slow() -> Iterator[Slow]:
    """Whatever hangs in it ends with the test."""
    analyzer = Slow()
    yield analyzer
    analyzer.let_go.set()


def said(text: str, conversation: str = "c", at: float = 1.0, final: bool = True) -> Utterance:
    """Somebody said it, in English."""
    return Utterance(
        conversation=conversation, utterance=f"{text}{at}", text=text, language="en-GB", at=at,
        final=final,
    )  # fmt: skip


async def listed(events: Iterable[Event]) -> AsyncIterator[Event]:
    """As a stream."""
    for event in events:
        yield event


def outcome(record: Record) -> str | None:
    """Its label, or why there is none."""
    if isinstance(record, Score):
        return record.polarity
    return record.detail if isinstance(record, Skipped) else type(record).__name__


async def scored(
    ahead: Ahead, events: Sequence[Event], policy: Policy | None = None
) -> Sequence[str | None]:
    """What becomes of the events."""
    async with ahead.ahead(listed(events)) as found:
        return [outcome(each) async for each in score(found, Scorer(policy, ahead), wall=lambda: 1)]


GAP = Gap(conversation="", reason="overflow", since=0.0, until=1.0)
EVENTS = st.one_of(
    st.builds(said, st.sampled_from(["yes", "no", "raise", " ", "a b"]), st.sampled_from("cd")),
    st.builds(said, st.text(max_size=20), final=st.booleans()),
    st.just(GAP),
    st.builds(StateChange, conversation=st.just("c"), subject=st.just("call"), state=st.text()),
    st.builds(Utterance, conversation=st.just("c"), utterance=st.just("u"), text=st.text(),
              language=st.sampled_from([None, "es", "EN_us", "-"])),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=150))
def test_all_events_come_out_once_and_in_order(events: list[Event]) -> None:
    """And the scorer says the same as with the analyzer itself."""

    async def run() -> tuple[list[Event], Sequence[str | None], int]:
        ahead = Ahead(Slow())
        async with ahead.ahead(listed(events)) as found:
            out = [each async for each in found]
            assert found.waiting == 0
        counts = ahead.counters
        total = counts.judged + counts.known + counts.failed + counts.timed_out
        return out, await scored(ahead, events), total

    out, mine, total = asyncio.run(run())
    assert [id(each) for each in out] == [id(each) for each in events]
    plain = Scorer(analyzer=Slow())
    assert list(mine) == [outcome(each) for event in events for each in plain(event, 1.0)]
    wanted = [e for e in events if isinstance(e, Utterance) and e.final and e.text.strip()]
    assert total == sum(e.language is not None and e.language[:2].lower() == "en" for e in wanted)


async def test_a_text_that_hangs_is_one_reasoned_skip(slow: Slow) -> None:
    """Those after it are scored, the loop is never held up, and leaving does not wait for it."""
    ahead = Ahead(slow, timeout=0.1)
    began = time.monotonic()
    async with asyncio.timeout(5):
        found = await scored(ahead, [said("a"), said("hang"), GAP, said("b")])
    assert found == ["positive", "TimeoutError", "Gap", "positive"]
    assert time.monotonic() - began < 2
    assert ahead.counters == AheadCounters(judged=2, timed_out=1)


async def test_a_loop_goes_on_while_the_analyzer_works(slow: Slow) -> None:
    """Whatever else the loop does has its turn."""
    turns = 0
    async with Ahead(slow, timeout=20).ahead(listed([said("hang")])) as events:
        waiting = asyncio.ensure_future(anext(events))
        while turns < 20:
            await asyncio.sleep(0.001)
            turns += 1
        assert not waiting.done()
        slow.let_go.set()
        assert await waiting == said("hang")


async def test_threads_that_never_come_back_are_bounded(slow: Slow) -> None:
    """After that nothing is asked, and nothing waits; when they come back it goes on."""
    ahead = Ahead(slow, timeout=0.02)
    hanging = [said(f"hang {number}") for number in range(9)]
    before = set(threading.enumerate())
    async with ahead.ahead(listed([*hanging, GAP, said("free")])) as events:
        for _ in range(10):
            await anext(events)
        assert len(slow.asked) == 4
        assert len(set(threading.enumerate()) - before) == 4
    slow.let_go.set()
    assert await scored(ahead, [said("again")]) == ["positive"]


async def test_a_text_that_failed_is_tried_again(slow: Slow) -> None:
    """What was found is not asked again, what was not found is."""
    ahead = Ahead(slow, timeout=0.05)
    assert await scored(ahead, [said("hang"), said("yes"), said("yes")]) == [
        "TimeoutError",
        "positive",
        "positive",
    ]
    slow.let_go.set()
    assert await scored(ahead, [said("hang")]) == ["positive"]
    assert slow.asked == ["hang", "yes", "hang"]
    assert ahead.counters == AheadCounters(judged=2, known=1, timed_out=1)


async def test_what_never_came_ahead_is_not_judged_on_the_loop(slow: Slow) -> None:
    scorer = Scorer(analyzer=Ahead(slow))
    (found,) = scorer(said("hello"), 1.0)
    assert isinstance(found, Skipped)
    assert (found.reason, found.detail) == ("analyzer_failed", "LookupError")
    assert slow.asked == []


async def test_what_the_analyzer_raises_is_told_by_its_name(slow: Slow) -> None:
    """And nothing of the text is kept with it."""
    ahead = Ahead(slow)
    assert await scored(ahead, [said("raise")]) == ["ZeroDivisionError"]
    async with ahead.ahead(listed([said("raise")])) as events:
        await anext(events)
        (kept,) = ahead._answers.values()
        assert isinstance(kept, ZeroDivisionError)
        assert kept.__traceback__ is None
    assert ahead.counters == AheadCounters(failed=2)


async def test_a_damaged_model_comes_out(slow: Slow) -> None:
    with pytest.raises(AnalyzerError, match="damaged"):
        await scored(Ahead(slow), [said("yes"), said("damaged")])


async def test_what_the_gate_withheld_is_still_known(slow: Slow) -> None:
    """S0-16: the scorer asks a second time when the interval is over."""
    events = [said("one", at=1.0), said("two", at=1.5), said("three", at=1.6)]
    found = await scored(Ahead(slow), events, Policy(min_interval=2.0))
    assert found == ["positive", None, "positive"]
    assert slow.asked == ["one", "two", "three"]


async def test_the_default_language_is_that_of_the_policy(slow: Slow) -> None:
    event = Utterance(conversation="c", utterance="u", text="yes")
    ahead, policy = Ahead(slow), Policy(default_language="en")
    async with ahead.ahead(listed([event]), default_language="en") as events:
        (found,) = [each async for each in score(events, Scorer(policy, ahead))]
    assert outcome(found) == "positive"


async def test_reading_ahead_is_bounded(slow: Slow) -> None:
    taken = 0

    async def source() -> AsyncIterator[Event]:
        nonlocal taken
        while True:
            taken += 1
            yield said(f"text {taken}")
            await asyncio.sleep(0)

    async with Ahead(slow).ahead(source()) as events:
        async with asyncio.timeout(5):
            while events.waiting < WAITING:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            assert (taken, events.waiting) == (WAITING, WAITING)
            assert await anext(events) == said("text 1")


async def test_answers_are_bounded_and_hold_no_text(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a smaller bound, for time's sake."""
    assert ahead_module.REMEMBERED > WAITING
    monkeypatch.setattr(ahead_module, "REMEMBERED", 100)
    ahead, many = Ahead(slow), 120
    async with ahead.ahead(listed([said(f"secret {n}") for n in range(many)])) as events:
        assert len([each async for each in events]) == many
    kept = pickle.dumps(list(ahead._answers.items()))
    assert len(ahead._answers) == 100
    assert b"secret" not in kept
    assert ahead(f"secret {many - 1}", "en").words == 2
    with pytest.raises(LookupError):
        ahead("secret 0", "en")


async def test_an_error_of_the_stream_comes_after_what_came_before(slow: Slow) -> None:
    async def source() -> AsyncIterator[Event]:
        yield said("a")
        yield GAP
        raise ConnectionResetError

    found: list[Event] = []

    async def take() -> None:
        async with Ahead(slow).ahead(source()) as events:
            async for event in events:
                await asyncio.sleep(0.01)
                found.append(event)

    with pytest.raises(ConnectionResetError):
        await take()
    assert found == [said("a"), GAP]


async def test_waiting_may_be_given_up(slow: Slow) -> None:
    """Nothing is lost by it."""
    async with Ahead(slow, timeout=20).ahead(listed([said("hang"), GAP])) as events:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(events)
        slow.let_go.set()
        assert [each async for each in events] == [said("hang"), GAP]


async def consume(slow: Slow) -> None:
    """Until cancelled."""
    ahead = Ahead(slow, timeout=0.2)
    async with ahead.ahead(forever()) as events:
        async for _ in score(events, Scorer(analyzer=ahead), only=Score):
            await asyncio.sleep(0)


async def forever() -> AsyncIterator[Event]:
    """A stream with a text that hangs, which then waits for its next event."""
    for event in (said("a"), GAP, said("b")):
        yield event
    yield said("hang")
    await asyncio.Event().wait()


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 40])
async def test_cancellation_comes_out_wherever_it_hits(slow: Slow, turns: int) -> None:
    """No task is left, and it takes no longer than the one call that is under way may."""
    task = asyncio.create_task(consume(slow))
    for _ in range(turns):
        await asyncio.sleep(0 if turns < 40 else 0.001)
    began = time.monotonic()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert time.monotonic() - began < 1


async def test_leaving_in_the_middle_ends_everything(slow: Slow) -> None:
    """It says how much was read and not taken."""
    ahead = Ahead(slow)
    async with ahead.ahead(listed([said("a"), said("b"), GAP])) as events:
        async for _ in events:
            break
        async with asyncio.timeout(5):
            while events.waiting < 2:
                await asyncio.sleep(0.001)
    assert events.waiting == 2
    with pytest.raises(ConfigurationError, match="entered once"):
        async with events:
            pass


async def test_it_must_be_entered(slow: Slow) -> None:
    with pytest.raises(ConfigurationError, match="async with"):
        await anext(Ahead(slow).ahead(listed([])))


def test_a_program_ends_although_a_call_hangs() -> None:
    """In a process of its own, because only a real end shows it."""
    code = """
import asyncio, threading
from genesys_sentiment.classifiers import Ahead
from genesys_sentiment.model.events import Utterance

class Hanging:
    name, languages = "hanging", frozenset({"en"})
    def __call__(self, text, language):
        threading.Event().wait()

async def source():
    yield Utterance(conversation="c", utterance="u", text="hi", language="en")
    await asyncio.Event().wait()

async def main():
    async with Ahead(Hanging(), timeout=0.1).ahead(source()) as events:
        print((await anext(events)).utterance)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "u\n", "")
