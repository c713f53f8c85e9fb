"""Writing back to a conversation: S1-13, C5-29."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.cloud.attributes import MOST_CONFLICTS, Attributes
from genesys_sentiment.cloud.forwarding import Forwarding, ForwardingStatus
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import CloudError, ConfigurationError, NotFound
from tests.cloud.fake import Asked, Fake

ONE = "/api/v2/conversations/c1"
PARTICIPANT = f"{ONE}/participants/p1/attributes"
SECURE = f"{ONE}/secureattributes"
T = 1795168800.5


@pytest.fixture
def attributes(rest: Rest) -> Attributes:
    return Attributes(rest)


def forwarding(status: ForwardingStatus = "queued", updated: float = T) -> Forwarding:
    return Forwarding(id="f1", status=status, updated=updated)


def conversation(**there: object) -> dict[str, Any]:
    return {
        "id": "c1",
        "attributes": there,
        "participants": [
            {"id": "p0", "purpose": "acd"},
            {"id": "p1", "purpose": "customer", "attributes": there},
        ],
    }


async def test_s1_13_to_the_customers_attributes(fake: Fake, attributes: Attributes) -> None:
    """S1-13: on the real platform, PATCH of the participant; only our three are sent."""
    fake.on("GET", ONE, conversation(language="de", count=7))
    fake.on("PATCH", PARTICIPANT, {})
    written = await attributes.participant("c1", forwarding())
    assert fake.calls() == [f"GET {ONE}", f"PATCH {PARTICIPANT}"]
    assert fake.asked[1].body == {"attributes": forwarding().attributes}
    assert (written.outcome, written.conflicts) == ("written", 0)
    assert written.attributes == {"language": "de", **forwarding().attributes}
    assert "language" not in repr(written)


@pytest.mark.parametrize("there", ["newer", "same"])
async def test_s1_13_nothing_is_sent_where_nothing_is_new(
    fake: Fake, attributes: Attributes, there: str
) -> None:
    """S1-13: an older update does not overwrite a newer one, and none is written twice."""
    known = forwarding("delivered", T if there == "same" else T + 1)
    fake.on("GET", ONE, conversation(**known.attributes))
    update = known if there == "same" else forwarding("failed", T)
    written = await attributes.participant("c1", update, "p1")
    assert written.outcome == ("unchanged" if there == "same" else "superseded")
    assert fake.calls() == [f"GET {ONE}"]


async def test_s1_13_queued_becomes_delivered(fake: Fake, attributes: Attributes) -> None:
    """S1-13: the state reaches an end, which the tutorial never writes."""
    there: dict[str, str] = {}

    def patch(asked: Asked) -> dict[str, Any]:
        there.update(asked.body["attributes"])
        return {}

    fake.on("GET", ONE, lambda _: conversation(**there))
    fake.on("PATCH", PARTICIPANT, patch)
    for status, at in (("queued", 0.0), ("delivered", 2.0), ("queued", 1.0), ("failed", 3.0)):
        await attributes.participant("c1", forwarding(status, T + at))  # type: ignore[arg-type]
    assert there == forwarding("delivered", T + 2).attributes


async def test_s1_13_conflicts_are_read_merged_and_tried_again(
    fake: Fake, attributes: Attributes
) -> None:
    """S1-13: after a 409 the present state and its version go into the next try."""
    fake.on(
        "GET",
        SECURE,
        {"attributes": {"a": "1"}, "version": 4},
        {"attributes": {"a": "2", "b": "3"}, "version": 5},
    )
    fake.on("PUT", SECURE, 409, 200)
    written = await attributes.secure("c1", forwarding())
    assert [one.body for one in fake.asked if one.method == "PUT"] == [
        {"attributes": {"a": "1", **forwarding().attributes}, "version": 4},
        {"attributes": {"a": "2", "b": "3", **forwarding().attributes}, "version": 5},
    ]
    assert (written.outcome, written.conflicts) == ("written", 1)


async def test_s1_13_a_conflict_with_a_newer_update_is_no_error(
    fake: Fake, attributes: Attributes
) -> None:
    """S1-13: whoever wrote in between was newer, and stays."""
    newer = forwarding("delivered", T + 5).attributes
    fake.on("GET", SECURE, {"version": 1}, {"attributes": newer, "version": 2})
    fake.on("PUT", SECURE, 409)
    written = await attributes.secure("c1", forwarding("queued"))
    assert (written.outcome, written.conflicts) == ("superseded", 1)


@pytest.mark.parametrize("way", ["participant", "secure", "tutorial"])
async def test_s1_13_conflicts_are_bounded(fake: Fake, attributes: Attributes, way: str) -> None:
    """S1-13: three tries more, then the 409 is an error. The tutorial gives up at the first."""
    fake.on("GET", ONE, conversation())
    fake.on("GET", SECURE, {"version": 1})
    for method, path in (("PATCH", PARTICIPANT), ("PUT", SECURE), ("PUT", f"{ONE}/attributes")):
        fake.on(method, path, 409)
    with pytest.raises(CloudError) as caught:
        await getattr(attributes, way)("c1", forwarding())
    assert caught.value.status == 409
    assert sum(one.method != "GET" for one in fake.asked) == 1 + MOST_CONFLICTS == 4


@pytest.mark.parametrize("status", [200, 204])
async def test_s1_13_the_tutorials_own_form(
    fake: Fake, attributes: Attributes, status: int
) -> None:
    """S1-13: PUT of the conversation's attributes as the tutorial has it; 200 and 204 are good."""
    fake.on("GET", ONE, {"id": "c1"})
    fake.on("PUT", f"{ONE}/attributes", status)
    written = await attributes.tutorial("c1", forwarding())
    assert written.outcome == "written"
    assert fake.asked[1].body == {
        "attributes": {
            "sentimentForwardingId": "f1",
            "forwardingStatus": "queued",
            "updatedAt": "2026-11-20T10:00:00.500Z",
        }
    }


def the_tutorials(put: Any) -> dict[str, str]:
    """The tutorial's handling of a conflict: it says that it will retry, and throws."""
    try:
        put()
    except CloudError as error:
        if error.status == 404:
            raise LookupError("Conversation not found.") from error
        raise  # after a warning: "Retrying with current state."
    return {"status": "updated"}


async def test_s1_13_one_conflict_ends_the_tutorials_write_and_not_ours(
    fake: Fake, attributes: Attributes
) -> None:
    """S1-13: the tutorial's own logic fails at the first 409, where ours writes."""
    answers = iter([409, 204])

    def put() -> None:
        if next(answers) == 409:
            raise CloudError("conflict", status=409)

    with pytest.raises(CloudError):
        the_tutorials(put)
    fake.on("GET", ONE, conversation())
    fake.on("PUT", f"{ONE}/attributes", 409, 204)
    assert (await attributes.tutorial("c1", forwarding())).outcome == "written"


@pytest.mark.parametrize("way", ["participant", "secure", "tutorial"])
async def test_s1_13_no_such_conversation(fake: Fake, attributes: Attributes, way: str) -> None:
    """S1-13: 404 is NotFound, which names no id."""
    with pytest.raises(NotFound) as caught:
        await getattr(attributes, way)("c1-canary", forwarding())
    assert "canary" not in str(caught.value)
    assert fake.asked


async def test_no_such_participant(fake: Fake, attributes: Attributes) -> None:
    fake.on("GET", ONE, conversation(), {"id": "c1", "participants": None})
    for participant in ("p9", None):
        with pytest.raises(NotFound, match="no such participant"):
            await attributes.participant("c1", forwarding(), participant)


async def test_s1_13_c5_29_ids_are_encoded(fake: Fake, attributes: Attributes) -> None:
    """S1-13: an id with a slash cannot reach another path."""
    fake.on("GET", "/api/v2/conversations/c%2F1", conversation())
    fake.on("PUT", "/api/v2/conversations/c%2F1/attributes", 204)
    await attributes.tutorial("c/1", forwarding())
    with pytest.raises(ConfigurationError):
        await attributes.tutorial("..", forwarding())
    with pytest.raises(ConfigurationError):
        await attributes.secure("c\n1", forwarding())
    assert fake.calls() == [
        "GET /api/v2/conversations/c%2F1",
        "PUT /api/v2/conversations/c%2F1/attributes",
    ]
