"""Events to scores, by one policy that holds every figure. Pure: no I/O."""

from genesys_sentiment.scoring.counters import ScorerCounters
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.sarcasm import SarcasmRule
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.stage import Stage

__all__ = ["Policy", "SarcasmRule", "Scorer", "ScorerCounters", "Stage"]
