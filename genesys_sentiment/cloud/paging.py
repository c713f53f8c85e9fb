"""Every page of a listing, with an end to it: the one pager of this room. Pure but for the asking.

The platform pages in three ways (page numbers with a total, cursors in ``nextUri``, and in the
tutorials a token); all three are a page and what to ask for next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import frozen

from genesys_sentiment.errors import LimitExceeded

ItemT = TypeVar("ItemT")


@frozen
class Page(Generic[ItemT]):
    """Some items, and what brings the next ones; None where these are the last."""

    items: Sequence[ItemT]
    next: str | None


async def collect(
    ask: Callable[[str | None], Awaitable[Page[ItemT]]],
    key: Callable[[ItemT], str],
    *,
    most: int,
    advice: str,
) -> tuple[ItemT, ...]:
    """The items of all pages, each key once, in the order in which they came first.

    ``ask`` gets what the page before named as next, None for the first page. A server that names
    the same page again, or repeats what it sent, ends the listing; so does nothing else.
    Raises LimitExceeded beyond ``most`` pages, with ``advice``, and what ``ask`` raises.
    """
    found: dict[str, ItemT] = {}
    asked: set[str] = set()
    cursor: str | None = None
    for _ in range(most):
        page = await ask(cursor)
        known = len(found)
        for item in page.items:
            found.setdefault(key(item), item)
        repeated = bool(page.items) and len(found) == known
        if page.next is None or page.next in asked or repeated:
            return tuple(found.values())
        cursor = page.next
        asked.add(cursor)
    raise LimitExceeded(f"more than {most} pages: {advice}", status=200)


def cursor_of(uri: object, name: str = "after") -> str | None:
    """The cursor in a ``nextUri``; None where there is none. Only this word of it is used."""
    if not isinstance(uri, str) or len(uri) > 4096:
        return None
    try:
        return parse_qs(urlsplit(uri).query).get(name, [None])[0]
    except ValueError:
        return None
