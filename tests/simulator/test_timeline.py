"""What happens when in one call; and the topics and their combinations. Pure."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest

from genesys_sentiment.simulator import BATCHED, LOW_LATENCY, Call, Pace, builtin_calls, topics
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.timeline import Moved, Suggested, Transcribed, plan, transcription
from tests.simulator.client import short_call

CALLS = pytest.mark.parametrize("call", builtin_calls(), ids=lambda call: call.name)
NOW = 1_800_000_000.0


def spoken(call: Call, pace: Pace, *, late_tail: bool = False) -> list[Transcribed]:
    steps = plan(call, pace, late_tail=late_tail)
    return [step for step in steps if isinstance(step, Transcribed)]


@CALLS
@pytest.mark.parametrize("pace", [LOW_LATENCY, BATCHED])
def test_every_turn_is_final_once_and_late_as_documented(call: Call, pace: Pace) -> None:
    finals = [
        (step.at - each.turn.end, each)
        for step in spoken(call, pace)
        for each in step.transcripts
        if each.final
    ]
    assert sorted(each.turn.index for _, each in finals) == [turn.index for turn in call.turns]
    assert all(each.text == each.turn.text for _, each in finals)
    assert all(pace.lag - 1e-6 <= late <= pace.lag + pace.bundle + 1e-6 for late, _ in finals)


@CALLS
def test_revisions_come_before_the_final_text(call: Call) -> None:
    sent = [each for step in spoken(call, LOW_LATENCY) for each in step.transcripts]
    for turn in call.turns:
        own = [each.final for each in sent if each.turn is turn]
        assert own == ([False, True] if len(turn.text.split()) >= 4 else [True])


@CALLS
@pytest.mark.parametrize("late_tail", [False, True])
def test_steps_rise_and_the_session_frames_them(call: Call, late_tail: bool) -> None:
    steps = plan(call, LOW_LATENCY, late_tail=late_tail)
    assert all(one.at <= two.at for one, two in pairwise(steps))
    assert steps[0] == Transcribed(at=0.0)
    ended = next(step.at for step in steps if isinstance(step, Moved))
    after = [
        each
        for step in spoken(call, LOW_LATENCY, late_tail=late_tail)
        if step.at > ended
        for each in step.transcripts
    ]
    assert bool(after) is late_tail
    assert ended >= call.duration


def test_a_long_call_says_every_five_minutes_that_it_goes_on() -> None:
    turn = short_call().turns[0]
    long = (
        short_call()
        .turns[1]
        .__class__(
            index=2, speaker="agent", start=700.0, duration=1.0, text="bye", language="en-US"
        )
    )
    steps = spoken(Call(name="long", turns=(turn, long)), LOW_LATENCY)
    empty = [step.at for step in steps if not step.transcripts and step.status.endswith("ONGOING")]
    assert empty == [0.0, 300.0, 600.0]


def test_batches_carry_several_transcripts() -> None:
    steps = [step for step in spoken(builtin_calls()[0], BATCHED) if step.transcripts]
    assert max(len(step.transcripts) for step in steps) > 2
    assert all(step.at % 30 == 0 for step in steps)


def test_suggestions_are_reacted_to() -> None:
    hint = {"after": 1, "title": "t", "answer": "a", "confidence": 0.5, "reaction": "Accepted"}
    steps = plan(short_call(suggestions=[hint]), LOW_LATENCY, late_tail=False)
    assert [step.state for step in steps if isinstance(step, Suggested)] == [
        "Suggested",
        "Accepted",
    ]


def test_ids_depend_on_seed_and_name_only() -> None:
    one, two = Ids.of("simulator", 1, "a"), Ids.of("simulator", 2, "a")
    assert one("utterance", 1) == Ids.of("simulator", 1, "a")("utterance", 1)
    assert len({one("utterance", 1), one("utterance", 2), two("utterance", 1)}) == 3
    assert str(UUID(one("x"))) == one("x")


def test_a_transcription_event_holds_the_platforms_fields() -> None:
    conversation = Conversation(
        ids=Ids.of("x"), queue="q", organization="o", started=NOW, answered=NOW
    )
    step = next(step for step in spoken(short_call(), LOW_LATENCY) if len(step.transcripts) == 1)
    body = transcription(conversation, step, NOW + step.at)
    assert body["eventTime"].startswith("2027-01-15T08:00:0")
    assert body["status"] == {"offsetMs": round(step.at * 1000), "status": "SESSION_ONGOING"}
    (transcript,) = body["transcripts"]
    assert transcript["channel"] == "INTERNAL"
    assert transcript["dialect"] == "en-US"
    (alternative,) = transcript["alternatives"]
    assert alternative["words"][0]["startTimeMs"] == NOW * 1000
    assert alternative["transcript"] == "hello"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("v2.users.7.presence", ["v2.users.7.presence"]),
        ("v2.users.7?presence&station", ["v2.users.7.presence", "v2.users.7.station"]),
        (
            "v2.conversations.7.suggestions.knowledge?search&article",
            [
                "v2.conversations.7.suggestions.knowledge.search",
                "v2.conversations.7.suggestions.knowledge.article",
            ],
        ),
    ],
)
def test_combined_topics_stand_for_several(name: str, parts: list[str]) -> None:
    assert topics.split(name) == parts
    assert all(topics.find(part) for part in parts)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "v2.nope",
        "v2.conversations..transcription",
        "v2.conversations.a.b.transcription",
        "v2.conversations.7",
        "v2.conversations.a b.transcription",
    ],
)
def test_there_are_no_other_topics(name: str) -> None:
    assert topics.find(name) is None


def test_topics_are_found_whatever_their_case() -> None:
    found = topics.find("V2.Conversations.ABC.Transcription")
    assert found is not None
    assert found.permission == "conversation:transcription:view"
