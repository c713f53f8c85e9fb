"""How long to wait before trying again. Pure but for the randomness that is passed in.

The only file that imports ``backoff``: upstream is archived, its decorators call what Python 3.16
removes, its wait generators are sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import random as _random

from backoff import expo

from genesys_sentiment.errors import ConfigurationError


def full_jitter(
    base: float = 1.0,
    factor: float = 2.0,
    cap: float = 60.0,
    random: Callable[[], float] = _random,
) -> Iterator[float]:
    """Endless delays in seconds: each random between 0 and ``min(cap, base · factor^n)``.

    ``random`` gives numbers in 0…1. Raises ConfigurationError for figures that do not grow.
    """
    if not (math.isfinite(cap) and 0 < base <= cap and 1 <= factor < math.inf):
        raise ConfigurationError("delays need 0 < base <= cap and a factor of at least 1")
    ceilings = expo(base=factor, factor=base, max_value=cap)
    next(ceilings)  # its protocol begins with an empty step
    return (random() * ceiling for ceiling in ceilings)
