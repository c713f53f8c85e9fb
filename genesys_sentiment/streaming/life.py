"""The life of a connection as a table of steps. Pure: no I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

State: TypeAlias = Literal["waiting", "opening", "open", "closing", "done"]

STEPS: frozenset[tuple[State, State]] = frozenset(
    {
        ("waiting", "opening"),
        ("opening", "open"),
        ("opening", "waiting"),
        ("open", "closing"),
        ("closing", "waiting"),
        ("waiting", "done"),
        ("opening", "done"),
        ("closing", "done"),
    }
)
"""A step that is not here is a bug and raises."""


class Life:
    """The state that a stream is in. ``leaving``: there is to be no further attempt."""

    def __init__(self) -> None:
        self.state: State = "waiting"
        self.leaving = False

    def step(self, state: State) -> None:
        """Go on to ``state``. Raises RuntimeError where no step leads there."""
        if (self.state, state) not in STEPS:
            raise RuntimeError(f"a stream cannot go from {self.state} to {state}")
        self.state = state
