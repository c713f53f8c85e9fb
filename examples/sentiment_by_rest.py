"""One conversation's sentiment by REST, when it is wanted: the platform's own, and ours.

    python examples/sentiment_by_rest.py CONVERSATION_ID

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.
"""

import asyncio
import sys
import time

from genesys_sentiment import Cloud, Policy, Score, Scorer, Skipped
from genesys_sentiment.cloud.forwarding import Forwarding
from genesys_sentiment.scoring.identity import stable_uuid
from genesys_sentiment.scoring.shares import assess_scores


async def ours(cloud: Cloud, conversation: str) -> list[Score]:
    """The customer's utterances, scored here. A transcript is complete when the call is over."""
    scorer, scores = Scorer(Policy()), []
    detail = await cloud.details.get(conversation)
    for communication in detail.communications:
        transcript = await cloud.transcripts.get(conversation, communication)
        for utterance in () if transcript is None else transcript.utterances:
            records = scorer(utterance, time.time())
            scores += [each for each in records if isinstance(each, Score)]
    return [each for each in scores if each.participant == "customer"]


async def main(conversation: str) -> None:
    async with Cloud.from_env() as cloud:
        # wait() asks again while the analysis is not there; get() asks once.
        match await cloud.sentiments.get(conversation):
            case Skipped(reason=reason, detail=why):
                print("the platform:", reason, why)
            case reading:
                print("the platform:", reading.score, "trend", reading.trend)
        found = assess_scores(await ours(cloud, conversation))
        print("ours:", found.outcome, found.polarity, found.shares)
        if found.outcome == "scored":
            # The same id however often this runs: it is the forwarding's, not the attempt's.
            forwarding = Forwarding(
                id=stable_uuid("example", conversation), status="delivered", updated=time.time()
            )
            written = await cloud.attributes.participant(conversation, forwarding)
            print("noted at the customer:", written.outcome)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
