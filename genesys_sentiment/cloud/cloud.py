"""One organisation, ready to use: tokens, REST and what is asked by it, over one session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.cloud.attributes import Attributes
from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.conversations import Conversations
from genesys_sentiment.cloud.details import Details
from genesys_sentiment.cloud.messages import Messages
from genesys_sentiment.cloud.regions import Endpoints, host_of
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.sentiment import Sentiments
from genesys_sentiment.cloud.settings import Credentials, credentials_from_env
from genesys_sentiment.cloud.suggestions import ConversationSuggestions
from genesys_sentiment.cloud.token_profiles import PLATFORM, TokenProfile
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.cloud.transcripts import Transcripts


class Cloud:
    """The parts of this room, composed. To be made inside a running event loop and left::

        async with Cloud.from_env() as cloud:
            channel = await cloud.channels.create()

    ``session`` is used and left open where one is given, for a proxy or an own CA; else a session
    is made, without cookies and without proxies from the environment, and closed on leaving.
    ``token_profile`` says how tokens are asked for where it is not the real platform's way.
    ``clock`` is asked for the time by everything here: when a token ends, how long to wait, when
    something came; give a stream the same one. ``timeout``, for one request, stays real seconds.
    Raises ConfigurationError for an id or secret that cannot be one.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        client_id: str,
        client_secret: str,
        *,
        session: aiohttp.ClientSession | None = None,
        timeout: float = 10.0,
        deadline: float = 60.0,
        token_profile: TokenProfile = PLATFORM,
        clock: Clock | None = None,
    ) -> None:
        # Checked before a session is opened that nobody would close.
        Credentials(client_id=client_id, client_secret=client_secret, endpoints=endpoints)
        self.endpoints = endpoints
        self.session = session or aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        self._owned = session is None
        self.clock = clock = clock or SystemClock()
        monotonic, now, sleep = clock.monotonic, clock.wall, clock.sleep
        self.tokens = ClientCredentials(
            client_id,
            client_secret,
            endpoints,
            self.session,
            profile=token_profile,
            timeout=timeout,
            deadline=deadline,
            monotonic=monotonic,
            now=now,
            sleep=sleep,
        )
        self.rest = Rest(
            endpoints,
            self.tokens,
            self.session,
            timeout=timeout,
            deadline=deadline,
            monotonic=monotonic,
            now=now,
            sleep=sleep,
        )
        self.channels = Channels(self.rest, endpoints, now=now)
        self.conversations = Conversations(self.rest)
        self.details = Details(self.rest)
        self.sentiments = Sentiments(self.rest, now=now, monotonic=monotonic, sleep=sleep)
        self.transcripts = Transcripts(self.rest, endpoints, self.session, now=now)
        self.messages = Messages(self.rest, now=now)
        self.suggestions = ConversationSuggestions(self.rest, now=now)
        self.attributes = Attributes(self.rest)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        session: aiohttp.ClientSession | None = None,
    ) -> Self:
        """Configured by the variables that :func:`credentials_from_env` reads."""
        found = credentials_from_env(environ)
        return cls(found.endpoints, found.client_id, found.client_secret, session=session)

    def __repr__(self) -> str:
        return f"<Cloud {host_of(self.endpoints.api_url)}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way and close the session if it is ours. May be called again."""
        try:
            await self.tokens.aclose()
        finally:
            if self._owned:
                await self.session.close()
