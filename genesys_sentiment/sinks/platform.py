"""Writing back to Genesys Cloud: where a forwarding is, and what was done with suggestions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from genesys_sentiment.cloud.attributes import Attributes
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.forwarding import Forwarding, ForwardingStatus
from genesys_sentiment.cloud.suggestions import Engagement, Rating
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    PermissionDenied,
    RateLimited,
)
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks._singly import Undelivered, send_singly

Where: TypeAlias = Literal["participant", "secure", "tutorial"]

_KINDS: Final = frozenset({"forward", "receipt", "acceptance"})
_ENGAGEMENTS: Final[Mapping[str, tuple[Engagement, Rating | None]]] = {
    "dismissed": ("Dismissed", None),
    "copied": ("Copied", None),
    "opened": ("Opened", None),
    "rated_up": ("Feedback", "Positive"),
    "rated_down": ("Feedback", "Negative"),
}
_TRANSIENT: Final = frozenset({408, 409, 425, 429})


class Platform:
    """Writes to the conversations that records are about (S1-13, S2-12).

    A ``forward`` sets the attributes ``sentimentForwardingId``, ``forwardingStatus`` (``queued``)
    and ``updatedAt``; the receipt of a sink sets the status to ``delivered`` or ``failed``.
    ``of``: the sink whose receipts count, None for every other one. ``where``: the attributes of
    the customer, the conversation's secure attributes, or the address that the tutorial writes
    to. The delivery must write receipts of ``forward`` records, as it does unless told otherwise.

    With ``engagement`` it tells the platform how suggestions were taken in *your* desktop; leave
    it off where the platform itself reports that. The platform has no word for "accepted".

    Needs conversation:participant:attributesedit, and for engagement
    conversation:suggestionEngagement:add. ``cloud`` stays yours to close.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        of: str | None = None,
        where: Where = "participant",
        engagement: bool = False,
        together: int = 4,
        name: str = "platform",
        lane: Lane | None = None,
    ) -> None:
        attributes: Attributes = cloud.attributes
        writers = {
            "participant": attributes.participant,
            "secure": attributes.secure,
            "tutorial": attributes.tutorial,
        }
        if where not in writers:
            raise ConfigurationError(f"where is one of {', '.join(writers)}")
        self._write: Callable[[str, Forwarding], Awaitable[object]] = writers[where]
        self._cloud = cloud
        self._of = of
        self._engagement = engagement
        self._together = together
        self.name = name
        self.lane = lane or Lane(kinds=_KINDS, batch=20)

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Write what there is to write. Raises SinkFailed."""
        await send_singly(entries, self._one, together=self._together)

    async def _one(self, entry: Entry) -> None:
        if entry.conversation is None:
            return
        try:
            await self._tell(entry.conversation, entry.kind, entry.values)
        except (AuthError, PermissionDenied) as error:
            # Nothing is wrong with the record: it waits until somebody gives the permission.
            raise Undelivered(type(error).__name__) from None
        except RateLimited as error:
            raise Undelivered("http_429", after=error.retry_after) from None
        except CloudError as error:
            again = error.status >= 500 or error.status in _TRANSIENT
            raise Undelivered(f"http_{error.status}", retry=again) from None
        except ConnectionFailed as error:
            raise Undelivered(type(error).__name__) from None

    async def _tell(self, conversation: str, kind: str, values: Mapping[str, Any]) -> None:
        if kind == "acceptance":
            engaged = _ENGAGEMENTS.get(values["reaction"])
            if self._engagement and engaged is not None:
                await self._cloud.suggestions.engage(conversation, values["suggestionId"], *engaged)
            return
        forwarding = self._forwarding(kind, values)
        if forwarding is not None:
            await self._write(conversation, forwarding)

    def _forwarding(self, kind: str, values: Mapping[str, Any]) -> Forwarding | None:
        status: ForwardingStatus = "queued"
        if kind == "receipt":
            sink = values["sink"]
            if values["kind"] != "forward" or sink != (self._of or sink) or sink == self.name:
                return None
            status = "delivered" if values["outcome"] == "delivered" else "failed"
            name = values["recordId"].partition(":")[2]
        else:
            name = values["forwardingId"]
        updated = datetime.fromisoformat(values["at"]).timestamp()
        return Forwarding(id=name, status=status, updated=updated)
