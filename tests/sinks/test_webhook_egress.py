"""C5-26 over real sockets: a webhook connects to what was judged, and to nothing else.

The name server is a fake, as it must change its mind between two questions.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.sinks.webhook import Webhook
from tests.sinks.receiver import Receiver, answer, entry

REFUSED = [Failure(0, "refused_address")]


class Names:
    """A name server that gives the next answer each time; the last one for good."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def _send(webhook: Webhook) -> list[Failure]:
    try:
        await webhook.send([entry("1")])
    except SinkFailed as failed:
        return list(failed.failures)
    return []


def _webhook(receiver: Receiver, names: Names, **options: Any) -> Webhook:
    url = f"http://hooks.test:{receiver.port}/hook"
    return Webhook(url, **{"allow_private": "127.0.0.1/32", "lookup": names, **options})


@pytest.fixture
def no_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks the system for the name anyway does not get away with it."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: Any, **named: Any) -> Any:
        assert host != "hooks.test", "a second lookup"
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("no_lookups")
async def test_one_lookup_for_one_connection() -> None:
    """Between judging and connecting nothing can change: the second answer is never asked for."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with Receiver() as receiver:
        webhook = _webhook(receiver, names)
        assert await _send(webhook) == []
        assert await _send(webhook) == []
        await webhook.close()
    assert names.asked == ["hooks.test"]
    assert len(receiver.posted) == 2


@pytest.mark.parametrize("later", ["169.254.169.254", "127.0.0.2", "::1", "8.8.8.8"])
async def test_a_name_that_is_rebound(later: str) -> None:
    """Each new connection is judged: the server closes the first one, and the name has moved."""
    names = Names(["127.0.0.1"], [later])
    async with Receiver(lambda _: answer(200, connection="close")) as receiver:
        webhook = _webhook(receiver, names)
        assert await _send(webhook) == []
        assert await _send(webhook) == REFUSED
        await webhook.close()
    assert len(names.asked) == 2
    assert len(receiver.posted) == 1


async def test_a_good_address_beside_a_bad_one() -> None:
    async with Receiver() as receiver:
        webhook = _webhook(receiver, Names(["127.0.0.1", "10.0.0.1"]))
        assert await _send(webhook) == REFUSED
        await webhook.close()
    assert receiver.posted == []


async def test_the_address_that_answers_is_taken() -> None:
    """Both are allowed, and the first is not listening."""
    async with Receiver() as receiver:
        names = Names(["127.0.0.9", "127.0.0.1"])
        webhook = _webhook(receiver, names, allow_private=True)
        assert await _send(webhook) == []
        await webhook.close()
    assert len(names.asked) == 1


async def test_a_failed_lookup() -> None:
    """Fails closed, and may be tried again."""

    async def broken(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "temporary failure")

    async def nothing(host: str) -> Sequence[str]:
        return []

    async with Receiver() as receiver:
        for lookup in (broken, nothing):
            url = f"http://hooks.test:{receiver.port}/"
            webhook = Webhook(url, allow_private=True, lookup=lookup)
            assert await _send(webhook) == [Failure(0, "unresolved")]
            await webhook.close()
    assert receiver.posted == []


async def test_localhost_is_no_way_round() -> None:
    """No fake: the system's own lookup. TLS is never begun."""
    async with Receiver() as receiver:
        webhook = Webhook(f"https://localhost:{receiver.port}/")
        assert await _send(webhook) == REFUSED
        await webhook.close()


async def test_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look the name up itself, behind the guard."""
    async with Receiver() as proxy, Receiver() as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        webhook = _webhook(receiver, Names(["127.0.0.1"]))
        assert await _send(webhook) == []
        await webhook.close()
    assert proxy.posted == []
    assert len(receiver.posted) == 1


async def test_cookies_are_not_kept() -> None:
    async with Receiver(lambda _: answer(200, set_cookie="a=1")) as receiver:
        webhook = _webhook(receiver, Names(["127.0.0.1"]))
        assert await _send(webhook) == await _send(webhook) == []
        await webhook.close()
    assert "Cookie" not in receiver.posted[1].headers
