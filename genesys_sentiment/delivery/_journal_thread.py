"""The one thread that has the journal's file open: it commits what has queued, as one group."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias

from attrs import define, frozen

from genesys_sentiment.delivery import _journal_schema as schema
from genesys_sentiment.delivery._journal_entries import WINDOW, News, Offer
from genesys_sentiment.delivery._journal_salvage import Salvage, finish, salvage
from genesys_sentiment.delivery._journal_space import Space
from genesys_sentiment.delivery._journal_store import Store
from genesys_sentiment.errors import GenesysSentimentError, LogFailed
from genesys_sentiment.locking import FileLock

GROUP: Final = 1000
"""Entries after which a group is committed. What a kill can lose is what nobody was told is safe:
callers wait, so a larger group loses no more. It takes what has queued and waits for nothing:
while one group is on its way to the disk, the next one gathers."""
_TIDY: Final = 0.02
"""Seconds without work after which settled rows are deleted."""
_RETAINED: Final = 1.0
"""Seconds between looks at whether what is retained may go."""

Work: TypeAlias = Callable[[Store], Any]
Done: TypeAlias = Callable[[Any, BaseException | None], None]


@frozen(kw_only=True)
class Settings:
    """How a journal wants its file."""

    path: Path
    limit: int
    reserve: float
    drop: bool
    retain: float


@define(eq=False)
class Job:
    """What one caller waits for: entries to append, or work on the store. Neither: the end.

    ``done`` is called on the loop with the result or the error, whoever still waits.
    """

    done: Done
    offer: Offer | None = None
    work: Work | None = None

    @property
    def size(self) -> int:
        """In entries, about."""
        return len(self.offer.rows) if self.offer is not None else 1


Result: TypeAlias = tuple[Job, Any, BaseException | None]


class Worker:
    """``opened`` and ``heard`` are called on ``loop``: when the file is open, or why it is not;
    and with what each group changed. ``flights`` is called here, see :class:`Store`.
    """

    def __init__(
        self,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        *,
        opened: Callable[[int, BaseException | None], None],
        heard: Callable[[News, int, int, Salvage | None], None],
        flights: Callable[[], Sequence[range]],
        known: Callable[[], dict[int, str]],
    ) -> None:
        self._settings = settings
        self._loop = loop
        self._opened = opened
        self._heard = heard
        self._flights = flights
        self._known = known
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._space = Space(settings.path, settings.limit, settings.reserve)
        self._salvaged: Salvage | None = None
        self._owing = False
        # A daemon: a program that forgets to close the journal ends all the same, without a loss.
        self._thread = threading.Thread(target=self._run, name="genesys-journal", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Do it, in turn."""
        self._jobs.put(job)

    def join(self) -> None:
        """Wait for the thread, which has said that it ends."""
        self._thread.join()

    # All of what follows runs in the thread.

    def _run(self) -> None:
        try:
            lock = FileLock(self._settings.path.with_name(self._settings.path.name + ".lock"))
        except LogFailed as error:
            self._tell(self._opened, 0, error)
            return
        try:
            finish(self._settings.path)
            self._open(0)
        except LogFailed as error:
            lock.release()
            self._tell(self._opened, 0, error)
            return
        try:
            self._space.load()
            self._tell(self._opened, self._store.last, None)
            self._finish([], News())
            last = self._work()
            with suppress(sqlite3.Error):
                self._store.db.close()
        finally:
            lock.release()
        self._finish([(last, None, None)], News())

    def _open(self, generation: int, *, damaged: bool = False) -> None:
        """Raises LogFailed, after one try to salvage what is damaged."""
        path, settings = self._settings.path, self._settings
        try:
            if damaged:
                self._salvaged = salvage(path, self._known())
            db = schema.connect(path, self._space.checkpoint)
        except (sqlite3.Error, OSError) as error:
            if damaged or not (isinstance(error, sqlite3.Error) and schema.is_damage(error)):
                raise LogFailed(f"{path} cannot be opened: {error}. Look at its disk") from error
            self._open(generation, damaged=True)
            return
        try:
            self._store = Store(
                db,
                self._space,
                drop=settings.drop,
                retain=settings.retain,
                flights=self._flights,
                generation=generation,
            )
        except sqlite3.Error as error:
            db.close()
            if damaged or not schema.is_damage(error):
                raise schema.translated(error, path) from error
            self._open(generation, damaged=True)
        self._owing = True

    def _work(self) -> Job:
        """Until the end is asked for: the job that asked for it."""
        last: Job | None = None
        while last is None:
            jobs = self._gather()
            if jobs and jobs[-1].offer is None and jobs[-1].work is None:
                last = jobs.pop()
            if jobs:
                self._commit(jobs)
        return last

    def _gather(self) -> list[Job]:
        job = self._next()
        while job is None:
            self._tidy()
            job = self._next()
        jobs, size = [job], job.size
        while size < GROUP and (job.offer is not None or job.work is not None):
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            jobs.append(job)
            size += job.size
        return jobs

    def _next(self) -> Job | None:
        patience = _TIDY if self._owing else (_RETAINED if self._settings.retain else None)
        try:
            return self._jobs.get(timeout=patience)
        except Empty:
            return None

    def _tidy(self) -> None:
        try:
            self._store.begin()
            self._owing = self._store.sweep(1)
            self._store.commit()
        except sqlite3.Error as error:
            self._owing = False  # the next group tries again
            self._recover(error)

    def _commit(self, jobs: Sequence[Job]) -> None:
        store = self._store
        try:
            store.begin()
            offers = [job for job in jobs if job.offer is not None]
            said = store.append([job.offer for job in offers if job.offer is not None])
            results: list[Result] = [
                (job, None, error) for job, error in zip(offers, said, strict=True)
            ]
            results += [(job, job.work(store), None) for job in jobs if job.work is not None]
            store.sweep(WINDOW)
            self._space.watch(store.db)
            news = store.commit()
        except Exception as error:  # noqa: BLE001 - each caller gets its own, below
            self._recover(error)
            for job in jobs:
                self._alone(job)
        else:
            self._owing = True
            self._finish(results, news)

    def _alone(self, job: Job) -> None:
        """One job in a transaction of its own, twice if the first try could be helped."""
        for final in (False, True):
            store = self._store
            try:
                store.begin()
                error = None
                if job.offer is not None:
                    (error,) = store.append([job.offer])
                value = job.work(store) if job.work is not None else None
                news = store.commit()
            except Exception as raised:  # noqa: BLE001 - handed to the caller
                self._recover(raised)
                if final or not isinstance(raised, sqlite3.Error):
                    self._finish([(job, None, self._typed(raised))], News())
                    return
            else:
                self._finish([(job, value, error)], news)
                return

    def _typed(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.Error):
            said: GenesysSentimentError = schema.translated(error, self._settings.path)
            said.__cause__ = error
            return said
        return error

    def _recover(self, error: Exception) -> None:
        """Make the next try possible, if anything can."""
        with suppress(sqlite3.Error):
            self._store.rollback()
        if not isinstance(error, sqlite3.Error):
            return
        if schema.is_full(error):
            self._space.release()
            with suppress(sqlite3.Error):
                self._store.db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        elif schema.is_damage(error):
            with suppress(sqlite3.Error):
                self._store.db.close()
            with suppress(LogFailed):  # then the closed connection says so to every caller
                self._open(self._store.generation + 1, damaged=True)
                self._finish([], News(cut=True))

    def _finish(self, results: Sequence[Result], news: News) -> None:
        store = self._store
        said = (news, store.last, store.generation, self._salvaged)

        def hear() -> None:
            self._heard(*said)
            for job, value, error in results:
                job.done(value, error)

        self._tell(hear)

    def _tell(self, heard: Callable[..., None], *values: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(heard, *values)
