"""How a run ends: with everything shown, or saying that it was not; never without an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from genesys_sentiment.cli import run
from genesys_sentiment.cli.run import Run
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import Exported
from genesys_sentiment.model.results import Record
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch


class Shown:
    """A view whose reader takes everything only when ``reads`` is set."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()
        self.error: OSError | None = None
        self.reads = asyncio.Event()
        self.records: list[Record] = []
        self.summary: Exported | None = None

    def show(self, record: Record) -> None:
        self.records.append(record)

    async def room(self) -> None:
        pass

    async def finish(self, summary: Exported | None) -> None:
        await self.reads.wait()
        self.summary = summary


@pytest.fixture
async def stream() -> AsyncIterator[Stream]:
    """A stream of a platform without calls."""
    async with Simulator() as simulator:
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(where, simulator.client_id, simulator.client_secret) as cloud:
            yield watch(cloud, queues=[simulator.queue_id])


async def test_a_run_ends_with_its_summary_shown(stream: Stream) -> None:
    view = Shown()
    view.reads.set()
    assert await Run(stream, view).until(stream.ready()) == 0
    assert view.summary is not None
    assert view.summary["problems"] == []


async def test_a_reader_that_hangs_is_given_up_and_said(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "_DRAIN", 0.05)
    view = Shown()
    assert await Run(stream, view).until(stream.ready()) == 1
    assert view.summary is None
    assert "was not read" in capsys.readouterr().err


async def test_a_patient_run_waits_for_a_slow_reader(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_DRAIN", 0.01)
    view = Shown()
    ending = asyncio.create_task(Run(stream, view).until(stream.ready(), patient=True))
    await asyncio.wait({ending}, timeout=0.5)
    assert not ending.done()
    view.reads.set()
    assert await ending == 0
    assert view.summary is not None


async def test_a_closed_pipe_ends_a_run(stream: Stream) -> None:
    view = Shown()
    view.reads.set()
    view.broken.set()
    assert await Run(stream, view).until(asyncio.Event().wait()) == 0


async def test_what_goes_wrong_elsewhere_comes_out(stream: Stream) -> None:
    async def wrong() -> None:
        raise ConfigurationError("this cannot work")

    view = Shown()
    view.reads.set()
    with pytest.raises(ConfigurationError, match="this cannot work"):
        await Run(stream, view).until(wrong())
    assert stream.state == "done"
    assert view.summary is None
