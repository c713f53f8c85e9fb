"""What a number means: it is on a scale that somebody names, and is never guessed. Pure: no I/O."""

from __future__ import annotations

from sys import float_info
from typing import Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real

_LARGEST: Final = float_info.max / 2  # so that the scale's width is a float as well


@frozen
class Scale:
    """From ``low``, the most negative, to ``high``, the most positive. The middle is neutral.

    Raises ConfigurationError unless both are finite and ``low`` < ``high``.
    """

    low: float
    high: float

    def __attrs_post_init__(self) -> None:
        if not all(is_real(end, -_LARGEST, _LARGEST) for end in (self.low, self.high)):
            raise ConfigurationError("a scale's ends must be finite numbers")
        if not self.low < self.high:
            raise ConfigurationError("a scale's low end must be less than its high end")

    def polarity(self, value: object) -> float | None:
        """``value`` on −1…1; None for what is no number on this scale: another is not tried."""
        if not isinstance(value, int | float) or not is_real(value, self.low, self.high):
            return None
        # In this order a value on −1…1 stays exactly what it is.
        exact = (2.0 * value - (self.low + self.high)) / (self.high - self.low)
        return min(max(exact, -1.0), 1.0)


POLARITY: Final = Scale(-1.0, 1.0)
"""What the real platform's topics and analytics send."""

UNIT: Final = Scale(0.0, 1.0)
"""0.5 is neutral."""

PERCENT: Final = Scale(-100.0, 100.0)
"""What the platform's own pages show to people."""
