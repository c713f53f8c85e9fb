"""One rule for rounding and one for clamping, with no surprise in them. Pure: no I/O.

Half up, in decimal, on the shortest text that stands for the number: what a person who sees the
number would do (0.00015 is 0.0002, 0.12355 is 0.1236, −0.00005 is −0.0001). Rounding in binary
says otherwise and depends on the language (S1-08): Python's ``round`` sees that 0.00015 is a little
less, ``Math.round`` multiplies first, and rounds −0.5 up to 0.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from sys import float_info
from typing import Final

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real

DECIMALS: Final = 4
"""Of a share in a payload (S1-08)."""

_LARGEST: Final = float_info.max
_CONTEXT: Final = Context(prec=350, rounding=ROUND_HALF_UP)  # 309 digits before the point


def round_half_up(value: float, decimals: int = DECIMALS) -> float:
    """``value`` with at most ``decimals`` (0…17) decimals; ties go away from zero. Never −0.0.

    Raises ConfigurationError for what is no finite number (True, NaN, a text).
    """
    if not is_real(value, -_LARGEST, _LARGEST):
        raise ConfigurationError("only a finite number can be rounded")
    if not is_real(decimals, 0, 17) or not isinstance(decimals, int):
        raise ConfigurationError("decimals must be a whole number from 0 to 17")
    text = repr(float(value))
    return float(_CONTEXT.quantize(Decimal(text), Decimal(1).scaleb(-decimals))) + 0.0


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> tuple[float, bool]:
    """``value`` within ``low``…``high``, and whether it had to be moved, so that it is counted.

    Raises ConfigurationError for what is no finite number: min and max let NaN through (S1-09).
    """
    if not is_real(value, -_LARGEST, _LARGEST):
        raise ConfigurationError("only a finite number can be clamped")
    inside = min(max(float(value), low), high)
    return inside, inside != value
