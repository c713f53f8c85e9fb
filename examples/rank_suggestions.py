"""The suggestions of the tutorial's Agent Assist socket: filtered, ranked, and accepted.

    python examples/rank_suggestions.py QUEUE_ID [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET, GENESYS_API_URL and GENESYS_LOGIN_URL.
No real organisation has the tutorial's WebSocket; for one, see suggestions_on_queue.py.
"""

import asyncio
import contextlib
import sys
import time
from urllib.parse import urlsplit

from genesys_sentiment import AiohttpTransport, Cloud, Stream, score
from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.model.assist import Ranked
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.streaming.plan import TopicList


async def follow(cloud: Cloud, queue: str, topics: TopicList) -> None:
    """Subscribe to what goes on in the queue; what is known already changes nothing."""
    while True:
        now = time.time()
        live = await cloud.conversations.live([queue], since=now - 3600.0, until=now)
        topics.add(*(each.conversation for each in live))
        await asyncio.sleep(1.0)


def take(ranked: Ranked, assist: Assist) -> None:
    """Show the suggestions, and take the best one as an agent would who clicks on it."""
    for suggestion, value in zip(ranked.suggestions, ranked.scores, strict=True):
        print(f"{'' if value is None else f'{value:.2f}':>4}  {suggestion.title}")
    print(f"      offered {ranked.offered}, too uncertain {ranked.too_uncertain}")
    if ranked.suggestions:
        best = ranked.suggestions[0].suggestion
        taken = assist.accept(ranked.conversation, best, now=time.time())
        # To tell a knowledge platform, give it to a Delivery: see sinks/payloads.py, assist_sync.
        print("      acceptance rate:", taken.rate)


async def main(queue: str, seconds: float | None) -> None:
    assist = Assist()
    async with Cloud.from_env() as cloud:
        api = urlsplit(cloud.endpoints.api_url)
        # The window slides: each subscription, also after a reconnect, asks for the last 300 s.
        dialect = AgentAssist(host=api.netloc, secure=api.scheme == "https", window=300.0)
        topics = TopicList()
        transport = AiohttpTransport(cloud.session)
        async with Stream(dialect, transport, tokens=cloud.tokens, topics=topics) as stream:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                    group.create_task(follow(cloud, queue, topics), name="follow")
                    async for ranked in score(stream, assist, only=Ranked):
                        take(ranked, assist)
    print("the accounting adds up:", assist.counters.balanced and not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
