"""How a token is asked for: the platform's way, and those of the tutorials. Pure: no I/O.

Client credentials get their rights from roles. ``scope`` means nothing to the real platform; it is
sent where a tutorial's server is spoken to.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

import msgspec
from attrs import Attribute, field, frozen
from yarl import URL

from genesys_sentiment.cloud.settings import Credentials
from genesys_sentiment.errors import ConfigurationError

TokenStyle: TypeAlias = Literal["form", "query", "json", "credentials_in_json"]
"""Where the grant is said: form body, query or JSON body, each with Basic authentication; or a
JSON body that holds the client id and secret as well."""

_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_SCOPE = re.compile(r"[!#-\[\]-~]+")
_STYLES: Final = ("form", "query", "json", "credentials_in_json")


def _sound_path(_: object, __: Attribute[str], value: str) -> None:
    if not _PATH.fullmatch(value):
        raise ConfigurationError("a token path is /word/word, without query or host")


def _sound_style(_: object, __: Attribute[TokenStyle], value: str) -> None:
    if value not in _STYLES:
        raise ConfigurationError(f"a token style is one of {', '.join(_STYLES)}")


def _sound_scopes(_: object, __: Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    if type(value) is not tuple or not all(_SCOPE.fullmatch(scope) for scope in value):
        raise ConfigurationError("scopes are a tuple of words without spaces or quotes")


@frozen(kw_only=True)
class TokenRequest:
    """A token request as it is sent. Headers and body hold the client secret."""

    url: URL
    headers: Mapping[str, str] = field(repr=False)
    data: bytes | None = field(repr=False)


@frozen(kw_only=True)
class TokenProfile:
    """Path below the login URL, style and scopes of a token request. Raises ConfigurationError."""

    path: str = field(default="/oauth/token", validator=_sound_path)
    style: TokenStyle = field(default="form", validator=_sound_style)
    scopes: tuple[str, ...] = field(default=(), validator=_sound_scopes)

    def request(self, credentials: Credentials) -> TokenRequest:
        """The request for these credentials."""
        grant = {"grant_type": "client_credentials"}
        headers = {"Accept": "application/json"}
        if self.style == "credentials_in_json":
            grant["client_id"] = credentials.client_id
            grant["client_secret"] = credentials.client_secret
        else:
            headers["Authorization"] = f"Basic {basic(credentials)}"
        if self.scopes:
            grant["scope"] = " ".join(self.scopes)
        url = URL(credentials.endpoints.login_url + self.path, encoded=True)
        if self.style == "query":
            return TokenRequest(url=url.with_query(grant), headers=headers, data=None)
        if self.style == "form":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return TokenRequest(url=url, headers=headers, data=urlencode(grant).encode())
        headers["Content-Type"] = "application/json"
        return TokenRequest(url=url, headers=headers, data=msgspec.json.encode(grant))


def basic(credentials: Credentials) -> str:
    """Client id and secret as a Basic header has them: as secret as they are."""
    pair = f"{credentials.client_id}:{credentials.client_secret}"
    return base64.b64encode(pair.encode()).decode()


PLATFORM: Final = TokenProfile()
"""What the real platform wants: Basic and a form, no scopes, on the login host."""

INTERACTION_TOPICS: Final = TokenProfile(
    path="/api/v2/oauth/token", scopes=("view:interaction", "view:analytics")
)
"""S0-01, the real-time sentiment scorer."""

CHAT_SENTIMENT: Final = TokenProfile(
    path="/api/v2/oauth/token",
    style="query",
    scopes=("conversation:view", "conversation:write", "analytics:conversations:view"),
)
"""S1-02, chat sentiment forwarded to EventBridge."""

AGENT_ASSIST: Final = TokenProfile(
    path="/api/v2/oauth/token",
    style="credentials_in_json",
    scopes=("agentassist:view", "conversation:read"),
)
"""S2-01, Agent Assist suggestions."""

REALTIME_ANALYTICS: Final = TokenProfile(
    style="json", scopes=("read:conversations", "analytics:realtime")
)
"""S3-03, agent sentiment monitoring. Its body names no client, so Basic does."""

INTERACTION_STREAM: Final = PLATFORM
"""S4-01, the interaction state stream: the real form, on a host that does not exist."""
