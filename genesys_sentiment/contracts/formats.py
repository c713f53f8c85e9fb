"""Formats that are really checked: uuid and date-time. Pure: no I/O.

The jsonschema package leaves ``date-time`` unchecked without another package.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from jsonschema import FormatChecker

# RFC 3339: datetime.fromisoformat alone also takes week dates, dates alone and times without zone.
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LAST = time(23, 59, 59)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """8-4-4-4-12 hexadecimal digits in either case; any version, as the platform's own ids."""
    return _UUID.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """RFC 3339 with a zone. A second 60 is one where UTC has leap seconds: at the end of a day."""
    if not _DATE_TIME.fullmatch(text):
        return False
    leap = text[17:19] == "60"
    try:
        at = datetime.fromisoformat((f"{text[:17]}59{text[19:]}" if leap else text).upper())
        return not leap or at.astimezone(UTC).time().replace(microsecond=0) == _LAST
    except (ValueError, OverflowError):
        return False


def checker() -> FormatChecker:
    """A checker of these two formats, and of nothing that is no string."""
    formats = FormatChecker(formats=())
    # Whether it is a string is another keyword's business.
    formats.checks("uuid")(lambda value: not isinstance(value, str) or is_uuid(value))
    formats.checks("date-time")(lambda value: not isinstance(value, str) or is_date_time(value))
    return formats
