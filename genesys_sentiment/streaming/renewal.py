"""When another connection takes an open one's place, and why. Pure: no I/O.

One case, whatever the reason: the token ends soon, the channel has grown old, the server says that
it will close, that the channel lost its subscriptions or that the token was revoked. A new token
is announced on the open connection where the dialect can say that; all else, and a token that
nobody acknowledges, needs another connection. What fails on the way costs nothing as long as this
one lives: it is used until it really ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.model.wire import Dialect, Token
from genesys_sentiment.streaming.actions import Action, Leave, Renew, Replace, Send

ACK_TIMEOUT = 10.0
"""Seconds within which the server acknowledges a token on the open connection (S4-04)."""

FLOOR = 30.0
"""Seconds between two renewals, however short the tokens live (S4-05)."""

CHANNEL_LIFE = 24 * 3600.0
"""Seconds that a channel lives, where the platform did not say."""

_LOOK = 1.0
"""Seconds until somebody looks whether what was asked for has come."""

_State: TypeAlias = Literal["good", "asking", "announced", "replacing", "over"]


@frozen
class Life:
    """When something is renewed, and when it ends: monotonic seconds."""

    renew: float
    end: float


_ENDLESS = Life(inf, inf)


def channel_life(expires: float | None, wall: float, now: float, rollover: float) -> Life:
    """That of a channel made ``now``, when the wall clock said ``wall``.

    It is replaced ``rollover`` seconds later, or in the last 24th of what the platform gives it if
    that is sooner. An end that a wrong clock puts into the past is not believed.
    """
    life = CHANNEL_LIFE if expires is None or expires <= wall else expires - wall
    life = max(life, 2 * FLOOR)
    return Life(now + min(rollover, life * 23 / 24), now + life)


def life_of(token: Token, now: float) -> Life:
    """The lead is 300 s or a fifth of the life, at least 60 s, but never more than half of it."""
    # One that lives shorter than two floors is used on: the platform judges it.
    life = max(token.expires - now, 2 * FLOOR)
    lead = max(min(300.0, life / 5), min(60.0, life / 2))
    return Life(now + life - lead, now + life)


class Renewal:
    """One connection's time. ``now`` is monotonic seconds.

    Without a token and a channel, nothing is due until the server says something. ``tick`` and
    ``replace`` ask for a new token (``Renew``), announce it (``Send``), ask for another connection
    (``Replace``), or give the connection up when its token has ended (``Leave``). Whoever carries
    that out reports back by ``offer``, ``failed`` or ``not_replaced``. ``leave`` is what the server
    said of the end of this connection, None as long as it said nothing: once the connection has
    ended, that is why.
    """

    def __init__(
        self,
        dialect: Dialect,
        token: Token | None,
        reference: Callable[[], str],
        now: float,
        channel: Life | None = None,
    ) -> None:
        self._dialect = dialect
        self._new_reference = reference
        self._token = token
        self._life = _ENDLESS if token is None else life_of(token, now)
        self._channel = channel or _ENDLESS
        self._state: _State = "good"
        self._due = min(self._life.renew, self._channel.renew)
        self._offered: Token | None = None
        self._reference: str | None = None
        self.leave: Leave | None = None

    @property
    def deadline(self) -> float:
        """When ``tick`` wants to be called; infinity for never."""
        return min(self._due, self._life.end, self._channel.end)

    def tick(self, now: float) -> Sequence[Action]:
        """What is due."""
        if now >= self._channel.end:
            # It may live on, because subscribing prolongs it: whether it does, its silence says.
            self._channel = Life(self._channel.renew, inf)
            self.leave = self.leave or Leave(reason="channel_expired", keep_channel=False)
        if self._state == "asking" and self._offered is not None:
            return self._announce(self._offered, now)
        if now >= self._life.end and self._state != "over":
            self._state, self._due = "over", inf
            self._life = _ENDLESS
            return (Leave(reason="token_expired"),)
        if now < self._due:
            return ()
        if self._state == "good":
            if self.leave is not None or now >= self._channel.renew:
                return self._replace()
            self._state, self._due = "asking", now + _LOOK
            return (Renew(),)
        if self._state == "announced":
            return self._replace()
        self._due = now + _LOOK
        return ()

    def replace(self, leave: Leave) -> Sequence[Action]:
        """The server will end this connection, or made it useless. Said again, it is one case."""
        if self.leave is None or not leave.keep_channel:
            self.leave = leave
        return () if self._state in ("replacing", "over") else self._replace()

    def offer(self, token: Token) -> None:
        """A token that is good now; perhaps still the same."""
        self._offered = token

    def failed(self, now: float) -> None:
        """There was no token: try again later, if there is time."""
        self._offered = None
        if self._state == "asking":
            self._state, self._due = "good", now + FLOOR

    def not_replaced(self, now: float, after: float) -> None:
        """There was no other connection: another try in ``after`` seconds, later without hurry."""
        if self._state == "replacing":
            wait = after if self.leave is not None else max(after, FLOOR)
            self._state, self._due = "good", now + wait

    def answered(self, reference: str | None) -> bool:
        """Whether an answer with this reference is about the announced token."""
        return self._state == "announced" and reference in (None, self._reference)

    def acknowledged(self, now: float) -> None:
        """The server took the token: it is this connection's from now on."""
        if (token := self._offered) is not None:
            self._token, self._offered = token, None
            self._life = life_of(token, now)
            self._state, self._due = "good", min(self._life.renew, self._channel.renew)

    def refused(self) -> Sequence[Action]:
        """The server did not take the token."""
        return self._replace()

    def _announce(self, token: Token, now: float) -> Sequence[Action]:
        if self._token is not None and token.value == self._token.value:
            self.failed(now)  # not old enough for whoever gives them
            return ()
        request = self._dialect.renew(token, self._new_reference)
        if request is None:
            return self._replace()
        self._reference = request.reference
        self._state, self._due = "announced", now + ACK_TIMEOUT
        return (Send(request.text),)

    def _replace(self) -> Sequence[Action]:
        self._offered = None
        self._state, self._due = "replacing", inf
        return (Replace(),)
