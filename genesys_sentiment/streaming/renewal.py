"""When the token behind an open connection is renewed, and what follows. Pure: no I/O.

A new token is announced on the open connection where the dialect can say that; else, or where
nobody acknowledges it, another connection takes this one's place before the token ends. What
fails on the way costs nothing while the token is good: the connection is healthy.
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

_LOOK = 1.0
"""Seconds until somebody looks whether what was asked for has come."""

_State: TypeAlias = Literal["good", "asking", "announced", "replacing", "over"]


@frozen
class _Life:
    """When a token that came at some time is renewed, and when it ends: monotonic seconds."""

    renew: float
    end: float


def life_of(token: Token, now: float) -> _Life:
    """The lead is 300 s or a fifth of the life, at least 60 s, but never more than half of it."""
    # One that lives shorter than two floors is used on: the platform judges it.
    life = max(token.expires - now, 2 * FLOOR)
    lead = max(min(300.0, life / 5), min(60.0, life / 2))
    return _Life(now + life - lead, now + life)


class Renewal:
    """One connection's token. ``now`` is monotonic seconds; without a token nothing is ever due.

    ``tick`` asks for a new token (``Renew``), announces it (``Send``), asks for another connection
    (``Replace``), or gives the connection up when its token has ended (``Leave``). Whoever carries
    that out reports back by ``offer``, ``failed`` or ``not_replaced``.
    """

    def __init__(
        self, dialect: Dialect, token: Token | None, reference: Callable[[], str], now: float
    ) -> None:
        self._dialect = dialect
        self._new_reference = reference
        self._token = token
        self._life = _Life(inf, inf) if token is None else life_of(token, now)
        self._state: _State = "good"
        self._due = self._life.renew
        self._offered: Token | None = None
        self._reference: str | None = None

    @property
    def deadline(self) -> float:
        """When ``tick`` wants to be called; infinity for never."""
        return min(self._due, self._life.end)

    def tick(self, now: float) -> Sequence[Action]:
        """What is due."""
        if self._state == "asking" and self._offered is not None:
            return self._announce(self._offered, now)
        if now >= self._life.end and self._state != "over":
            self._state, self._due = "over", inf
            self._life = _Life(inf, inf)
            return (Leave(reason="token_expired"),)
        if now < self._due:
            return ()
        if self._state == "good":
            self._state, self._due = "asking", now + _LOOK
            return (Renew(),)
        if self._state == "announced":
            return self._replace(now)
        self._due = now + _LOOK
        return ()

    def offer(self, token: Token) -> None:
        """A token that is good now; perhaps still the same."""
        self._offered = token

    def failed(self, now: float) -> None:
        """There was no token, or no other connection: try again later, if there is time."""
        self._offered = None
        if self._state in ("asking", "replacing"):
            self._state, self._due = "good", now + FLOOR

    def answered(self, reference: str | None) -> bool:
        """Whether an answer with this reference is about the announced token."""
        return self._state == "announced" and reference in (None, self._reference)

    def acknowledged(self, now: float) -> None:
        """The server took the token: it is this connection's from now on."""
        if (token := self._offered) is not None:
            self._token, self._offered = token, None
            self._life = life_of(token, now)
            self._state, self._due = "good", self._life.renew

    def refused(self, now: float) -> Sequence[Action]:
        """The server did not take the token."""
        return self._replace(now)

    def _announce(self, token: Token, now: float) -> Sequence[Action]:
        if self._token is not None and token.value == self._token.value:
            self.failed(now)  # not old enough for whoever gives them
            return ()
        request = self._dialect.renew(token, self._new_reference)
        if request is None:
            return self._replace(now)
        self._reference = request.reference
        self._state, self._due = "announced", now + ACK_TIMEOUT
        return (Send(request.text),)

    def _replace(self, now: float) -> Sequence[Action]:
        self._offered = None
        self._state, self._due = "replacing", now + _LOOK
        return (Replace(),)
