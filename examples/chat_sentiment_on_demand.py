"""One chat's sentiment as the tutorial asks for it: shares, record, and the note at the chat.

    python examples/chat_sentiment_on_demand.py CONVERSATION_ID

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET, GENESYS_API_URL and GENESYS_LOGIN_URL.
The real details query knows no sentiment; for a real organisation, see sentiment_by_rest.py.
"""

import asyncio
import json
import sys
import time

from genesys_sentiment import Cloud
from genesys_sentiment.cloud.forwarding import Forwarding
from genesys_sentiment.cloud.sentiment_query import SentimentQuery
from genesys_sentiment.model.export import to_dict
from genesys_sentiment.scoring.forwarding import forward


async def main(conversation: str) -> None:
    async with Cloud.from_env() as cloud:
        # From the chat's own beginning, a minute early as clocks differ: the tutorial's window of
        # the last hour misses older ones.
        detail = await cloud.details.get(conversation)
        since = (detail.started or time.time() - 86_400.0) - 60.0
        query = SentimentQuery(cloud.rest)
        found = (await query.get([conversation], since=since, media=["chat"]))[conversation]
        if found.outcome != "scored":
            # No data is no neutral score, and no negative one either: ask again later.
            print("not forwarded:", found.outcome, found.detail)
            return
        ended = detail.ended or time.time()
        record = forward(conversation, found, event=f"chat@{ended:.3f}", at=ended)
        print(json.dumps(to_dict(record), indent=2))  # a delivery would send it
        forwarding = Forwarding(id=record.forwarding, status="delivered", updated=time.time())
        # Reads first, and starts over when somebody else wrote in between, three times at most.
        written = await cloud.attributes.tutorial(conversation, forwarding)
        print("noted at the chat:", written.outcome)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
