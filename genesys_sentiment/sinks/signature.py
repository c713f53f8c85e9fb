"""Signatures by Standard Webhooks 1.0: the sender's half and the receiver's. Pure: no I/O.

Signed is ``id.timestamp.body`` with HMAC-SHA256. The standard's own Python verifier lets foreign
errors out for a malformed header and a body that is not UTF-8; this one has a single error.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from genesys_sentiment.errors import ConfigurationError, SignatureRefused

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

TOLERANCE: Final = 300.0
"""Seconds that a timestamp may be off, either way (the standard's libraries)."""

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_ID = re.compile(r"[!-\-/-~]{1,512}")  # visible ASCII without the dot, which separates
_SECONDS = re.compile(r"[0-9]{1,12}")
_CANDIDATE = re.compile(r"[!-+\--~]{1,16},[A-Za-z0-9+/=]{1,256}")
_MOST_CANDIDATES = 32
_LONGEST_ID = 256


def message_id(record: str) -> str:
    """A record's id as ``webhook-id``: the same at every try, and another for another record.

    Everything but ASCII letters, digits and ``_-~:`` is percent-encoded in UTF-8; the dot is, too,
    as the standard wants it. One of more than 256 characters then is replaced by its SHA-256.
    """
    raw = record.encode("utf-8", "surrogatepass")
    encoded = quote(raw, safe=":").replace(".", "%2E")
    if 0 < len(encoded) <= _LONGEST_ID:
        return encoded
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def read_keys(secrets: str | Sequence[str]) -> tuple[bytes, ...]:
    """The keys of one or more secrets: ``whsec_`` and the base64 of 24 to 64 random bytes.

    Raises ConfigurationError, which does not show them.
    """
    given = (secrets,) if isinstance(secrets, str) else tuple(secrets)
    if not given:
        raise ConfigurationError("give at least one webhook secret")
    return tuple(_read_key(each) for each in given)


def sign(keys: Sequence[bytes], *, message: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: one signature for each key, separated by spaces.

    ``message``: the ``webhook-id``, made by :func:`message_id`. ``timestamp``: seconds since the
    epoch.
    """
    content = b"%s.%d.%s" % (message.encode("ascii"), timestamp, body)
    return " ".join(f"v1,{_digest(key, content)}" for key in keys)


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    now: float,
    tolerance: float = TOLERANCE,
) -> str:
    """Whether a webhook is genuine and fresh; returns its ``webhook-id``, to deduplicate by it.

    ``body``: as it was received, before any parsing. ``headers``: their case does not matter.
    ``secrets``: those that may have signed it, several while they are being rotated. ``now``:
    seconds since the epoch, from which the timestamp may be off by ``tolerance`` seconds.
    Raises SignatureRefused, and ConfigurationError for secrets that are none.
    """
    keys = read_keys(secrets)
    message, timestamp, signatures = (_header(headers, each) for each in (ID, TIMESTAMP, SIGNATURE))
    if not _ID.fullmatch(message) or not _SECONDS.fullmatch(timestamp):
        raise SignatureRefused("malformed")
    candidates = _candidates(signatures)
    content = b".".join((message.encode("ascii"), timestamp.encode("ascii"), body))
    # Every pair is compared, so that the time tells neither which key it was nor which signature.
    matches = [
        hmac.compare_digest(_digest(key, content).encode("ascii"), each)
        for key in keys
        for each in candidates
    ]
    if not any(matches):
        raise SignatureRefused("signature")
    if not abs(now - int(timestamp)) <= tolerance:
        raise SignatureRefused("time")
    _check_text(body)
    return message


def _read_key(secret: str) -> bytes:
    key = b""
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        # Raised here and not in the handler: the error of the decoder may quote the secret.
        raise ConfigurationError(
            f"a webhook secret is {_PREFIX} and the base64 of {_SHORTEST} to {_LONGEST} bytes"
        )
    return key


def _digest(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii")


def _header(headers: Mapping[str, str], name: str) -> str:
    found = [value for key, value in headers.items() if key.lower() == name]
    if not found:
        raise SignatureRefused("missing")
    if len(found) > 1:
        raise SignatureRefused("malformed")
    return found[0]


def _candidates(signatures: str) -> list[bytes]:
    parts = signatures.split(" ")
    if len(parts) > _MOST_CANDIDATES or not all(map(_CANDIDATE.fullmatch, parts)):
        raise SignatureRefused("malformed")
    # Others, such as v1a, are of schemes that are not ours: the sender may know several.
    return [part[3:].encode("ascii") for part in parts if part.startswith("v1,")]


def _check_text(body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        refused = SignatureRefused("body")
    else:
        return
    raise refused
