"""A few kills; ``make crash`` makes hundreds of them."""

from __future__ import annotations

from tests.crash.__main__ import report
from tests.crash.loop import crash_loop


async def test_what_was_acknowledged_outlives_kills() -> None:
    """C5-1: kill -9 at random moments between a real stream and three real sinks.

    Nothing that was acknowledged is lost at any of them, each conversation arrives in its order,
    after a kill at most one batch for each sink comes twice, the audit's chain holds, and the
    journal's books agree with its rows at every start.
    """
    outcome = await crash_loop(kills=12, seed=20261120)
    assert outcome.problems == (), report(outcome)
    assert outcome.safe > 200, report(outcome)
    assert outcome.receipts > 200, report(outcome)
    assert outcome.repaired > 0, report(outcome)
