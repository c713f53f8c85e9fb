"""Events of the notifications dialect: X-01, and the fields of each kind of topic."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import (
    ABSENT,
    Reading,
    StateChange,
    Suggestion,
    Unknown,
    Utterance,
)
from genesys_sentiment.model.wire import (
    Acknowledged,
    Channel,
    ChannelLost,
    Closing,
    Dialect,
    Drift,
    Heartbeat,
    Ignored,
    Pong,
    Token,
    TokenRevoked,
    WireMessage,
)

from . import frames
from .frames import CALL, CONVERSATION, CORRELATION, QUEUE, USER, frame

NOW = 1_772_359_400.0


def decode(raw: bytes, **options: Any) -> list[WireMessage]:
    return list(Notifications(**options).decode(raw, NOW))


def reason_of(raw: bytes) -> str:
    with pytest.raises(BadFrame) as caught:
        decode(raw)
    return caught.value.reason


class TestLine:
    def test_is_a_dialect_that_needs_a_channel(self) -> None:
        dialect: Dialect = Notifications()
        assert dialect.name == "notifications"
        assert dialect.uses_channel
        assert dialect.ping == '{"message":"ping"}'
        assert (dialect.ping_interval, dialect.idle_timeout) == (10.0, 45.0)
        assert dialect.subscribe(["v2.users.x.presence"], 0.0, str) == ()
        assert dialect.unsubscribe(["v2.users.x.presence"], str) == ()
        assert dialect.renew(Token(value="t", expires=1.0), str) is None

    def test_connects_to_the_channel_without_a_header(self) -> None:
        channel = Channel(id="c", connect_uri="wss://streaming.example/channels/secret")
        connect = Notifications().connect(Token(value="t", expires=1.0), channel)
        assert connect.url == "wss://streaming.example/channels/secret"
        assert connect.headers == {}
        assert "secret" not in repr(connect)

    def test_needs_a_channel(self) -> None:
        with pytest.raises(ConfigurationError):
            Notifications().connect(None, None)

    @pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
    def test_refuses_times_that_are_none(self, seconds: float) -> None:
        with pytest.raises(ConfigurationError, match="idle_timeout"):
            Notifications(idle_timeout=seconds)


class TestControl:
    @pytest.mark.parametrize(
        ("topic", "body", "expected"),
        [
            ("channel.metadata", {"message": "WebSocket Heartbeat"}, Heartbeat()),
            ("Channel.Metadata", {"message": "pong"}, Pong()),
            ("v2.system.socket_closing", {}, Closing()),
            ("v2.system.socket_closing", None, Closing()),
            (
                "v2.system.no_longer_subscribed.abc",
                {"reason": "another_channel_subscribed", "channelId": "abc"},
                ChannelLost("another_channel_subscribed"),
            ),
            ("v2.system.no_longer_subscribed.abc", {}, ChannelLost("no_longer_subscribed")),
            (
                "v2.system.token_revoked.abc",
                {"reason": "user_tokens_revoked"},
                TokenRevoked(),
            ),
            ("v2.subscription.updated", {}, Ignored("subscription_updated")),
            ("streaming-subscriptions-expiring", {}, ChannelLost("subscriptions_expiring")),
        ],
    )
    def test_topics(self, topic: str, body: Any, expected: WireMessage) -> None:
        assert decode(frame(topic, body)) == [expected]

    def test_new_metadata_is_ignored_and_counted(self) -> None:
        assert decode(frame("channel.metadata", {"message": "Hello, you!"})) == [
            Ignored("metadata"),
            Drift(("channel.metadata.message=Hello__you_",)),
        ]

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            (b'{"result":"200","status":"subscribed","correlationId":"7"}', Acknowledged("7")),
            (b'{"result":200,"status":"subscribed"}', Acknowledged(None)),
            (b'{"result":"404","message":"gone"}', ChannelLost("not_found")),
            (b'{"result":"400","status":"failure","message":"no"}', Ignored("refused")),
        ],
    )
    def test_replies(self, raw: bytes, expected: WireMessage) -> None:
        assert decode(raw) == [expected]


class TestTranscription:
    def test_utterance_and_session(self) -> None:
        """S0-13: one final utterance, its times from the session, and the session's state."""
        raw = frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
        assert decode(raw) == [
            Utterance(
                conversation=CONVERSATION,
                utterance="u-1",
                text="my card was declined twice",
                communication=CALL,
                participant="customer",
                language="en-GB",
                confidence=0.75,
                at=1_772_359_204.0,
                offset=4.0,
                duration=1.5,
                received=NOW,
            ),
            StateChange(
                conversation=CONVERSATION,
                subject="transcription",
                state="SESSION_ONGOING",
                communication=CALL,
                at=1_772_359_209.5,
                received=NOW,
            ),
        ]

    def test_end_of_session_comes_after_the_last_words(self) -> None:
        body = frames.transcription(
            frames.transcript(), status={"offsetMs": 9_000, "status": "SESSION_ENDED"}
        )
        utterance, ended = decode(frame(frames.TRANSCRIPTION, body))
        assert isinstance(utterance, Utterance)
        assert isinstance(ended, StateChange)
        assert ended.state == "SESSION_ENDED"

    def test_the_same_session_state_is_the_same_event(self) -> None:
        first, again = (
            decode(frame(frames.TRANSCRIPTION, frames.transcription(eventTime=f"{at}Z")))[0]
            for at in ("2026-03-01T10:00:00", "2026-03-01T10:05:00")
        )
        assert isinstance(first, StateChange)
        assert isinstance(again, StateChange)
        assert first.id == again.id
        assert first.at != again.at

    def test_unknown_state_says_nothing(self) -> None:
        body = frames.transcription(status={"offsetMs": 0, "status": "UNKNOWN"})
        assert decode(frame(frames.TRANSCRIPTION, body)) == []

    def test_revisions_have_ids_of_their_own(self) -> None:
        ids = set()
        for text, final in (("my", False), ("my card", False), ("my card", True)):
            said = frames.transcript(isFinal=final, alternatives=[{"transcript": text}])
            found = decode(frame(frames.TRANSCRIPTION, frames.transcription(said)))[0]
            assert isinstance(found, Utterance)
            assert found.final is final
            ids.add(found.id)
        assert len(ids) == 3

    @pytest.mark.parametrize(
        ("channel", "side"),
        [
            ("INTERNAL", "agent"),
            ("external", "customer"),
            ("External", "customer"),
            ("BOTH", None),
            ("UNKNOWN", None),
            (None, None),
        ],
    )
    def test_sides(self, channel: str | None, side: str | None) -> None:
        said = frames.transcript(channel=channel)
        messages = decode(frame(frames.TRANSCRIPTION, frames.transcription(said)))
        assert isinstance(messages[0], Utterance)
        assert messages[0].participant == side
        assert not any(isinstance(each, Drift) for each in messages)

    def test_most_confident_alternative(self) -> None:
        said = frames.transcript(
            alternatives=[
                {"transcript": "none"},
                {"confidence": 0.4, "transcript": "less"},
                {"confidence": 0.9, "transcript": "best"},
                {"confidence": 0.9, "transcript": "equal but later"},
            ]
        )
        found = decode(frame(frames.TRANSCRIPTION, frames.transcription(said)))[0]
        assert isinstance(found, Utterance)
        assert (found.text, found.confidence) == ("best", 0.9)

    @pytest.mark.parametrize("alternatives", [[], None, [{}], [{"transcript": None}]])
    def test_no_words_is_an_utterance_without_text(self, alternatives: Any) -> None:
        """S0-15: it is counted, not lost."""
        said = frames.transcript(alternatives=alternatives)
        found = decode(frame(frames.TRANSCRIPTION, frames.transcription(said)))[0]
        assert isinstance(found, Utterance)
        assert found.text == ""
        assert found.at == 1_772_359_209.5, "the event's time, where no offset is known"

    def test_language_falls_back(self) -> None:
        """S0-14: the platform's own word first, then ours, then None."""
        named = frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
        said = frames.transcript(dialect=None)
        silent = frame(frames.TRANSCRIPTION, frames.transcription(said))
        found = [
            decode(named, language="fr")[0],
            decode(silent, language="fr")[0],
            decode(silent)[0],
        ]
        assert [getattr(each, "language", "?") for each in found] == ["en-GB", "fr", None]

    def test_everything_is_optional(self) -> None:
        found = decode(frame(frames.TRANSCRIPTION, {"transcripts": [{}, {}]}))
        assert [type(each) for each in found] == [Utterance, Utterance]
        assert isinstance(found[0], Utterance)
        assert found[0].conversation == CONVERSATION, "from the topic"
        assert found[0].final
        assert found[0].at is None

    @pytest.mark.parametrize("value", ["high", True, [0.5], {}, 10**30])
    def test_a_bad_number_does_not_lose_the_words(self, value: Any) -> None:
        """C5-15: it is no number; the text is worth more than its confidence or offset."""
        said = frames.transcript(
            alternatives=[{"transcript": "hello", "confidence": value, "offsetMs": value}]
        )
        body = frames.transcription(said, sessionStartTimeMs=value)
        utterance, _, drift = decode(frame(frames.TRANSCRIPTION, body))
        assert isinstance(utterance, Utterance)
        assert (utterance.text, utterance.confidence, utterance.offset) == ("hello", None, None)
        assert utterance.at == 1_772_359_209.5
        assert drift == Drift(
            (
                "transcription.sessionStartTimeMs",
                "transcription.transcripts.alternatives.offsetMs",
                "transcription.transcripts.alternatives.confidence",
            )
        )

    def test_without_an_id_nothing_is_taken_for_a_repetition(self) -> None:
        body = frames.transcription(*[frames.transcript(utteranceId=None)] * 2)
        raw = frame(frames.TRANSCRIPTION, body)
        later = frame(frames.TRANSCRIPTION, body, metadata={"CorrelationId": "another"})
        found = [*decode(raw), *decode(later)]
        assert len({each.id for each in found if isinstance(each, Utterance)}) == 4
        assert decode(raw) == decode(raw)

    def test_text_is_not_in_the_repr(self) -> None:
        raw = frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
        assert "declined" not in repr(decode(raw))


class TestSentiment:
    def test_reading(self) -> None:
        assert decode(frame(frames.SENTIMENT, frames.sentiment())) == [
            Reading(
                conversation=CONVERSATION,
                score=-0.25,
                trend=0.5,
                queues=(QUEUE,),
                correlation=CORRELATION,
                received=NOW,
            )
        ]

    def test_absent_null_and_zero_are_three_things(self) -> None:
        """S0-15, C5 row 5 of the misses: no score is not a neutral score."""
        found = []
        for body in ({}, {"sentimentOverallScore": None}, {"sentimentOverallScore": 0.0}):
            reading = decode(frame(frames.SENTIMENT, body))[0]
            assert isinstance(reading, Reading)
            found.append(reading.score)
        assert found[0] is ABSENT
        assert found[1] is None
        assert found[2] == 0.0
        assert isinstance(found[2], float)

    @pytest.mark.parametrize("score", [-3.5, 88, 1e300])
    def test_out_of_range_is_left_to_the_scorer(self, score: float) -> None:
        reading = decode(frame(frames.SENTIMENT, frames.sentiment(sentimentOverallScore=score)))[0]
        assert isinstance(reading, Reading)
        assert reading.score == score

    @pytest.mark.parametrize("score", ["true", '"0.5"', "[0.5]", "{}", "1e999", "9" * 400])
    def test_not_a_number_is_unreadable(self, score: str) -> None:
        """S0-18, C5-15: bool, text and infinity are no scores."""
        raw = frame(frames.SENTIMENT, {"sentimentOverallScore": 12345}).replace(
            b"12345", score.encode()
        )
        assert reason_of(raw) == "body"

    @pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "0x10", "01", "1."])
    def test_not_json_is_unreadable(self, score: str) -> None:
        """C5-15."""
        raw = frame(frames.SENTIMENT, {"sentimentOverallScore": 12345}).replace(
            b"12345", score.encode()
        )
        assert reason_of(raw) == "json"

    def test_topic_case_does_not_matter(self) -> None:
        reading = decode(frame(frames.SENTIMENT.upper(), frames.sentiment()))[0]
        assert isinstance(reading, Reading)
        assert reading.conversation == CONVERSATION

    def test_bad_field_without_a_use_costs_nothing(self) -> None:
        raw = frame(frames.SENTIMENT, frames.sentiment(divisionIds="not a list", flowIds=7))
        assert decode(raw) == decode(frame(frames.SENTIMENT, frames.sentiment()))


class TestSuggestions:
    @pytest.mark.parametrize(
        ("kind", "payload", "title", "text", "reference", "confidence"),
        [
            (
                "knowledge.search",
                {
                    "knowledgeSearch": {
                        "title": "Cards",
                        "snippets": ["Call us"],
                        "confidence": 0.5,
                        "documentId": "d-1",
                        "knowledgeAnswer": {"answer": "Yes", "startIndex": 0, "endIndex": 3},
                    }
                },
                "Cards",
                "Yes",
                "d-1",
                0.5,
            ),
            (
                "knowledge.article",
                {"knowledgeArticle": {"title": "Cards", "snippets": ["Call"], "documentId": "d"}},
                "Cards",
                "Call",
                "d",
                None,
            ),
            (
                "response",
                {"cannedResponse": {"responseId": "r", "libraryId": "l"}},
                None,
                None,
                "r",
                None,
            ),
            (
                "script",
                {"script": {"scriptId": "s", "pageId": "p", "data": {}}},
                None,
                None,
                "p",
                None,
            ),
            (
                "thirdpartyaction",
                {"thirdPartySuggestion": {"text": "Do", "title": "T", "sources": [{"url": "u"}]}},
                "T",
                "Do",
                "u",
                None,
            ),
            (
                "intent",
                {"activeIntent": {"intent": "Block card", "intentId": "i", "confidence": 1}},
                "Block card",
                None,
                "i",
                None,
            ),
        ],
    )
    def test_kinds(
        self,
        kind: str,
        payload: dict[str, Any],
        title: str | None,
        text: str | None,
        reference: str,
        confidence: float | None,
    ) -> None:
        topic = f"v2.conversations.{CONVERSATION}.suggestions.{kind}"
        assert decode(frame(topic, frames.suggestion(**payload))) == [
            Suggestion(
                conversation=CONVERSATION,
                suggestion="s-1",
                kind=kind,
                state="Suggested",
                trigger="Fallback",
                title=title,
                text=text,
                reference=reference,
                confidence=confidence,
                queue=QUEUE,
                user=USER,
                utterance="u-1",
                language="en-gb",
                at=1_772_359_212.0,
                received=NOW,
            )
        ]

    def test_the_agents_reaction_is_another_event(self) -> None:
        topic = f"v2.conversations.{CONVERSATION}.suggestions.response"
        rated = frames.suggestion(
            state="Rated", engagementType="Feedback", feedback={"rating": "Positive"}
        )
        first, second = (decode(frame(topic, each))[0] for each in (frames.suggestion(), rated))
        assert isinstance(first, Suggestion)
        assert isinstance(second, Suggestion)
        assert (second.state, second.engagement, second.rating) == ("Rated", "Feedback", "Positive")
        assert first.id != second.id

    def test_without_an_id_it_is_nothing(self) -> None:
        topic = f"v2.conversations.{CONVERSATION}.suggestions.response"
        assert reason_of(frame(topic, {})) == "no_suggestion"


class TestDetail:
    def test_event(self) -> None:
        topic = f"v2.detail.events.conversation.{CONVERSATION}.customer.end"
        assert decode(frame(topic, frames.detail(), timestamp="2026-03-01T10:00:00Z")) == [
            StateChange(
                conversation=CONVERSATION,
                subject="detail",
                state="customer.end",
                communication="session-1",
                participant="p-customer",
                purpose="customer",
                count=1_772_359_300_250,
                at=1_772_359_300.25,
                received=NOW,
            )
        ]

    def test_repeated_attributes_are_several_events(self) -> None:
        topic = f"v2.detail.events.conversation.{CONVERSATION}.attributes"
        times = (1_772_359_300_250, 1_772_359_300_251, 1_772_359_300_250)
        found = [decode(frame(topic, frames.detail(eventTime=at)))[0] for at in times]
        ids = [each.id for each in found if isinstance(each, StateChange)]
        assert ids[0] != ids[1]
        assert ids[0] == ids[2], "the same event, sent again"

    def test_new_kinds_pass(self) -> None:
        topic = f"v2.detail.events.conversation.{CONVERSATION}.robot.start"
        change, drift = decode(frame(topic, frames.detail()))
        assert isinstance(change, StateChange)
        assert change.state == "robot.start"
        assert drift == Drift(("detail=robot.start",))


class TestUnknown:
    @pytest.mark.parametrize(
        ("topic", "conversation"),
        [
            (f"v2.speechandtextanalytics.conversation.{CONVERSATION}.empathy", CONVERSATION),
            (f"v2.conversations.{CONVERSATION}.agentchecklist", CONVERSATION),
            (f"v2.users.{USER}.conversations.summaries", None),
            (f"v2.speechandtextanalytics.conversations.{CONVERSATION}.categories", CONVERSATION),
            (f"v2.detail.events.agent.{USER}.state", None),
            (f"v2.conversations.chats.{CONVERSATION}.members", None),
            ("v2.conversations", None),
            ("v2.something.new", None),
            ("v2.system.new_thing", None),
            ("no dots at all", None),
            ("v2", None),
        ],
    )
    def test_passes_with_its_body(self, topic: str, conversation: str | None) -> None:
        """C5-18: unknown topics pass and are kept."""
        assert decode(frame(topic, {"a": [1, "ü"]})) == [
            Unknown(
                topic=topic,
                body=b'{"a": [1, "\\u00fc"]}',
                conversation=conversation,
                correlation=CORRELATION,
                received=NOW,
            )
        ]


class TestDrift:
    def test_new_fields_are_named_and_lose_nothing(self) -> None:
        """C5-18."""
        said = frames.transcript(mood="sunny")
        said["alternatives"][0]["pitch"] = {"hz": [1]}
        body = frames.transcription(said, weather="rain")
        messages = decode(frame(frames.TRANSCRIPTION, body, sequence=4))
        plain = frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
        assert messages[:-1] == decode(plain)
        assert messages[-1] == Drift(
            (
                "envelope.sequence",
                "transcription.transcripts.alternatives.pitch",
                "transcription.transcripts.mood",
                "transcription.weather",
            )
        )

    def test_new_values_are_named(self) -> None:
        said = frames.transcript(channel="SUPERVISOR")
        body = frames.transcription(said, status={"status": "SESSION_PAUSED"})
        utterance, change, drift = decode(frame(frames.TRANSCRIPTION, body))
        assert isinstance(utterance, Utterance)
        assert utterance.participant is None
        assert isinstance(change, StateChange)
        assert change.state == "SESSION_PAUSED"
        assert drift == Drift(
            (
                "transcription.transcripts.channel=SUPERVISOR",
                "transcription.status.status=SESSION_PAUSED",
            )
        )

    def test_new_suggestion_values_are_kept(self) -> None:
        topic = f"v2.conversations.{CONVERSATION}.suggestions.intent"
        found, drift = decode(frame(topic, frames.suggestion(state="Pondered")))
        assert isinstance(found, Suggestion)
        assert found.state == "Pondered"
        assert drift == Drift(("suggestion.state=Pondered",))

    @pytest.mark.parametrize("time", ["yesterday", "2026-03-01T10:00:00", True, [], 1e17, -5])
    def test_bad_time_is_none_and_named(self, time: Any) -> None:
        """S4-10: a time without a zone is no time."""
        found, drift = decode(
            frame(
                f"v2.detail.events.conversation.{CONVERSATION}.acw", frames.detail(eventTime=time)
            )
        )
        assert isinstance(found, StateChange)
        assert found.at is None
        assert drift == Drift(("detail.eventTime",))

    @pytest.mark.parametrize(
        ("time", "expected"),
        [
            ("2026-03-01T10:00:00Z", 1_772_359_200.0),
            ("2026-03-01T12:30:00+02:30", 1_772_359_200.0),
            ("2026-03-01T10:00:00.123456789Z", 1_772_359_200.123456),
            ("2026-03-01T10:00:00.5Z", 1_772_359_200.5),
            ("2038-01-19T03:14:08Z", 2_147_483_648.0),
            (1_772_359_200_001, 1_772_359_200.001),
        ],
    )
    def test_times(self, time: Any, expected: float) -> None:
        """C5-19: zones, any length of fraction, the year 2038."""
        topic = f"v2.detail.events.conversation.{CONVERSATION}.acw"
        [found] = decode(frame(topic, frames.detail(eventTime=time)))
        assert isinstance(found, StateChange)
        assert found.at == pytest.approx(expected, abs=1e-6)

    def test_names_are_few_short_and_safe(self) -> None:
        """C5-29, C5-30: the wire chooses the names, so they hold no control characters."""
        odd = {f"\n\x1b[31m{number}" + "x" * 500: 1 for number in range(100)}
        drift = decode(frame(frames.SENTIMENT, frames.sentiment(**odd)))[-1]
        assert isinstance(drift, Drift)
        assert len(drift.names) == 8
        assert all(len(name) <= 96 and name.isprintable() for name in drift.names)


class TestBadFrames:
    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "json"),
            (b"[]", "envelope"),
            (b"null", "envelope"),
            (b"7", "envelope"),
            (b'"text"', "envelope"),
            (b"{}", "no_topic"),
            (b'{"topicName":""}', "no_topic"),
            (b'{"topicName":7}', "envelope"),
            (b"\xff\xfe\x00", "json"),
            (b'{"topicName":"v2.x.y","eventBody":{"a":"\xff"}}', "json"),
            (b'{"topicName":"\\ud800"}', "json"),
            (b'{"topicName":"v2.x","eventBody":', "json"),
            (b"[" * 5_000 + b"]" * 5_000, "too_deep"),
            (b'{"topicName":"v2.x","eventBody":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "too_deep"),
            (b'{"topicName":"v2.x","eventBody":{}} and more', "json"),
            (b" " * (1_048_576 + 1), "too_large"),
            (frame(frames.SENTIMENT, None), "body"),
            (frame(frames.SENTIMENT, []), "body"),
            (b'{"topicName":"' + frames.SENTIMENT.encode() + b'"}', "body"),
            (frame(frames.TRANSCRIPTION, {"transcripts": {}}), "body"),
            (frame(frames.TRANSCRIPTION, {"transcripts": [{}] * 1_001}), "body"),
            (frame(frames.QUEUE_TOPIC, {"id": "k", "participants": [{}] * 1_001}), "body"),
            (frame(frames.QUEUE_TOPIC, {"participants": []}), "no_conversation"),
            (frame(f"v2.detail.events.conversation.{CONVERSATION}", {}), "no_kind"),
            (frame("v2.conversations..transcription", {}), "no_conversation"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_reasons(self, raw: bytes, reason: str) -> None:
        """C5-15, C5-16, C5-17: one frame is lost, with a reason that holds none of it."""
        assert reason_of(raw) == reason

    def test_the_last_of_equal_keys_counts(self) -> None:
        """C5-15: JSON allows it; nothing is lost but what the sender wrote over."""
        raw = b'{"topicName":"v2.a","topicName":"channel.metadata","eventBody":{"message":"pong"}}'
        assert decode(raw) == [Pong()]

    def test_a_frame_of_the_largest_size_is_read(self) -> None:
        raw = frame("channel.metadata", {"message": "pong"})
        assert decode(raw + b" " * (1_048_576 - len(raw))) == [Pong()]
