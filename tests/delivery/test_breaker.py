"""When a sink counts as down, and when it is tried again (S1-20)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genesys_sentiment.delivery.breaker import Breaker
from genesys_sentiment.model.entries import Breaking

SETTINGS = Breaking(consecutive=3, failing=0.5, sends=8, window=30.0, pause=10.0)


def opened(after: float | None = None) -> Breaker:
    breaker = Breaker(SETTINGS, 3600.0)
    for _ in range(3):
        breaker.failed(0.0, after)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    """S1-20: the circuit breaker that the tutorial only advises."""
    breaker = Breaker(SETTINGS, 3600.0)
    for now in (0.0, 1.0):
        breaker.failed(now)
    breaker.succeeded(2.0)
    for now in (3.0, 4.0):
        breaker.failed(now)
        assert breaker.state == "closed"
    breaker.failed(5.0)
    assert breaker.state == "open"
    assert breaker.wait(5.0) == 10.0
    assert breaker.wait(9.0) == 6.0


def test_it_opens_when_a_share_fails() -> None:
    breaker = Breaker(SETTINGS, 3600.0)
    for now in range(6):
        (breaker.failed if now % 2 else breaker.succeeded)(float(now))
        assert breaker.state == "closed"
    breaker.succeeded(6.0)
    breaker.failed(7.0)
    assert breaker.state == "open", "four of eight"


def test_what_was_long_ago_is_forgotten() -> None:
    breaker = Breaker(SETTINGS, 3600.0)
    for now in range(0, 400, 10):
        (breaker.failed if now % 20 else breaker.succeeded)(float(now))
    assert breaker.state == "closed", "never more than four in the window"


def test_there_is_one_probe_at_a_time() -> None:
    breaker = opened()
    assert not breaker.probe(9.9)
    assert breaker.probe(10.0)
    assert not breaker.probe(10.0)
    assert str(breaker.state) == "half_open"
    breaker.failed(11.0)
    assert (breaker.state, breaker.wait(11.0)) == ("open", 10.0)
    assert breaker.probe(21.0)
    assert breaker.succeeded(22.0)
    assert (breaker.state, breaker.wait(22.0)) == ("closed", 0.0)
    breaker.failed(23.0)
    assert breaker.state == "closed", "it counts anew"


def test_a_receiver_that_asks_is_left_alone_at_once() -> None:
    """S1-20, C5-12: Retry-After, clamped."""
    breaker = Breaker(SETTINGS, 3600.0)
    breaker.failed(0.0, 2.0)
    assert (breaker.state, breaker.wait(0.0)) == ("open", 2.0)
    assert breaker.probe(2.0)
    breaker.failed(2.0, 1e9)
    assert breaker.wait(2.0) == 3600.0
    assert breaker.probe(3602.0)
    breaker.failed(3602.0, 1.0)
    assert breaker.wait(3602.0) == 10.0, "down by its failures as well: no shorter than that"


@pytest.mark.parametrize("after", [0.0, -5.0])
def test_asking_for_nothing_changes_nothing(after: float) -> None:
    breaker = Breaker(SETTINGS, 3600.0)
    breaker.failed(0.0, after)
    assert breaker.state == "closed"


def test_what_cannot_happen_has_no_row_in_the_table() -> None:
    with pytest.raises(KeyError):
        opened().succeeded(1.0)


class Machine(RuleBasedStateMachine):
    """A sender that asks before it sends, one send at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(SETTINGS, 60.0)
        self.now = 0.0
        self.sending = False
        self.row = 0
        self.probes = 0

    @rule(seconds=st.floats(0.0, 40.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: not self.sending)
    @rule()
    def begins(self) -> None:
        if self.breaker.state == "closed":
            self.sending = True
            return
        wait = self.breaker.wait(self.now)
        self.sending = self.breaker.probe(self.now)
        assert self.sending == (wait == 0.0)
        self.probes += self.sending
        assert not self.breaker.probe(self.now), "one probe"

    @precondition(lambda self: self.sending)
    @rule()
    def succeeds(self) -> None:
        was = self.breaker.state
        assert self.breaker.succeeded(self.now) == (was != "closed")
        assert self.breaker.state == "closed"
        self.sending, self.row, self.probes = False, 0, 0

    @precondition(lambda self: self.sending)
    @rule(after=st.none() | st.floats(0.0, 1e6))
    def fails(self, after: float | None) -> None:
        was = self.breaker.state
        self.breaker.failed(self.now, after)
        self.sending, self.row = False, self.row + 1
        if was == "half_open" or self.row >= SETTINGS.consecutive or after:
            assert self.breaker.state == "open"
            least = min(after or SETTINGS.pause, 60.0)
            assert least - 1e-6 <= self.breaker.wait(self.now) <= 60.0 + 1e-6

    @invariant()
    def waits_only_while_open(self) -> None:
        assert (self.breaker.state == "half_open") <= self.sending
        if self.breaker.wait(self.now) > 0.0:
            assert self.breaker.state == "open"
            assert not self.sending


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=40)
