"""What a stage of a pipeline is. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from genesys_sentiment.model.results import Record


class Stage(Protocol):
    """A callable that turns an event, or another stage's result, into records; may hold some back.

    A stage never blocks, reads no clock and drops nothing without a record that says so.
    """

    @property
    def deadline(self) -> float | None:
        """When ``tick`` wants to be called though no event came; None: not at all.

        Seconds since the epoch, in event time: of a live stream that is the wall clock's time.
        """
        ...

    def __call__(self, event: Record, now: float) -> Iterable[Record]:
        """What follows from ``event``. An event that is not the stage's business comes back.

        ``now`` is seconds since the epoch: it stamps the records, and tells how far behind the
        clock the events are.
        """
        ...

    def tick(self, now: float) -> Iterable[Record]:
        """What follows from time alone, now that it is ``now`` (on the clock of ``deadline``)."""
        ...

    def finish(self, now: float) -> Iterable[Record]:
        """What is still held back, now that no event will come. Not what time would have done."""
        ...
