"""What may enter and what may leave, and what is said of the rest: a path and a rule."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from genesys_sentiment.contracts import KINDS, Problem, schema, validate, validator
from genesys_sentiment.contracts.bounds import MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_STRING
from genesys_sentiment.contracts.formats import is_date_time, is_uuid
from genesys_sentiment.contracts.schemas import ENTERING, LEAVING
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import to_dict, to_json
from genesys_sentiment.scoring.forwarding import forward
from genesys_sentiment.scoring.shares import Assessment, Shares
from genesys_sentiment.sinks.payloads import chat_sentiment
from tests.contracts.samples import GOOD, UUID
from tests.dialects import frames
from tests.model.records import BY_TYPE
from tests.model.test_export import SCORE

DOCS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
SECRET = "canary-4111-1111"
GONE = object()
PUBLISHED = validator()  # made before hypothesis measures time


def changed(kind: str, path: str, value: object) -> Any:
    """A good value with the member at a JSON Pointer replaced, or taken out."""
    whole = deepcopy(GOOD[kind])
    *way, last = path[1:].split("/")
    inner: Any = whole
    for part in way:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return whole


def said(kind: str, path: str, value: object) -> list[tuple[str, str]]:
    return [(each.path, each.rule) for each in validate(kind, changed(kind, path, value))]


def test_every_kind_has_a_schema_and_a_sample() -> None:
    assert {*GOOD, "record"} == set(KINDS)
    for kind in KINDS:
        Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_copy_is_the_same(kind: str) -> None:
    """Copy what is in genesys_sentiment/contracts to docs/schemas when this fails."""
    published = json.loads((DOCS / f"{kind}.schema.json").read_bytes())
    assert published == schema(kind)
    assert len(list(DOCS.glob("*.json"))) == len(KINDS)


def test_an_unknown_kind_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError, match="no schema for 'tweet'"):
        validate("tweet", {})


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_good_is_good_as_value_and_as_text(kind: str) -> None:
    assert validate(kind, GOOD[kind]) == ()
    assert validate(kind, json.dumps(GOOD[kind]).encode()) == ()


@pytest.mark.parametrize("kind", ENTERING)
def test_unknown_members_may_enter(kind: str) -> None:
    """S4-10, C5-18: the platform adds members without notice."""
    assert validate(kind, GOOD[kind] | {"somethingNew": {"a": [1]}}) == ()


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        (
            "notifications_transcription",
            frames.frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript())),
        ),
        ("notifications_sentiment", frames.frame(frames.SENTIMENT, frames.sentiment())),
        (
            "notifications_suggestion",
            frames.frame(
                f"v2.conversations.{frames.CONVERSATION}.suggestions.response", frames.suggestion()
            ),
        ),
    ],
    ids=["transcription", "sentiment", "suggestion"],
)
def test_the_frames_that_the_dialect_is_tested_with_may_enter(kind: str, frame: bytes) -> None:
    assert validate(kind, frame) == ()


class TestChatSentiment:
    """What is forwarded about a chat."""

    @pytest.mark.parametrize("confidence", [None, 0.9])
    def test_what_the_library_forwards_obeys_it(self, confidence: float | None) -> None:
        """S1-10: the payload of a forward, with and without a confidence."""
        shares = Shares(positive=0.1, neutral=0.2, negative=0.7)
        assessment = Assessment(outcome="scored", shares=shares, confidence=confidence)
        found = forward(UUID, assessment, event="e", at=1.7e9)
        entry = Entry(
            id=found.id, kind="forward", conversation=UUID, at=found.at, body=to_json(found)
        )
        assert validate("chat_sentiment", chat_sentiment(entry, 1.7e9)) == ()

    @pytest.mark.parametrize("name", GOOD["chat_sentiment"])
    def test_every_member_is_required(self, name: str) -> None:
        """S1-10: required members."""
        assert said("chat_sentiment", f"/{name}", GONE) == [(f"/{name}", "required")]

    @pytest.mark.parametrize("name", ["polarity", "positive", "neutral", "negative"])
    def test_so_is_every_inner_one(self, name: str) -> None:
        """S1-10: the tutorial's schema requires none of the matrix."""
        path = f"/sentimentMatrix/{name}"
        assert said("chat_sentiment", path, GONE) == [(path, "required")]

    def test_nothing_else_leaves(self) -> None:
        """S1-10: the tutorial lets extra members pass."""
        extra = changed("chat_sentiment", "/transcript", SECRET)
        assert validate("chat_sentiment", extra) == (Problem("", "additionalProperties"),)
        inner = changed("chat_sentiment", f"/sentimentMatrix/{SECRET}", 1)
        assert validate("chat_sentiment", inner) == (
            Problem("/sentimentMatrix", "additionalProperties"),
        )

    @pytest.mark.parametrize(
        "text", ["-" * 36, "", "e8a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5", UUID + "\n"]
    )
    def test_the_id_is_a_uuid(self, text: str) -> None:
        """S1-10: 36 dashes are none, and the tutorial's pattern takes them."""
        assert said("chat_sentiment", "/conversationId", text) == [("/conversationId", "format")]

    @pytest.mark.parametrize("text", [UUID.upper(), UUID.lower()])
    def test_in_either_case(self, text: str) -> None:
        """S1-10: the tutorial's pattern rejects upper case."""
        assert said("chat_sentiment", "/conversationId", text) == []

    def test_the_tutorials_own_pattern(self) -> None:
        """S1-10: what the tutorial's schema says of the same ids."""
        theirs = Draft202012Validator({"type": "string", "pattern": "^[a-f0-9-]{36}$"})
        assert theirs.is_valid("-" * 36)
        assert not theirs.is_valid(UUID.upper())

    @pytest.mark.parametrize(
        ("path", "value", "rule"),
        [
            ("/sentimentMatrix/polarity", "mixed", "enum"),
            ("/sentimentMatrix/confidence", 1.0001, "maximum"),
            ("/sentimentMatrix/negative", -0.1, "minimum"),
            ("/sentimentMatrix/negative", "0.9", "type"),
            ("/sentimentMatrix/negative", True, "type"),
            ("/sentimentMatrix/negative", None, "type"),
            ("/sentimentMatrix/negative", float("nan"), "finite"),
            ("/escalationThreshold", 95, "maximum"),
            ("/forwardingId", "f", "format"),
            ("/timestamp", "2026-11-20T10:00:00", "format"),
            ("/timestamp", 1763632800, "type"),
        ],
    )
    def test_kinds_and_ranges(self, path: str, value: object, rule: str) -> None:
        """S1-10: polarities, numbers 0…1, a real date-time; NaN and true are no numbers."""
        assert said("chat_sentiment", path, value) == [(path, rule)]


class TestInteractionStream:
    @pytest.mark.parametrize(
        "name", ["sequence", "id", "type", "status", "channelType", "timestamp"]
    )
    def test_required(self, name: str) -> None:
        """S4-10: six members are required."""
        assert said("interaction_stream", f"/{name}", GONE) == [(f"/{name}", "required")]

    def test_attributes_are_not(self) -> None:
        """S4-10: attributes are optional, and a map."""
        assert said("interaction_stream", "/attributes", GONE) == []
        assert said("interaction_stream", "/attributes", []) == [("/attributes", "type")]

    @pytest.mark.parametrize("number", [0, 1, 2**53, 3.0])
    def test_sequences(self, number: float) -> None:
        """S4-10: whole, from 0, within 2^53."""
        assert said("interaction_stream", "/sequence", number) == []

    @pytest.mark.parametrize(
        ("number", "rule"),
        [(-1, "minimum"), (2**53 + 1, "maximum"), (0.5, "type"), ("1", "type"), (True, "type")],
    )
    def test_no_sequences(self, number: object, rule: str) -> None:
        """S4-10: the tutorial takes negative, fractional and huge ones."""
        assert said("interaction_stream", "/sequence", number) == [("/sequence", rule)]

    @pytest.mark.parametrize(
        "time",
        [
            "2026-11-20T10:00:00Z",
            "2026-11-20T10:00:00.123456+02:00",
            "2016-12-31T23:59:60Z",
            1763632800,
            1763632800123,
        ],
    )
    def test_times(self, time: object) -> None:
        """S4-10: offsets, and the epoch's seconds and milliseconds, which the tutorial rejects."""
        assert said("interaction_stream", "/timestamp", time) == []

    @pytest.mark.parametrize(
        ("time", "rule"),
        [
            ("yesterday", "format"),
            ("2026-11-20T10:00:00", "format"),
            ("2026-02-30T10:00:00Z", "format"),
            ("", "format"),
            (-1, "minimum"),
            (1e30, "exclusiveMaximum"),
            (None, "type"),
            (False, "type"),
        ],
    )
    def test_no_times(self, time: object, rule: str) -> None:
        """S4-10: the tutorial's own fix would take any text."""
        assert said("interaction_stream", "/timestamp", time) == [("/timestamp", rule)]


class TestInteractionTopics:
    @pytest.mark.parametrize(
        ("path", "value", "problem"),
        [
            ("/data/segments", GONE, ("/data/segments", "required")),
            ("/data/segments", [], ("/data/segments", "minItems")),
            ("/data/segments", "text", ("/data/segments", "type")),
            ("/data/segments", [None], ("/data/segments/0", "type")),
            ("/data/language", GONE, ("/data/language", "required")),
            ("/data/language", "tlh", ("/data/language", "pattern")),
            ("/data/language", "en\n", ("/data/language", "pattern")),
            ("/data/language", None, ("/data/language", "type")),
            ("/data/sentiment/polarity", 1.5, ("/data/sentiment/polarity", "maximum")),
            ("/data/sentiment/polarity", True, ("/data/sentiment/polarity", "type")),
            ("/type", "v2.other", ("/type", "const")),
        ],
    )
    def test_each_flaw_has_an_error_of_its_own(
        self, path: str, value: object, problem: tuple[str, str]
    ) -> None:
        """S0-13: segments, language and its support; an empty list is no list of segments."""
        assert said("interaction_topics", path, value) == [problem]

    @pytest.mark.parametrize("language", ["en", "EN-us", "pt_BR", "de-CH-1996"])
    def test_languages(self, language: str) -> None:
        assert said("interaction_topics", "/data/language", language) == []

    def test_no_sentiment_is_no_flaw(self) -> None:
        """S0-13: whether there is anything to score is for the scorer to say."""
        assert said("interaction_topics", "/data/sentiment", GONE) == []
        assert said("interaction_topics", "/data/sentiment", None) == []


@pytest.mark.parametrize(
    ("kind", "path", "value", "rule"),
    [
        ("agent_assist", "/suggestions/0/confidence", "0.9", "type"),
        ("agent_assist", "/suggestions/0/confidence", 95, "maximum"),
        ("agent_assist", "/suggestions/0/relevanceScore", float("inf"), "finite"),
        ("agent_assist", "/suggestions/0/id", GONE, "required"),
        ("agent_assist", "/metadata/processingLatencyMs", -1, "minimum"),
        ("agent_assist", "/interactionId", "", "minLength"),
        ("realtime_analytics", "/sentiment/score", -1.01, "minimum"),
        ("realtime_analytics", "/sentiment/score", True, "type"),
        ("realtime_analytics", "/conversationId", GONE, "required"),
        ("notifications_sentiment", "/eventBody/conversationId", "me", "format"),
        ("notifications_sentiment", "/eventBody/sentimentOverallScore", 25, "maximum"),
        ("notifications_sentiment", "/topicName", "v2.users.u.presence", "pattern"),
        ("notifications_suggestion", "/eventBody/suggestionId", GONE, "required"),
        ("notifications_suggestion", "/eventBody/knowledgeSearch/confidence", 2, "maximum"),
        ("notifications_transcription", "/eventBody/transcripts/0/isFinal", 1, "type"),
        ("notifications_transcription", "/eventBody/eventTime", "10:00", "format"),
        ("notifications_transcription", "/eventBody", GONE, "required"),
    ],
)
def test_the_others(kind: str, path: str, value: object, rule: str) -> None:
    assert said(kind, path, value) == [(path, rule)]


@pytest.mark.parametrize("score", [GONE, None, 0.0])
def test_absent_null_and_zero_are_all_allowed(score: object) -> None:
    assert said("realtime_analytics", "/sentiment/score", score) == []


class TestBounds:
    """C2: what Python's parser and jsonschema let through."""

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            (b"[" * 5_000 + b"]" * 5_000, "depth"),
            (b"[" * 200_000, "depth"),
            (b'{"a":NaN}', "finite"),
            (b'{"a":-Infinity}', "finite"),
            (b'{"a":1e999}', "finite"),
            (b'{"a":1,"a":2}', "duplicate"),
            (b'{"a":"\\ud800"}', "surrogate"),
            (b'{"\\ud800":1}', "surrogate"),
            ('{"a":1}'.encode("utf-16"), "utf8"),
            (b'{"a":"\xff"}', "utf8"),
            (b'{"a":' + b"1" * 5_000 + b"}", "json"),
            (b'{"a":' + b"1" * 400 + b"}", "finite"),
            (b"{", "json"),
            (b"", "json"),
            (b" " * (MAX_BYTES + 1), "bytes"),
            (b"[" + b"0," * MAX_NODES + b"0]", "nodes"),
            (b'"' + b"a" * (MAX_STRING + 1) + b'"', "length"),
            ('"' + "é" * (MAX_STRING // 2 + 1) + '"', "length"),
        ],
        ids=lambda each: each if isinstance(each, str) and len(each) < 12 else "",
    )
    def test_texts(self, text: bytes | str, rule: str) -> None:
        """Each is refused by name, before a schema sees it."""
        data = text.encode() if isinstance(text, str) else text
        [problem] = validate("interaction_stream", data)
        assert problem.rule == rule or (rule == "depth" and problem.rule == "json")

    def test_the_deepest(self) -> None:
        value: object = 1
        for _ in range(MAX_DEPTH - 1):
            value = [value]
        good = GOOD["interaction_stream"]
        assert validate("interaction_stream", good | {"x": value}) == ()
        assert validate("interaction_stream", good | {"x": [value]}) == (Problem("", "depth"),)

    def test_values_that_json_has_not(self) -> None:
        loop: list[object] = []
        loop.append(loop)
        for value, rule in (({1: 2}, "value"), ({"a": {1}}, "value"), (loop, "depth")):
            assert [each.rule for each in validate("interaction_stream", value)] == [rule]
        wide: list[object] = [0]
        for _ in range(40):
            wide = [wide, wide]
        assert [each.rule for each in validate("interaction_stream", wide)] == ["nodes"]

    def test_the_widest(self) -> None:
        good = GOOD["interaction_stream"]
        for wide in ([0] * MAX_NODES, dict.fromkeys(map(str, range(MAX_NODES + 1)))):
            [problem] = validate("interaction_stream", good | {"attributes": wide})
            assert problem.rule == "nodes"

    def test_the_path_of_what_breaks_a_bound(self) -> None:
        assert said("agent_assist", "/suggestions/1/relevanceScore", float("nan")) == [
            ("/suggestions/1/relevanceScore", "finite")
        ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), JSON | st.binary(max_size=40), st.data())
def test_whatever_comes_there_is_an_answer_without_the_value(
    kind: str, value: object, data: st.DataObject
) -> None:
    """C6-3: nothing is raised, and nothing that came is repeated."""
    if kind in GOOD and not isinstance(value, bytes):
        path = data.draw(st.sampled_from(sorted(GOOD[kind])))
        value = changed(kind, f"/{path}", [value, {SECRET: SECRET}])
        problems = validate(kind, value)
        assert problems
        assert SECRET not in repr(problems)
    else:
        assert validate(kind, value)


def test_names_that_the_sender_chose_are_not_repeated() -> None:
    record = to_dict(SCORE) | {"type": "diagnosis"}
    assert SECRET not in repr(validate("record", record | {SECRET: 1}))
    summary = {"type": "summary", "skipped": {SECRET: "x"}}
    assert Problem("/skipped/*", "type") in validate("record", summary)


def test_problems_are_bounded() -> None:
    many = GOOD["agent_assist"] | {"suggestions": [{}] * 900}
    assert len(validate("agent_assist", many)) == 16


@pytest.mark.parametrize("kind", BY_TYPE)
@given(data=st.data())
def test_going_to_the_right_definition_says_what_trying_all_says(
    kind: str, data: st.DataObject
) -> None:
    """The quick way and the published schema agree on good records and on damaged ones."""
    record = to_dict(data.draw(BY_TYPE[kind]))
    name = data.draw(st.sampled_from(sorted(record)))
    # Half of a surrogate pair is the encoder's business, and a bound here.
    record = json.loads(json.dumps(record).replace("\\ud", "\\u0"))
    assert validate("record", record) == ()
    damaged = record | {name: data.draw(st.sampled_from([None, True, 7, "x", [], {}]))}
    assert bool(validate("record", damaged)) is not PUBLISHED.is_valid(damaged)


@pytest.mark.parametrize(
    "value", [{}, [], None, 7, {"type": 7}, {"type": ["score"]}, {"type": "x"}]
)
def test_what_names_no_type_is_no_record(value: object) -> None:
    assert validate("record", value)


def test_uuids() -> None:
    assert is_uuid("e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5")
    for wrong in (
        "-" * 36,
        "{" + UUID + "}",
        UUID[:-1],
        UUID.replace("-", ""),
        UUID + "\n",
        "é" * 36,
    ):
        assert not is_uuid(wrong), wrong


def test_date_times() -> None:
    """C2: fromisoformat takes naive times and dates alone, and rejects leap seconds."""
    for right in (
        "2026-11-20T10:00:00Z",
        "2026-11-20t10:00:00.123456789z",
        "2024-02-29T00:00:00-23:59",
        "2016-12-31T23:59:60Z",
        "2016-12-31T15:59:60.5-08:00",
    ):
        assert is_date_time(right), right
    for wrong in (
        "2026-11-20T10:00:60Z",
        "2016-12-31T23:59:60-08:00",
        "2026-11-20T10:00:61Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-11-20 10:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:60+23:59",
        "２026-11-20T10:00:00Z",
    ):
        assert not is_date_time(wrong), wrong


def test_the_kinds_are_of_two_sorts() -> None:
    assert (*LEAVING, *ENTERING) == KINDS
    assert all("additionalProperties" not in schema(kind) for kind in ENTERING)
    assert schema("chat_sentiment")["additionalProperties"] is False
