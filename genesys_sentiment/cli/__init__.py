"""The command line: one file a command."""

from genesys_sentiment.cli.entry import main

__all__ = ["main"]
