"""What tests of delivery share: secrets, a call that is long enough, and a journal with a past."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.model.forwards import Forward
from tests.cli.command import Ran, environment

AUDIT_KEY = "canary-audit-key-0123456789"
WEBHOOK_SECRET = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTAx"
REDACTION_KEY = "canary-redaction-key-0123456789"
PASSWORD = "canary-broker-password"
CANARIES = (AUDIT_KEY, WEBHOOK_SECRET, REDACTION_KEY, PASSWORD, "canary")
DELIVERY = {
    "GENESYS_SENTIMENT_AUDIT_KEY": AUDIT_KEY,
    "GENESYS_SENTIMENT_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "GENESYS_SENTIMENT_REDACTION_KEY": REDACTION_KEY,
}
AT = 1_790_000_000.0


def keyed(**extra: str) -> dict[str, str]:
    """An environment with every key of delivery."""
    return environment(**DELIVERY, **extra)


def without_secrets(*shown: str | bytes) -> None:
    """No canary in any of it."""
    for each in shown:
        text = each.decode(errors="replace") if isinstance(each, bytes) else each
        assert [canary for canary in CANARIES if canary in text] == []


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, each of which is JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def kept_in(folder: Path) -> list[bytes]:
    """What is in its files."""
    return [path.read_bytes() for path in folder.iterdir() if path.is_file()]


def objects(ran: Ran) -> list[dict[str, Any]]:
    """The output of a command that shows no records."""
    return [json.loads(line) for line in ran.out.splitlines()]


def long_call(folder: Path, texts: Sequence[str]) -> Path:
    """A folder with one call in which the caller says all of it."""
    folder.mkdir()
    turns = [
        {"speaker": "caller", "start_ms": 2000 * at, "duration_ms": 1500, "text": text}
        for at, text in enumerate(texts)
    ]
    (folder / "call.jsonl").write_text("\n".join(map(json.dumps, turns)))
    return folder


class Refusing:
    """A sink that refuses the records ``bad``, for good."""

    def __init__(self, name: str, bad: Collection[str]) -> None:
        self.name = name
        self.lane = Lane(linger=0.0)
        self._bad = bad

    async def send(self, entries: Sequence[Entry], /) -> None:
        failures = [
            Failure(index, "http_400", retry=False)
            for index, entry in enumerate(entries)
            if entry.id in self._bad
        ]
        if failures:
            raise SinkFailed(failures)


async def with_dead_letters(path: Path, *names: str) -> list[str]:
    """A journal in which two of three records are dead letters of each sink: their ids."""
    records = [_forward(number) for number in range(3)]
    dead = [record.id for record in records[1:]]
    sinks = [Refusing(name, dead) for name in names]
    async with Delivery(sinks, log=Journal(path)) as delivery:
        for record in records:
            await delivery.put(record)
    return dead


def _forward(number: int) -> Forward:
    return Forward(
        conversation=f"5e1c0a3e-3a4e-4b0c-9c52-8a1f0d7b2e6{number}",
        forwarding=f"1f81eb52-5198-4599-803e-77190634348{number}",
        at=AT + number,
        polarity="negative",
        positive=0.1,
        neutral=0.1,
        negative=0.8,
        threshold=0.6,
    )
