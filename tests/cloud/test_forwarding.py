"""Which of two updates wins: S1-13."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.cloud.forwarding import Forwarding, ForwardingStatus, merge
from genesys_sentiment.errors import ConfigurationError

T = 1795168800.5


def forwarding(status: ForwardingStatus, updated: float = T, name: str = "f1") -> Forwarding:
    return Forwarding(id=name, status=status, updated=updated)


def test_s1_13_the_attributes_are_the_tutorials() -> None:
    """S1-13: the three names of the tutorial, texts only."""
    assert forwarding("queued").attributes == {
        "sentimentForwardingId": "f1",
        "forwardingStatus": "queued",
        "updatedAt": "2026-11-20T10:00:00.500Z",
    }


def test_s1_13_other_attributes_stay() -> None:
    """S1-13: what others wrote is merged, not replaced."""
    merged = merge({"language": "de", "forwardingStatus": "queued"}, forwarding("delivered"))
    assert merged.changed
    assert merged.attributes == {"language": "de", **forwarding("delivered").attributes}


def test_s1_13_an_older_update_never_wins() -> None:
    """S1-13: by updatedAt, whatever order they are written in."""
    newer = forwarding("queued", T + 0.001, "f2").attributes
    merged = merge(newer, forwarding("delivered", T))
    assert (merged.superseded, merged.changed, merged.attributes) == (True, False, newer)
    assert merge(forwarding("delivered", T).attributes, forwarding("queued", T + 1, "f2")).changed


@pytest.mark.parametrize("order", list(permutations(("queued", "failed", "delivered"))))
@pytest.mark.parametrize("step", [0.0, 1.0])
def test_s1_13_one_forwarding_ends_delivered_in_any_order(
    order: tuple[ForwardingStatus, ...], step: float
) -> None:
    """S1-13: queued → failed → delivered, and never back, though times are equal or later."""
    there: dict[str, str] = {}
    for number, status in enumerate(order):
        there = dict(merge(there, forwarding(status, T + number * step)).attributes)
    assert there["forwardingStatus"] == "delivered"


def test_the_same_update_again_changes_nothing() -> None:
    there = {"a": "b", **forwarding("delivered", T + 0.0004).attributes}
    merged = merge(there, forwarding("delivered", T + 0.0004))
    assert (merged.changed, merged.superseded, merged.attributes) == (False, False, there)


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-20", "9999-99-99T00:00:00Z"])
def test_a_time_that_cannot_be_read_is_older(time: str) -> None:
    assert merge({"updatedAt": time, "forwardingStatus": "delivered"}, forwarding("queued")).changed


STATUSES = st.sampled_from(["queued", "failed", "delivered"])
UPDATES = st.lists(
    st.builds(
        Forwarding, id=st.sampled_from("ab"), status=STATUSES, updated=st.integers(0, 3).map(float)
    ),
    max_size=6,
)


@given(UPDATES, st.dictionaries(st.sampled_from("xyz"), st.text(max_size=3)))
def test_s1_13_updates_are_ordered_by_time(
    updates: list[Forwarding], others: dict[str, str]
) -> None:
    """S1-13: updatedAt never falls unless nothing is there, and the others' attributes stay."""
    there = dict(others)
    for update in updates:
        before = there
        merged = merge(before, update)
        there = dict(merged.attributes)
        assert there.get("updatedAt", "") >= before.get("updatedAt", "")
        assert merged.changed == (there != before)
        assert {name: there[name] for name in others} == others
        if merged.changed:
            assert there == {**before, **update.attributes}


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": "a\r\nb"},
        {"id": "x" * 257},
        {"status": "done"},
        {"updated": float("nan")},
        {"updated": 1e18},
    ],
)
def test_c5_29_updates_that_cannot_be(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        Forwarding(**{"id": "f", "status": "queued", "updated": T, **fields})  # type: ignore[arg-type]
