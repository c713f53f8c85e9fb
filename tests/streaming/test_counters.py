"""The accounting says so when it is wrong."""

from __future__ import annotations

from genesys_sentiment.delivery.registration import HandlerCounters
from genesys_sentiment.streaming.counters import Counters


def test_identities_that_hold_say_nothing() -> None:
    counters = Counters(received=10, eventful=4, control=3, duplicate=2, invalid=1)
    assert counters.problems() == ()
    counters = Counters(emitted=6, yielded=3, buffered=2, dropped=1)
    assert counters.problems() == ()
    assert HandlerCounters(offered=5, delivered=1, failed=1, dropped=2, pending=1).problems() == ()


def test_identities_that_do_not_hold_are_named() -> None:
    """S0-23: the sums can be checked."""
    (frames,) = Counters(received=2, eventful=1).problems()
    assert "received 2" in frames
    (events,) = Counters(emitted=1, yielded=2).problems()
    assert "emitted 1" in events
    (offered,) = HandlerCounters(offered=3, delivered=2).problems()
    assert "offered 3" in offered


def test_as_a_dictionary_by_name() -> None:
    assert Counters(received=7).as_dict()["received"] == 7
    assert HandlerCounters(slow=2).as_dict()["slow"] == 2
