"""What the exit codes mean; ``genesys-sentiment --help`` says the same."""

from typing import Final

FINE: Final = 0
TROUBLE: Final = 1
"""Records were lost, the accounting does not add up, or something broke inside."""
BAD_INPUT: Final = 2
"""An option, address, credential or permission must be changed."""
INTERRUPTED: Final = 130
