"""From ``--sink URI`` to sinks."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Sink
from genesys_sentiment.model.values import fingerprint

WEBHOOK_SECRET: Final = "GENESYS_SENTIMENT_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
AUDIT_KEY: Final = "GENESYS_SENTIMENT_AUDIT_KEY"

FORMS: Final = (
    "webhook+https://HOST/PATH, eventbridge://BUS, kafka://HOST:PORT/TOPIC, "
    "amqp://HOST/VHOST?key=QUEUE, nats://HOST:PORT/STREAM, file:PATH, audit:PATH, "
    "or env:NAME for one that stands in an environment variable"
)
_FLAG: Final = "--allow-private-addresses"
_FROM_ENVIRONMENT: Final = "env:"
_SCHEME: Final = re.compile(r"([a-z+]+):.*", re.DOTALL)
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]")


def add_sinks(parser: argparse.ArgumentParser) -> None:
    """--sink, --journal and what belongs to them."""
    group = parser.add_argument_group("delivery")
    group.add_argument(
        "--sink",
        action="append",
        default=[],
        metavar="URI",
        help=f"send every record there as well; can be given again. {FORMS}",
    )
    group.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="keep what the sinks have not taken in this file: after a crash or a restart the "
        "same command line goes on from there",
    )
    group.add_argument(
        _FLAG,
        action="store_true",
        help="let webhooks go to loopback and private networks, and to http there",
    )


@frozen
class _Given:
    """One --sink. ``private``: whether webhooks may go to private addresses."""

    uri: str = field(repr=False)
    private: bool
    environment: Mapping[str, str] = field(repr=False)


def sinks_of(options: argparse.Namespace, environment: Mapping[str, str]) -> list[Sink]:
    """The sinks that --sink names, each with a name that stays the same over restarts.

    Raises ConfigurationError for what cannot work, and never shows what may be secret.
    """
    private = options.allow_private_addresses
    given = [_Given(_looked_up(uri, environment), private, environment) for uri in options.sink]
    sinks = [_sink(each) for each in given]
    names = [each.name for each in sinks]
    if len(set(names)) < len(names):
        raise ConfigurationError("the same --sink was given twice")
    if options.journal is not None and not sinks:
        raise ConfigurationError("--journal keeps records for sinks: give a --sink as well")
    files = [_path(each) for each in given if each.uri.startswith(("file:", "audit:"))]
    files += [] if options.journal is None else [options.journal.resolve()]
    if len(set(files)) < len(files):
        raise ConfigurationError("one file cannot be two of --sink and --journal: give another")
    return sinks


def audit_key(environment: Mapping[str, str]) -> bytes:
    """The key of audits. Raises ConfigurationError where there is none."""
    key = environment.get(AUDIT_KEY, "")
    if not key:
        raise ConfigurationError(f"give the audit's key of 16 bytes or more in {AUDIT_KEY}")
    return os.fsencode(key)


def _looked_up(uri: str, environment: Mapping[str, str]) -> str:
    if not uri.startswith(_FROM_ENVIRONMENT):
        return uri
    name = uri.removeprefix(_FROM_ENVIRONMENT)
    if not environment.get(name):
        raise ConfigurationError(f"--sink env:NAME: the environment has no variable {name}")
    return environment[name]


def _sink(given: _Given) -> Sink:
    match = _SCHEME.fullmatch(given.uri)
    make = _MAKERS.get(match[1]) if match is not None else None
    if match is None or make is None:
        raise ConfigurationError(f"--sink begins with no known scheme: give {FORMS}")
    try:
        return make(given)
    except ConfigurationError as error:
        text = str(error).replace("name its network in allow_private", f"give {_FLAG}")
        text = text.replace("only to networks in allow_private", f"only with {_FLAG}")
        raise ConfigurationError(f"--sink {match[1]}: {text}") from None


def _webhook(given: _Given) -> Sink:
    url = given.uri.removeprefix("webhook+")
    made: Sink = _load("webhook", "Webhook")(
        url,
        secret=given.environment.get(WEBHOOK_SECRET) or None,
        name=_name("webhook", _host(url), url),
        allow_private=given.private,
    )
    return made


def _eventbridge(given: _Given) -> Sink:
    bus, _, query = given.uri.removeprefix("eventbridge:").removeprefix("//").partition("?")
    settings = _settings(query, "region", "endpoint", "source")
    bus = bus or "default"
    name = _name("eventbridge", bus.rpartition("/")[2], bus, query)
    made: Sink = _load("eventbridge", "EventBridge")(bus, name=name, **settings)
    return made


def _kafka(given: _Given) -> Sink:
    parts = _parts(given.uri)
    _settings(parts.query)
    topic = parts.path.strip("/")
    if not parts.netloc or not topic or "@" in parts.netloc:
        raise ConfigurationError("give kafka://HOST:PORT[,HOST:PORT]/TOPIC, without a password")
    made: Sink = _load("kafka", "Kafka")(
        parts.netloc.split(","), topic, name=_name_of("kafka", parts)
    )
    return made


def _rabbitmq(given: _Given) -> Sink:
    parts = _parts(given.uri)
    settings = _settings(parts.query, "key", "exchange")
    key = settings.pop("key", None)
    if key is None:
        raise ConfigurationError("give amqp://HOST/VHOST?key=QUEUE, or &exchange=NAME as well")
    url = parts._replace(query="").geturl()
    made: Sink = _load("rabbitmq", "RabbitMQ")(
        url, key, name=_name_of("rabbitmq", parts), **settings
    )
    return made


def _nats(given: _Given) -> Sink:
    parts = _parts(given.uri)
    settings = _settings(parts.query, "subject")
    stream = parts.path.strip("/")
    if not stream:
        raise ConfigurationError("give nats://HOST:PORT/STREAM[?subject=SUBJECT]")
    server = parts._replace(path="", query="").geturl()
    made: Sink = _load("nats", "Nats")(
        server, stream=stream, name=_name_of("nats", parts), **settings
    )
    return made


def _file(given: _Given) -> Sink:
    path = _path(given)
    made: Sink = _load("file", "FileSink")(path, name=_name("file", path.name, str(path)))
    return made


def _audit(given: _Given) -> Sink:
    key, path = audit_key(given.environment), _path(given)
    made: Sink = _load("audit", "Audit")(path, key=key, name=_name("audit", path.name, str(path)))
    return made


_MAKERS: Final[Mapping[str, Callable[[_Given], Sink]]] = {
    "webhook+https": _webhook,
    "webhook+http": _webhook,
    "eventbridge": _eventbridge,
    "kafka": _kafka,
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
    "nats": _nats,
    "tls": _nats,
    "file": _file,
    "audit": _audit,
}


def _load(module: str, name: str) -> Any:
    """What may need an extra is imported when it is asked for."""
    return getattr(import_module(f"genesys_sentiment.sinks.{module}"), name)


def _parts(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise ConfigurationError("its host is none") from None
    if parts.fragment:
        raise ConfigurationError("write # as %23")
    return parts


def _host(url: str) -> str:
    return _parts(url.partition("#")[0]).hostname or ""


def _name_of(kind: str, parts: SplitResult) -> str:
    """A broker's: a user or password that changes does not change it."""
    where = parts.netloc.rpartition("@")[2]
    return _name(kind, parts.hostname or "", where, parts.path, parts.query)


def _name(kind: str, shown: str, *identity: str) -> str:
    """With a hash of what it is identified by: that may hold a secret."""
    return f"{kind}:{_ODD.sub('-', shown)[:40]}:{fingerprint(repr(identity))[:8]}"


def _settings(query: str, *known: str) -> dict[str, str]:
    """What stands behind the ``?``. Names that are not known may be secrets: never shown."""
    given: Sequence[str] = query.split("&") if query else ()
    found = dict(parse_qsl(query))
    if len(found) != len(given) or not found.keys() <= set(known):
        allowed = f"only {', '.join(known)}, as NAME=VALUE" if known else "none"
        raise ConfigurationError(f"of settings behind ? there can be {allowed}")
    return found


def _path(given: _Given) -> Path:
    text = unquote(given.uri.partition(":")[2].removeprefix("//"))
    if not text or "\0" in text:
        raise ConfigurationError("give the path of a file")
    path = Path(text).resolve()
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ConfigurationError(
            f"{path} cannot be written: give a file in a directory that exists"
        )
    return path
