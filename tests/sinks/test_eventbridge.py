"""The EventBridge sink against moto over real sockets: what reaches the target, once, in order.

moto stands in for AWS, which cannot be had here; its faults come from a proxy in front of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import count
from typing import Any

import pytest

pytest.importorskip("boto3", reason="no boto3")
pytest.importorskip("moto.server", reason="no moto with its server")

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Sink
from genesys_sentiment.model.export import to_json
from genesys_sentiment.scoring.forwarding import forward
from genesys_sentiment.scoring.shares import assess
from genesys_sentiment.sinks.eventbridge import EventBridge
from genesys_sentiment.sinks.payloads import SOURCE, Payload, chat_sentiment, cloud_event
from tests.sinks.moto_bus import KEY, SECRET, Proxy, Target, id_of, moto, proxy, session

CONVERSATION = "e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"
AT = 1_800_000_000.0
NAMES = count()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto(tmp_path_factory.mktemp("moto") / "log") as url:
        yield url


@pytest.fixture
def target(behind: str) -> Iterator[Target]:
    made = Target(behind, f"bus{next(NAMES)}", SOURCE)
    yield made
    made.close()


@pytest.fixture
async def front(behind: str) -> AsyncIterator[Proxy]:
    async with proxy(behind) as made:
        yield made


@pytest.fixture
async def sink(front: Proxy, target: Target) -> AsyncIterator[EventBridge]:
    made = EventBridge(target.name, endpoint=front.url, session=session())
    yield made
    await made.close()


def entry(number: int, conversation: str | None = "c", **changes: Any) -> Entry:
    body = json.dumps({"type": "score", "id": f"e{number}", "n": number}).encode()
    made = {"id": f"e{number}", "kind": "score", "at": AT + number, "body": body}
    return Entry(conversation=conversation, **{**made, "sequence": number, **changes})


def batch(conversations: Sequence[str | None]) -> list[Entry]:
    return [entry(number, each) for number, each in enumerate(conversations)]


async def failures(sink: Sink, entries: Sequence[Entry]) -> list[Failure]:
    with pytest.raises(SinkFailed) as failed:
        await sink.send(entries)
    return list(failed.value.failures)


async def deliver(sink: Sink, entries: Sequence[Entry]) -> list[Entry]:
    """As a lane does: what failed comes again, in order; returns what was given up."""
    dead: list[Entry] = []
    left = list(entries)
    for _ in range(50):
        try:
            await sink.send(left)
        except SinkFailed as failed:
            dead += [left[each.index] for each in failed.failures if not each.retry]
            left = [left[each.index] for each in failed.failures if each.retry]
        else:
            return dead
    raise AssertionError("still not delivered")


def ids(events: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(each["detail"]["id"] for each in events)


async def test_every_event_reaches_the_target_once(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: source, detail type, detail, time; ten in a request at most."""
    entries = batch([f"c{number}" for number in range(24)] + [None])
    await sink.send(entries)
    events = await asyncio.to_thread(target.received)
    assert ids(events) == sorted(each.id for each in entries)
    assert [len(each) for each in front.requests] == [10, 10, 5]
    one = next(each for each in events if each["detail"]["id"] == "e7")
    assert one["detail"] == {"type": "score", "id": "e7", "n": 7, "logSequence": 7}
    assert (one["source"], one["detail-type"]) == ("genesys.sentiment.forwarder", "score")
    assert one["time"] == "2027-01-15T08:00:07Z"


async def test_the_tutorials_payload_arrives_as_the_tutorials_event(
    front: Proxy, target: Target
) -> None:
    """S1-10, S1-12, S1-15: the detail is the payload, and nothing else."""
    found = assess({"positive": 0.1, "neutral": 0.0, "negative": 0.9}, confidence=0.9)
    record = forward(CONVERSATION, found, event="chat-1", at=AT)
    one = Entry(
        id=record.id, kind="forward", conversation=CONVERSATION, at=AT, body=to_json(record)
    )
    sink = EventBridge(
        target.name,
        endpoint=front.url,
        session=session(),
        payload=chat_sentiment,
        detail_type="ChatSentimentAnalysis",
    )
    assert await failures(sink, [entry(1, "other"), one]) == [
        Failure(0, "bad_payload", retry=False)
    ]
    await sink.close()
    (event,) = await asyncio.to_thread(target.received)
    assert (event["source"], event["detail-type"]) == (SOURCE, "ChatSentimentAnalysis")
    assert event["detail"] == chat_sentiment(one, 0.0)


async def test_cloud_events_are_an_option(front: Proxy, target: Target) -> None:
    sink = EventBridge(target.name, endpoint=front.url, session=session(), payload=cloud_event)
    await sink.send([entry(4)])
    await sink.close()
    (event,) = await asyncio.to_thread(target.received)
    assert event["detail"] == cloud_event(entry(4), 0.0)


async def test_only_what_failed_is_sent_again(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: HTTP 200 with two refused of ten, which the tutorial does not look at."""
    entries = batch([f"c{number}" for number in range(10)])
    front.codes["e3"] = ["ThrottlingException"]
    front.codes["e8"] = ["InternalFailure"]
    found = await failures(sink, entries)
    assert found == [Failure(3, "ThrottlingException"), Failure(8, "InternalFailure")]
    await sink.send([entries[each.index] for each in found])
    assert [id_of(each) for each in front.requests[1]] == ["e3", "e8"]
    assert ids(await asyncio.to_thread(target.received)) == sorted(each.id for each in entries)


async def test_a_code_that_stays_is_given_up(sink: EventBridge, front: Proxy) -> None:
    """S1-15: and what is behind it in its conversation is not sent in front of it."""
    front.codes["e0"] = ["NotAuthorizedForSourceException"]
    assert await failures(sink, batch(["a", "b", "a", "b"])) == [
        Failure(0, "NotAuthorizedForSourceException", retry=False),
        Failure(2, "held_back", tried=False),
    ]
    assert front.accepted == ["e1", "e3"]


async def test_each_conversation_stays_in_order_and_nothing_comes_twice(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: 60 events of five conversations and of none, each refused up to three times."""
    chance = random.Random(4)
    entries = batch([chance.choice(["a", "b", "c", "d", "e", None]) for _ in range(60)])
    for each in entries:
        codes = ["ThrottlingException", "InternalFailure", "InternalException"]
        front.codes[each.id] = chance.choices(codes, k=chance.randrange(4))
    assert await deliver(sink, entries) == []
    by_id = {each.id: each for each in entries}
    order: dict[str, list[int]] = defaultdict(list)
    for taken in front.accepted:
        order[by_id[taken].lane].append(by_id[taken].sequence)
    assert all(places == sorted(places) for places in order.values())
    for request in front.requests:
        lanes = [by_id[id_of(each)].lane for each in request]
        assert len(lanes) == len(set(lanes)) <= 10
    assert ids(await asyncio.to_thread(target.received)) == sorted(by_id)


async def test_a_request_that_fails_as_a_whole_ends_the_batch_and_loses_nothing(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: three attempts, then the rest has no better chance; only a lane tries again."""
    front.whole = [(503, "ServiceUnavailable")] * 3
    entries = batch([*(f"c{number}" for number in range(12)), "c0"])
    found = await failures(sink, entries)
    assert found == [
        *(Failure(number, "ServiceUnavailable") for number in range(12)),
        Failure(12, "held_back", tried=False),
    ]
    assert [len(each) for each in front.requests] == [10, 10, 10]
    await sink.send(entries)
    assert ids(await asyncio.to_thread(target.received)) == sorted(each.id for each in entries)


async def test_throttling_of_requests_is_waited_out(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: boto's standard mode, twice."""
    front.whole = [(400, "ThrottlingException"), (429, "TooManyRequestsException")]
    await sink.send(batch("ab"))
    assert len(front.requests) == 3
    assert ids(await asyncio.to_thread(target.received)) == ["e0", "e1"]


async def test_what_the_receiver_finds_too_large_is_found_alone(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15: 413 for the sum of a request: only the entry that is too large by itself is lost."""
    front.largest = 2_000
    large = entry(1, "b", body=json.dumps({"id": "e1", "x": "y" * 2_000}).encode())
    found = await failures(sink, [entry(0, "a"), large, entry(2, "c"), entry(3, "b")])
    size = len(front.requests[2][0]["Detail"]) + len(SOURCE) + len("score") + 14
    assert found == [
        Failure(1, f"oversize_{size}", retry=False),
        Failure(3, "held_back", tried=False),
    ]
    assert [len(each) for each in front.requests] == [3, 1, 1, 1]
    assert ids(await asyncio.to_thread(target.received)) == ["e0", "e2"]


async def test_an_outage_while_a_request_is_taken_apart(sink: EventBridge, front: Proxy) -> None:
    """S1-15: the rest waits for better times."""
    front.whole = [(413, ""), *[(503, "ServiceUnavailable")] * 3]
    assert await failures(sink, batch("abc")) == [
        Failure(number, "ServiceUnavailable") for number in range(3)
    ]
    assert [len(each) for each in front.requests] == [3, 1, 1, 1]


async def test_an_oversize_entry_is_not_even_sent(front: Proxy, target: Target) -> None:
    """S1-15: the sum of a request is kept within the limit, and one above it is given up."""
    sink = EventBridge(target.name, endpoint=front.url, session=session(), limit=1_000)
    small = [entry(number, f"c{number}") for number in range(30)]
    bare = len(SOURCE) + len("score") + 14 + len(b',"logSequence":99')
    fits, over = (
        entry(99, name, body=json.dumps({"id": name, "x": "y" * (1_000 - bare - rest)}).encode())
        for name, rest in (("fits", 23), ("over", 22))
    )
    assert await failures(sink, [*small, fits, over]) == [Failure(31, "oversize_1001", retry=False)]
    await sink.close()
    assert {id_of(each) for request in front.requests for each in request} == {
        *(each.id for each in small),
        "fits",
    }
    for request in front.requests:
        sizes = [len(each["Detail"]) + len(SOURCE) + len("score") + 14 for each in request]
        assert sum(sizes) <= 1_000
    assert len(await asyncio.to_thread(target.received)) == 31


async def test_a_detail_that_is_too_deep_is_given_up(front: Proxy, target: Target) -> None:
    """S1-15: nesting below 1,000."""

    def deep(one: Entry, now: float) -> dict[str, Any]:
        inner: dict[str, Any] = {"id": one.id}
        for _ in range(one.sequence - 1):
            inner = {"id": one.id, "in": inner}
        return inner

    sink = EventBridge(target.name, endpoint=front.url, session=session(), payload=deep)
    entries = [entry(levels, f"c{levels}") for levels in (1, 100, 1_000, 50_000)]
    assert await failures(sink, entries) == [
        Failure(2, "nesting", retry=False),
        Failure(3, "nesting", retry=False),
    ]
    await sink.close()
    assert front.accepted == ["e1", "e100"]


async def test_a_record_that_is_too_deep_is_given_up(sink: EventBridge, front: Proxy) -> None:
    """S1-15: no encoder stands before it."""
    body = b'{"id":"e0","in":' + b"[" * 999 + b"]" * 999 + b"}"
    assert await failures(sink, [entry(0, "a", body=body), entry(1, "b")]) == [
        Failure(0, "nesting", retry=False)
    ]
    assert front.accepted == ["e1"]


async def test_a_payload_that_fails_costs_only_its_entry(
    front: Proxy, target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    """The user's border: the error is named, and none of its words."""

    def picky(one: Entry, now: float) -> Any:
        if one.id == "e0":
            raise KeyError(SECRET)
        return {"e1": {"id": object()}, "e2": None}.get(one.id, {"id": one.id})

    sink = EventBridge(target.name, endpoint=front.url, session=session(), payload=picky)
    with caplog.at_level("INFO"):
        assert await failures(sink, batch("abcd")) == [
            Failure(0, "bad_payload", retry=False),
            Failure(1, "bad_payload", retry=False),
            Failure(2, "no_payload", retry=False),
        ]
    await sink.close()
    assert front.accepted == ["e3"]
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text


async def test_a_kind_that_is_too_long_for_a_detail_type(sink: EventBridge, front: Proxy) -> None:
    """S1-15: 128 characters."""
    entries = [entry(0, "a", kind="k" * 129), entry(1, "b", kind="k" * 128)]
    assert await failures(sink, entries) == [Failure(0, "detail_type", retry=False)]
    assert front.accepted == ["e1"]


async def test_a_bus_that_does_not_exist(behind: str) -> None:
    """S1-15: moto's own answer; no entry's fault, so they wait until somebody makes one."""
    sink = EventBridge("nowhere", endpoint=behind, session=session())
    assert await failures(sink, batch("ab")) == [
        Failure(0, "ResourceNotFoundException"),
        Failure(1, "ResourceNotFoundException"),
    ]
    await sink.close()


async def test_a_lost_connection_is_tried_again(
    sink: EventBridge, front: Proxy, target: Target
) -> None:
    """S1-15."""
    front.whole = [(0, "")] * 3
    assert await failures(sink, batch("ab")) == [
        Failure(0, "ConnectionClosedError"),
        Failure(1, "ConnectionClosedError"),
    ]
    await sink.send(batch("ab"))
    assert ids(await asyncio.to_thread(target.received)) == ["e0", "e1"]


async def test_what_there_is_no_time_for_comes_with_the_next_batch(
    front: Proxy, target: Target
) -> None:
    """Before its lane gives it up: then nobody would know what was delivered."""
    lane = Lane(timeout=26.0001)
    sink = EventBridge(target.name, endpoint=front.url, session=session(), lane=lane)
    assert await failures(sink, batch("abaa")) == [
        Failure(2, "no_time", tried=False),
        Failure(3, "held_back", tried=False),
    ]
    await sink.close()
    assert front.accepted == ["e0", "e1"]


async def test_a_cancelled_send_is_not_overtaken_by_the_next(
    sink: EventBridge, front: Proxy
) -> None:
    """Its request is under way in a thread and ends there: the batch that comes again waits."""
    front.hold = asyncio.Event()
    first = asyncio.create_task(sink.send(batch("ab")))
    while not front.requests:
        await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait({first})
    assert first.cancelled()
    second = asyncio.create_task(sink.send(batch("ab")))
    await asyncio.sleep(0.05)
    assert len(front.requests) == 1
    front.hold.set()
    await second
    assert front.accepted == ["e0", "e1", "e0", "e1"]


async def test_no_key_is_in_an_error(
    sink: EventBridge, front: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """The service quotes the signature in its messages, and with it the key's id."""
    caplog.set_level("DEBUG", logger="genesys_sentiment")
    front.whole = [(403, "IncompleteSignature")]
    with pytest.raises(SinkFailed) as failed:
        await sink.send(batch("a"))
    assert failed.value.failures == (Failure(0, "IncompleteSignature"),)
    told = "".join(traceback.format_exception(failed.value)) + repr(sink) + repr(vars(sink))
    for secret in (KEY, SECRET, "AWS4-HMAC"):
        assert secret not in told + caplog.text


async def test_no_credentials_lose_nothing(
    front: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """They may come back: the entries wait in their lane."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    sink = EventBridge(endpoint=front.url, region="eu-west-1")
    assert await failures(sink, batch("a")) == [Failure(0, "NoCredentialsError")]
    await sink.close()
    lost = EventBridge(endpoint=front.url)
    assert await failures(lost, batch("a")) == [Failure(0, "NoRegionError")]
    await lost.close()
    assert front.requests == []


async def test_a_sink_that_was_closed_opens_again(sink: EventBridge, front: Proxy) -> None:
    await sink.close()
    await sink.send(batch("a"))
    await sink.close()
    await sink.close()
    await sink.send([entry(1)])
    assert front.accepted == ["e0", "e1"]


@pytest.mark.parametrize("payload", [None, cloud_event])
async def test_nothing_is_no_request(payload: Payload | None, front: Proxy, target: Target) -> None:
    sink = EventBridge(target.name, endpoint=front.url, session=session(), payload=payload)
    await sink.send([])
    await sink.close()
    assert front.requests == []
