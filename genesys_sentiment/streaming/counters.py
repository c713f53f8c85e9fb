"""The accounting of a stream: every frame and every event ends in exactly one count. Pure: no I/O.

frames:  received = eventful + control + duplicate + invalid
events:  emitted  = yielded + buffered + dropped
"""

from __future__ import annotations

from attrs import asdict, define


@define
class Counters:
    """What a stream has seen so far; ``Stream.counters`` gives a copy.

    ``received`` frames ended as ``eventful`` (at least one new event came of them), ``control``
    (heartbeats, answers, closing notes), ``duplicate`` (everything in them was known) or
    ``invalid`` (unreadable). ``emitted`` events went towards the reader of the stream: ``yielded``
    were handed over, ``buffered`` wait, ``dropped`` were given up because the buffer was full
    (never silently: a Gap says so). ``duplicates`` are events that had come before. ``gaps`` and
    ``refused`` topics are events, too. ``drift`` counts messages with fields or values this
    library does not know. ``attempts`` to connect led to ``connections``. ``backfilled`` events
    were asked for by REST. Of ``unrecovered`` gaps not all could be asked for, ``unanswered``
    conversations ended without the platform's sentiment being asked for to the end: REST failed,
    too many waited, or the stream was left meanwhile. (Or a transcript did not come in time.)
    """

    received: int = 0
    eventful: int = 0
    control: int = 0
    duplicate: int = 0
    invalid: int = 0
    emitted: int = 0
    yielded: int = 0
    buffered: int = 0
    dropped: int = 0
    duplicates: int = 0
    gaps: int = 0
    refused: int = 0
    unknown: int = 0
    drift: int = 0
    attempts: int = 0
    connections: int = 0
    discovery_failures: int = 0
    backfilled: int = 0
    unrecovered: int = 0
    unanswered: int = 0

    def problems(self) -> tuple[str, ...]:
        """The identities that do not hold; empty when the accounting is right."""
        frames = self.eventful + self.control + self.duplicate + self.invalid
        events = self.yielded + self.buffered + self.dropped
        found = []
        if self.received != frames:
            found.append(f"received {self.received} frames, accounted for {frames}")
        if self.emitted != events:
            found.append(f"emitted {self.emitted} events, accounted for {events}")
        return tuple(found)

    def as_dict(self) -> dict[str, int]:
        """Name to count, in the order above."""
        counts: dict[str, int] = asdict(self)
        return counts
