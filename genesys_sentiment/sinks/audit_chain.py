"""The chain that ties audit lines together, and the anchor of its end. Pure: no I/O.

A line is a JSON object that begins with its number and ends with a code:
``HMAC-SHA256(key, code of the line before ‖ line without its code)``. Whoever changes, removes,
adds or swaps a line breaks every code behind it; whoever cuts off the end disagrees with the
anchor, which says how many lines there are and which code the last one has.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from genesys_sentiment.errors import AuditBroken, ConfigurationError
from genesys_sentiment.model.export import encode

_GENESIS: Final = b"0" * 64
_LINE: Final = re.compile(rb'(\{"sequence":(\d{1,18}),.*),"mac":"([0-9a-f]{64})"\}', re.DOTALL)
_SHORTEST_KEY: Final = 16


class Link(NamedTuple):
    """Where a chain stands: the number and the code of its last line."""

    sequence: int = 0
    mac: bytes = _GENESIS


class Head(NamedTuple):
    """The anchor: a link, and where its line ends: bytes into the file after ``file`` rotations."""

    link: Link
    file: int = 0
    offset: int = 0


class Chain:
    """Makes and checks the codes under one key. Raises ConfigurationError for a short key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _SHORTEST_KEY:
            raise ConfigurationError(f"the audit's key needs {_SHORTEST_KEY} bytes or more")
        self._key = key

    def line(self, link: Link, fields: dict[str, object]) -> tuple[bytes, Link]:
        """The next line, with its line end, and the link that it makes."""
        sequence = link.sequence + 1
        body = encode({"sequence": sequence, **fields})[:-1]
        mac = self._mac(link.mac, body)
        return body + b',"mac":"' + mac + b'"}\n', Link(sequence, mac)

    def check(self, link: Link, line: bytes) -> Link | None:
        """The link that a line (without its line end) makes; None where it does not belong."""
        match = _LINE.fullmatch(line)
        if match is None or int(match[2]) != link.sequence + 1:
            return None
        mac = self._mac(link.mac, match[1])
        return Link(link.sequence + 1, mac) if hmac.compare_digest(mac, match[3]) else None

    def follow(self, link: Link, lines: Iterable[bytes], *, file: str, first: int = 1) -> Link:
        """The link after all lines. Raises AuditBroken with the first one that does not belong."""
        for number, line in enumerate(lines, first):
            found = self.check(link, line)
            if found is None:
                raise AuditBroken(
                    f"{file}, line {number}: changed, or a line before it is missing", line=number
                )
            link = found
        return link

    def write_head(self, head: Head) -> bytes:
        """The anchor as it is stored."""
        fields = {
            "sequence": head.link.sequence,
            "mac": head.link.mac.decode(),
            "file": head.file,
            "offset": head.offset,
        }
        body = encode(fields)
        return body + b"\n" + self._mac(b"head", body) + b"\n"

    def read_head(self, content: bytes) -> Head | None:
        """The anchor that was stored; None where it was not stored under this key."""
        body, _, mac = content.rstrip(b"\n").partition(b"\n")
        if not hmac.compare_digest(self._mac(b"head", body), mac):
            return None
        fields = msgspec.json.decode(body)
        link = Link(fields["sequence"], fields["mac"].encode())
        return Head(link, fields["file"], fields["offset"])

    def _mac(self, before: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, before + body, "sha256").hex().encode()
