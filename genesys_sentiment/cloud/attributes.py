"""Writes the state of a forwarding back to its conversation (S1-13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from genesys_sentiment.cloud.forwarding import Forwarding, merge
from genesys_sentiment.cloud.loose import as_object, inner, objects, text
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import CloudError, NotFound

MOST_CONFLICTS = 3
"""Times that a write is tried again because somebody else wrote in between."""

_CONVERSATION = "/api/v2/conversations/{conversation}"
_PARTICIPANT = f"{_CONVERSATION}/participants/{{participant}}/attributes"
_SECURE = f"{_CONVERSATION}/secureattributes"
_TUTORIAL = f"{_CONVERSATION}/attributes"

WriteOutcome: TypeAlias = Literal["written", "unchanged", "superseded"]


@frozen(kw_only=True)
class Written:
    """What became of a write: ``unchanged``, it was there already; ``superseded``, a newer one was.

    ``attributes`` are those of the conversation afterwards, as far as they were seen. They may
    say anything about a caller. ``conflicts`` is how often somebody else wrote in between.
    """

    outcome: WriteOutcome
    conflicts: int = 0
    attributes: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class _Current:
    """What is there now; ``version`` is what a write must name, None where nothing is named."""

    attributes: Mapping[str, str]
    version: int | None = None


_Read: TypeAlias = Callable[[], Awaitable[_Current]]
_Send: TypeAlias = Callable[[Mapping[str, str], _Current], Awaitable[object]]


class Attributes:
    """Writes attributes. Every write reads first, so that an older update never wins, and reads,
    merges and writes again, three times at most, when the platform says 409.

    Raises NotFound for a conversation or participant that does not exist, CloudError with status
    409 when the conflicts do not end, and what :meth:`Rest.request` raises.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def participant(
        self, conversation: str, forwarding: Forwarding, participant: str | None = None
    ) -> Written:
        """To a participant's attributes, None is the first customer: the platform's usual place.

        Between reading and writing nothing keeps others from writing: the platform has no version
        here. Only the three attributes of the forwarding are sent.
        """
        whose = participant

        async def read() -> _Current:
            nonlocal whose
            found = _participant(await self._conversation(conversation), whose)
            whose = found["id"]
            return _Current(_texts(found.get("attributes")))

        async def send(_: Mapping[str, str], __: _Current) -> object:
            return await self._rest.request(
                "PATCH",
                _PARTICIPANT,
                ids={"conversation": conversation, "participant": whose or ""},
                json={"attributes": forwarding.attributes},
            )

        return await _write(read, send, forwarding)

    async def secure(self, conversation: str, forwarding: Forwarding) -> Written:
        """To the conversation's secure attributes, whose version makes conflicts known.

        Needs conversation:participant:attributesedit. They replace what is there: what was read is
        sent along.
        """

        async def read() -> _Current:
            try:
                answer = await self._rest.request(
                    "GET", _SECURE, ids={"conversation": conversation}
                )
            except NotFound:  # none yet, or no such conversation: the write will tell
                return _Current({})
            body = as_object(answer.body, "secure attributes")
            version = body.get("version")
            known = isinstance(version, int) and not isinstance(version, bool)
            return _Current(_texts(body.get("attributes")), version if known else None)

        async def send(attributes: Mapping[str, str], current: _Current) -> object:
            body: dict[str, Any] = {"attributes": attributes}
            if current.version is not None:
                body["version"] = current.version
            return await self._rest.request(
                "PUT", _SECURE, ids={"conversation": conversation}, json=body
            )

        return await _write(read, send, forwarding)

    async def tutorial(self, conversation: str, forwarding: Forwarding) -> Written:
        """To ``/conversations/{id}/attributes``, which the tutorial writes and no platform has."""

        async def read() -> _Current:
            body = await self._conversation(conversation)
            return _Current(_texts(body.get("attributes")))

        async def send(attributes: Mapping[str, str], _: _Current) -> object:
            return await self._rest.request(
                "PUT",
                _TUTORIAL,
                ids={"conversation": conversation},
                json={"attributes": attributes},
            )

        return await _write(read, send, forwarding)

    async def _conversation(self, conversation: str) -> dict[str, Any]:
        answer = await self._rest.request("GET", _CONVERSATION, ids={"conversation": conversation})
        return as_object(answer.body, "a conversation's answer")


async def _write(read: _Read, send: _Send, forwarding: Forwarding) -> Written:
    conflicts = 0
    while True:
        current = await read()
        merged = merge(current.attributes, forwarding)
        if not merged.changed:
            outcome: WriteOutcome = "superseded" if merged.superseded else "unchanged"
            return Written(outcome=outcome, conflicts=conflicts, attributes=merged.attributes)
        try:
            await send(merged.attributes, current)
        except CloudError as error:
            if error.status != 409 or conflicts == MOST_CONFLICTS:
                raise
            conflicts += 1
            continue
        return Written(outcome="written", conflicts=conflicts, attributes=merged.attributes)


def _participant(conversation: Mapping[str, Any], wanted: str | None) -> dict[str, Any]:
    for one in objects(conversation.get("participants")):
        name = text(one.get("id"))
        customer = one.get("purpose") in ("customer", "external")
        if name is not None and (customer if wanted is None else name == wanted):
            return one
    raise NotFound("the conversation has no such participant", status=404)


def _texts(value: object) -> dict[str, str]:
    """Attributes are texts on the platform; anything else is left out."""
    fields = inner({"attributes": value}, "attributes")
    return {name: one for name, one in fields.items() if isinstance(one, str)}
