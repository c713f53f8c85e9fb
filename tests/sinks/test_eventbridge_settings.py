"""What an EventBridge sink is given, and the newer bus, which moto does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("boto3", reason="no boto3")

import boto3  # type: ignore[import-untyped]
from botocore.stub import Stubber  # type: ignore[import-untyped]

from genesys_sentiment.errors import ConfigurationError, Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Sink
from genesys_sentiment.scoring.identity import stable_uuid
from genesys_sentiment.sinks import eventbridge
from genesys_sentiment.sinks.eventbridge import EventBridge

V2 = "arn:aws:events:eu-west-1:123456789012:event-busv2/calls/abcdefghijklmnopqrstuvwxy"


class Session:
    """Stands in for boto3's: its client has botocore's Stubber in place of the network, the only
    way to have the newer API here."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
        self.stub: Any = None

    def client(self, service: str, **settings: Any) -> Any:
        self.asked.append((service, settings))
        made = boto3.Session(aws_access_key_id="k", aws_secret_access_key="s")
        client = made.client(service, **settings)
        self.stub = Stubber(client)
        for answer, expected in self.answers:
            self.stub.add_response("put_events", answer, expected)
        self.stub.activate()
        return client


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    if made.stub is not None:
        made.stub.assert_no_pending_responses()


def entry(number: int, conversation: str | None, size: int = 0) -> Entry:
    body = json.dumps({"id": f"e{number}", "x": "y" * size}).encode()
    return Entry(id=f"e{number}", kind="score", conversation=conversation, at=None, body=body)


TAKEN: dict[str, Any] = {"EventId": "1"}


async def test_the_newer_bus_by_its_arn(session: Session) -> None:
    """S1-15: botocore checks the request against the service's model; nothing is sent."""
    sink = EventBridge(V2, session=session)
    groups = [{"EventGroupId": "a"}, {"EventGroupId": "b"}, {}]
    wanted = [
        {
            "Source": "genesys.sentiment.forwarder",
            "DetailType": "score",
            "Detail": entry(number, None).body.decode(),
            "SystemMetadata": {"DeduplicationId": stable_uuid(f"e{number}"), **group},
        }
        for number, group in enumerate(groups)
    ]
    answer = {
        "FailedEntryCount": 1,
        "Entries": [
            {"EventId": "1", "SuccessCode": "PUBLISHED"},
            {"ErrorCode": "ThrottlingException"},
            {"SuccessCode": "DEDUPLICATED"},
        ],
    }
    session.answers.append((answer, {"EventBusArn": V2, "Entries": wanted}))
    with pytest.raises(SinkFailed) as failed:
        await sink.send([entry(0, "a"), entry(1, "b"), entry(2, None)])
    assert failed.value.failures == (Failure(1, "ThrottlingException"),)
    ((service, settings),) = session.asked
    assert (service, settings["region_name"]) == ("eventbridgev2", "eu-west-1")
    await sink.close()


async def test_the_newer_bus_takes_a_hundred_at_once(session: Session) -> None:
    """S1-15."""
    sink = EventBridge(V2, session=session)
    session.answers = [({"Entries": [TAKEN] * size}, None) for size in (100, 1)]
    await sink.send([entry(number, None) for number in range(101)])
    await sink.close()


@pytest.mark.parametrize(
    ("region", "limit", "size", "fits"),
    [
        ("eu-west-1", None, 300_000, True),
        ("eu-west-1", None, 1_000_000, False),
        ("cn-north-1", None, 255_000, True),
        ("cn-north-1", None, 256_000, False),
        ("cn-north-1", 2_000_000, 1_500_000, True),
    ],
)
async def test_the_limit_is_that_of_the_partition(
    session: Session, region: str, limit: int | None, size: int, fits: bool
) -> None:
    """S1-15: below 1 MB, below 256 KB in China, or as set."""
    sink = EventBridge(session=session, region=region, limit=limit)
    if fits:
        session.answers = [({"Entries": [TAKEN]}, None)]
        await sink.send([entry(0, "a", size)])
    else:
        with pytest.raises(SinkFailed, match="oversize_"):
            await sink.send([entry(0, "a", size)])
    await sink.close()


async def test_a_request_that_boto_does_not_write_is_taken_apart(session: Session) -> None:
    """Only the one that is to blame is given up."""
    sink = EventBridge(V2, session=session)
    session.answers = [({"Entries": [TAKEN]}, None)]
    nameless = Entry(id="e1", kind="", conversation="b", at=None, body=b"{}")
    with pytest.raises(SinkFailed) as failed:
        await sink.send([nameless, entry(0, "a")])
    assert failed.value.failures == (Failure(0, "ParamValidationError", retry=False),)
    await sink.close()


def test_it_is_a_sink_and_making_one_opens_nothing(session: Session) -> None:
    sink = EventBridge(session=session)
    assert isinstance(sink, Sink)
    assert (sink.name, session.asked) == ("eventbridge", [])
    assert repr(EventBridge("b", name="n")) == "EventBridge('b', name='n')"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bus": ""}, "bus"),
        ({"source": ""}, "source"),
        ({"source": "aws.events"}, "source"),
        ({"detail_type": ""}, "detail_type"),
        ({"detail_type": "x" * 129}, "detail_type"),
        ({"limit": 0}, "limit"),
        ({"lane": Lane(timeout=26.0)}, "timeout"),
    ],
)
def test_what_cannot_work_is_said_at_once(given: dict[str, Any], said: str) -> None:
    """S1-15."""
    with pytest.raises(ConfigurationError, match=said):
        EventBridge(**given)


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventbridge, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"genesys-sentiment\[eventbridge\]"):
        EventBridge()
