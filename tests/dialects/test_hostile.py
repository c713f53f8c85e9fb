"""One hostile value at a time, in every language: what becomes of it, and what it may cost."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.export import to_json

from . import frames
from .frames import frame
from .hostile import ESCAPES, LANGUAGES, MIB, NOW, Language, costly

LANGUAGE = pytest.mark.parametrize("language", LANGUAGES, ids=[each.name for each in LANGUAGES])


def outcome(language: Language, raw: bytes) -> str:
    """What the messages are, or the reason why there are none."""
    try:
        messages = language.decode(raw, NOW)
    except BadFrame as error:
        return error.reason
    return "+".join(type(each).__name__ for each in messages)


EVERYWHERE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda sound: b"", "json"),
    "truncated": (lambda sound: sound[:-9], "json"),
    "something follows": (lambda sound: sound + b"x", "json"),
    "a mark of UTF-16": (lambda sound: sound.decode().encode("utf-16"), "json utf8"),
    "a mark of UTF-8": (lambda sound: b"\xef\xbb\xbf" + sound, "json"),
    "noise": (lambda sound: bytes(range(256)), "json utf8"),
    "too large": (lambda sound: sound + b" " * MIB, "too_large"),
    "an array": (lambda sound: b"[" + sound + b"]", "json envelope body event"),
}
"""What becomes of a sound frame, and the reasons that languages give."""


@LANGUAGE
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_frames_that_are_none(language: Language, kind: str) -> None:
    """C5-15, C5-16, C5-17: refused, with a fixed word."""
    damage, reasons = EVERYWHERE[kind]
    assert outcome(language, damage(language.scored(b"0.5"))) in reasons.split()


@LANGUAGE
@pytest.mark.parametrize("place", ["frame", "scored", "named", "said"])
@pytest.mark.parametrize(
    ("value", "reasons"),
    [
        (b"NaN", "json"),
        (b"-Infinity", "json"),
        (b'"\\ud800"', "json"),
        (b'"\\udc00\\ud800"', "json"),
        (b'"a\x00"', "json"),
        (b'"a\r\nb"', "json"),
        (b'"\xff"', "utf8 json"),
        (b'"\xed\xa0\x80"', "utf8 json"),
        (b"01", "json"),
        (b"'a'", "json"),
    ],
)
def test_what_is_no_json_is_refused_wherever_it_stands(
    language: Language, place: str, value: bytes, reasons: str
) -> None:
    """C5-15, C5-17: also in fields that nobody reads."""
    raw = getattr(language, place)(value)
    assert outcome(language, raw) in reasons.split()


KEPT = "Suggestions+Drift"
"""A suggestion is worth more than its number, which is None then."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1e999", ["body", KEPT, "json", "body", "body", "body"]),
        (b"-1e999", ["body", KEPT, "json", "body", "body", "body"]),
        (b"9" * 5_000, ["body", KEPT, "json", "body", "body", "body"]),
        (b"true", ["body", KEPT, "sequence", "body", "body", "body"]),
        (b'"0.5"', ["body", KEPT, "sequence", "body", "body", "body"]),
        (b"[0.5]", ["body", KEPT, "sequence", "body", "body", "body"]),
        (b'{"value":0.5}', ["body", KEPT, "sequence", "body", "body", "body"]),
        (
            b"-0.5",
            ["Reading", "Suggestions", "sequence", "Reading", "StateChange+Reading", "Reading"],
        ),
    ],
    ids=["1e999", "-1e999", "digits", "true", "text", "array", "object", "number"],
)
def test_what_stands_for_a_number(value: bytes, expected: list[str]) -> None:
    """C5-15: wrong types, a truth as a number, numbers that no float holds."""
    assert [outcome(each, each.scored(value)) for each in LANGUAGES] == expected


@pytest.mark.parametrize("value", [b"true", b"7", b"[]", b"{}"])
@LANGUAGE
def test_what_stands_for_a_conversation(language: Language, value: bytes) -> None:
    """C5-15: no event without a name, none with a name that is none."""
    assert outcome(language, language.named(value)) in ("body", "no_conversation")


@LANGUAGE
def test_of_equal_names_the_last_counts(language: Language) -> None:
    """C5-15: what every parser here does; docs/dialects.md says it, and what seeing them costs."""
    sound = language.named(b'"first"')
    name = sound[: sound.index(b'"first"')].rstrip(b" :").rpartition(b'"')[0].rpartition(b'"')[2]
    doubled = language.named(b'"first","%s":"last"' % name)
    first, last = (language.decode(raw, NOW)[0] for raw in (sound, doubled))
    assert getattr(first, "conversation", None) == "first"
    assert getattr(last, "conversation", None) == "last"


@LANGUAGE
def test_lines_and_terminals_stay_whole(language: Language) -> None:
    """C5-15: CR, LF, NUL, ANSI in ids and texts: one line when exported, nothing to act on."""
    for raw in (language.said(ESCAPES), language.named(ESCAPES), language.frame(ESCAPES)):
        messages = [] if outcome(language, raw) == "no_conversation" else language.decode(raw, NOW)
        for each in messages:
            if not hasattr(each, "id"):
                continue
            for text in (False, True):
                line = to_json(each, text=text)  # type: ignore[arg-type]
                assert len(line.decode().splitlines()) == 1
                assert line.isascii()
                assert not any(byte < 0x20 or byte == 0x7F for byte in line)


def cost(language: Language, raw: bytes) -> tuple[float, float]:
    """Seconds of CPU, the least of some runs, and MiB beyond the frame."""
    seconds = 1.0
    for _ in range(5):
        began = time.process_time()
        outcome(language, raw)
        seconds = min(seconds, time.process_time() - began)
        if seconds < 0.025:
            break
    tracemalloc.start()
    try:
        outcome(language, raw)
        return seconds, tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


PLACES = [(each, "frame") for each in LANGUAGES] + [(LANGUAGES[-1], "scored")]


@pytest.mark.parametrize(
    ("language", "place"), PLACES, ids=[f"{each.name}-{place}" for each, place in PLACES]
)
def test_the_cost_of_a_value(language: Language, place: str) -> None:
    """C5-16: under 50 ms of CPU and 8 MiB, whether it is refused or not.

    A wrong type costs the most in an event of EventBridge, which is copied once more.
    """
    dear = {}
    for name, value in costly():
        seconds, memory = cost(language, getattr(language, place)(value))
        if seconds >= 0.05 or memory >= 8:
            dear[name] = f"{seconds * 1000:.0f} ms, {memory:.1f} MiB"
    assert dear == {}


LISTS = {
    "participants": (frames.QUEUE_TOPIC, b'{"id":"c","participants":['),
    "calls": (frames.QUEUE_TOPIC, b'{"id":"c","participants":[{"id":"p","calls":['),
    "messages": (
        f"{frames.USER_TOPIC}.messages",
        b'{"id":"c","participants":[{"id":"p","state":"connected","messages":[',
    ),
    "transcripts": (frames.TRANSCRIPTION, b'{"conversationId":"c","transcripts":['),
    "alternatives": (
        frames.TRANSCRIPTION,
        b'{"conversationId":"c","transcripts":[{"alternatives":[',
    ),
}
ENDS = {b"[": b"]", b"{": b"}"}


@pytest.mark.parametrize("known", [True, False], ids=["as known", "with a new field"])
@pytest.mark.parametrize("item", [b"{}", b'{"id":"%x","state":"connected"}'], ids=["empty", "full"])
@pytest.mark.parametrize("name", LISTS)
def test_the_cost_of_a_list(name: str, item: bytes, known: bool) -> None:
    """C5-16: as many objects as a frame may have, where each becomes the largest shape."""
    topic, start = LISTS[name]
    items = [item % place if b"%" in item else item for place in range(4_900)]
    if not known:
        items.append(b'{"mood":1}')
    opened = [bytes([each]) for each in start if each in b"[{"]
    body = start + b",".join(items) + b"".join(ENDS[each] for each in reversed(opened))
    raw = frame(topic, "HERE").replace(b'"HERE"', body)
    seconds, memory = cost(LANGUAGES[0], raw)
    assert seconds < 0.05
    assert memory < 8
