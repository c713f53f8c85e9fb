"""The pytest plugin as a user's suite has it: every suite here runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "genesys_sentiment.simulator.pytest_plugin"
SUITE = """
    import asyncio
    import os

    import pytest

    from genesys_sentiment import Cloud, Utterance, watch
    from genesys_sentiment.simulator import Refuse

    {mark}
    async def test_a_whole_call(genesys_cloud):
        simulator = genesys_cloud.simulator
        async with watch(genesys_cloud.cloud, queues=[simulator.queue_id]) as stream:
            await stream.ready()
            playing = asyncio.create_task(simulator.play())
            event = await anext(stream)
            while not isinstance(event, Utterance):
                event = await anext(stream)
            await playing
        assert event.conversation == simulator.conversations[0]

    {mark}
    async def test_the_environment_leads_there(genesys_cloud):
        async with Cloud.from_env(genesys_cloud.env) as cloud:
            await cloud.tokens.get()
        assert genesys_cloud.simulator.token_requests == 1
        assert genesys_cloud.simulator.client_secret not in repr(genesys_cloud)

    {mark}
    @pytest.mark.genesys_cloud(calls=[], speed=7, client_id="mine")
    async def test_the_mark_says_what_it_is_made_with(genesys_cloud):
        simulator = genesys_cloud.simulator
        assert (simulator.calls, simulator.speed, simulator.client_id) == ((), 7, "mine")
"""
MARK = "@pytest.mark.asyncio"
LOOP = ("-o", "asyncio_default_fixture_loop_scope=function")  # pytest-asyncio warns without it


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Nothing names the plugin: installing the package is what brings it."""
    strict = ("--strict-markers", "-W", "error", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*strict, *arguments, timeout=40)


@pytest.mark.parametrize(
    ("mode", "mark", "others"),
    [
        ("auto", "", ("-p", "no:aiohttp")),
        ("strict", MARK, ("-p", "no:aiohttp")),
        ("auto", "", ()),
        ("strict", MARK, ()),
    ],
    ids=["auto", "strict", "auto with pytest-aiohttp", "strict with pytest-aiohttp"],
)
def test_the_fixture_in_every_mode(
    pytester: pytest.Pytester, mode: str, mark: str, others: tuple[str, ...]
) -> None:
    pytester.makepyfile(SUITE.format(mark=mark))
    result = run(pytester, "-o", f"asyncio_mode={mode}", *LOOP, *others)
    result.assert_outcomes(passed=3)


def test_a_suite_without_pytest_asyncio_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_mine():
            pass

        def test_that_asks_for_it(genesys_cloud):
            pass
        """
    )
    result = run(pytester, "-p", "no:asyncio", "-p", "no:aiohttp")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*genesys_cloud needs pytest-asyncio*"])


def test_it_is_listed_with_what_it_is(pytester: pytest.Pytester) -> None:
    shown = run(pytester, "--fixtures", *LOOP).stdout.str()
    assert "genesys_cloud" in shown
    assert "A started simulator, and a client of it" in shown
    assert "genesys_cloud(**arguments)" in run(pytester, "--markers", *LOOP).stdout.str()


def test_loading_it_loads_nothing_heavy() -> None:
    code = (
        f"import sys, pytest, pytest_asyncio; before = set(sys.modules); import {PLUGIN};"
        "import genesys_sentiment.simulator.pytest_fixture;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == [
        "genesys_sentiment",
        "genesys_sentiment.simulator",
        "genesys_sentiment.simulator.pytest_fixture",
        "genesys_sentiment.simulator.pytest_plugin",
    ]
