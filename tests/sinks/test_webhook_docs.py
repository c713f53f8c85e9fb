"""``docs/webhooks.md`` is true: its receiver runs, and takes what the sink sends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.sinks.webhook import Webhook
from tests.project import ROOT
from tests.sinks.receiver import entries, entry

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
SENDER, RECEIVER = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def _run(block: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    names: dict[str, Any] = {"__name__": "documentation"}
    exec(compile(block, "webhooks.md", "exec"), names)
    return names


def test_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    names = _run(SENDER, monkeypatch)
    assert names["alerts"].name == "webhook:hooks.example.com"
    assert names["crm"].lane.kinds == {"forward"}


async def test_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each record once, however often it comes; and nothing that is not genuine."""
    names = _run(RECEIVER, monkeypatch)
    runner = web.AppRunner(names["app"])
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/genesys"
    try:
        webhook = Webhook(url, secret=SECRET, allow_private=True)
        for _ in range(2):
            await webhook.send(entries(3))
        await webhook.close()
        assert [each["id"] for each in names["seen"].values()] == ["c-1-0", "c-1-1", "c-1-2"]
        other = Webhook(url, secret="whsec_" + "A" * 32, allow_private=True)
        with pytest.raises(SinkFailed) as caught:
            await other.send([entry("forged")])
        await other.close()
        assert caught.value.failures == (Failure(0, "http_400", retry=False),)
        assert len(names["seen"]) == 3
    finally:
        await runner.cleanup()
