"""What is written back to a conversation, and which of two updates wins. Pure: no I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from attrs import Attribute, field, frozen

from genesys_sentiment.cloud.instants import from_iso, to_iso
from genesys_sentiment.errors import ConfigurationError

ForwardingStatus: TypeAlias = Literal["queued", "delivered", "failed"]

_ID, _STATUS, _UPDATED = "sentimentForwardingId", "forwardingStatus", "updatedAt"
_RANK: Final[Mapping[str, int]] = {"queued": 0, "failed": 1, "delivered": 2}


def _sound_id(_: object, __: Attribute[str], value: str) -> None:
    if not value.isprintable() or not 1 <= len(value) <= 256:
        raise ConfigurationError("a forwarding id is 1 to 256 printable characters")


def _sound_status(_: object, __: Attribute[ForwardingStatus], value: str) -> None:
    if value not in _RANK:
        raise ConfigurationError("a forwarding's status is queued, delivered or failed")


def _sound_time(_: object, __: Attribute[float], value: float) -> None:
    if not math.isfinite(value):
        raise ConfigurationError("updated must be seconds since the epoch")
    to_iso(value)


@frozen(kw_only=True)
class Forwarding:
    """Where the forwarding of a conversation's sentiment is.

    ``id`` is the forwarding's own, the same in every attempt; ``updated`` is seconds since the
    epoch, kept in milliseconds. Raises ConfigurationError.
    """

    id: str = field(validator=_sound_id)
    status: ForwardingStatus = field(validator=_sound_status)
    updated: float = field(validator=_sound_time)

    @property
    def attributes(self) -> dict[str, str]:
        """As the platform keeps it: texts only."""
        return {_ID: self.id, _STATUS: self.status, _UPDATED: to_iso(self.updated)}


@frozen
class Merged:
    """``attributes`` with the update in them, and whether they differ from what was there.

    ``superseded``: what was there is newer and stays.
    """

    attributes: Mapping[str, str]
    changed: bool
    superseded: bool = False


def merge(current: Mapping[str, str], update: Forwarding) -> Merged:
    """Put ``update`` among the attributes that are there, unless they hold a newer one.

    Newer is what was updated later; at the same moment delivered is newer than failed, and failed
    than queued. One forwarding that was delivered or failed is not queued again, and one that was
    delivered does not fail, whatever the times. Other attributes stay as they are. A time there
    that cannot be read is older than any.
    """
    wanted = update.attributes
    if all(current.get(name) == value for name, value in wanted.items()):
        return Merged(dict(current), changed=False)
    there = (_time(current.get(_UPDATED)), _RANK.get(current.get(_STATUS, ""), -1))
    # Through the text: the platform keeps milliseconds, and the same moment must stay the same.
    here = (_time(wanted[_UPDATED]), _RANK[update.status])
    backwards = current.get(_ID) == update.id and here[1] < there[1]
    if there > here or backwards:
        return Merged(dict(current), changed=False, superseded=True)
    return Merged({**current, **wanted}, changed=True)


def _time(text: str | None) -> float:
    found = from_iso(text)
    return -math.inf if found is None else found
