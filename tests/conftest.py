"""What every test gets: a working aioresponses, and the check that no task is left behind."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import Mock

import aiohttp
import aioresponses.core
import pytest

if "stream_writer" in inspect.signature(aiohttp.ClientResponse.__init__).parameters:
    # aioresponses 0.7.9 does not pass what aiohttp 3.14 requires: pnuckowski/aioresponses #289.

    class _Response(aiohttp.ClientResponse):
        def __init__(self, *args: Any, stream_writer: Any = None, **kwargs: Any) -> None:
            writer = stream_writer or Mock(output_size=0)
            super().__init__(*args, stream_writer=writer, **kwargs)

    aioresponses.core.ClientResponse = _Response  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _no_task_left_behind(request: pytest.FixtureRequest) -> None:
    """Every asynchronous test ends with the tasks that it began with."""
    function = getattr(request.node, "function", None)
    if inspect.iscoroutinefunction(function):
        request.getfixturevalue("_watch_tasks")


@pytest.fixture
async def _watch_tasks(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    # One turn for tasks that are finished but whose callbacks have not run yet.
    await asyncio.sleep(0)
    mine = asyncio.current_task()
    left = {task for task in asyncio.all_tasks() - before if not task.done() and task is not mine}
    assert not left, f"{request.node.name} left tasks behind: {left}"
