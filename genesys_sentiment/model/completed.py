"""That a conversation is told to its end: a frozen value. Pure: no I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Ending: TypeAlias = Literal["ended", "idle", "stream_ended", "evicted"]


@frozen(kw_only=True)
class Completed:
    """Nothing more is expected to be said of a conversation, and how much of it was heard.

    ``reason``: ``ended`` (it ended, and the wait for late transcripts is over), ``idle`` (nothing
    came for so long that its end must have been missed), ``stream_ended`` (it ended, and the
    stream did before the wait was over: late utterances may be missing), ``evicted`` (too many
    conversations at once: it is not followed any further, and may go on).

    ``at`` is when that was decided and ``began`` when its first event came (or since when it was
    joined late): local times, as those of gaps. ``ended`` is when its last communication ended:
    the platform's time where it named one, else a local one; None where no end was seen. All are
    seconds since the epoch. ``count`` is the how-manieth Completed of the conversation it is; the
    figures are of the time since the one before.

    ``utterances`` are final ones, ``revisions`` unfinished ones, ``unfinished`` the utterances of
    which only revisions came. ``readings`` are the platform's. ``late`` utterances came after the
    end, live, the last of them ``latest`` seconds after (None: none did).

    ``gaps`` touch the time from ``began`` to ``at``; ``missing`` is how many seconds of it lie in
    them (once where they overlap), without the gaps that were told again for this conversation
    with nothing missing (``Gap.unrecovered``).
    ``coverage`` is the rest, as a share of that time, 0…1; None where no end was seen, where that
    time is nothing, or where gaps of it are forgotten. ``unrecovered`` names what backfill could
    not bring.
    """

    conversation: str
    at: float
    reason: Ending
    began: float
    ended: float | None = None
    count: int = 1
    utterances: int = 0
    unfinished: int = 0
    revisions: int = 0
    readings: int = 0
    late: int = 0
    latest: float | None = None
    gaps: int = 0
    missing: float = 0.0
    coverage: float | None = None
    unrecovered: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of which conversation, and of which ending: another one has another time."""
        return f"completed:{self.conversation}:{self.at if self.ended is None else self.ended:.3f}"
