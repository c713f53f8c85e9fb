"""What counts as a number. Pure: no I/O."""

from __future__ import annotations

from math import isfinite


def is_real(value: object, low: float, high: float) -> bool:
    """A finite int or float within ``low``…``high``, both included; True and False are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high and isfinite(value)
