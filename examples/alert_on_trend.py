"""The alerts of the agent sentiment tutorial: bad for long enough, not bad for a moment.

    python examples/alert_on_trend.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET, GENESYS_API_URL and GENESYS_LOGIN_URL.
No real organisation has the tutorial's WebSocket; for one, see alert_on_queue.py.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

from genesys_sentiment import AiohttpTransport, Cloud, Scorer, Stream, score
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics, conversations
from genesys_sentiment.model.alerts import Alert, Diagnosis
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.diagnostics import Diagnostics


def show(record: object) -> None:
    """An alert is for a supervisor, a diagnosis for whoever administers the organisation."""
    match record:
        case Alert(state="raised"):
            lasting = record.raised - record.began
            print(f"alert {record.rule}: {record.value:+.2f} for {lasting:.0f} s, {record.user}")
            print("  because of", *(f"{each.value:+.2f}" for each in record.evidence))
        case Alert():
            print(f"cleared: {record.reason}")
        case Diagnosis():
            print(f"{record.kind} {record.state}: {record.advice}")


async def main(queue: str, seconds: float | None) -> None:
    # The average of five readings below -0.5 for more than 30 s, in the time of the events.
    stages = Scorer(), AlertRules(), Diagnostics()
    async with Cloud.from_env() as cloud:
        api = urlsplit(cloud.endpoints.api_url)
        # sentiment.score is among the fields unless said otherwise: what is not asked for, is
        # not sent.
        dialect = RealtimeAnalytics(host=api.netloc, secure=api.scheme == "https", heartbeat=30)
        async with Stream(
            dialect,
            AiohttpTransport(cloud.session),
            tokens=cloud.tokens,
            topics=[conversations(queue=queue)],
        ) as stream:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for record in score(stream, *stages):
                        show(record)
    print("the accounting adds up:", not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
