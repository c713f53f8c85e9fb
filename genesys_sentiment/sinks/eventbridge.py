"""Entries as events on an Amazon EventBridge bus (S1-15). Needs the extra ``eventbridge``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any, Final, Protocol, TypeVar

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.errors import (
    ConfigurationError,
    Failure,
    GenesysSentimentError,
    SinkFailed,
)
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.model.export import encode
from genesys_sentiment.sinks._put_events import (
    LARGEST,
    LARGEST_IN_CHINA,
    LONGEST_DETAIL_TYPE,
    Bus,
    Put,
    Refusal,
    failures,
    numbered,
    refusal,
    requests,
    too_deep,
)
from genesys_sentiment.sinks._waves import Waves
from genesys_sentiment.sinks.payloads import SOURCE, Payload

_log = logging.getLogger(__name__)

_CONNECT_TIMEOUT: Final = 2.5
_READ_TIMEOUT: Final = 5.0
_ATTEMPTS: Final = 3
"""Of a request that failed as a whole, in boto's standard mode (S1-15); the lane does the rest."""

_LONGEST_REQUEST: Final = 26.0
"""Seconds: three attempts with both timeouts, and at most 1 and 2 seconds between them."""
_LANE: Final = Lane(timeout=60.0)

_T = TypeVar("_T")


class _Client(Protocol):
    """What is used of a boto3 client."""

    meta: Any

    def put_events(self, **request: Any) -> Mapping[str, Any]: ...

    def close(self) -> None: ...


class EventBridge:
    """Puts every entry on a bus.

    ``bus`` is a name or an ARN. An ARN with ``event-busv2`` is a bus of the newer API: it gets the
    conversation as ``EventGroupId`` and a ``DeduplicationId``. ``region``: None takes that of the
    ARN, else boto3's. ``session`` is a boto3 session for credentials of your own; None takes
    boto3's chain, and no key is ever kept here. ``endpoint``: another URL of the service.

    ``Detail`` is the record with ``logSequence``, or what ``payload`` makes of it. ``DetailType``
    is the record's kind unless given. The tutorial's: ``payload=chat_sentiment,
    detail_type="ChatSentimentAnalysis", lane=Lane(kinds=frozenset({"forward"}))``.
    ``limit``: bytes of the entries of one request together, and so of one entry; None is
    1,000,000, and 256,000 in China.

    An entry that cannot fit is given up with the reason ``oversize_`` and its bytes; a Detail of
    1,000 levels with ``nesting``. A request has no two entries of one conversation: the bus takes
    and refuses each by itself. ``lane``: its timeout must be above 26 seconds, which one request
    may take. Raises ConfigurationError for what cannot work, boto3 missing included.
    """

    def __init__(
        self,
        bus: str = "default",
        *,
        name: str = "eventbridge",
        region: str | None = None,
        endpoint: str | None = None,
        session: Any = None,
        source: str = SOURCE,
        detail_type: str | None = None,
        payload: Payload | None = None,
        limit: int | None = None,
        lane: Lane = _LANE,
        clock: Clock | None = None,
    ) -> None:
        _check(bus, source, detail_type, limit, lane)
        self._bus = Bus.of(bus)
        self.name = name
        self.lane = lane
        self._region = region or self._bus.region
        self._endpoint = endpoint
        self._session = session
        self._source = source
        self._detail_type = detail_type
        self._payload = payload
        self._limit = limit
        self._clock = clock or SystemClock()
        self._client: _Client | None = None
        self._thread: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        return f"EventBridge({self._bus.name!r}, name={self.name!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Put them; raises SinkFailed for what the bus did not take.

        When a request fails as a whole for a reason that may pass, the rest of the batch is not
        tried, and fails for the same reason. What there is no time for comes with the next batch.
        """
        if not entries:
            return
        now = asyncio.get_running_loop().time
        # Before its lane would: only so is it known what was delivered.
        ends = now() + self.lane.timeout - _LONGEST_REQUEST
        opened = await self._in_thread(self._open)
        if isinstance(opened, Refusal):
            raise SinkFailed.whole(len(entries), opened.reason)
        client, limit = opened
        waves = Waves(entries)
        down: Refusal | None = None
        for wave in waves:
            puts = self._puts(entries, wave, limit, waves)
            for part in requests(puts, self._bus.most, limit):
                if down is None:
                    down = await self._deliver(client, part, waves)
                    if down is None and now() > ends:
                        down = _NO_TIME
                else:
                    _fail(part, down, waves)
        waves.settle()

    async def close(self) -> None:
        """Let go of the connections. A request that is under way is waited for."""
        client, thread = self._client, self._thread
        if client is not None:
            await self._in_thread(client.close)
        self._client = self._thread = None
        if thread is not None:
            thread.shutdown(wait=False)

    def _puts(
        self, entries: Sequence[Entry], wave: Sequence[int], limit: int, waves: Waves
    ) -> list[Put]:
        """Those of a wave that can be put; the others have failed for good."""
        puts = []
        for index in wave:
            found = self._put(index, entries[index], limit)
            if isinstance(found, Put):
                puts.append(found)
            else:
                waves.failed(Failure(index, found, retry=False))
        return puts

    def _put(self, index: int, entry: Entry, limit: int) -> Put | str:
        """An entry of a request, or why there is none."""
        detail_type = self._detail_type or entry.kind
        if len(detail_type) > LONGEST_DETAIL_TYPE:
            return "detail_type"
        try:
            detail = self._detail(entry)
        except RecursionError:
            return "nesting"
        except Exception as error:  # noqa: BLE001 - the user's border: logged, and a failure
            self._complain(error)
            return "bad_payload"
        if detail is None:
            return "no_payload"
        if too_deep(detail):
            return "nesting"
        put = self._bus.put(index, entry, self._source, detail_type, detail.decode())
        return put if put.size <= limit else f"oversize_{put.size}"

    def _detail(self, entry: Entry) -> bytes | None:
        if self._payload is None:
            return numbered(entry)
        made = self._payload(entry, self._clock.wall())
        return None if made is None else encode(made)

    def _complain(self, error: Exception) -> None:
        # Ours hold no content; a user's own may quote what somebody said.
        ours = isinstance(error, GenesysSentimentError)
        said = f"{type(error).__name__}: {error}" if ours else type(error).__name__
        _log.warning("%s: no payload for an entry: %s", self.name, said)
        _log.debug("%s: the payload function failed", self.name, exc_info=error)

    async def _deliver(self, client: _Client, puts: Sequence[Put], waves: Waves) -> Refusal | None:
        """One request; what comes back is an outage, which the rest of the batch shares."""
        found = await self._in_thread(lambda: _call(client, self._bus.request(puts)))
        if not isinstance(found, Refusal):
            for failure in failures(puts, found):
                waves.failed(failure)
        elif found.apart and len(puts) > 1:
            for place, put in enumerate(puts):
                down = await self._deliver(client, [put], waves)
                if down is not None:
                    _fail(puts[place + 1 :], down, waves)
                    return down
        else:
            _fail(puts, found, waves)
            return found if found.retry else None
        return None

    def _open(self) -> tuple[_Client, int] | Refusal:
        """The client, made at the first use: that reads boto3's files."""
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

        client: Any = self._client
        if client is None:
            settings = Config(
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                connect_timeout=_CONNECT_TIMEOUT,
                read_timeout=_READ_TIMEOUT,
            )
            try:
                client = (self._session or boto3.Session()).client(
                    self._bus.service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    config=settings,
                )
            except BotoCoreError as error:
                return Refusal(reason=type(error).__name__, retry=True)
            self._client = client
        china = client.meta.partition == "aws-cn"
        return client, self._limit or (LARGEST_IN_CHINA if china else LARGEST)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        """Off the loop, one at a time: after a cancelled send its request may still be under way,
        and the batch that comes again must not overtake it."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _call(client: _Client, request: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
    """Errors become values here: their messages and traces may hold an access key's id."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        return client.put_events(**request)
    except ClientError as error:
        return refusal(error.response)
    except BotoCoreError as error:
        # No connection, no credentials: anything but a request that can never be written.
        wrong = isinstance(error, ParamValidationError)
        return Refusal(reason=type(error).__name__, retry=not wrong, apart=wrong)


_NO_TIME: Final = Refusal(reason="no_time", retry=True, tried=False)


def _fail(puts: Sequence[Put], found: Refusal, waves: Waves) -> None:
    for each in puts:
        waves.failed(found.failure(each))


def _check(bus: str, source: str, detail_type: str | None, limit: int | None, lane: Lane) -> None:
    problems = []
    if find_spec("boto3") is None:
        problems.append("boto3 is missing: pip install 'genesys-sentiment[eventbridge]'")
    if not bus:
        problems.append("bus must be a name or an ARN")
    if not source or source.startswith("aws."):
        problems.append("source must not be empty, nor begin with aws.")
    if detail_type is not None and not 0 < len(detail_type) <= LONGEST_DETAIL_TYPE:
        problems.append(f"detail_type must have 1 to {LONGEST_DETAIL_TYPE} characters")
    if limit is not None and limit < 1:
        problems.append("limit must be at least 1 byte")
    if lane.timeout <= _LONGEST_REQUEST:
        problems.append(f"the lane's timeout must be above {_LONGEST_REQUEST:.0f} seconds")
    if problems:
        raise ConfigurationError("EventBridge: " + "; ".join(problems))
