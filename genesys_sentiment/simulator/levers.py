"""Everything of the simulator that goes wrong when somebody wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from genesys_sentiment.simulator.accounts import Accounts
from genesys_sentiment.simulator.answers import Refuse
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.faults import Script, system
from genesys_sentiment.simulator.front import Front
from genesys_sentiment.simulator.rest import Rest
from genesys_sentiment.simulator.rest_script import On
from genesys_sentiment.simulator.sockets import Connection, Door


class Levers:
    """What is scripted for the sockets and requests to come, and what can be done at any moment."""

    def __init__(
        self, accounts: Accounts, channels: Channels, front: Front, door: Door, rest: Rest
    ) -> None:
        self._accounts = accounts
        self._channels = channels
        self._front = front
        self._door = door
        self._rest = rest

    @property
    def rest_script(self) -> list[On]:
        """What becomes of the requests to come, by method and path; empty: all behave."""
        return self._front.fates.rules

    @rest_script.setter
    def rest_script(self, rules: Iterable[On]) -> None:
        self._front.fates.rules = list(rules)

    @property
    def rate_limit(self) -> int | None:
        """Requests a minute and token from now on; None for no limit."""
        return self._accounts.rate

    @rate_limit.setter
    def rate_limit(self, requests: int | None) -> None:
        self._accounts.rate = requests

    @property
    def token_failures(self) -> list[int | Refuse]:
        """How the next requests to the token endpoint fail, first in first out."""
        return self._front.token_failures

    @token_failures.setter
    def token_failures(self, failures: Iterable[int | Refuse]) -> None:
        self._front.token_failures = list(failures)

    @property
    def api_failures(self) -> list[int | Refuse]:
        """How the next requests to the Platform API fail, first in first out."""
        return self._front.api_failures

    @api_failures.setter
    def api_failures(self, failures: Iterable[int | Refuse]) -> None:
        self._front.api_failures = list(failures)

    @property
    def write_conflicts(self) -> int:
        """How many of the next writes of attributes end in 409, as if somebody wrote before."""
        return self._rest.attributes.conflicts

    @write_conflicts.setter
    def write_conflicts(self, times: int) -> None:
        self._rest.attributes.conflicts = times

    @property
    def script(self) -> list[Script]:
        """The fates of the sockets to come, first in first out; empty: all behave."""
        return self._door.script

    @script.setter
    def script(self, fates: Iterable[Script]) -> None:
        self._door.script = list(fates)

    async def abort_sockets(self) -> None:
        """Reset every open socket, without a close frame."""
        self._door.each(Connection.abort)
        await asyncio.sleep(0)

    def close_sockets(self, code: int = 1001) -> None:
        """Close every open socket properly."""
        self._door.each(lambda connection: connection.leave(code))

    def mute_sockets(self) -> None:
        """Every open socket goes silent and stays open."""
        self._door.each(Connection.mute)

    def announce_closing(self) -> None:
        """Announce maintenance on every open socket. Closing them is up to the caller."""
        message = system("v2.system.socket_closing", {"message": "The socket is closing"})
        self._door.each(lambda connection: connection.say(message))

    def take_subscriptions(self) -> None:
        """Every channel loses its topics to another channel, and is told so."""
        for channel in self._channels:
            channel.subscribe((), replace=True)
        self._tell("no_longer_subscribed", "another_channel_subscribed")

    def evict_channels(self) -> None:
        """Forget every channel, as the limit of 20 does; their sockets close with 1001."""
        for channel in self._channels:
            self._channels.evict(channel)

    def open_elsewhere(self, count: int = 1) -> None:
        """Another program of the same OAuth client opens channels.

        Where there are 20 already (``channel_limit``), each evicts another one: idle ones first,
        then those that were used longest ago.
        """
        token = self._accounts.issue()
        for _ in range(count):
            self._channels.create(token)

    def expire_tokens(self) -> None:
        """Every token ends now; so does whatever was opened with them."""
        self._accounts.expire()
        self._check()

    def revoke_tokens(self) -> None:
        """As ``expire_tokens``, but the sockets are told first."""
        self._tell("token_revoked", "user_tokens_revoked")
        self.expire_tokens()

    def _tell(self, kind: str, reason: str) -> None:
        for channel in self._channels:
            if channel.listener is not None:
                body = {"channelId": channel.id, "systemTopicType": kind, "reason": reason}
                channel.listener.say(system(f"v2.system.{kind}.{channel.id}", body))

    def _check(self) -> None:
        self._channels.sweep()
        self._door.check()
