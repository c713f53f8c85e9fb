"""How a client of the tutorials shows its token at the handshake."""

from __future__ import annotations

from aiohttp import web

from genesys_sentiment.simulator.answers import bad_credentials
from genesys_sentiment.simulator.languages.language import Host


def bearer(request: web.Request, host: Host) -> str:
    """The token of the Authorization header. Raises PlatformError 401 for none that counts."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not host.alive(token):
        raise bad_credentials()
    return token
