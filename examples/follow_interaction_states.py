"""The state changes of the tutorial's interaction stream: in order, each once, none backwards.

    python examples/follow_interaction_states.py [SECONDS]

Where and as whom: GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET, GENESYS_API_URL and GENESYS_LOGIN_URL.
No real organisation has the tutorial's WebSocket; for one, see states_on_queue.py.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

from genesys_sentiment import AiohttpTransport, Cloud, Gap, StateChange, Stream, score
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.scoring.tracker import Tracker
from genesys_sentiment.scoring.transitions import TrackerPolicy


def show(record: object) -> None:
    """A step that the table does not know is marked and never dropped."""
    match record:
        case StateChange():
            mark = "  unexpected" if record.unexpected else ""
            print(f"{record.conversation}  {record.before} -> {record.state}{mark}")
        case Gap():
            print(f"events may be missing: {record.reason}, {record.count or 'unknown how many'}")


async def main(seconds: float | None) -> None:
    # The tutorial does not say what a sequence counts: here the events of the whole stream.
    tracker = Tracker(TrackerPolicy(numbering="stream"))
    async with Cloud.from_env() as cloud:
        api = urlsplit(cloud.endpoints.api_url)
        # No topics: the filter says it all. A new token goes out on the open socket.
        dialect = InteractionStream(
            host=api.netloc, secure=api.scheme == "https", types=("voice", "chat")
        )
        transport = AiohttpTransport(cloud.session)
        async with Stream(dialect, transport, tokens=cloud.tokens) as stream:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for record in score(stream, tracker):
                        show(record)
    print("moved:", tracker.counters.moved, "unexpected:", tracker.counters.unexpected)
    print("the accounting adds up:", not stream.counters.problems())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else None))
