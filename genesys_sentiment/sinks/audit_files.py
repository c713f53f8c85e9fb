"""The files of an audit, and the check of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from genesys_sentiment.errors import AuditBroken, ConfigurationError
from genesys_sentiment.sinks.audit_chain import Chain, Head, Link


@frozen(kw_only=True)
class Verified:
    """A chain that holds. ``lines`` in ``files``; ``beyond`` of them are newer than the anchor
    (a crash came between the two); ``end`` is the code of the last line: keep it elsewhere, and
    give it to the next check as ``known``, and not even the anchor's owner can go back."""

    lines: int
    files: int
    beyond: int
    end: str


def head_path(path: Path) -> Path:
    """Where the anchor lies."""
    return path.with_name(path.name + ".head")


def rotated_path(path: Path, number: int) -> Path:
    """Where the file lies that was put aside as the ``number``-th, from 1."""
    return path.with_name(f"{path.name}.{number}")


def lines_from(path: Path, offset: int = 0) -> Iterator[bytes]:
    """The lines of a file from a place in it, without their ends."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            yield line.removesuffix(b"\n")


def verify(path: str | Path, key: bytes, *, known: str | None = None) -> Verified:
    """Check every line of an audit, from the first file to the last, against its anchor.

    ``known``: the ``end`` of an earlier check, which the chain must still go through.
    Raises AuditBroken that names the first bad line, ConfigurationError where there is no audit
    or the key is too short. An unfinished last line is no break: nothing was promised for it.
    """
    path, chain = Path(path), Chain(key)
    files = [*_rotated(path), path]
    if not path.exists() or not head_path(path).exists():
        raise ConfigurationError(f"{path}: there is no audit, or its .head is missing")
    head = chain.read_head(head_path(path).read_bytes())
    if head is None:
        raise AuditBroken(f"{head_path(path)} was changed, or the key is another one", line=1)
    link, seen = Link(), known is None
    anchored = head.link == link
    for file in files:
        for number, line in enumerate(_whole_lines(file), 1):
            link = chain.follow(link, (line,), file=str(file), first=number)
            seen = seen or link.mac.decode() == known
            anchored = anchored or link == head.link
    _judge(path, link, head, anchored=anchored, seen=seen)
    return Verified(
        lines=link.sequence,
        files=len(files),
        beyond=link.sequence - head.link.sequence,
        end=link.mac.decode(),
    )


def _judge(path: Path, link: Link, head: Head, *, anchored: bool, seen: bool) -> None:
    if link.sequence < head.link.sequence:
        raise AuditBroken(
            f"{path}: lines {link.sequence + 1} to {head.link.sequence} are missing at the end",
            line=link.sequence + 1,
        )
    if not anchored:
        raise AuditBroken(f"{path}: its anchor is of another audit", line=head.link.sequence)
    if not seen:
        raise AuditBroken(f"{path}: the known end is not in it: it was replaced", line=1)


def _rotated(path: Path) -> Iterator[Path]:
    number = 1
    while (aside := rotated_path(path, number)).exists():
        yield aside
        number += 1


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]
