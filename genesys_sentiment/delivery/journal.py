"""The embedded log: a file that keeps entries until every sink has them."""

from __future__ import annotations

import asyncio
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias, TypeVar

from genesys_sentiment.delivery._journal_consumer import JournalConsumer
from genesys_sentiment.delivery._journal_entries import News, Offer
from genesys_sentiment.delivery._journal_rows import room_for, to_row
from genesys_sentiment.delivery._journal_salvage import Salvage
from genesys_sentiment.delivery._journal_store import Store
from genesys_sentiment.delivery._journal_tail import CLOSED, Tail
from genesys_sentiment.delivery._journal_thread import Job, Settings, Worker
from genesys_sentiment.delivery.log import Tally
from genesys_sentiment.errors import ConfigurationError, LogFailed
from genesys_sentiment.model.entries import Entry

Overflow: TypeAlias = Literal["block", "drop_oldest"]
T = TypeVar("T")

_SMALLEST: Final = 1_048_576
_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,200}")


class Journal:
    """A log in one SQLite file. An asynchronous context manager; opens at its first use as well.

    ``append`` returns when its entries are on the disk (``synchronous=FULL``): they outlive a kill
    and a loss of power. They stay until every consumer that was ever asked for has settled them;
    ``forget`` those that do not come back.

    ``limit``: bytes of entries in the file (1 MiB at least). Of it the share ``reserve`` (0…0.5)
    is for entries that are urgent. Settling always works, and its receipts may go beyond. What
    happens at the limit is ``overflow``: "block" refuses with LogFull; "drop_oldest" drops the
    oldest entries that are not urgent, and counts them for each consumer that had not ended with
    them. ``retain``: seconds that entries are kept after the last consumer settled them.

    The file holds what was said in conversations, if it is not redacted: its mode is 0600. One
    process at a time: a lock beside it is freed when the process ends, however it ends.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        limit: int = 1_073_741_824,
        reserve: float = 0.1,
        overflow: Overflow = "block",
        retain: float = 0.0,
    ) -> None:
        if limit < _SMALLEST:
            raise ConfigurationError(f"limit is {limit} bytes: give {_SMALLEST} or more")
        if not 0 <= reserve <= 0.5:
            raise ConfigurationError(f"reserve is {reserve}: give a share between 0 and 0.5")
        if overflow not in ("block", "drop_oldest"):
            raise ConfigurationError(f"overflow is {overflow!r}: give 'block' or 'drop_oldest'")
        if not 0 <= retain < math.inf:
            raise ConfigurationError(f"retain is {retain}: give 0 or more seconds")
        self._settings = Settings(
            # Resolved: two names of one file must come to one lock.
            path=Path(os.path.realpath(path)),
            limit=limit,
            reserve=reserve,
            drop=overflow == "drop_oldest",
            retain=retain,
        )
        self._opening: asyncio.Future[None] | None = None
        self._closing: asyncio.Future[None] | None = None
        self._worker: Worker | None = None
        self._tail: Tail | None = None
        self._consumers: dict[str, JournalConsumer] = {}
        self._asked: set[str] = set()
        self._names: dict[int, str] = {}
        self._salvaged: Salvage | None = None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._settings.path

    @property
    def salvaged(self) -> Salvage | None:
        """What was saved of a file that was damaged; None where it was not."""
        return self._salvaged

    async def open(self) -> Self:
        """Open the file, or begin one; what else is called does it, too. May be called again.

        Raises LogInUse while another process has it; LogFailed where it cannot be written to, is
        no journal or one of a newer version, or is closed. A damaged one is salvaged, see
        ``salvaged``.
        """
        if self._closing is not None:
            raise LogFailed(CLOSED)
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_future()
            self._worker = Worker(
                self._settings,
                asyncio.get_running_loop(),
                opened=self._opened,
                heard=self._heard,
                flights=lambda: [each.flight for each in tuple(self._consumers.values())],
                known=lambda: dict(self._names),
            )
        await asyncio.shield(self._opening)
        return self

    async def append(self, entries: Sequence[Entry]) -> None:
        """Keep them, in this order; returns when they are on the disk.

        Cancelling does not take them back. Raises LogFull (then none of them was kept; the
        reserve is open to calls of which every entry is urgent), LogFailed, and
        ConfigurationError for an entry whose text UTF-8 cannot hold.
        """
        rows = [to_row(each) for each in entries]
        if not rows:
            return
        offer = Offer(
            tuple(entries), rows, sum(map(room_for, rows)), all(each.urgent for each in entries)
        )
        await self._do(offer=offer)

    async def consumer(self, name: str) -> JournalConsumer:
        """The place of that name; a new one begins with the oldest entry kept.

        Raises ConfigurationError for a name that is in use here already, or that has other
        characters than letters, digits, ``-``, ``_``, ``.`` and ``:``.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"a consumer cannot be called {name!r}: give letters, digits, '-', '_', '.', ':'"
            )
        if name in self._asked:
            raise ConfigurationError(f"the consumer {name!r} is in use: give each its own name")
        self._asked.add(name)
        try:
            key, cursor = await self._ask(lambda store: store.consumer(name))
        except BaseException:
            self._asked.discard(name)
            raise
        assert self._tail is not None  # noqa: S101 - it is open
        self._names[key] = name
        self._consumers[name] = JournalConsumer(name, key, cursor, self._tail, self._ask)
        return self._consumers[name]

    async def tallies(self) -> Mapping[str, Tally]:
        """The accounting of each consumer that the file knows, in use or not, by its name."""
        return await self._ask(lambda store: store.tallies())

    async def forget(self, name: str) -> None:
        """Give up the place of a consumer that does not come back, with what it had not got.

        The entries that only it was waiting for are deleted. Raises ConfigurationError for one
        that is in use, or that the file does not know.
        """
        if name in self._asked:
            raise ConfigurationError(f"the consumer {name!r} is in use: end what uses it first")
        await self._ask(lambda store: store.forget(name))

    async def reconcile(self) -> Sequence[str]:
        """Count all rows again; what does not agree with the tallies. Reads the whole file."""
        return await self._ask(lambda store: store.recount())

    async def close(self) -> None:
        """Write what was accepted, and let go of the file. May be called again."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_future()
            if self._tail is not None:
                self._tail.close()
            if self._opening is None or (self._opening.done() and self._opening.exception()):
                self._closing.set_result(None)
            elif self._worker is not None:
                self._worker.submit(Job(done=lambda value, error: self._ended()))
        await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        """Open."""
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def _ask(
        self,
        work: Callable[[Store], T],
        done: Callable[[T | None, BaseException | None], None] | None = None,
    ) -> T:
        result: T = await self._do(work=work, done=done)
        return result

    async def _do(
        self,
        *,
        offer: Offer | None = None,
        work: Callable[[Store], Any] | None = None,
        done: Callable[[Any, BaseException | None], None] | None = None,
    ) -> Any:
        if self._tail is None:
            await self.open()
        if self._closing is not None:  # what comes behind the end is never answered
            raise LogFailed(CLOSED)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def hear(value: Any, error: BaseException | None) -> None:
            if done is not None:
                done(value, error)
            if future.done():  # its caller was cancelled: what it asked for is done all the same
                return
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)

        assert self._worker is not None  # noqa: S101 - it is open
        self._worker.submit(Job(done=hear, offer=offer, work=work))
        return await future

    def _opened(self, last: int, error: BaseException | None) -> None:
        assert self._opening is not None  # noqa: S101 - it is what is heard of
        if error is None:
            self._tail = Tail(last)
            if self._closing is not None:
                self._tail.close()
            self._opening.set_result(None)
        else:
            self._opening.set_exception(error)
            self._opening.exception()  # whoever waits hears of it; nobody may
            if self._closing is not None:
                self._ended()

    def _heard(self, news: News, last: int, generation: int, salvaged: Salvage | None) -> None:
        self._salvaged = salvaged
        if self._tail is not None:
            self._tail.hear(news, last, generation)

    def _ended(self) -> None:
        if self._worker is not None:
            self._worker.join()
        if self._closing is not None and not self._closing.done():
            self._closing.set_result(None)
