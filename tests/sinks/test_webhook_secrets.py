"""C5-31: canaries in every secret place of a webhook, looked for wherever text comes out."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Mapping

import pytest

from genesys_sentiment.errors import SinkFailed
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.sinks.webhook import Webhook
from tests.sinks.receiver import Answer, Posted, Receiver, answer, entry

KEY = b"canary-key-1f81eb52-5198-4599"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CANARIES = (
    SECRET,
    SECRET.removeprefix("whsec_"),
    KEY.decode(),
    "canary-query-77aa",
    "canary-path-8d1f",
    "canary-header-c0de",
    "canary-said-4929",
    "canary-answer-5a5a",
)


def _payload(entry: Entry, now: float) -> Mapping[str, object]:
    if entry.id == "breaks":
        raise ValueError(f"cannot shape {entry.values['text']!r}")
    return entry.values


def _script(posted: Posted) -> Answer:
    body = b"canary-answer-5a5a"
    if posted.id == "cut":
        return Answer(cut=True)
    if posted.id == "moved":
        return answer(302, body, location="/canary-answer-5a5a")
    if posted.id == "refused":
        return answer(400, body)
    return answer(429, body, retry_after="canary-answer-5a5a") if posted.id == "wait" else answer()


async def test_nothing_secret_comes_out(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, with asyncio's own debug log: in logs, reprs, errors, tracebacks and failures."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    names = ("good", "cut", "moved", "refused", "wait", "breaks")
    async with Receiver(_script) as receiver:
        url = f"{receiver.url}/canary-path-8d1f?key=canary-query-77aa"
        webhook = Webhook(
            url,
            secret=SECRET,
            headers={"Authorization": "canary-header-c0de"},
            payload=_payload,
            allow_private=True,
        )
        batch = [entry(name, name, text="canary-said-4929") for name in names]
        said += [repr(webhook), str(webhook), repr(batch), webhook.name]
        with pytest.raises(SinkFailed) as caught:
            await webhook.send(batch)
        said.append("".join(traceback.format_exception(caught.value)))
        said.append(repr(caught.value.failures))
        receiver.script = lambda _: Answer(wait=5.0)
        task = asyncio.create_task(webhook.send(batch))
        await asyncio.sleep(0.05)
        said.append(repr(asyncio.all_tasks()))
        task.cancel()
        await asyncio.wait({task})
        await webhook.close()
    dead = Webhook(url, secret=SECRET, allow_private=True)
    with pytest.raises(SinkFailed) as refused:
        await dead.send(batch[:1])
    await dead.close()
    said.append("".join(traceback.format_exception(refused.value)))

    assert {failure.reason for failure in caught.value.failures} == {
        *("connection", "redirect", "http_400", "http_429", "bad_payload")
    }
    assert any(b"canary-said" in posted.body for posted in receiver.posted), "none was at stake"
    # aiohttp's server in this process logs what it received: it is the receiver's, not ours.
    logged = [each for each in caplog.records if each.name != "aiohttp.access"]
    said += [logging.Formatter().format(each) for each in logged if not _quotes(each)]
    text = "\n".join(said)
    assert [canary for canary in CANARIES if canary in text] == []


def _quotes(record: logging.LogRecord) -> bool:
    """A user's own traceback, at DEBUG only: it may quote what was said (docs, C5-31)."""
    return record.levelno == logging.DEBUG and "the payload function failed" in record.getMessage()
