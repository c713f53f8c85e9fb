"""What the settings of dialects have to be. Pure: no I/O."""

from __future__ import annotations

from math import isfinite
from typing import Any

from genesys_sentiment.errors import ConfigurationError


def positive(_dialect: object, attribute: Any, value: Any) -> None:
    """An attrs validator: seconds above 0. Raises ConfigurationError, which names the setting."""
    if not (isinstance(value, int | float) and value > 0 and isfinite(value)):
        raise ConfigurationError(f"{attribute.name} is {value}: give seconds, more than 0")


def positive_or_none(dialect: object, attribute: Any, value: Any) -> None:
    """The same for a setting that None switches off."""
    if value is not None:
        positive(dialect, attribute, value)
