"""The webhook sink against a real receiver: what is posted, and what each answer means."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.errors import ConfigurationError, Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Retry, Sink
from genesys_sentiment.model.export import iso
from genesys_sentiment.sinks.payloads import assist_sync, crm_sync
from genesys_sentiment.sinks.signature import verify
from genesys_sentiment.sinks.webhook import LARGEST_ANSWER, LARGEST_BODY, Webhook
from tests.sinks.receiver import Answer, Posted, Receiver, always, answer, entries, entry

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_" + "QUJD" * 8
NOW = 1_790_000_000.75


def _webhook(receiver: Receiver, **options: Any) -> Webhook:
    options.setdefault("clock", VirtualClock(NOW))
    return Webhook(receiver.url, allow_private=True, **options)


async def _send(webhook: Webhook, *batch: Entry) -> list[Failure]:
    """One send; the failures, none when all went through."""
    try:
        await webhook.send(batch)
    except SinkFailed as failed:
        return list(failed.failures)
    finally:
        await webhook.close()
    return []


async def test_one_signed_post_for_each_entry() -> None:
    async with Receiver() as receiver:
        webhook = _webhook(receiver, secret=SECRET, headers={"X-Key": "k"})
        assert isinstance(webhook, Sink)
        assert await _send(webhook, entry("score:1", value=-0.5)) == []
    (posted,) = receiver.posted
    assert (posted.method, posted.path) == ("POST", "/hook")
    assert msgspec.json.decode(posted.body)["value"] == -0.5
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["X-Key"] == "k"
    assert posted.headers["webhook-timestamp"] == "1790000000"
    assert verify(posted.body, posted.headers, SECRET, now=NOW) == "score:1"


async def test_the_id_stays_and_the_time_does_not() -> None:
    """The idempotency key is the same at every try; the timestamp is the try's own."""
    clock = VirtualClock(NOW)
    said = itertools.chain([503, 503], itertools.repeat(200))
    async with Receiver(lambda _: answer(next(said))) as receiver:
        for _ in range(3):
            await _send(_webhook(receiver, secret=SECRET, clock=clock), entry("a b.c/ä"))
            clock.advance(300)
    assert receiver.ids() == ["a%20b%2Ec%2F%C3%A4"] * 3
    times = [posted.headers["webhook-timestamp"] for posted in receiver.posted]
    assert times == ["1790000000", "1790000300", "1790000600"]
    assert len({posted.headers["webhook-signature"] for posted in receiver.posted}) == 3


async def test_several_secrets_and_none() -> None:
    async with Receiver() as receiver:
        await _send(_webhook(receiver, secret=[NEXT, SECRET]), entry("1"))
        await _send(_webhook(receiver), entry("2"))
    both, none = receiver.posted
    for known in (SECRET, NEXT):
        assert verify(both.body, both.headers, known, now=NOW) == "1"
    assert "webhook-signature" not in none.headers
    assert none.headers["webhook-timestamp"] == "1790000000"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
async def test_2xx_is_delivered(status: int) -> None:
    async with Receiver(always(status)) as receiver:
        assert await _send(_webhook(receiver), entry("1")) == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507, 599])
async def test_what_may_be_better_later_is_tried_again(status: int) -> None:
    async with Receiver(always(status)) as receiver:
        assert await _send(_webhook(receiver), entry("1")) == [Failure(0, f"http_{status}")]
    assert len(receiver.posted) == 1, "the lane tries again, not the sink"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 451])
async def test_other_4xx_are_given_up(status: int) -> None:
    async with Receiver(always(status)) as receiver:
        webhook = _webhook(receiver)
        failure = Failure(0, f"http_{status}", retry=False)
        assert await _send(webhook, entry("1")) == [failure]
    assert webhook.lane.retry.refusals == 3


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("86400", 3600.0),
        (format_datetime(datetime.fromtimestamp(NOW + 90.25, UTC), usegmt=True), 90.25),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0.0),
        (format_datetime(datetime.fromtimestamp(NOW + 10**6, UTC), usegmt=True), 3600.0),
        ("soon", None),
    ],
)
async def test_retry_after_in_both_forms(header: str, after: float | None) -> None:
    async with Receiver(always(429, retry_after=header)) as receiver:
        (failure,) = await _send(_webhook(receiver), entry("1"))
    assert failure.after == (after if after is None else pytest.approx(after, abs=0.01))


async def test_the_lane_says_how_long_a_receiver_can_ask_for() -> None:
    async with Receiver(always(503, retry_after="500")) as receiver:
        lane = Lane(retry=Retry(longest_wait=60.0), timeout=60.0)
        (failure,) = await _send(_webhook(receiver, lane=lane), entry("1"))
    assert failure.after == 60.0


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("other", [False, True], ids=["same", "cross-origin"])
async def test_redirects_are_failures(status: int, other: bool) -> None:
    """C5-27: not followed, neither on the same host nor on another; nothing is sent again."""
    async with Receiver() as elsewhere, Receiver() as receiver:
        target = elsewhere.url if other else "/elsewhere"
        receiver.script = always(status, location=target)
        webhook = _webhook(receiver, secret=SECRET, headers={"X-Key": "k"})
        assert await _send(webhook, entry("1")) == [Failure(0, "redirect", retry=False)]
    assert [posted.path for posted in receiver.posted] == ["/hook"]
    assert elsewhere.posted == []


async def test_410_disables() -> None:
    """The receiver wants nothing any more; nothing of the batch is lost for that."""
    async with Receiver(always(410)) as receiver:
        webhook = _webhook(receiver, concurrency=1)
        with pytest.raises(SinkFailed) as caught:
            await webhook.send([*entries(2, "c-1"), *entries(2, "c-2")])
        await webhook.close()
    assert caught.value.disabled
    assert len(receiver.posted) == 1
    assert caught.value.failures == (
        Failure(0, "http_410"),
        *(Failure(place, "held_back", tried=False) for place in (1, 2, 3)),
    )


async def test_a_slow_receiver_times_out() -> None:
    async with Receiver(lambda _: Answer(wait=5.0)) as receiver:
        assert await _send(_webhook(receiver, timeout=0.05), entry("1")) == [Failure(0, "timeout")]


async def test_a_receiver_that_is_not_there() -> None:
    async with Receiver() as receiver:
        pass
    assert await _send(_webhook(receiver), entry("1")) == [Failure(0, "connection")]


async def test_a_receiver_that_cuts_the_line() -> None:
    async with Receiver(lambda _: Answer(cut=True)) as receiver:
        assert await _send(_webhook(receiver), entry("1")) == [Failure(0, "connection")]


async def test_a_receiver_that_speaks_no_http() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        webhook = Webhook(f"http://127.0.0.1:{port}/", allow_private=True)
        assert await _send(webhook, entry("1")) == [Failure(0, "bad_answer")]


async def test_an_answer_is_read_up_to_64_kib() -> None:
    """The connection of a short answer is used again; that of a long one is dropped.

    What the socket had already brought (up to 128 KiB more) does not count.
    """
    read = {LARGEST_ANSWER: 1, 4 * LARGEST_ANSWER: 3, 50_000_000: 3}
    for size, connections in read.items():
        sent, peers = await _against_a_talker(size)
        assert len(peers) == connections
        assert sent <= 3 * (size + 1) if size < 10**6 else sent < 3 * 10**7


async def _against_a_talker(size: int) -> tuple[int, set[object]]:
    """Three POSTs to a receiver that says ``size`` bytes: how many it could send, over what."""
    sent, peers = 0, set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        peers.add(writer.get_extra_info("peername"))
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(entry("1").body))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(0, size, 65536):
                    writer.write(b"x" * min(65536, size - _))
                    sent += min(65536, size - _)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        webhook = Webhook(f"http://127.0.0.1:{port}/", allow_private=True)
        for _ in range(3):
            await webhook.send([entry("1")])
        await webhook.close()
        await asyncio.sleep(0.02)
    return sent, peers


async def test_an_answer_that_never_ends_was_an_answer() -> None:
    """The status came: it is delivered, although the rest of the answer times out."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
        await reader.read()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        webhook = Webhook(f"http://127.0.0.1:{port}/", allow_private=True, timeout=0.5)
        assert await _send(webhook, entry("1")) == []
        await asyncio.sleep(0.02)


async def test_behind_a_failure_its_conversation_waits() -> None:
    async with Receiver(lambda posted: answer(500 if posted.id == "c-1-1" else 200)) as receiver:
        failures = await _send(_webhook(receiver), *entries(4, "c-1"), *entries(2, "c-2"))
    assert failures == [
        Failure(1, "http_500"),
        Failure(2, "held_back", tried=False),
        Failure(3, "held_back", tried=False),
    ]
    assert sorted(receiver.ids()) == ["c-1-0", "c-1-1", "c-2-0", "c-2-1"]


async def test_entries_without_a_conversation_do_not_wait() -> None:
    async with Receiver(lambda posted: answer(500 if posted.id == "a" else 200)) as receiver:
        batch = [entry(name, None) for name in "abc"]
        assert await _send(_webhook(receiver), *batch) == [Failure(0, "http_500")]


async def test_conversations_at_the_same_time_but_not_too_many() -> None:
    async with Receiver(lambda _: Answer(wait=0.01)) as receiver:
        batch = [each for number in range(9) for each in entries(3, f"c-{number}")]
        assert await _send(_webhook(receiver, concurrency=3), *batch) == []
    assert receiver.busiest == 3
    assert len(receiver.posted) == 27


@given(st.lists(st.integers(0, 4), max_size=24), st.sets(st.integers(0, 23)), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_whatever_fails_the_order_holds(
    lanes: list[int], failing: set[int], concurrency: int
) -> None:
    """Batches are sent until nothing is left, as a lane does: in order, and none is lost."""
    batch = [entry(str(place), f"c-{lane}") for place, lane in enumerate(lanes)]
    asyncio.run(_until_all_is_sent(batch, failing, concurrency))


async def _until_all_is_sent(batch: list[Entry], failing: set[int], concurrency: int) -> None:
    chance = random.Random(len(batch))
    tries: defaultdict[str, int] = defaultdict(int)
    accepted: list[str] = []

    def script(posted: Posted) -> Answer:
        tries[posted.id] += 1
        if int(posted.id) in failing and tries[posted.id] <= 2:
            return Answer(503, wait=chance.random() / 500)
        accepted.append(posted.id)
        return Answer(200, wait=chance.random() / 500)

    async with Receiver(script) as receiver:
        webhook = _webhook(receiver, concurrency=concurrency)
        left = batch
        for _ in range(60):
            failures = await _send(webhook, *left)
            assert {failure.reason for failure in failures} <= {"http_503", "held_back"}
            assert all(failure.tried == (failure.reason == "http_503") for failure in failures)
            left = [left[failure.index] for failure in failures]
            if not left:
                break
    by_lane: defaultdict[str, list[int]] = defaultdict(list)
    for name in accepted:
        by_lane[batch[int(name)].lane].append(int(name))
    assert all(places == sorted(places) for places in by_lane.values())
    assert sorted(map(int, accepted)) == list(range(len(batch)))


async def test_a_batch_ends_in_time_whatever_the_receiver_does() -> None:
    """What did not begin in time is held back, so that the lane does not cut the batch off."""
    async with Receiver(lambda _: Answer(wait=0.4)) as receiver:
        webhook = _webhook(receiver, timeout=5.0, lane=Lane(timeout=7.0), concurrency=1)
        failures = await _send(webhook, *entries(5, "c-1"), *entries(1, "c-2"))
    sent = len(receiver.posted)
    assert 2 <= sent <= 3
    assert failures == [Failure(place, "held_back", tried=False) for place in range(sent, 6)]


async def test_cancelled_it_leaves_nothing_behind() -> None:
    """The fixture of all tests looks for tasks that are left."""
    async with Receiver(lambda _: Answer(wait=5.0)) as receiver:
        webhook = _webhook(receiver)
        task = asyncio.create_task(webhook.send(entries(1)))
        while not receiver.posted:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        receiver.script = lambda _: Answer()
        assert await _send(webhook, entry("again")) == []


async def test_closed_it_opens_again() -> None:
    async with Receiver() as receiver:
        webhook = _webhook(receiver)
        await webhook.close()
        await webhook.send([])
        for name in ("1", "2"):
            await webhook.send([entry(name)])
            await webhook.close()
            await webhook.close()
    assert receiver.ids() == ["1", "2"]


class TestPayload:
    """What a function makes of an entry is posted instead of the record."""

    async def _post(self, payload: Any, *batch: Entry) -> tuple[list[Failure], list[Posted]]:
        async with Receiver() as receiver:
            failures = await _send(_webhook(receiver, secret=SECRET, payload=payload), *batch)
        for posted in receiver.posted:
            verify(posted.body, posted.headers, SECRET, now=NOW)
        return failures, receiver.posted

    async def test_the_crm(self) -> None:
        """S1-16: event, data and syncTimestamp in one signed POST, with a stable id."""
        values = {
            "forwardingId": "1f81eb52-5198-4599-803e-771906343485",
            "polarity": "negative",
            "positive": 0.1,
            "neutral": 0.1,
            "negative": 0.8,
            "confidence": None,
            "threshold": 0.6,
            "at": "2026-11-20T19:30:00.000Z",
        }
        conversation = "5e1c0a3e-3a4e-4b0c-9c52-8a1f0d7b2e64"
        forward = entry("forward:1", conversation, "forward", **values)
        failures, (posted,) = await self._post(crm_sync, forward)
        assert failures == []
        said = msgspec.json.decode(posted.body)
        assert said["event"] == "sentiment.forwarded"
        assert said["data"]["conversationId"] == conversation
        assert said["syncTimestamp"] == iso(NOW)
        assert posted.id == "forward:1"

    async def test_the_knowledge_platform(self) -> None:
        """S2-12: type, interactionId, acceptedArticleId, rate and time in one signed POST."""
        values = {"reaction": "accepted", "suggestionId": "s-1", "reference": "article-9"}
        accepted = entry("acceptance:1", "c-1", "acceptance", rate=0.5, at="t", **values)
        failures, (posted,) = await self._post(assist_sync, accepted)
        assert failures == []
        said = msgspec.json.decode(posted.body)
        assert said["type"] == "agent_assist_sync"
        assert (said["interactionId"], said["acceptedArticleId"]) == ("c-1", "article-9")

    async def test_an_entry_that_a_payload_is_not_for(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Which kinds a sink gets is the lane's: a wrong one is given up, and said why."""
        failures, posted = await self._post(crm_sync, *entries(2))
        assert failures == [
            Failure(0, "bad_payload", retry=False),
            Failure(1, "held_back", tried=False),
        ]
        assert posted == []
        assert "Lane(kinds=frozenset({'forward'}))" in caplog.text

    async def test_bytes_go_as_they_are(self) -> None:
        failures, (posted,) = await self._post(lambda entry, now: b"<a/>", entry("1"))
        assert (failures, posted.body) == ([], b"<a/>")

    async def test_no_payload(self) -> None:
        failures, posted = await self._post(lambda entry, now: None, entry("1"))
        assert (failures, posted) == ([Failure(0, "no_payload", retry=False)], [])

    @pytest.mark.parametrize("made", [b"\xff", {"a": object()}, ["a"], "text", 1])
    async def test_what_cannot_be_a_body(self, made: object) -> None:
        failures, posted = await self._post(lambda entry, now: made, entry("1"))
        assert (failures, posted) == ([Failure(0, "bad_payload", retry=False)], [])

    async def test_too_large(self) -> None:
        def payload(entry: Entry, now: float) -> Mapping[str, object] | bytes:
            return b"x" * (LARGEST_BODY + int(entry.id))

        failures, posted = await self._post(payload, entry("0", "c-0"), entry("1", "c-1"))
        assert failures == [Failure(1, f"too_large_{LARGEST_BODY + 1}", retry=False)]
        assert len(posted) == 1


class TestSettings:
    """What cannot work is refused before anything is sent."""

    def test_names(self) -> None:
        assert Webhook("https://crm.example/a?key=1").name == "webhook:crm.example"
        assert Webhook("https://crm.example:8443/").name == "webhook:crm.example:8443"
        assert Webhook("https://[2606:4700::1111]/").name == "webhook:2606:4700::1111"
        assert Webhook("https://crm.example/", name="crm").name == "crm"

    def test_the_defaults_are_the_documented_figures(self) -> None:
        lane = Webhook("https://crm.example/").lane
        assert lane.retry == Retry(refusals=3)
        assert lane.retry.longest_wait == 3600
        assert lane.timeout == 46.0

    @pytest.mark.parametrize(
        "wrong",
        [
            {"timeout": 0.0},
            {"timeout": -1.0},
            {"timeout": float("nan")},
            {"concurrency": 0},
            {"lane": Lane(timeout=16.5)},
            {"secret": "canary"},
            {"secret": []},
            {"headers": {"X": "a\r\nb"}},
            {"ca": "/nowhere.pem"},
            {"allow_private": "canary"},
        ],
    )
    def test_what_cannot_work(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError):
            Webhook("https://crm.example/", **wrong)
