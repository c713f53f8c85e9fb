"""The command itself: what it teaches, and how it refuses."""

from __future__ import annotations

import pytest

from genesys_sentiment.cli import main
from genesys_sentiment.cloud.preflight import ACCESS, FEATURES
from tests.project import ROOT


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
                "exit codes:",
                "GENESYS_CLIENT_ID",
            ],
        ),
        (["demo", "--help"], ["examples:", "--calls", "--speed", "--json", "--text"]),
        (["simulate", "--help"], ["examples:", "--port", "--loop", "clientSecret"]),
        (["stream", "--help"], ["examples:", "--queue", "--events", "GENESYS_REGION"]),
        (["sentiment", "--help"], ["examples:", "exit codes:", "--wait", "--scale", "--json"]),
        (["doctor", "--help"], ["examples:", "exit codes:", "--queue", "--feature", "discovery"]),
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
    commands = ("demo", "simulate", "stream", "sentiment", "doctor")
    assert [name for name in commands if f"## `{name}`" not in page] == []
    assert [name for name in ("live", *FEATURES) if f"| `{name}` |" not in page] == []
    assert [need for one in ACCESS for need in one.needs if f"`{need}`" not in page] == []
