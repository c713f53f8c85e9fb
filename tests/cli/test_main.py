"""The command itself: what it teaches, and how it refuses."""

from __future__ import annotations

import pytest

from genesys_sentiment.cli import main
from genesys_sentiment.cli.destinations import AUDIT_KEY, FORMS, WEBHOOK_SECRET
from genesys_sentiment.cli.outgoing import REDACTION_KEY
from genesys_sentiment.cloud.preflight import ACCESS, FEATURES
from tests.project import ROOT

KEYS = (AUDIT_KEY, WEBHOOK_SECRET)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--help"],
            [
                "demo",
                "simulate",
                "stream",
                "sentiment",
                "doctor",
                "outbox",
                "audit",
                "reconcile",
                "exit codes:",
                "GENESYS_CLIENT_ID",
            ],
        ),
        (["demo", "--help"], ["examples:", "--calls", "--speed", "--json", "--text"]),
        (["simulate", "--help"], ["examples:", "--port", "--loop", "clientSecret"]),
        (["stream", "--help"], ["examples:", "--queue", "--events", "GENESYS_REGION"]),
        (["sentiment", "--help"], ["examples:", "exit codes:", "--wait", "--scale", "--json"]),
        (["doctor", "--help"], ["examples:", "exit codes:", "--queue", "--feature", "discovery"]),
        (
            ["stream", "--help"],
            ["--sink", "--journal", "nats://", "GENESYS_SENTIMENT_REDACTION_KEY", *KEYS],
        ),
        (["outbox", "--help"], ["examples:", "exit codes:", "status", "dead", "forget"]),
        (["outbox", "retry", "--help"], ["--sink", "--all", "--json", "ID"]),
        (["audit", "verify", "--help"], ["examples:", "exit codes:", "--known", AUDIT_KEY]),
        (["reconcile", "--help"], ["examples:", "exit codes:", "--json"]),
        (["--version"], ["genesys-sentiment 0."]),
    ],
    ids=" ".join,
)
def test_help_teaches(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 0
    shown = capsys.readouterr().out
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["listen"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "nan"],
        ["demo", "--speed", "fast"],
        ["simulate", "--port", "65536"],
        ["stream", "--events", "0"],
        ["stream", "--seconds", "-1"],
        ["stream", "--que", "x"],
        ["sentiment"],
        ["sentiment", "x", "--wait", "0"],
        ["sentiment", "x", "--scale", "10"],
        ["doctor", "--feature", "emotion"],
        ["outbox"],
        ["outbox", "status"],
        ["outbox", "retry", "--journal", "x"],
        ["outbox", "retry", "--journal", "x", "--all", "ID"],
        ["outbox", "forget", "--journal", "x"],
        ["audit", "verify"],
        ["audit", "verify", "x", "--known", "0123"],
        ["reconcile"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage:" in err


def test_the_page_names_what_there_is() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    commands = (
        *("demo", "simulate", "stream", "sentiment", "doctor", "analyze"),
        *("outbox", "audit verify", "reconcile"),
    )
    assert [name for name in commands if f"## `{name}`" not in page] == []
    schemes = {form.partition(":")[0] for form in FORMS.split(", ")[:-1]}
    assert [name for name in schemes if f"| `{name}:" not in page] == []
    assert [name for name in (*KEYS, REDACTION_KEY) if f"`{name}`" not in page] == []
    assert [name for name in ("live", *FEATURES) if f"| `{name}` |" not in page] == []
    assert [need for one in ACCESS for need in one.needs if f"`{need}`" not in page] == []
