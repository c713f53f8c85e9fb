"""C5-28: real TLS with an authority of our own: what is verified, and that nothing goes without.

Only the name is a fake: ``hooks.test`` leads to this machine.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.sinks import webhook as webhook_module
from genesys_sentiment.sinks.signature import verify
from genesys_sentiment.sinks.webhook import Webhook
from tests.sinks.receiver import Receiver, entry

NAME = "hooks.test"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
REFUSED = [Failure(0, "certificate")]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def _server(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


async def _here(host: str) -> Sequence[str]:
    assert host == NAME
    return ["127.0.0.1"]


async def _send(receiver: Receiver, **options: Any) -> list[Failure]:
    options = {"allow_private": True, "lookup": _here, "secret": SECRET, **options}
    webhook = Webhook(f"https://{NAME}:{receiver.port}/hook", **options)
    try:
        await webhook.send([entry("1")])
    except SinkFailed as failed:
        return list(failed.failures)
    finally:
        await webhook.close()
    return []


async def test_an_authority_of_ones_own(authority: trustme.CA, ca: Path) -> None:
    """As a file and as a context; the name, not the address, is asked for and verified."""
    asked: list[str | None] = []
    context = _server(authority.issue_cert(NAME))

    def note(_socket: object, name: str | None, _context: object) -> None:
        asked.append(name)

    context.sni_callback = note
    async with Receiver(context=context) as receiver:
        assert await _send(receiver, ca=ca) == []
        assert await _send(receiver, ca=ssl.create_default_context(cafile=ca)) == []
    assert asked == [NAME, NAME]
    for posted in receiver.posted:
        assert posted.headers["Host"] == f"{NAME}:{receiver.port}"
        verify(posted.body, posted.headers, SECRET, now=float(posted.headers["webhook-timestamp"]))
    assert len(receiver.posted) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_address_in_the_certificate(authority: trustme.CA, ca: Path, host: str) -> None:
    """A literal address is verified as one; no name is looked up."""

    async def never(host: str) -> Sequence[str]:
        raise AssertionError(host)

    async with Receiver(context=_server(authority.issue_cert(host)), host=host) as receiver:
        webhook = Webhook(receiver.url, ca=ca, allow_private=True, lookup=never)
        await webhook.send([entry("1")])
        await webhook.close()
    assert receiver.ids() == ["1"]


async def test_an_authority_that_is_not_trusted(authority: trustme.CA) -> None:
    async with Receiver(context=_server(authority.issue_cert(NAME))) as receiver:
        assert await _send(receiver) == REFUSED
    assert receiver.posted == []


async def test_self_signed(ca: Path) -> None:
    """A certificate that nobody but itself vouches for: another authority of the same making."""
    async with Receiver(context=_server(trustme.CA().issue_cert(NAME))) as receiver:
        assert await _send(receiver, ca=ca) == REFUSED
    assert receiver.posted == []


async def test_expired(authority: trustme.CA, ca: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    old = authority.issue_cert(NAME, not_after=yesterday)
    async with Receiver(context=_server(old)) as receiver:
        assert await _send(receiver, ca=ca) == REFUSED
    assert receiver.posted == []


async def test_of_another_host(authority: trustme.CA, ca: Path) -> None:
    """The address that it has is no excuse for a wrong name."""
    other = authority.issue_cert("other.test", "127.0.0.1")
    async with Receiver(context=_server(other)) as receiver:
        assert await _send(receiver, ca=ca) == REFUSED
    assert receiver.posted == []


async def test_tls_1_1(authority: trustme.CA, ca: Path) -> None:
    """A server of the old kind, on a thread: asyncio's own would cut the line without an alert."""
    context = _server(authority.issue_cert(NAME))
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        serving = asyncio.create_task(asyncio.to_thread(_serve_once, listening, context))
        webhook = Webhook(
            f"https://{NAME}:{listening.getsockname()[1]}/",
            ca=ca,
            allow_private=True,
            lookup=_here,
        )
        with pytest.raises(SinkFailed) as caught:
            await webhook.send([entry("1")])
        await webhook.close()
        assert await serving == "UNSUPPORTED_PROTOCOL"
    assert list(caught.value.failures) == REFUSED


def _serve_once(listening: socket.socket, context: ssl.SSLContext) -> str | None:
    """What the handshake of one connection ended with."""
    connection, _ = listening.accept()
    with connection:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except ssl.SSLError as error:
            return error.reason
    return None


async def test_tls_1_2_is_enough(authority: trustme.CA, ca: Path) -> None:
    context = _server(authority.issue_cert(NAME))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with Receiver(context=context) as receiver:
        assert await _send(receiver, ca=ca) == []


async def test_no_tls_at_all(ca: Path) -> None:
    """Never downgraded: a plain receiver at an https address gets nothing."""
    async with Receiver() as receiver:
        assert await _send(receiver, ca=ca) == REFUSED
    assert receiver.posted == []


async def test_a_line_that_is_cut_during_the_handshake_may_be_tried_again(ca: Path) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        webhook = Webhook(f"https://{NAME}:{port}/", ca=ca, allow_private=True, lookup=_here)
        with pytest.raises(SinkFailed) as caught:
            await webhook.send([entry("1")])
        await webhook.close()
    assert caught.value.failures == (Failure(0, "connection"),)


async def test_a_handshake_that_never_ends(ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting has a time limit of its own, 5 s, of which the handshake is a part."""
    assert webhook_module._CONNECT == 5.0
    monkeypatch.setattr(webhook_module, "_CONNECT", 0.05)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        webhook = Webhook(f"https://{NAME}:{port}/", ca=ca, allow_private=True, lookup=_here)
        with pytest.raises(SinkFailed) as caught:
            async with asyncio.timeout(5):
                await webhook.send([entry("1")])
        await webhook.close()
        await asyncio.sleep(0.02)
    assert caught.value.failures == (Failure(0, "timeout"),)
