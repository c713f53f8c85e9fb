"""What goes to sinks: records as they leave, and how a sink wants to be served. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
from attrs import field, frozen

Outcome: TypeAlias = Literal["delivered", "dead"]


@frozen(kw_only=True)
class Entry:
    """One record as it leaves: redacted and written once, with what a sink must know of it.

    ``id`` is the record's own: stable for the same logical event, in every retry and after a
    restart; receivers deduplicate by it. ``kind`` is the record's ``type`` in its JSON (``score``,
    ``alert``). ``at`` is event time, seconds since the epoch, None where the record has none.
    ``body`` is the record as one line of JSON in UTF-8, without its line end. ``urgent`` entries
    (alerts, receipts) may use the reserve of a log that is full, and are never dropped for others.
    ``sequence`` is the entry's place in its log: it grows within a conversation; -1 before that.
    """

    id: str
    kind: str
    conversation: str | None
    at: float | None
    body: bytes = field(repr=False)
    urgent: bool = False
    sequence: int = -1

    @property
    def values(self) -> dict[str, Any]:
        """The body as a dictionary, decoded anew each time."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    @property
    def lane(self) -> str:
        """What must stay in order with it: its conversation, or only itself where it has none."""
        return self.id if self.conversation is None else self.conversation


@runtime_checkable
class Sink(Protocol):
    """Where entries go. ``name`` tells sinks of one delivery apart, and their places in its log.

    A sink may have more: ``lane``, a :class:`Lane`, how it wants to be served; and ``close()``,
    awaited when the delivery that it was given to ends.
    """

    @property
    def name(self) -> str:
        """Letters, digits, ``-``, ``_``, ``.`` and ``:``; the same after a restart."""
        ...

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Deliver a batch; return when all of it is safe with the receiver.

        Entries of one conversation come in order and are delivered in order: behind one that
        failed, none of its conversation may be delivered before it. Raises SinkFailed for what did
        not go through; any other exception says that nothing did. May be cancelled at any await:
        the batch is sent again then.
        """
        ...


_MINUTE: Final = 60.0
_HOUR: Final = 3600.0

STANDARD_DELAYS: Final = (
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds between tries by the Standard Webhooks 1.0 operator schedule: ten tries in three days."""


@frozen(kw_only=True)
class Retry:
    """When an entry that did not go through is tried again, and when it is given up.

    ``delays``: seconds before the second, third, … try; after the last of them it is a dead
    letter. ``jitter``: up to this share is added by chance. ``refusals``: tries of an entry whose
    failure says ``retry=False``. ``longest_wait``: the most seconds that a receiver can ask for.
    Tries count only while the sink works for others: a sink that is down loses nothing.
    """

    delays: tuple[float, ...] = STANDARD_DELAYS
    jitter: float = 0.1
    refusals: int = 1
    longest_wait: float = _HOUR


@frozen(kw_only=True)
class Breaking:
    """When a sink counts as down: it is left alone then, but for one probe at a time.

    Opens after ``consecutive`` failed sends, or when of at least ``sends`` in ``window`` seconds
    the share ``failing`` failed. ``pause`` seconds later one entry is tried.
    """

    consecutive: int = 5
    failing: float = 0.5
    sends: int = 20
    window: float = 30.0
    pause: float = 30.0


@frozen(kw_only=True)
class Lane:
    """How one sink is served.

    ``kinds``: entries of these kinds only; None: all but receipts. ``only``: of these, the ones
    for which it is true; None: all. Where it raises the entry goes through: nothing is lost by a
    mistake in it. ``batch``
    entries and ``size`` bytes at most in one send, for which the first waits up to ``linger``
    seconds. ``timeout``: seconds that a send may take.
    """

    kinds: frozenset[str] | None = None
    only: Callable[[Entry], bool] | None = None
    batch: int = 100
    size: int = 1_048_576
    linger: float = 0.05
    timeout: float = 30.0
    retry: Retry = Retry()
    breaking: Breaking = Breaking()

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is for the sink. Raises what ``only`` raises."""
        if entry.kind == "receipt" if self.kinds is None else entry.kind not in self.kinds:
            return False
        return self.only is None or self.only(entry)


@frozen(kw_only=True)
class Receipt:
    """What became of one record at one sink. A record itself, for the audit and the platform.

    ``record`` and ``kind`` are those of the entry. ``at`` is when it was settled, by the wall
    clock. ``latency``: seconds that the sink took, ``lag``: seconds from the event to its
    delivery; None where not delivered, or where the event has no time. ``reason`` is a short word
    or code, None when delivered.
    """

    conversation: str | None
    at: float
    sink: str
    record: str
    kind: str
    outcome: Outcome
    attempts: int = 1
    latency: float | None = None
    lag: float | None = None
    reason: str | None = None

    @property
    def id(self) -> str:
        """The sink, the record and the outcome."""
        return f"receipt:{self.sink}:{self.record}:{self.outcome}"


class Redactor(Protocol):
    """Takes personal data out of text before it leaves."""

    def redact(
        self, text: str, *, conversation: str | None, participant: str | None, final: bool = True
    ) -> str:
        """The text without it. Called in the order of a conversation: it may remember its end.

        ``participant`` is the speaker's side, where known. ``final``: False for a text that a
        later one replaces: nothing goes on from there.
        """
        ...
