"""The close and status matrix, a row each, through the whole stack (C4)."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

import pytest
import trustme

from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.errors import (
    AuthError,
    CertificateRefused,
    CloudError,
    HandshakeRefused,
    PermissionDenied,
    ProtocolError,
)
from genesys_sentiment.model.events import Unknown
from genesys_sentiment.simulator import (
    Abort,
    AnnounceClosing,
    AnswerGarbage,
    AnswerLate,
    AnswerNothing,
    Close,
    On,
    Raw,
    Refuse,
    Say,
    Simulator,
)
from tests.matrix.stage import CHANNELS, PRESENCE, ROUGHLY, staged, until

A_WHILE = 40.0
"""Seconds after which a connection counts as good."""


async def test_c4_01_our_own_close_ends_the_iteration() -> None:
    """C4-1: 1000 is what the server hears, the iterator ends, nothing is opened again."""
    async with staged() as stage:
        await stage.stream.ready()
        await stage.stream.close()
        await until(lambda: stage.simulator.open_sockets == 0)
        await stage.at(stage.clock.monotonic() + 600.0)
    assert stage.error is None
    assert stage.stream.state == "done"
    assert stage.simulator.connections == 1
    assert stage.gaps == []


NO_CODE = Say((Raw(b"\x88\x00"),), after=A_WHILE)
ENDS = [Close(code, after=A_WHILE) for code in (1000, 1001, 1011, 1012, 1013, 1014)]


async def test_c4_02_closes_that_mean_connect_again() -> None:
    """C4-2: theirs of 1000, 1001, 1005, 1006, 1011 to 1014; a gap each, and within five seconds."""
    async with staged(*ENDS, NO_CODE, Abort(after=A_WHILE), speed=2_000) as stage:
        await until(lambda: len(stage.notes.opened) == 9)
        await until(lambda: len(stage.gaps) == 8)
    assert stage.notes.codes == [1000, 1001, 1011, 1012, 1013, 1014, 1005, 1006]
    assert stage.gaps == ["disconnected"] * 8
    assert stage.error is None


async def test_c4_02_a_close_on_the_wire_with_1015() -> None:
    """C4-2: nobody may send 1015; it is a protocol error, and one of those costs a reconnect."""
    forbidden = Say((Raw(b"\x88\x02\x03\xf7"),), after=A_WHILE)
    async with staged(forbidden) as stage:
        await until(lambda: len(stage.notes.opened) == 2)
    assert stage.error is None


@pytest.mark.parametrize("script", [[Close(4001)] * 3, [Refuse(401)] * 3], ids=["4001", "401"])
async def test_c4_03_a_token_that_is_refused_three_times(script: list[Any]) -> None:
    """C4-3: another token each time, then AuthError; a fourth is not asked for."""
    async with staged(*script) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, AuthError)
    assert stage.simulator.token_requests == 3
    assert stage.simulator.requests[f"POST {CHANNELS}"] == 3, "a channel is its token's"


async def test_c4_03_a_refused_token_is_replaced_and_all_is_well() -> None:
    """C4-3: twice is not three times, and behind a good connection the count begins anew."""
    script = [Close(4001), Close(4001, after=A_WHILE), Refuse(401), None]
    async with staged(*script) as stage:
        await until(lambda: len(stage.notes.opened) == 3)
        await stage.at(stage.clock.monotonic() + 60.0)
        assert not stage.stream.degraded
    assert stage.error is None
    assert stage.simulator.token_requests == 4


async def test_c4_04_a_missing_permission_ends_it_with_its_name() -> None:
    """C4-4: REST names what is missing; at once, without a second try."""
    said = "You are missing the following permission(s): notifications:channel:add"
    body = json.dumps({"status": 403, "code": "missing.permissions", "message": said}).encode()
    no = AnswerGarbage(body=body, content_type="application/json", status=403)

    def prepare(simulator: Simulator) -> None:
        simulator.rest_script = [On("POST", CHANNELS, *[no] * 10)]

    async with staged(prepare=prepare) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, PermissionDenied)
    assert stage.error.missing == ("notifications:channel:add",)
    assert stage.simulator.requests[f"POST {CHANNELS}"] == 1


@pytest.mark.parametrize("fate", [Refuse(403), Close(4003)], ids=str)
async def test_c4_04_forbidden_on_the_socket_ends_it(fate: Any) -> None:
    """C4-4: nobody says there what is missing, so the advice is general."""
    async with staged(*[fate] * 10) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, PermissionDenied)
    assert "permission" in str(stage.error)
    assert len(stage.notes.tried) == 1


@pytest.mark.parametrize("code", [1002, 1003, 1007])
async def test_c4_05_protocol_errors(code: int) -> None:
    """C4-5: a clean reconnect each, and the third within five minutes is the end."""
    async with staged(*[Close(code, after=60.0)] * 10, speed=2_000) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, ProtocolError)
    assert stage.error.code == code
    assert stage.notes.codes == [code] * 3


async def test_c4_05_protocol_errors_now_and_then() -> None:
    """C4-5: three in ten minutes are none too many."""
    async with staged(*[Close(1002, after=200.0)] * 3) as stage:
        await until(lambda: len(stage.notes.opened) == 4)
    assert stage.error is None


@pytest.mark.parametrize(("code", "advice"), [(1008, "policy"), (1009, "1 MiB")])
async def test_c4_06_policy_and_size(code: int, advice: str) -> None:
    """C4-6: twice it is borne, the third time it ends with advice."""
    async with staged(*[Close(code, after=A_WHILE)] * 10, speed=2_000) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, ProtocolError)
    assert advice in str(stage.error)
    assert stage.notes.codes == [code] * 3


async def test_c4_06_our_own_1009() -> None:
    """C4-6, C5-16: a frame of more than 1 MiB is refused by us; the next connection goes on."""
    async with staged(Say(("x" * (1 << 20) + "x",), after=A_WHILE), speed=1_000) as stage:
        await until(lambda: len(stage.notes.opened) == 2)
        await until(lambda: stage.gaps)
    assert stage.error is None
    assert stage.notes.codes == [1009]


async def test_c4_07_one_token_waits_for_all_its_callers() -> None:
    """C4-7: 429 of one call holds another one's, and the handshake's own is waited out, too."""

    def prepare(simulator: Simulator) -> None:
        simulator.rest_script = [On("POST", CHANNELS, Refuse(429, retry_after=20))]

    async with staged(Refuse(429, retry_after=30), prepare=prepare, speed=500) as stage:
        await until(lambda: stage.simulator.requests[f"POST {CHANNELS}"])
        # Counted there, its answer is on its way; time passes here when it has come.
        await until(lambda: stage.clock.monotonic() > 0.0)
        await stage.cloud.rest.request("GET", CHANNELS)
        assert stage.clock.monotonic() >= 20.0, "when the 20 are over, and not before"
        await until(lambda: stage.notes.opened)
    first, second = stage.notes.tried
    assert first >= 20.0
    assert second - first >= 30.0 - ROUGHLY


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_c4_08_answers_that_pass(status: int) -> None:
    """C4-8: of the handshake, of REST and of the token endpoint."""

    def prepare(simulator: Simulator) -> None:
        simulator.token_failures = [status]
        simulator.rest_script = [On("POST", CHANNELS, Refuse(status))]

    async with staged(Refuse(status), prepare=prepare) as stage:
        await until(lambda: stage.notes.opened)
    assert stage.error is None
    assert (len(stage.notes.tried), stage.simulator.token_requests) == (2, 2)
    assert stage.simulator.requests[f"POST {CHANNELS}"] == 2


async def test_c4_08_no_answer() -> None:
    """C4-8: reset, time-out and a name that does not resolve (C5-11 has ten minutes of it)."""

    def prepare(simulator: Simulator) -> None:
        # aiohttp repeats neither a POST nor a PUT by itself.
        simulator.rest_script = [On("POST", CHANNELS, AnswerNothing(), AnswerLate(1e9))]

    async with staged(prepare=prepare, speed=50, timeout=0.3) as stage:
        stage.names.failing = True
        await until(lambda: stage.names.asked["localhost"] >= 2)
        stage.names.failing = False
        await until(lambda: stage.notes.opened)
    assert stage.error is None


@pytest.mark.parametrize("status", [400, 402, 405, 409, 418, 451])
async def test_c4_09_other_refusals_are_final(status: int) -> None:
    """C4-9: of the handshake and of REST."""
    async with staged(*[Refuse(status)] * 10) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, HandshakeRefused)
    assert (stage.error.status, len(stage.notes.tried)) == (status, 1)

    def prepare(simulator: Simulator) -> None:
        simulator.rest_script = [On("POST", CHANNELS, *[Refuse(status)] * 10)]

    async with staged(prepare=prepare) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, CloudError)
    assert stage.simulator.requests[f"POST {CHANNELS}"] == 1


async def test_c4_10_a_certificate_that_nobody_vouches_for_ends_it() -> None:
    """C4-10, C5-28: at once; nothing is said to it, neither with TLS nor without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    met: list[object] = []
    # The server's side of a failed handshake is not ours to complain of.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    server = await asyncio.start_server(lambda *each: met.append(each), "127.0.0.1", ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        dialect = InteractionStream(host=f"localhost:{port}")
        async with staged(dialect=dialect, topics=()) as stage:
            await until(lambda: stage.error)
    assert isinstance(stage.error, CertificateRefused)
    assert stage.error.host == "localhost"
    assert (len(stage.notes.tried), met) == (1, [])


async def test_c4_11_closing_is_announced_and_channels_grow_old() -> None:
    """C4-11: another connection before the old one goes, and every event once; not one gap.

    The server closes a minute after it says so; a channel lives an hour, a token three.
    """
    lives: dict[str, Any] = {"channel_lifetime": 3_600.0, "token_lifetime": 10_800.0}
    async with staged(AnnounceClosing(after=600.0), every=60.0, **lives) as stage:
        await stage.stream.ready()
        said = 0
        while stage.clock.monotonic() < 3 * 3_600.0:
            said += 1
            assert stage.simulator.publish(PRESENCE, {"number": said}) >= 1, "nobody listened"
            await stage.clock.sleep(60.0)
        await until(lambda: len(numbers(stage.events)) == said)
        assert not stage.stream.degraded
    assert numbers(stage.events) == list(range(1, said + 1))
    assert stage.gaps == []
    assert stage.simulator.connections >= 5
    assert stage.simulator.token_requests >= 2


def numbers(events: list[Any]) -> list[int]:
    return [json.loads(event.body)["number"] for event in events if isinstance(event, Unknown)]
