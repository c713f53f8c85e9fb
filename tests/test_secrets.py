"""C5-31: canaries in every secret place of a whole session, looked for wherever text comes out.

Client secret, access token and connectUri never appear in logs, at any level, nor in reprs, nor in
errors and their tracebacks. What was said in a conversation does not either, except in logs at
DEBUG: there the traceback of a user's own handler may quote it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Iterator
from itertools import repeat

import pytest
from attrs import define, field, frozen

import genesys_sentiment
from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.settings import credentials_from_env
from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.errors import AuthError, CloudError, GenesysSentimentError
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.model.wire import Channel, Connect
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.simulator import Abort, Simulator
from genesys_sentiment.simulator.call_files import Call, parse_call
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.transport import AiohttpTransport, Socket
from genesys_sentiment.streaming.watch import watch

SECRET = "canary-client-secret-8d1f"
WRONG = "canary-wrong-secret-77aa"
SAID = "xyzzy4929"
"""A word of every utterance of the canary call."""
POISON = "plugh"
"""An utterance with this word breaks the analyzer, whose error quotes it."""


def _call() -> Call:
    said = ["This is terrible.", f"I lost my card {POISON}.", "Thank you, that is wonderful."] * 4
    turns = [
        {
            "speaker": "caller" if number % 2 else "agent",
            "start_ms": number * 3000,
            "duration_ms": 2000,
            "text": f"{text} {SAID}",
        }
        for number, text in enumerate(said)
    ]
    header = {"language": "en-US", "sentiment": {"overall": -0.2, "trend": 0.1}}
    return parse_call("canary", "\n".join(map(json.dumps, [header, *turns])), "canary.jsonl")


class _Fragile:
    """The embedded analyzer, but that it breaks at a word and says everything when it does."""

    name = "fragile"
    languages = EmbeddedAnalyzer().languages

    def __init__(self) -> None:
        self._sound = EmbeddedAnalyzer()

    def __call__(self, text: str, language: str) -> Analysis:
        if POISON in text:
            raise ValueError(f"cannot judge {text!r}")
        return self._sound(text, language)


@define
class _Spy:
    """A transport that remembers the secret addresses it was given."""

    transport: AiohttpTransport
    urls: list[str] = field(factory=list)

    async def open(self, connect: Connect) -> Socket:
        self.urls.append(connect.url)
        return await self.transport.open(connect)


@frozen
class _Session:
    """What a session left behind."""

    secrets: tuple[str, ...]
    objects: tuple[object, ...]
    records: tuple[Record, ...]
    errors: tuple[Exception, ...]

    def texts(self) -> Iterator[str]:
        """Everything that somebody may print of it."""
        scored = (each.event for each in self.records if isinstance(each, Score | Skipped))
        for thing in (*self.objects, *self.records, *scored, *self.errors):
            yield repr(thing)
            yield str(thing)
        yield from ("".join(traceback.format_exception(each)) for each in self.errors)


async def _refused(simulator: Simulator) -> AuthError:
    """A stream with a wrong secret."""
    where = endpoints(simulator.api_url, simulator.login_url)
    async with Cloud(where, simulator.client_id, WRONG) as cloud:
        async with watch(cloud, queues=[simulator.queue_id]) as stream:
            with pytest.raises(AuthError) as caught:
                await anext(aiter(stream))
    return caught.value


async def _failed_calls(cloud: Cloud, channel: Channel) -> list[Exception]:
    """REST calls that the platform refuses, and an address that leads elsewhere."""
    errors: list[Exception] = []
    for topics in (["v2.no.such.topic"], ["v2.users.x.presence" * 20]):
        try:
            await cloud.channels.add(channel, topics)
        except GenesysSentimentError as error:
            errors.append(error)
    gone = Channel(id="canary-gone-channel", connect_uri="wss://canary-gone-channel.invalid/x")
    with pytest.raises(CloudError) as caught:
        await cloud.channels.add(gone, ["v2.users.x.presence"])
    return [*errors, caught.value]


def _shout(record: Score) -> None:
    raise ValueError(f"I cannot bear it: {record.event}, {getattr(record.event, 'text', '')}")


async def _run(simulator: Simulator) -> _Session:
    """Watch, score and deliver; a dropped connection, a revoked token, a handler that raises."""
    refused = await _refused(simulator)
    where = endpoints(simulator.api_url, simulator.login_url)
    records: list[Record] = []
    async with Cloud(where, simulator.client_id, SECRET) as cloud, Delivery() as delivery:
        spy = _Spy(AiohttpTransport(cloud.session))
        scorer = Scorer(Policy(), _Fragile())
        options = StreamOptions(delays=lambda: repeat(0.05), subscribe_spacing=0.1)
        token = await cloud.tokens.get()
        own = await cloud.channels.create()
        delivery.subscribe(records.append)
        shouting = delivery.subscribe(_shout, only=Score)
        stream = watch(cloud, queues=[simulator.queue_id], transport=spy, options=options)
        async with stream:
            consuming = asyncio.create_task(delivery.consume(score(stream, scorer)), name="consume")
            await stream.ready()
            await simulator.play()
            simulator.revoke_tokens()
            async with asyncio.timeout(5):
                while len(spy.urls) < 3:
                    await asyncio.sleep(0.02)
        await consuming
        errors = await _failed_calls(cloud, own)
        renewed = await cloud.tokens.get()
    basic = base64.b64encode(f"{simulator.client_id}:{SECRET}".encode()).decode()
    channels = [*spy.urls, own.connect_uri, "canary-gone-channel"]
    return _Session(
        secrets=(
            *(SECRET, WRONG, basic, token.value, renewed.value),
            *(part for url in channels for part in (url, url.rpartition("/")[2])),
        ),
        objects=(
            *(cloud, cloud.tokens, cloud.rest, cloud.channels, cloud.conversations),
            *(cloud.endpoints, token, own, Connect(url=own.connect_uri), spy.transport),
            *(stream, stream.counters, options, scorer, scorer.policy, scorer.analyzer),
            *(delivery, shouting, shouting.counters),
            credentials_from_env(
                {
                    "GENESYS_CLIENT_ID": "canary",
                    "GENESYS_CLIENT_SECRET": SECRET,
                    "GENESYS_REGION": "eu-central-1",
                }
            ),
        ),
        records=tuple(records),
        errors=(refused, *errors),
    )


def _found(needles: tuple[str, ...], texts: Iterator[str]) -> list[str]:
    return [text for text in texts if any(needle in text for needle in needles)]


async def test_no_secret_and_nothing_said_comes_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    simulator = Simulator(
        [_call()],
        speed=20.0,
        wait=0.6,
        client_secret=SECRET,
        denied_permissions=["conversation:suggestion:view"],
    )
    simulator.script = [Abort(after=1.2)]
    async with simulator:
        session = await _run(simulator)

    # The session was one in which everything had its chance to come out.
    kinds = {type(record) for record in session.records}
    assert {Score, Skipped, Gap} <= kinds, kinds
    assert "analyzer_failed" in {getattr(each, "reason", "") for each in session.records}
    assert any(
        SAID in getattr(getattr(each, "event", None), "text", "") for each in session.records
    )
    assert len(session.errors) >= 3
    formatter = logging.Formatter("%(levelname)s %(name)s %(message)s")
    logged = [(record.levelno, formatter.format(record)) for record in caplog.records]
    assert any("I cannot bear it" in text for level, text in logged if level == logging.DEBUG)
    assert any(level == logging.WARNING for level, _ in logged)

    assert _found(session.secrets, (text for _, text in logged)) == []
    assert _found((SAID,), (text for level, text in logged if level > logging.DEBUG)) == []
    assert _found((*session.secrets, SAID), session.texts()) == []
    exported = (to_json(record).decode() for record in session.records)
    assert _found((*session.secrets, SAID), exported) == []


def test_records_say_what_was_said_only_when_asked() -> None:
    """The same records, so that the test above can fail: the text is in them."""
    event = genesys_sentiment.Utterance(conversation="c", utterance="u", text=SAID, received=1.0)
    assert SAID not in repr(event)
    assert SAID in to_json(event, text=True).decode()
    assert SAID not in to_json(event).decode()
