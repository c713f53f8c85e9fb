"""The published contracts: JSON Schemas (2020-12) of what leaves and of what enters."""

from genesys_sentiment.contracts.problems import Problem
from genesys_sentiment.contracts.schemas import ENTERING, KINDS, LEAVING, schema
from genesys_sentiment.contracts.validation import validate, validator

__all__ = ["ENTERING", "KINDS", "LEAVING", "Problem", "schema", "validate", "validator"]
