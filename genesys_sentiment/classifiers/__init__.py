"""Analyzers that take their time: models of your own, asked in a thread ahead of the scorer."""

from genesys_sentiment.classifiers.ahead import Ahead, AheadCounters
from genesys_sentiment.classifiers.onnx_classifier import OnnxClassifier

__all__ = ["Ahead", "AheadCounters", "OnnxClassifier"]
