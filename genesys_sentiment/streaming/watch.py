"""From queues, agents and conversations to one stream that follows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal, overload

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects import topics as topic
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.wire import Dialect
from genesys_sentiment.streaming.company import company
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions, FinalSentimentOptions
from genesys_sentiment.streaming.plan import Following
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport, Transport
from genesys_sentiment.streaming.watching import Watcher

_LONGEST_CALL = 24 * 3600.0
"""How far back conversations that are still going on are looked for, in seconds."""


@overload
def watch(
    cloud: Cloud,
    *,
    queues: Iterable[str] = ...,
    users: Iterable[str] = ...,
    conversations: Iterable[str] = ...,
    topics: Iterable[str] = ...,
    suggestions: bool = ...,
    linger: float = ...,
    dialect: Dialect | None = ...,
    transport: Transport | None = ...,
    backfill: bool | BackfillOptions = ...,
    final_sentiment: bool | FinalSentimentOptions = ...,
    memory: Memory | None = ...,
    options: StreamOptions | None = ...,
    clock: Clock | None = ...,
    channels: Literal[1] = ...,
    reclaim: bool = ...,
) -> Stream: ...
@overload
def watch(
    cloud: Cloud,
    *,
    queues: Iterable[str] = ...,
    users: Iterable[str] = ...,
    conversations: Iterable[str] = ...,
    topics: Iterable[str] = ...,
    suggestions: bool = ...,
    linger: float = ...,
    dialect: Dialect | None = ...,
    transport: Transport | None = ...,
    backfill: bool | BackfillOptions = ...,
    final_sentiment: bool | FinalSentimentOptions = ...,
    memory: Memory | None = ...,
    options: StreamOptions | None = ...,
    clock: Clock | None = ...,
    channels: int,
    reclaim: bool = ...,
) -> Stream | Fleet: ...
def watch(
    cloud: Cloud,
    *,
    queues: Iterable[str] = (),
    users: Iterable[str] = (),
    conversations: Iterable[str] = (),
    topics: Iterable[str] = (),
    suggestions: bool = False,
    linger: float = 60.0,
    dialect: Dialect | None = None,
    transport: Transport | None = None,
    backfill: bool | BackfillOptions = False,
    final_sentiment: bool | FinalSentimentOptions = False,
    memory: Memory | None = None,
    options: StreamOptions | None = None,
    clock: Clock | None = None,
    channels: int = 1,
    reclaim: bool = False,
) -> Stream | Fleet:
    """A stream that follows queues, users (agents) and conversations by their ids.

    It discovers the conversations of the queues and agents, subscribes to each one's transcripts
    and platform sentiment (and suggestions, when asked) as it starts, and drops them ``linger``
    seconds after it ended. ``topics`` are subscribed as they are. What goes on in the queues
    already is found by REST each time a connection opens. Missing permissions arrive as
    ``TopicRefused``, one by one, while everything else lives. ``backfill`` asks by REST what
    happened in each gap, ``final_sentiment`` for the platform's sentiment of each conversation
    that ended; what comes of it is marked ``source="backfill"``. ``memory`` is what the stream
    knows of conversations; bring your own to share it. ``channels``: with more than 1, it is a
    ``Fleet`` of at most so many, which opens them as conversations need them; ``reclaim`` is its.

    Raises ConfigurationError when there is nothing to watch or an id cannot be one.
    """
    queues, fixed = tuple(queues), tuple(topics)
    clock = clock or cloud.clock
    memory = memory or Memory()

    def conversation_topics(conversation: str) -> tuple[str, ...]:
        wanted = (topic.transcription(conversation), topic.sentiment(conversation))
        return (*wanted, *topic.suggestions(conversation)) if suggestions else wanted

    async def discover() -> Iterable[Following]:
        now = clock.wall()
        live = await cloud.conversations.live(queues, since=now - _LONGEST_CALL, until=now)
        return [Following(each.conversation, each.started) for each in live]

    watcher = Watcher(
        memory.snapshots,
        conversation_topics,
        base=(
            *fixed,
            *(topic.queue_conversations(queue) for queue in queues),
            *(topic.user_conversations(user) for user in users),
        ),
        linger=linger,
        wall=clock.wall() - clock.monotonic(),
    )
    named = [Following(topic.check_id(each)) for each in conversations]
    watcher.discovered(named, clock.monotonic())
    if not watcher.wanted:
        raise ConfigurationError("nothing to watch: give queues, users, conversations or topics")
    companions = company(
        cloud,
        memory,
        clock,
        queues=queues,
        followed=lambda: watcher.conversations,
        suggestions=suggestions,
        backfill=backfill,
        final_sentiment=final_sentiment,
    )
    opened: Callable[..., Stream | Fleet] = Stream
    if channels != 1:
        opened = partial(Fleet, most=channels, reclaim=reclaim)
    return opened(
        dialect or Notifications(),
        transport or AiohttpTransport(cloud.session),
        tokens=cloud.tokens,
        channels=cloud.channels,
        topics=watcher,
        discover=discover if queues else None,
        memory=memory,
        companions=companions,
        options=options,
        clock=clock,
    )
