"""The languages of the tutorials, as the tutorials have them."""

from __future__ import annotations

from genesys_sentiment.simulator.languages.agent_assist import AgentAssist
from genesys_sentiment.simulator.languages.interaction_stream import InteractionStream
from genesys_sentiment.simulator.languages.interaction_topics import InteractionTopics
from genesys_sentiment.simulator.languages.language import Language
from genesys_sentiment.simulator.languages.realtime_analytics import RealtimeAnalytics

TUTORIALS: tuple[Language, ...] = (
    InteractionTopics(),
    AgentAssist(),
    RealtimeAnalytics(),
    InteractionStream(),
)
"""S0, S2, S3 and S4; S1 has no socket."""
