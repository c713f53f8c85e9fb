"""C5-31: canaries in every secret place of a delivery, looked for wherever text comes out.

Secrets of sinks never appear: in logs at any level and of any library, tracebacks, reprs, errors,
the reasons of dead letters, states, tallies, receipts, the files of the journal. Nor does what was
said, unless the delivery was asked for text: then the journal and the sinks have it, redacted, and
nothing else does.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from attrs import evolve, field, frozen

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Dead
from genesys_sentiment.errors import AuditBroken, LogFailed, LogFull, LogInUse
from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.entries import Breaking, Entry, Lane, Retry, Sink
from genesys_sentiment.model.events import StateChange, Suggestion, Unknown, Utterance
from genesys_sentiment.model.results import Record, Score
from genesys_sentiment.redaction.redactor import PatternRedactor
from genesys_sentiment.sinks.audit import Audit
from genesys_sentiment.sinks.audit_files import head_path, verify
from genesys_sentiment.sinks.callback import Callback
from genesys_sentiment.sinks.eventbridge import EventBridge
from genesys_sentiment.sinks.file import FileSink
from genesys_sentiment.sinks.kafka import Kafka
from genesys_sentiment.sinks.nats import Nats
from genesys_sentiment.sinks.rabbitmq import RabbitMQ
from genesys_sentiment.sinks.webhook import Webhook

HOOK_KEY = b"canary-hook-key-1f81eb52"
HOOK_SECRET = "whsec_" + base64.b64encode(HOOK_KEY).decode()
AUDIT_KEY = b"canary-audit-key-4b0c"
REDACTION_KEY = b"canary-redaction-key-9c52"
SECRETS = (
    *(HOOK_SECRET, HOOK_SECRET.removeprefix("whsec_"), HOOK_KEY.decode()),
    *(AUDIT_KEY.decode(), REDACTION_KEY.decode()),
    *(base64.b64encode(key).decode() for key in (AUDIT_KEY, REDACTION_KEY)),
    *(key.hex() for key in (HOOK_KEY, AUDIT_KEY, REDACTION_KEY)),
    *("canary-path-8d1f", "canary-query-77aa", "canary-header-c0de", "canary-answer-5a5a"),
    *("canary-rabbit-2e6f", "canary-nats-3a4e", "canary-kafka-7b2e", "canary-aws-5e1c"),
)
SAID = "xyzzy4929"
"""In everything that somebody said or wrote."""
CARD = "4111 1111 1111 1111"
"""Said as well; leaves no process."""

ONCE = Lane(
    timeout=3.0,
    retry=Retry(delays=()),
    breaking=Breaking(consecutive=99, sends=99, pause=0.01),
)
"""Dead letters at the first failure."""


def _records() -> list[Record]:
    said = f"my card is {CARD} {SAID}"
    utterance = Utterance(conversation="b", utterance="u", text=said, received=1.0)
    score = Score(
        event=evolve(utterance, conversation="c"),
        language="en-US",
        polarity="negative",
        polarity_raw=-0.5,
        confidence=0.5,
        emotion="unknown",
        emotion_confidence=0.0,
        sarcasm_flag=False,
        context_segment_count=1,
        at=1.0,
        scored_at=1.0,
        method="embedded",
        evidence=(SAID,),
    )
    return [
        utterance,
        score,
        Suggestion(conversation="d", suggestion="s", kind="article", title=SAID, text=said),
        StateChange(conversation="f", subject="call", state="x", attributes=(("note", said),)),
        Unknown(topic="v2.some.topic", body=f'{{"said": "{said}"}}'.encode()),
        Alert(
            conversation="e",
            alert="a",
            rule="negative",
            state="raised",
            value=-0.8,
            threshold=-0.5,
            began=1.0,
            raised=2.0,
        ),
    ]


async def _together(records: Sequence[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def _refusing(request: web.BaseRequest) -> web.Response:
    await request.read()
    return web.Response(status=400, text="canary-answer-5a5a", reason="canary-answer-5a5a")


def _shout(entry: Entry) -> None:
    raise ValueError(f"I cannot bear {entry.body!r}")


def _hook(port: int, name: str) -> Webhook:
    return Webhook(
        f"http://127.0.0.1:{port}/canary-path-8d1f?token=canary-query-77aa",
        name=name,
        secret=HOOK_SECRET,
        headers={"Authorization": "canary-header-c0de"},
        allow_private=True,
        timeout=1.0,
        lane=evolve(ONCE, timeout=5.0),
    )


def _sinks(folder: Path, port: int) -> tuple[Sink, ...]:
    """All that there are, each with a secret, and each failing in its own way."""
    closed = _closed_port()
    aws = boto3.Session("AKIACANARY", "canary-aws-5e1c", region_name="eu-central-1")
    return (
        _hook(port, "refused"),
        _hook(closed, "unreachable"),
        RabbitMQ(f"amqp://user:canary-rabbit-2e6f@127.0.0.1:{closed}/vhost", "queue", lane=ONCE),
        Nats(f"nats://user:canary-nats-3a4e@127.0.0.1:{closed}", stream="S", lane=ONCE),
        Kafka(
            f"127.0.0.1:{closed}",
            "topic",
            lane=ONCE,
            config={
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "user",
                "sasl.password": "canary-kafka-7b2e",
            },
        ),
        EventBridge(
            endpoint=f"http://127.0.0.1:{closed}", session=aws, lane=evolve(ONCE, timeout=27.0)
        ),
        Callback(_shout, name="callback", lane=ONCE),
        Audit(folder / "audit.jsonl", key=AUDIT_KEY),
        Audit(folder / "broken.jsonl", key=AUDIT_KEY, name="broken", lane=ONCE),
        FileSink(folder / "records.jsonl"),
        FileSink(folder, name="no-file", lane=ONCE),
    )


@frozen
class _Session:
    """What a delivery left behind. ``files``: the journal's."""

    objects: tuple[object, ...]
    dead: tuple[Dead, ...]
    errors: tuple[BaseException, ...]
    files: tuple[Path, ...] = field(factory=tuple)

    def texts(self) -> Iterator[str]:
        """Everything that somebody may print of it."""
        for thing in (*self.objects, *self.dead, *self.errors):
            yield repr(thing)
            yield str(thing)
        yield from (each.reason for each in self.dead)
        yield from ("".join(traceback.format_exception(each)) for each in self.errors)


async def _run(folder: Path, *, text: bool) -> _Session:
    runner = web.ServerRunner(web.Server(_refusing, access_log=None), shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        sinks = _sinks(folder, runner.addresses[0][1])
        return await _deliver(folder, sinks, text=text)
    finally:
        await runner.cleanup()


async def _deliver(folder: Path, sinks: Sequence[Sink], *, text: bool) -> _Session:
    redactor = PatternRedactor(REDACTION_KEY)
    head_path(folder / "broken.jsonl").write_bytes(b"not an anchor")
    journal = Journal(folder / "journal.db")
    delivery = Delivery(sinks, log=journal, redactor=redactor, text=text, drain=0.2)
    async with delivery:
        await delivery.consume(_together(_records()))
        failing = {sink.name for sink in sinks} - {"audit", "file"}
        async with asyncio.timeout(20):
            # What follows a failure of the whole sink is no try: it waits, and nothing is lost.
            while failing:
                tallies = await delivery.tallies()
                failing = {name for name in failing if not tallies[name].dead}
                await asyncio.sleep(0.02)
        dead = tuple([each for sink in sinks for each in await delivery.dead(sink.name)])
        objects = (delivery, journal, redactor, *sinks, delivery.states(), list(dead))
        objects += (await delivery.tallies(), [each.entry for each in dead])
        with pytest.raises(LogInUse) as in_use:
            await Journal(folder / "journal.db").open()
        # Before it closes, so that its write-ahead log is looked at, too.
        files = tuple(_copied(folder, "journal.db", "journal.db-wal"))
    errors = (in_use.value, await _full(folder), _wrong_key(folder))
    return _Session(objects=objects, dead=dead, errors=errors, files=files)


def _copied(folder: Path, *names: str) -> Iterator[Path]:
    for name in names:
        copy = folder / f"copy-{name}"
        copy.write_bytes((folder / name).read_bytes())
        yield copy


async def _full(folder: Path) -> LogFailed:
    entry = Entry(id="x", kind="x", conversation=None, at=None, body=SAID.encode() * 100_000)
    async with Journal(folder / "small.db", limit=1 << 20) as journal:
        await journal.consumer("nobody")
        with pytest.raises(LogFull) as caught:
            await journal.append([entry] * 9)
    return caught.value


def _wrong_key(folder: Path) -> AuditBroken:
    with pytest.raises(AuditBroken) as caught:
        verify(folder / "audit.jsonl", b"canary-audit-key-4b0d")
    return caught.value


def _found(needles: Sequence[str], texts: Iterator[str]) -> list[str]:
    return [text for text in texts if any(needle in text for needle in needles)]


@pytest.mark.parametrize("text", [False, True])
async def test_no_secret_and_nothing_said_comes_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await _run(tmp_path, text=text)

    # Everything had its chance to come out.
    reasons = {each.reason for each in session.dead}
    assert {"http_400", "connection", "ValueError", "AuditBroken", "LogFailed"} <= reasons, reasons
    assert len({each.entry.kind for each in session.dead}) == len(_records())
    formatter = logging.Formatter("%(levelname)s %(name)s %(message)s")
    logged = [(each.levelno, formatter.format(each)) for each in caplog.records]
    assert any(level == logging.WARNING for level, _ in logged)
    journal = b"".join(path.read_bytes() for path in session.files)
    assert b"score:utterance:c:u" in journal

    said = (SAID, CARD, CARD.replace(" ", ""))
    assert _found(SECRETS, (line for _, line in logged)) == []
    assert _found(said, (line for level, line in logged if level > logging.DEBUG)) == []
    assert _found((*SECRETS, *said), session.texts()) == []
    kept = [journal, (tmp_path / "audit.jsonl").read_bytes()]
    kept.append((tmp_path / "records.jsonl").read_bytes())
    for content in kept:
        # Not as a text: a journal's pages are none.
        hidden = [*SECRETS, *said[1:], *([] if text else [SAID])]
        assert [each for each in hidden if each.encode() in content] == []
    assert (SAID.encode() in journal) is text
    if not text:
        assert _found(said, (line for _, line in logged)) == []
