"""The published contract of what leaves: ``record.schema.json`` (JSON Schema 2020-12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker

__all__ = ["schema", "validator"]

# RFC 3339: datetime.fromisoformat alone also takes week dates, dates alone and times without zone.
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@cache
def schema() -> Mapping[str, Any]:
    """The schema, as read from the package. Not to be changed."""
    content = resources.files(__name__).joinpath("record.schema.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(content)
    return found


@cache
def validator() -> Draft202012Validator:
    """A validator of records, made once: ``validator().validate(record)``.

    It really checks ``date-time``, which jsonschema leaves unchecked without another package.
    Building one costs a hundred times as much as using it.
    """
    checker = FormatChecker(formats=())
    checker.checks("date-time")(_is_date_time)
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema(), format_checker=checker)


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True  # whether it is a string is another keyword's business
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True
