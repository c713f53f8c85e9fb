"""What the sinks of brokers share: sending wave by wave, and names that are safe for a broker."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError, Failure
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import SCHEMA_VERSION
from genesys_sentiment.sinks._waves import Waves

_T = TypeVar("_T")

LONGEST_TOKEN: Final = 64
"""Characters of a conversation or kind within a subject or routing key; longer ones are hashed."""

_SHARE: Final = 0.8
_PLACE: Final = re.compile(r"\{(?:kind|conversation)\}")


@frozen
class Trouble:
    """Why one entry of a wave was not confirmed.

    ``shared``: the broker refused several at once for the sake of one of them, and which one is
    not known.
    """

    reason: str
    retry: bool = True
    shared: bool = False


Publish: TypeAlias = Callable[[Sequence[Entry]], Awaitable[Mapping[int, Trouble]]]
"""Publishes entries at once, no two of one conversation, and waits for what the broker says.

Returns those that were not confirmed, by their place. May be cancelled.
"""


async def in_waves(entries: Sequence[Entry], publish: Publish) -> None:
    """Send a batch so that no conversation ever has two entries that are not confirmed.

    What the broker refused together is sent once more, one by one, to find the one that it meant.
    Raises SinkFailed.
    """
    waves = Waves(entries)
    for wave in waves:
        troubles = dict(await publish([entries[place] for place in wave]))
        for index in [index for index, each in troubles.items() if each.shared and len(wave) > 1]:
            alone = await publish([entries[wave[index]]])
            del troubles[index]
            if alone:
                troubles[index] = alone[0]
        for index, trouble in troubles.items():
            waves.failed(Failure(wave[index], trouble.reason, trouble.retry))
    waves.settle()


async def together(
    calls: Sequence[Coroutine[Any, Any, _T | Trouble]], lost: asyncio.Future[None] | None = None
) -> list[_T | Trouble]:
    """What all of them return; ``connection`` for one that its library cancelled by itself.

    ``lost`` is done when the connection is: what still waits for an answer then gets none.
    """
    tasks = [asyncio.ensure_future(each) for each in calls]
    waiting: set[asyncio.Future[Any]] = {asyncio.gather(*tasks, return_exceptions=True)}
    try:
        await asyncio.wait(
            waiting | ({lost} if lost else set()), return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return [Trouble("connection") if task.cancelled() else task.result() for task in tasks]


class Deadline:
    """When a send gives up by itself: before its lane would, to tell what was confirmed by then.

    ``timeout``: the lane's, in seconds; a fifth of it is left for giving up. ``grace``: seconds
    that closing a connection may take.
    """

    def __init__(self, timeout: float) -> None:
        self.when = asyncio.get_running_loop().time() + _SHARE * timeout
        self.grace = min(1.0, (1 - _SHARE) / 4 * timeout)

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(self.when - asyncio.get_running_loop().time(), 0.0)


def headers(entry: Entry) -> dict[str, str]:
    """What a receiver wants to know without reading the body."""
    return {"id": plain(entry.id), "kind": plain(entry.kind), "schema": str(SCHEMA_VERSION)}


def plain(value: str) -> str:
    """As it is if it can stand in a header; else with ``%`` and two digits for each odd byte."""
    sound = value.isascii() and value.isprintable() and value == value.strip() and value
    return value if sound else quote(raw(value), safe="")


def raw(value: str) -> bytes:
    """As UTF-8; half a surrogate, which UTF-8 has not, as an escape."""
    return value.encode("utf-8", "backslashreplace")


def token(value: str | None) -> str:
    """One word of a subject or routing key: no dot, blank or wildcard is left in it.

    Other characters than letters, digits, ``-``, ``_`` and ``~`` become ``%`` and two digits; what
    is too long then becomes its SHA-256 in hex, and nothing ``_``.
    """
    given = raw(value or "")
    safe = quote(given, safe="").replace(".", "%2E")
    if len(safe) > LONGEST_TOKEN:
        safe = sha256(given).hexdigest()
    return safe or "_"


def fill(template: str, entry: Entry) -> str:
    """A subject or routing key with the entry's ``{kind}`` and ``{conversation}`` in it."""
    return template.replace("{kind}", token(entry.kind)).replace(
        "{conversation}", token(entry.conversation)
    )


def check_template(template: str, what: str, *, longest: int, empty: bool = False) -> None:
    """Raises ConfigurationError for a template that cannot become a sound subject or key."""
    fixed, places = _PLACE.subn("", template)
    if re.search(r"[{}]", fixed):
        raise ConfigurationError(f"{what}: only {{kind}} and {{conversation}} can stand in braces")
    if len(fixed.encode()) + places * LONGEST_TOKEN > longest or not (template or empty):
        raise ConfigurationError(f"{what}: give 1 to {longest} bytes, what is filled in included")


def check_url(url: str, schemes: Sequence[str], what: str) -> SplitResult:
    """The parts of a URL; raises ConfigurationError, which never shows the URL."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        like = " or ".join(f"{scheme}://host:port" for scheme in schemes)
        raise ConfigurationError(f"{what}: give {like}")
    return parts


def place_of(parts: SplitResult) -> str:
    """The host and port of a URL, and nothing else of it."""
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def need(module: str, extra: str) -> None:
    """Raises ConfigurationError when an optional library is not installed."""
    if find_spec(module) is None:
        raise ConfigurationError(f"install genesys-sentiment[{extra}]: {module} is missing")
