"""From the bytes of both dialects to ranked suggestions and how they were taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.assist import Assist
from tests.dialects.frames import CONVERSATION, frame, suggestion


def through(assist: Assist, decoded: Sequence[object]) -> list[Record]:
    events = [each for each in decoded if isinstance(each, Suggestion | Suggestions)]
    return [record for event in events for record in assist(event, 1.0)]


def test_the_real_platforms_events_give_a_rate() -> None:
    """S2-11: the acceptance is the state of a later event of the same suggestion."""
    assist, dialect = Assist(), Notifications()
    out: list[Record] = []
    for kind, name, state in (
        ("knowledge.search", "s-1", "Suggested"),
        ("response", "s-2", "Suggested"),
        ("knowledge.search", "s-1", "Accepted"),
    ):
        more: dict[str, Any] = {"suggestionId": name, "state": state}
        if kind == "knowledge.search":
            more["knowledgeSearch"] = {"confidence": 0.9, "documentId": "doc"}
        else:
            more["cannedResponse"] = {"responseId": "r"}
        topic = f"v2.conversations.{CONVERSATION}.suggestions.{kind}"
        out += through(assist, dialect.decode(frame(topic, suggestion(**more)), 1.0))
    ranked = [each for each in out if isinstance(each, Ranked)]
    assert [each.scores for each in ranked] == [(0.9,), (None,)]
    assert all(each.latency is None for each in ranked)
    (taken,) = (each for each in out if isinstance(each, Acceptance))
    assert (taken.suggestion, taken.reference, taken.rate) == ("s-1", "doc", 0.5)


def test_the_tutorials_message_is_ranked_and_accepted_by_the_program() -> None:
    """S2-08, S2-09, S2-11: relevance and confidence, latency in seconds, accept()."""
    said = {
        "interactionId": CONVERSATION,
        "suggestions": [
            {"id": "sure", "confidence": 0.95, "relevanceScore": 0.1},
            {"id": "fits", "confidence": 0.75, "relevanceScore": 1},
            {"id": "low", "confidence": 0.74, "relevanceScore": 1},
            {"id": "percent", "confidence": 95, "relevanceScore": 1},
            {"id": "text", "confidence": "0.9", "relevanceScore": 1},
        ],
        "metadata": {"processingLatencyMs": 120},
    }
    assist = Assist()
    _, ranked = through(assist, AgentAssist().decode(json.dumps(said).encode(), 1.0))
    assert isinstance(ranked, Ranked)
    assert [each.suggestion for each in ranked.suggestions] == ["fits", "sure"]
    assert (ranked.offered, ranked.latency) == (5, 0.12)
    assert ranked.invalid + ranked.too_uncertain == 3
    assert assist.accept(CONVERSATION, "fits", 2.0).rate == 0.5
