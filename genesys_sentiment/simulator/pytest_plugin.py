"""The pytest plugin: the fixture ``genesys_cloud``. Loaded at every start, so it imports little.

The fixture needs pytest-asyncio (or pytest-aiohttp, which brings it), in strict or in auto mode.
Suites without it are left alone.
"""

from __future__ import annotations

from typing import NoReturn

import pytest

_MARK = (
    "genesys_cloud(**arguments): what the simulator of the fixture genesys_cloud is made with,"
    " such as speed=400 or calls=[]"
)


class _Advice:
    """What stands for the fixture where nothing runs asynchronous ones."""

    @pytest.fixture
    def genesys_cloud(self) -> NoReturn:
        """A local Genesys Cloud; here only what is missing for it."""
        pytest.fail("genesys_cloud needs pytest-asyncio: pip install pytest-asyncio", pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and add the fixture for the loop that there is."""
    config.addinivalue_line("markers", _MARK)
    if config.pluginmanager.hasplugin("asyncio"):
        from genesys_sentiment.simulator import pytest_fixture

        config.pluginmanager.register(pytest_fixture, "genesys_sentiment_fixture")
    else:
        config.pluginmanager.register(_Advice(), "genesys_sentiment_fixture")
