"""What a wire language is: how a socket is admitted, and what is said on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from aiohttp import web
from attrs import field, frozen

from genesys_sentiment.simulator.call_files import Hint, Turn
from genesys_sentiment.simulator.conversation import Conversation


@frozen(kw_only=True)
class Entered:
    """A conversation entered a status: ``queued``, ``ringing``, ``connected``, ``ended``, ``done``.

    ``ended``: hung up, after-call work begins. ``done``: that is over, too. ``at``, here and below:
    the platform's time, seconds since the epoch.
    """

    conversation: Conversation
    status: str
    at: float


@frozen(kw_only=True)
class Spoken:
    """The final text of a turn left the recogniser."""

    conversation: Conversation
    turn: Turn
    at: float


@frozen(kw_only=True)
class Advised:
    """An article was suggested (``state`` is ``Suggested``), or the agent did something with it."""

    conversation: Conversation
    hint: Hint
    state: str
    at: float


Happening: TypeAlias = Entered | Spoken | Advised
"""What the player plays, before it is put into any language."""


@frozen(kw_only=True)
class Host:
    """What a language may ask the platform. ``alive``: whether a token still counts."""

    alive: Callable[[str], bool] = field(repr=False)


class Line(Protocol):
    """What a language may do with its socket."""

    def say(self, frame: str | bytes) -> None:
        """Send a frame; bytes go as a binary frame."""
        ...

    def offer(self, frame: str | bytes) -> bool:
        """Send an event, which faults may lose, double or delay; False where it is lost."""
        ...

    def leave(self, code: int) -> None:
        """Close with a code, after the frames that are already waiting."""
        ...


class Session(Protocol):
    """One socket's part of a language; everything that it must remember."""

    def hear(self, text: str) -> None:
        """The client sent a text frame."""
        ...

    def tell(self, happening: Happening) -> None:
        """Something happened on the platform."""
        ...

    def ready(self, queue: str) -> bool:
        """Whether the client is there to hear of calls in this queue."""
        ...

    def check(self) -> None:
        """Called several times a second, and when tokens end: is everything still in order?"""
        ...

    async def live(self) -> None:
        """What the platform does by itself while the socket is open: heartbeats."""
        ...

    def end(self) -> None:
        """The socket is gone."""
        ...


class Language(Protocol):
    """One wire language on one path. A frozen value."""

    @property
    def path(self) -> str:
        """The path of its endpoint."""
        ...

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """Judge an upgrade; what it gives opens the session once there is a socket.

        Raises PlatformError where the upgrade is refused.
        """
        ...
