"""The contract check passes over every stage of the package, and names what a broken one breaks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.checks.stage import PromiseBroken, check_stage
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Unknown, Utterance
from genesys_sentiment.model.results import Score
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from tests.checks.stage_feeds import FEEDS, SAID
from tests.scoring.helpers import Fixed


@pytest.mark.parametrize("name", FEEDS)
def test_every_stage_keeps_its_promises(name: str) -> None:
    check_stage(*FEEDS[name])


class Bent:
    """A scorer with a gate that is sound, but for what a subclass replaces."""

    def __init__(self) -> None:
        self.sound = Scorer(Policy(min_interval=10.0), Fixed())

    def __call__(self, event: Any, now: float) -> Any:
        return self.sound(event, now)

    @property
    def deadline(self) -> Any:
        return self.sound.deadline

    def tick(self, now: float) -> Any:
        return self.sound.tick(now)

    def finish(self, now: float) -> Any:
        return self.sound.finish(now)

    def snapshot(self) -> Any:
        return self.sound.snapshot()

    def restore(self, data: bytes) -> None:
        self.sound.restore(data)


_NUMBERS = count()


class _Nothing(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        return self.sound(event, now) or None


class _NothingByTick(Bent):
    def tick(self, now: float) -> Any:
        return self.sound.tick(now) or None


class _Chance(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        return [
            evolve(each, confidence=1 / (1 + next(_NUMBERS))) if isinstance(each, Score) else each
            for each in self.sound(event, now)
        ]


class _Meddling(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        if isinstance(event, Utterance):
            vars(event)["confidence"] = (event.confidence or 0.0) + 0.25
        return self.sound(event, now)


class _Swallowing(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        return () if isinstance(event, Unknown) else self.sound(event, now)


class _Copying(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        return (evolve(event),) if isinstance(event, Unknown) else self.sound(event, now)


class _Hurried(Bent):
    """What is nobody's business lets go of everything."""

    def __call__(self, event: Any, now: float) -> Any:
        early = self.sound.finish(now) if isinstance(event, Unknown) else ()
        return (*early, *self.sound(event, now))


class _Never(Bent):
    @property
    def deadline(self) -> Any:
        return self.sound.deadline or float("inf")


class _Stuck(Bent):
    def tick(self, now: float) -> Any:
        return ()


class _Eager(Bent):
    def tick(self, now: float) -> Any:
        return self.sound.finish(now)


class _Restless(Bent):
    """Wants a tick every second, for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 1e9

    @property
    def deadline(self) -> Any:
        return self.next

    def tick(self, now: float) -> Any:
        self.next = now + 1.0
        return self.sound.tick(now)


class _Repeating(Bent):
    """Each tick tells what the last one told."""

    last: Any = ()

    def tick(self, now: float) -> Any:
        self.last = self.sound.tick(now) or self.last
        return self.last


class _Unending(Bent):
    ends: Any = ()

    def finish(self, now: float) -> Any:
        self.ends = self.sound.finish(now) or self.ends
        return self.ends


class _Twice(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        found = self.sound(event, now)
        return (*found, *(evolve(each, confidence=0.1) for each in found if type(each) is Score))


class _Homemade(Bent):
    def __call__(self, event: Any, now: float) -> Any:
        return [*self.sound(event, now), {"type": "mine"}]


class _Forgetful(Bent):
    """What is withheld does not get into a snapshot."""

    def snapshot(self) -> Any:
        heir = Scorer(self.sound.policy, Fixed())
        heir.restore(self.sound.snapshot())
        heir.finish(0.0)
        return heir.snapshot()


class _Ending(Bent):
    """A snapshot lets go of what is withheld."""

    def snapshot(self) -> Any:
        data = self.sound.snapshot()
        self.sound.finish(0.0)
        return data


class _Textual(Bent):
    def snapshot(self) -> Any:
        return self.sound.snapshot().hex()

    def restore(self, data: Any) -> None:
        self.sound.restore(bytes.fromhex(data))


class _Trusting(Bent):
    def restore(self, data: bytes) -> None:
        if data[:1] != b"\x00":
            self.sound.restore(data)


BROKEN: dict[str, Callable[[], Any]] = {
    "a call gives records": _Nothing,
    "a tick gives records": _NothingByTick,
    "the same events give the same records": _Chance,
    "events stay as they are": _Meddling,
    "an event that is not its business comes back": _Swallowing,
    "an event that is not its business comes back, once": _Copying,
    "an event that is not its business changes": _Hurried,
    "the deadline is None or a finite number": _Never,
    "a tick at the deadline moves it on": _Stuck,
    "a tick before the deadline gives nothing": _Eager,
    "deadlines end": _Restless,
    "a second tick at the same time gives nothing": _Repeating,
    "finish leaves nothing": _Unending,
    "each record has an id of its own": _Twice,
    "what comes out can be exported": _Homemade,
    "a restored stage goes on": _Forgetful,
    "a snapshot, or a restore that is refused": _Ending,
    "a snapshot is bytes": _Textual,
    "restore raises ConfigurationError": _Trusting,
}


def test_the_stage_that_is_bent_is_sound() -> None:
    check_stage(Bent, SAID)


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_named(promise: str) -> None:
    events = [evolve(each) for each in SAID]  # one of them changes what it is given
    with pytest.raises(PromiseBroken) as caught:
        check_stage(BROKEN[promise], events)
    assert caught.value.promise.startswith(promise)


def test_what_cannot_be_checked() -> None:
    with pytest.raises(ConfigurationError, match="same id"):
        check_stage(Bent, [*SAID, SAID[0]])
    with pytest.raises(ConfigurationError, match="must be records"):
        check_stage(Bent, [Fixed()])  # type: ignore[list-item]
