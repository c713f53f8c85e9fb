"""Text to sentiment and emotion. Pure: no I/O."""

from genesys_sentiment.analysis.analyzer import Analysis, Analyzer
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer

__all__ = ["Analysis", "Analyzer", "EmbeddedAnalyzer"]
