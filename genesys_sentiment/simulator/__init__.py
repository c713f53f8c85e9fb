"""A local Genesys Cloud over real HTTP and real WebSockets, for demos and tests.

A name is loaded when it is first used: pytest loads this package at every start for its plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genesys_sentiment.simulator.answers import Refuse as Refuse
    from genesys_sentiment.simulator.bends import Duplicate as Duplicate
    from genesys_sentiment.simulator.bends import Lose as Lose
    from genesys_sentiment.simulator.bends import Renumber as Renumber
    from genesys_sentiment.simulator.bends import Reorder as Reorder
    from genesys_sentiment.simulator.bends import Split as Split
    from genesys_sentiment.simulator.bends import Truncate as Truncate
    from genesys_sentiment.simulator.call_files import Call as Call
    from genesys_sentiment.simulator.call_files import builtin_calls as builtin_calls
    from genesys_sentiment.simulator.call_files import load_calls as load_calls
    from genesys_sentiment.simulator.faults import Abort as Abort
    from genesys_sentiment.simulator.faults import AnnounceClosing as AnnounceClosing
    from genesys_sentiment.simulator.faults import Close as Close
    from genesys_sentiment.simulator.faults import Do as Do
    from genesys_sentiment.simulator.faults import Flood as Flood
    from genesys_sentiment.simulator.faults import HalfOpen as HalfOpen
    from genesys_sentiment.simulator.faults import Mute as Mute
    from genesys_sentiment.simulator.faults import Pause as Pause
    from genesys_sentiment.simulator.faults import Raw as Raw
    from genesys_sentiment.simulator.faults import Say as Say
    from genesys_sentiment.simulator.faults import Slow as Slow
    from genesys_sentiment.simulator.languages.agent_assist import AgentAssist as AgentAssist
    from genesys_sentiment.simulator.languages.interaction_stream import (
        InteractionStream as InteractionStream,
    )
    from genesys_sentiment.simulator.languages.interaction_topics import (
        InteractionTopics as InteractionTopics,
    )
    from genesys_sentiment.simulator.languages.realtime_analytics import (
        RealtimeAnalytics as RealtimeAnalytics,
    )
    from genesys_sentiment.simulator.ledger import Emitted as Emitted
    from genesys_sentiment.simulator.local import LocalCloud as LocalCloud
    from genesys_sentiment.simulator.local import local_cloud as local_cloud
    from genesys_sentiment.simulator.names import Names as Names
    from genesys_sentiment.simulator.on_clock import OnClock as OnClock
    from genesys_sentiment.simulator.proxy import Proxy as Proxy
    from genesys_sentiment.simulator.proxy import Way as Way
    from genesys_sentiment.simulator.rest_script import AnswerGarbage as AnswerGarbage
    from genesys_sentiment.simulator.rest_script import AnswerHalf as AnswerHalf
    from genesys_sentiment.simulator.rest_script import AnswerLate as AnswerLate
    from genesys_sentiment.simulator.rest_script import AnswerNothing as AnswerNothing
    from genesys_sentiment.simulator.rest_script import On as On
    from genesys_sentiment.simulator.server import Simulator as Simulator
    from genesys_sentiment.simulator.timeline import BATCHED as BATCHED
    from genesys_sentiment.simulator.timeline import LOW_LATENCY as LOW_LATENCY
    from genesys_sentiment.simulator.timeline import Pace as Pace

_HOMES = {
    "Abort": "faults",
    "AgentAssist": "languages.agent_assist",
    "AnnounceClosing": "faults",
    "AnswerGarbage": "rest_script",
    "AnswerHalf": "rest_script",
    "AnswerLate": "rest_script",
    "AnswerNothing": "rest_script",
    "BATCHED": "timeline",
    "Call": "call_files",
    "Close": "faults",
    "Do": "faults",
    "Duplicate": "bends",
    "Emitted": "ledger",
    "Flood": "faults",
    "HalfOpen": "faults",
    "InteractionStream": "languages.interaction_stream",
    "InteractionTopics": "languages.interaction_topics",
    "LOW_LATENCY": "timeline",
    "LocalCloud": "local",
    "Lose": "bends",
    "Mute": "faults",
    "Names": "names",
    "On": "rest_script",
    "OnClock": "on_clock",
    "Pace": "timeline",
    "Pause": "faults",
    "Proxy": "proxy",
    "Raw": "faults",
    "RealtimeAnalytics": "languages.realtime_analytics",
    "Refuse": "answers",
    "Renumber": "bends",
    "Reorder": "bends",
    "Say": "faults",
    "Simulator": "server",
    "Slow": "faults",
    "Split": "bends",
    "Truncate": "bends",
    "Way": "proxy",
    "builtin_calls": "call_files",
    "load_calls": "call_files",
    "local_cloud": "local",
}

__all__ = [
    "BATCHED",
    "LOW_LATENCY",
    "Abort",
    "AgentAssist",
    "AnnounceClosing",
    "AnswerGarbage",
    "AnswerHalf",
    "AnswerLate",
    "AnswerNothing",
    "Call",
    "Close",
    "Do",
    "Duplicate",
    "Emitted",
    "Flood",
    "HalfOpen",
    "InteractionStream",
    "InteractionTopics",
    "LocalCloud",
    "Lose",
    "Mute",
    "Names",
    "On",
    "OnClock",
    "Pace",
    "Pause",
    "Proxy",
    "Raw",
    "RealtimeAnalytics",
    "Refuse",
    "Renumber",
    "Reorder",
    "Say",
    "Simulator",
    "Slow",
    "Split",
    "Truncate",
    "Way",
    "builtin_calls",
    "load_calls",
    "local_cloud",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
