"""``--sink``: every form of it, and every way to get it wrong, before anything is opened."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from genesys_sentiment.cli import main
from genesys_sentiment.cli.destinations import sinks_of
from tests.cli.command import Ran
from tests.cli.deliveries import AUDIT_KEY, DELIVERY, PASSWORD, without_secrets

NAME = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def names(*uris: str, **environment: str) -> list[str]:
    """Those of the sinks."""
    options = Namespace(sink=uris, journal=None, allow_private_addresses=True)
    return [sink.name for sink in sinks_of(options, {**DELIVERY, **environment})]


@pytest.mark.parametrize(
    ("uri", "begins"),
    [
        ("webhook+https://example.org/hook/canary?token=canary", "webhook:example.org:"),
        ("webhook+http://127.0.0.1:8080/", "webhook:127.0.0.1:"),
        ("eventbridge://", "eventbridge:default:"),
        ("eventbridge:default?region=eu-central-1", "eventbridge:default:"),
        (
            "eventbridge://arn:aws:events:eu-central-1:123456789012:event-bus/calls",
            "eventbridge:calls:",
        ),
        ("kafka://one:9092,two:9092/topic", "kafka:one:"),
        (f"amqp://user:{PASSWORD}@broker/vhost?key=queue", "rabbitmq:broker:"),
        (f"amqps://user:{PASSWORD}@broker/?key=%7Bkind%7D&exchange=x", "rabbitmq:broker:"),
        (f"nats://user:{PASSWORD}@broker:4222/STREAM", "nats:broker:"),
        ("tls://broker:4222/STREAM?subject=said.{kind}", "nats:broker:"),
        ("env:URI", "nats:hidden:"),
    ],
)
def test_a_sink_is_named_by_its_place_and_shows_no_secret(uri: str, begins: str) -> None:
    (name,) = names(uri, URI="nats://hidden/STREAM")
    assert name.startswith(begins)
    assert NAME.fullmatch(name)
    without_secrets(name)
    assert names(uri, URI="nats://hidden/STREAM") == [name], "the same after a restart"


def test_a_file_is_the_same_by_any_name_of_it(tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tmp_path)
    paths = (f"file:{tmp_path}/x y", f"file://{tmp_path}/x%20y", f"file:{tmp_path}/other/x y")
    (name,) = {each for path in paths for each in names(path)}
    assert name.startswith("file:x-y:")
    assert names(f"audit:{tmp_path}/x y")[0].startswith("audit:x-y:")


def test_another_password_is_the_same_place_and_another_path_is_not() -> None:
    first, rotated, other, key = names(
        *("amqp://u:old@h/v?key=q", "amqps://u:new@h2/v?key=q", "amqp://u:old@h/w?key=q"),
        "amqp://u:old@h/v?key=r",
    )
    assert names("amqp://u:new@h/v?key=q") == [first]
    assert len({first, rotated, other, key}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sink", f"https://{PASSWORD}"], "webhook+https://"),
        (["--sink", PASSWORD], "no known scheme"),
        (["--sink", "webhook+https://"], "https://host/path"),
        (["--sink", "webhook+https://[canary"], "its host is none"),
        (["--sink", f"webhook+https://u:{PASSWORD}@example.org/"], "no user"),
        (["--sink", "webhook+https://127.0.0.1/canary"], "--allow-private-addresses"),
        (["--sink", "webhook+https://169.254.169.254/", "--allow-private-addresses"], "private"),
        (["--sink", "webhook+http://example.org/canary"], "only with --allow-private-addresses"),
        (["--sink", "eventbridge://default?key=canary"], "region, endpoint, source"),
        (["--sink", "kafka://127.0.0.1:9092"], "/TOPIC"),
        (["--sink", f"kafka://u:{PASSWORD}@127.0.0.1:9092/topic"], "without a password"),
        (["--sink", "kafka://127.0.0.1:9092/topic?canary"], "none"),
        (["--sink", f"amqp://u:{PASSWORD}@host/"], "?key=QUEUE"),
        (["--sink", f"amqp://u:{PASSWORD}@host:port/?key=q"], "amqp://host:port"),
        (["--sink", f"amqp://u:{PASSWORD}#@host/?key=q"], "%23"),
        (["--sink", f"amqp://u:{PASSWORD}@host/?key=q&canary=x"], "only key, exchange"),
        (["--sink", f"amqp://u:{PASSWORD}@host/?key={{who}}"], "{kind}"),
        (["--sink", f"nats://u:{PASSWORD}@host"], "/STREAM"),
        (["--sink", f"nats://u:{PASSWORD}@host/S?subject"], "NAME=VALUE"),
        (["--sink", "file:"], "path of a file"),
        (["--sink", "file:a%00b"], "path of a file"),
        (["--sink", "file:/nonexistent/records.jsonl"], "directory that exists"),
        (["--sink", "file:."], "cannot be written"),
        (["--sink", "env:NOTHING_THERE"], "no variable NOTHING_THERE"),
        (["--sink", "file:x", "--sink", "file:./x"], "given twice"),
        (["--sink", "file:x", "--sink", "audit:x"], "one file"),
        (["--sink", "file:x", "--journal", "x"], "one file"),
        (["--journal", "x"], "give a --sink"),
        (["--sink", "file:x", "--journal", "/nonexistent/box.db"], "cannot write"),
        (["--sink", "file:x", "--journal", "."], "Is a directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("command", ["demo", "stream"])
def test_bad_input_is_one_line_without_secrets_before_anything_is_opened(
    command: str,
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in DELIVERY.items():
        monkeypatch.setenv(name, value)
    refused(command, arguments, words, monkeypatch, capfd)
    assert list(tmp_path.iterdir()) == []


def refused(
    command: str,
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Code 2 and one line, without a socket."""
    for name in ("GENESYS_REGION", "GENESYS_API_URL", "GENESYS_LOGIN_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GENESYS_CLIENT_ID", "id")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary")
    where = ["--queue", "q", "--region", "mypurecloud.de"] if command == "stream" else []
    monkeypatch.setattr("socket.socket.connect", None)
    assert main([command, *where, *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    Ran(2, out, err).says(words)
    without_secrets(err)


@pytest.mark.parametrize(
    ("uri", "module", "extra"),
    [
        ("kafka://127.0.0.1:1/topic", "confluent_kafka", "kafka"),
        (f"amqp://u:{PASSWORD}@127.0.0.1:1/?key=q", "aio_pika", "rabbitmq"),
        (f"nats://u:{PASSWORD}@127.0.0.1:1/S", "nats", "nats"),
        ("eventbridge://default", "boto3", "eventbridge"),
    ],
    ids=["kafka", "rabbitmq", "nats", "eventbridge"],
)
def test_a_missing_extra_is_named(
    uri: str,
    module: str,
    extra: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    refused("demo", ["--sink", uri], f"genesys-sentiment[{extra}]", monkeypatch, capfd)


@pytest.mark.parametrize(
    ("name", "value", "sink", "words"),
    [
        ("GENESYS_SENTIMENT_AUDIT_KEY", "", "audit:x", "in GENESYS_SENTIMENT_AUDIT_KEY"),
        ("GENESYS_SENTIMENT_AUDIT_KEY", "canary", "audit:x", "16 bytes"),
        ("GENESYS_SENTIMENT_REDACTION_KEY", "canary", "file:x", "GENESYS_SENTIMENT_REDACTION_KEY"),
        (
            "GENESYS_SENTIMENT_WEBHOOK_SECRET",
            f"whsec_{AUDIT_KEY}",
            "webhook+https://example.org/",
            "whsec_",
        ),
    ],
    ids=["no audit key", "short audit key", "short redaction key", "no webhook secret"],
)
def test_a_key_that_cannot_be_one_is_said(
    name: str,
    value: str,
    sink: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    refused("demo", ["--sink", sink, "--journal", "box.db"], words, monkeypatch, capfd)
    assert list(tmp_path.iterdir()) == []
