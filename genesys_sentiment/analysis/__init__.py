"""Text to sentiment and emotion. Pure: no I/O."""

from genesys_sentiment.analysis.analyzer import Analysis, Analyzer
from genesys_sentiment.analysis.lexicon_analyzer import LexiconAnalyzer

__all__ = ["Analysis", "Analyzer", "LexiconAnalyzer"]
