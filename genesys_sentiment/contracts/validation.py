"""Values against the published schemas. Pure: no I/O but reading each schema once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from attrs import frozen
from jsonschema import Draft202012Validator

from genesys_sentiment.contracts.bounds import beyond, parse
from genesys_sentiment.contracts.formats import checker
from genesys_sentiment.contracts.problems import Problem, found
from genesys_sentiment.contracts.schemas import schema

MOST_PROBLEMS: Final = 16
"""Problems that are told of one value."""


def validate(kind: str, value: object) -> tuple[Problem, ...]:
    """What is wrong with ``value``, at most 16 problems; empty if nothing is.

    ``kind`` is one of ``contracts.KINDS``. ``value`` is a decoded JSON value, or a JSON text as
    bytes, which is held to more: UTF-8, no member twice. Bounds come first, and what breaks one
    is not looked at any further: 1 MiB of text, 64 levels, 100,000 values, 256 KiB a string, no
    NaN, no infinity, no half of a surrogate pair. True and False are no numbers.

    Raises KeyError for a kind that has no schema, and nothing else.
    """
    compiled = _compiled(kind)
    if isinstance(value, bytes):
        value, unreadable = parse(value)
        if unreadable is not None:
            return (unreadable,)
    broken = beyond(value, compiled.names)
    if broken is not None:
        return (broken,)
    problems = (
        problem
        for error in compiled.validator(value).iter_errors(value)
        for problem in found(error, compiled.names)
    )
    return tuple(islice(dict.fromkeys(problems), MOST_PROBLEMS))


@cache
def validator() -> Draft202012Validator:
    """The published schema of records in the jsonschema package, as anybody else would use it.

    It tries one definition after the other; :func:`validate` goes to the right one.
    """
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema(), format_checker=checker())


@frozen
class _Compiled:
    """``validator`` gives the one that is for a value; ``names`` are all that the schema has."""

    validator: Callable[[object], Draft202012Validator]
    names: frozenset[str]


@cache
def _compiled(kind: str) -> _Compiled:
    whole = schema(kind)
    names = frozenset(_names(whole))
    if kind != "record":
        only = _validator(_inlined(whole, whole.get("$defs", {})))
        return _Compiled(lambda _: only, names)
    unnamed = _validator({key: whole[key] for key in ("type", "required", "properties")})
    by_type = {
        name: _validator(_inlined(whole["$defs"][name], whole["$defs"]))
        for name in whole["properties"]["type"]["enum"]
    }

    def of_type(value: object) -> Draft202012Validator:
        named = value.get("type") if isinstance(value, Mapping) else None
        return by_type.get(named, unnamed) if isinstance(named, str) else unnamed

    return _Compiled(of_type, names)


def _validator(plain: Mapping[str, Any]) -> Draft202012Validator:
    # That each is a schema is what the tests check; here it would take most of the time.
    return Draft202012Validator(plain, format_checker=checker())


def _inlined(part: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with its references replaced: resolving one takes longer than what it refers to.

    No definition of ours refers to itself, and no reference has a keyword beside it.
    """
    if isinstance(part, Mapping):
        if "$ref" in part:
            return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(each, definitions) for name, each in part.items() if name != "$defs"}
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    return part


def _names(part: Any) -> Iterator[str]:
    """All names of properties in a schema."""
    if isinstance(part, Mapping):
        properties = part.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
        for each in part.values():
            yield from _names(each)
    elif isinstance(part, list):
        for each in part:
            yield from _names(each)
