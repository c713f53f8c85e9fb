"""What validation says: where, and which rule. Never the value. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

from attrs import frozen
from jsonschema import ValidationError


@frozen
class Problem:
    """One thing that is wrong with a value.

    ``path`` is a JSON Pointer (RFC 6901), empty for the value itself; a name in it that no schema
    has, and that the sender chose, is ``*``. ``rule`` is the keyword of JSON Schema that does not
    hold (``required``, ``type``, ``maximum``, ``format`` …; a missing property is named in
    ``path``), or one of the bounds that are checked before: ``bytes``, ``utf8``, ``json``,
    ``duplicate``, ``depth``, ``nodes``, ``length``, ``finite``, ``surrogate``, ``value``.
    """

    path: str
    rule: str


def pointer(parts: Iterable[object], known: Collection[str]) -> str:
    """A JSON Pointer; names that are not known are ``*``: they may hold anything."""
    return "".join(f"/{_part(each, known)}" for each in parts)


def found(error: ValidationError, known: Collection[str]) -> Iterator[Problem]:
    """The problems behind one error of the jsonschema package, without its message's values."""
    rule = str(error.validator)
    if rule != "required":
        yield Problem(pointer(error.absolute_path, known), rule)
        return
    # One error for each missing property, and none says which one it is for.
    wanted, present = cast("list[str]", error.validator_value), error.instance
    if isinstance(present, Mapping):
        for name in wanted:
            if name not in present:
                yield Problem(pointer([*error.absolute_path, name], known), rule)


def _part(part: object, known: Collection[str]) -> str:
    if isinstance(part, int):
        return str(part)
    if part not in known:
        return "*"
    return str(part).replace("~", "~0").replace("/", "~1")
