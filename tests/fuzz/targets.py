"""What is fuzzed, and what must be true of every answer. The first byte chooses the target."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final, Protocol

from attrs import asdict, frozen

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.cloud.transcripts import read_transcript
from genesys_sentiment.contracts import ENTERING
from genesys_sentiment.contracts.validation import validate
from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.eventbridge import decode_event, decode_record
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.dialects.notifications import Notifications, snapshot_from_rest
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics
from genesys_sentiment.errors import BadFrame, ConfigurationError, ProtocolError
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record
from genesys_sentiment.model.wire import Dialect, Drift, Snapshot
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.scoring.tracker import Tracker
from genesys_sentiment.simulator.call_files import parse_call
from genesys_sentiment.streaming.actions import Action
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.session import Session

NOW: Final = 1_772_359_400.0
ANALYZER: Final = EmbeddedAnalyzer()


@frozen
class Target:
    """``read`` raises one of ``errors`` or gives an answer that ``check`` finds sound."""

    name: str
    read: Callable[[bytes], Any]
    check: Callable[[Any], None]
    errors: tuple[type[Exception], ...] = ()


def run(data: bytes) -> str:
    """One input; the name of its target and how it ended. Whatever is wrong is raised."""
    if not data:
        return "nothing"
    target = TARGETS[data[0] % len(TARGETS)]
    outcome = _outcome(target, data[1:])
    again = _outcome(target, data[1:])
    assert outcome == again, f"{target.name} is not deterministic"
    return f"{target.name}: {outcome.partition(' ')[0]}"


def _outcome(target: Target, text: bytes) -> str:
    try:
        answer = target.read(text)
    except target.errors as error:
        said = str(error)
        reason = getattr(error, "reason", "")
    else:
        target.check(answer)
        return f"read {answer!r}"
    assert "\n" not in said, "an error is one line"
    assert not reason or reason.isidentifier(), "a fixed word, never the input's content"
    return f"refused {reason}"


def sound(values: object) -> None:
    """No infinity, no NaN in anything that was read."""
    if isinstance(values, float):
        assert isfinite(values)
    elif isinstance(values, Mapping):
        for each in values.values():
            sound(each)
    elif isinstance(values, list | tuple):
        for each in values:
            sound(each)


def exported(records: Iterable[Record]) -> None:
    """Each record is one line of JSON, with its texts and without, that a terminal may see."""
    for record in records:
        for text in (False, True):
            line = to_json(record, text=text)
            assert not any(byte < 0x20 or byte == 0x7F for byte in line)
            assert len(line.decode().splitlines()) == 1
            json.loads(line)


def _messages(messages: Iterable[Any]) -> None:
    for each in messages:
        hash(each)
        sound(asdict(each))
        if isinstance(each, Drift):
            assert len(each.names) <= 8
            assert all(name.isascii() and name.isprintable() for name in each.names)
        elif isinstance(each, Snapshot):
            exported(Snapshots().observe(each))
        elif hasattr(each, "id"):
            exported([each])


def _session(dialect: Dialect) -> Callable[[bytes], Any]:
    """The session over a dialect: what a connection makes of the frame, and of it once more."""

    def read(frame: bytes) -> Any:
        memory = Memory()
        session = Session(dialect, memory, now=0.0, wall=NOW)
        first = session.receive(frame, 1.0)
        again = session.receive(frame, 2.0)
        counters = memory.counters
        assert counters.problems() == ()
        assert counters.received == 2
        assert counters.invalid in (0, 2)
        exported(each for each in [*first, *again] if not isinstance(each, Action))
        return counters

    return read


class _Restored(Protocol):
    def restore(self, data: bytes) -> None: ...
    def snapshot(self) -> bytes: ...


def _restored(make: Callable[[], _Restored]) -> Callable[[bytes], Any]:
    """A snapshot that is taken over can be taken again, and taken over again."""

    def read(data: bytes) -> Any:
        subject = make()
        subject.restore(data)
        taken = subject.snapshot()
        make().restore(taken)
        return taken

    return read


def _record(text: bytes) -> Any:
    return decode_record({"body": text.decode("utf-8", "surrogateescape")}, NOW, source=None)


def _validated(text: bytes) -> Any:
    return [validate(kind, text) for kind in (*ENTERING, "record")]


def _problems(answers: Any) -> None:
    for problems in answers:
        assert len(problems) <= 16
        assert all("\n" not in str(each) for each in problems)


def _call(text: bytes) -> Any:
    return parse_call("fuzz", text.decode("utf-8", "replace"), "fuzz.jsonl")


def _whole(transcript: Any) -> None:
    sound(asdict(transcript))
    exported([*transcript.utterances, *transcript.sentiments])


def _nothing(_: object) -> None:
    pass


_DIALECTS: Final[tuple[Dialect, ...]] = (
    Notifications(language="en-GB"),
    AgentAssist(),
    InteractionStream(),
    InteractionTopics(),
    RealtimeAnalytics(scale=(0.0, 100.0)),
)
TARGETS: Final[tuple[Target, ...]] = (
    *(
        Target(each.name, lambda raw, d=each: d.decode(raw, NOW), _messages, (BadFrame,))  # type: ignore[misc]
        for each in _DIALECTS
    ),
    *(Target(f"{each.name} session", _session(each), _nothing) for each in _DIALECTS),
    Target("eventbridge", lambda raw: decode_event(raw, NOW, source=None), _messages, (BadFrame,)),
    Target("eventbridge record", _record, _messages, (BadFrame,)),
    Target("rest snapshot", lambda raw: [snapshot_from_rest(raw, NOW)], _messages, (BadFrame,)),
    Target("contracts", _validated, _problems),
    Target("transcript file", lambda raw: read_transcript(raw, NOW), _whole, (ProtocolError,)),
    Target("call file", _call, _nothing, (ConfigurationError,)),
    Target("snapshots state", _restored(Snapshots), _nothing, (ConfigurationError,)),
    Target(
        "scorer state",
        _restored(lambda: Scorer(analyzer=ANALYZER)),
        _nothing,
        (ConfigurationError,),
    ),
    Target("tracker state", _restored(Tracker), _nothing, (ConfigurationError,)),
    Target("assist state", _restored(Assist), _nothing, (ConfigurationError,)),
    Target("alerts state", _restored(AlertRules), _nothing, (ConfigurationError,)),
)
"""In a fixed order: a corpus that was found before goes on meaning the same."""
