"""Alerts on a real queue: several rules at once over the scores of what customers say.

    python examples/alert_on_queue.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.
"""

import asyncio
import contextlib
import sys

from genesys_sentiment import Cloud, Delivery, Scorer, score, watch
from genesys_sentiment.model.alerts import Alert, Diagnosis
from genesys_sentiment.scoring.alert_rules import PolarityRule, ShareRule, TrendRule
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.diagnostics import Diagnostics

# Each rule watches every conversation and knows nothing of the others.
RULES = (
    TrendRule(participants=("customer",)),  # bad on average, for more than 30 s
    PolarityRule(count=3),  # three negative utterances in a row, at once
    ShareRule(threshold=0.8),  # more than 0.8 of the last ten are negative
)


async def tell(alert: Alert) -> None:
    """Raised once and cleared once: both ends have the same ``alert`` id."""
    print(f"{alert.state} {alert.rule} {alert.value:+.2f} {alert.reason or ''}".rstrip())


def note(found: Diagnosis) -> None:
    """No score of a conversation is no good conversation: say what to look at."""
    print(f"diagnosis {found.kind} {found.state}: {found.advice}")


async def main(queue: str, seconds: float | None) -> None:
    async with (
        Cloud.from_env() as cloud,
        watch(cloud, queues=[queue]) as stream,
        Delivery() as delivery,
    ):
        delivery.subscribe(tell, only=Alert)
        delivery.subscribe(note, only=Diagnosis)
        stages = Scorer(), AlertRules(RULES), Diagnostics()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await delivery.consume(score(stream, *stages))
    print("the accounting adds up:", not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
