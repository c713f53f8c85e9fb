"""Topic names: S0-10 (ids are checked), C5-29, combining within 200 characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects import topics
from genesys_sentiment.dialects.topics import combine, split
from genesys_sentiment.errors import ConfigurationError

ID = "6b1f2c3d-1111-4222-8333-444455556666"


def test_names() -> None:
    assert topics.transcription(ID) == f"v2.conversations.{ID}.transcription"
    assert topics.sentiment(ID) == f"v2.speechandtextanalytics.conversation.{ID}.sentiment"
    assert topics.queue_conversations(ID) == f"v2.routing.queues.{ID}.conversations"
    assert topics.user_conversations(ID) == f"v2.users.{ID}.conversations"
    assert topics.detail_events(ID, "acw", "customer.end") == (
        f"v2.detail.events.conversation.{ID}.acw",
        f"v2.detail.events.conversation.{ID}.customer.end",
    )
    assert len(topics.detail_events(ID)) == 16
    assert len(topics.suggestions(ID)) == 6


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a.b",
        "a/b",
        "../x",
        "a b",
        "a\r\nb",
        "a\x00",
        "a?b",
        "a&b",
        "é",
        "x" * 65,
        "a\n",
        "{id}",
    ],
)
def test_an_id_cannot_change_the_topic(bad: str) -> None:
    """S0-10, C5-29."""
    for build in (
        topics.transcription,
        topics.sentiment,
        topics.suggestions,
        topics.queue_conversations,
        topics.user_conversations,
        topics.detail_events,
    ):
        with pytest.raises(ConfigurationError):
            build(bad)


def test_no_such_detail_event() -> None:
    with pytest.raises(ConfigurationError, match=r"customer\.ended"):
        topics.detail_events(ID, "customer.ended")


def test_the_last_part_is_combined() -> None:
    names = [f"v2.users.{ID}.{part}" for part in ("station", "presence", "routingStatus")]
    assert combine(names) == (f"v2.users.{ID}?presence&routingStatus&station",)


def test_knowledge_suggestions_combine_among_themselves() -> None:
    prefix = f"v2.conversations.{ID}.suggestions"
    assert combine(topics.suggestions(ID)) == (
        f"{prefix}.knowledge?article&search",
        f"{prefix}?intent&response&script&thirdpartyaction",
    )


def test_objects_are_not_combined() -> None:
    one, other = topics.transcription("a"), topics.transcription("b")
    assert combine([one, other]) == (one, other)
    ids = ("v2.system.token_revoked.a1", "v2.system.token_revoked.b2")
    assert combine(ids) == ids


def test_combining_again_changes_nothing() -> None:
    once = combine([*topics.detail_events(ID), topics.transcription(ID)])
    assert combine(once) == once


@pytest.mark.parametrize("bad", ["", "x" * 201, "a b", "a\n", "v2.x?", "v2.x?a&", "v2.x?a?b", "é"])
def test_what_cannot_be_a_topic(bad: str) -> None:
    with pytest.raises(ConfigurationError):
        split(bad)
    with pytest.raises(ConfigurationError):
        combine([bad])


PART = st.text("abcXYZ", min_size=1, max_size=30) | st.text("ab1-_&", min_size=1, max_size=20)
TOPIC = st.lists(PART, min_size=1, max_size=5).map(lambda parts: ".".join(["v2", *parts]))
SAME_STEM = st.lists(st.text("abc", min_size=1, max_size=60), min_size=1, max_size=12).map(
    lambda parts: [f"v2.users.{ID}.{part}" for part in parts]
)


@given(st.lists(TOPIC, max_size=20) | SAME_STEM)
def test_splitting_what_was_combined_gives_it_back(names: list[str]) -> None:
    names = [name for name in names if len(name) <= 200]
    combined = combine(names)
    assert {single for topic in combined for single in split(topic)} == set(names)
    assert sum(len(split(topic)) for topic in combined) == len(set(names))
    assert all(len(topic) <= 200 for topic in combined)
    assert combine(reversed(names)) == combined
