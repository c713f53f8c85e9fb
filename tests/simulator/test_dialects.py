"""The library's dialects understand every frame that the simulator's languages send (X-01)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import count

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics, interaction
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics, conversations
from genesys_sentiment.model.events import Reading, StateChange, Suggestions
from genesys_sentiment.model.wire import Acknowledged, Dialect, Request, Token, WireMessage
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.simulator.conversation import Ids
from tests.simulator.client import Client, short_call

ID = Ids.of("simulator", 0, "short", 0)("conversation")
HINT = {"after": 1, "title": "refund", "answer": "a", "confidence": 0.9}
LINES = [("agent", "hello"), ("caller", "this is terrible"), ("caller", "[noise]")]
CASES: list[tuple[Callable[[str], Dialect], list[str], type, int, bool]] = [
    (lambda host: InteractionTopics(host=host, secure=False), [interaction(ID)], Reading, 3, True),
    (lambda host: AgentAssist(host=host, secure=False), [ID], Suggestions, 1, True),
    (
        lambda host: RealtimeAnalytics(host=host, secure=False),
        [conversations()],
        Reading,
        9,
        False,
    ),
    (lambda host: InteractionStream(host=host, secure=False), [], StateChange, 4, True),
]


@pytest.mark.parametrize(("make", "topics", "kind", "number", "acknowledged"), CASES)
async def test_a_dialect_reads_what_its_language_sends(
    make: Callable[[str], Dialect], topics: list[str], kind: type, number: int, acknowledged: bool
) -> None:
    """X-01: each tutorial's language over a real socket, decoded without one unknown frame."""
    simulator = Simulator([short_call("short", *LINES, suggestions=[HINT])], speed=500, wait=0)
    async with simulator, Client(simulator) as client:
        dialect = make(simulator.api_url.removeprefix("http://"))
        numbers = count()
        requests = dialect.subscribe(topics, time.time(), lambda: f"r{next(numbers)}")
        token = Token(value=client.token, expires=time.monotonic() + 60)
        messages = await heard(simulator, dialect, token, requests)
    answers = [each for each in messages if isinstance(each, Acknowledged)]
    assert [each.reference for each in answers] == [
        request.reference for request in requests if acknowledged
    ]
    events = [each for each in messages if isinstance(each, kind)]
    assert len(events) == number
    others = {type(each) for each in messages} - {kind, Acknowledged}
    assert others <= {StateChange}


async def heard(
    simulator: Simulator, dialect: Dialect, token: Token, requests: Sequence[Request]
) -> list[WireMessage]:
    """Everything that one play says, decoded."""
    where = dialect.connect(token, None)
    got: list[str | bytes] = []
    async with connect(where.url, additional_headers=dict(where.headers)) as socket:
        for request in requests:
            await socket.send(request.text)
        await simulator.watched()
        await asyncio.sleep(0.03)
        await simulator.play()
        simulator.close_sockets()
        try:
            while True:
                got.append(await asyncio.wait_for(socket.recv(), 2))
        except ConnectionClosed:
            pass
    frames = [frame.encode() if isinstance(frame, str) else frame for frame in got]
    return [message for frame in frames for message in dialect.decode(frame, time.time())]
