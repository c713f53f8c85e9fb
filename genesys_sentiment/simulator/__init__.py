"""A local Genesys Cloud over real HTTP and real WebSockets, for demos and tests."""

from genesys_sentiment.simulator.answers import Refuse
from genesys_sentiment.simulator.call_files import Call, builtin_calls, load_calls
from genesys_sentiment.simulator.faults import Abort, AnnounceClosing, Close, Mute, Say
from genesys_sentiment.simulator.ledger import Emitted
from genesys_sentiment.simulator.server import Simulator
from genesys_sentiment.simulator.timeline import BATCHED, LOW_LATENCY, Pace

__all__ = [
    "BATCHED",
    "LOW_LATENCY",
    "Abort",
    "AnnounceClosing",
    "Call",
    "Close",
    "Emitted",
    "Mute",
    "Pace",
    "Refuse",
    "Say",
    "Simulator",
    "builtin_calls",
    "load_calls",
]
