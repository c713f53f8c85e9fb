"""The sentiment scorer of the tutorial: subscribe to interactions, score what the server sends.

    python examples/score_interactions.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET, GENESYS_API_URL and GENESYS_LOGIN_URL.
No real organisation has the tutorial's WebSocket; for one, see print_scores.py and callbacks.py.
"""

import asyncio
import contextlib
import sys
import time
from urllib.parse import urlsplit

from genesys_sentiment import (
    AiohttpTransport,
    Cloud,
    Delivery,
    Policy,
    Score,
    Scorer,
    Stream,
    score,
)
from genesys_sentiment.dialects.interaction_topics import InteractionTopics, interaction
from genesys_sentiment.streaming.plan import TopicList


async def follow(cloud: Cloud, queue: str, topics: TopicList) -> None:
    """Subscribe to what goes on in the queue; what is known already changes nothing."""
    while True:
        now = time.time()
        live = await cloud.conversations.live([queue], since=now - 3600.0, until=now)
        topics.add(*(interaction(each.conversation) for each in live))
        await asyncio.sleep(1.0)


def show(record: Score) -> None:
    """A plain function is as good a handler as an async one."""
    sure = "?" if record.confidence is None else f"{record.confidence:.2f}"
    flag = "  sarcasm?" if record.sarcasm_flag else ""
    print(f"{record.polarity:<8} {record.polarity_raw:+.2f}  {sure}  {record.emotion}{flag}")


async def main(queue: str, seconds: float | None) -> None:
    # The tutorial's figures: one score in 2 s and interaction, segments and a language demanded.
    scorer = Scorer(Policy.interactions())
    async with Cloud.from_env() as cloud, Delivery() as delivery:
        api = urlsplit(cloud.endpoints.api_url)
        dialect = InteractionTopics(host=api.netloc, secure=api.scheme == "https")
        topics = TopicList()
        transport = AiohttpTransport(cloud.session)
        async with Stream(dialect, transport, tokens=cloud.tokens, topics=topics) as stream:
            showing = delivery.subscribe(show, only=Score)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                    group.create_task(follow(cloud, queue, topics), name="follow")
                    await delivery.consume(score(stream, scorer))
    print("scored:", scorer.counters.scored, "skipped:", dict(scorer.counters.skipped))
    print("the accounting adds up:", scorer.counters.balanced and not stream.counters.problems())
    print(showing.counters)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
