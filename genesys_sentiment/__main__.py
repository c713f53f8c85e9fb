"""``python -m genesys_sentiment``: the same as the command ``genesys-sentiment``."""

import sys

from genesys_sentiment.cli import main

if __name__ == "__main__":
    sys.exit(main())
