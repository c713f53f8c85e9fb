"""A local Genesys Cloud over real HTTP and real WebSockets, for demos and tests."""

from genesys_sentiment.simulator.answers import Refuse
from genesys_sentiment.simulator.call_files import Call, builtin_calls, load_calls
from genesys_sentiment.simulator.faults import (
    Abort,
    AnnounceClosing,
    Close,
    Duplicate,
    Lose,
    Mute,
    Renumber,
    Reorder,
    Say,
)
from genesys_sentiment.simulator.languages.agent_assist import AgentAssist
from genesys_sentiment.simulator.languages.interaction_stream import InteractionStream
from genesys_sentiment.simulator.languages.interaction_topics import InteractionTopics
from genesys_sentiment.simulator.languages.realtime_analytics import RealtimeAnalytics
from genesys_sentiment.simulator.ledger import Emitted
from genesys_sentiment.simulator.server import Simulator
from genesys_sentiment.simulator.timeline import BATCHED, LOW_LATENCY, Pace

__all__ = [
    "BATCHED",
    "LOW_LATENCY",
    "Abort",
    "AgentAssist",
    "AnnounceClosing",
    "Call",
    "Close",
    "Duplicate",
    "Emitted",
    "InteractionStream",
    "InteractionTopics",
    "Lose",
    "Mute",
    "Pace",
    "RealtimeAnalytics",
    "Refuse",
    "Renumber",
    "Reorder",
    "Say",
    "Simulator",
    "builtin_calls",
    "load_calls",
]
