"""Live, explainable sentiment scores from Genesys Cloud conversations.

``watch`` follows queues, agents and conversations as one stream of events; ``score`` runs the
events through a ``Scorer`` (or any stage); ``Delivery`` calls functions with what comes out.
Everything that can be raised is in ``genesys_sentiment.errors``, a local Genesys Cloud to try it
all on in ``genesys_sentiment.simulator``.

A name is loaded when it is first used: importing aiohttp alone takes about 200 ms, and a program
that only wants an error class or a record should not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genesys_sentiment.analysis.analyzer import Analysis as Analysis
    from genesys_sentiment.analysis.analyzer import Analyzer as Analyzer
    from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer as EmbeddedAnalyzer
    from genesys_sentiment.classifiers.ahead import Ahead as Ahead
    from genesys_sentiment.classifiers.onnx_classifier import OnnxClassifier as OnnxClassifier
    from genesys_sentiment.cloud.cloud import Cloud as Cloud
    from genesys_sentiment.cloud.regions import endpoints as endpoints
    from genesys_sentiment.cloud.regions import region as region
    from genesys_sentiment.delivery.delivery import Delivery as Delivery
    from genesys_sentiment.delivery.journal import Journal as Journal
    from genesys_sentiment.delivery.memory_log import MemoryLog as MemoryLog
    from genesys_sentiment.dialects.agent_assist import AgentAssist as AgentAssist
    from genesys_sentiment.dialects.eventbridge import decode_event as decode_event
    from genesys_sentiment.dialects.interaction_stream import InteractionStream as InteractionStream
    from genesys_sentiment.dialects.interaction_topics import InteractionTopics as InteractionTopics
    from genesys_sentiment.dialects.notifications import Notifications as Notifications
    from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics as RealtimeAnalytics
    from genesys_sentiment.errors import AuthError as AuthError
    from genesys_sentiment.errors import CloudError as CloudError
    from genesys_sentiment.errors import ConfigurationError as ConfigurationError
    from genesys_sentiment.errors import ConnectionFailed as ConnectionFailed
    from genesys_sentiment.errors import GenesysSentimentError as GenesysSentimentError
    from genesys_sentiment.errors import LogFailed as LogFailed
    from genesys_sentiment.errors import LogFull as LogFull
    from genesys_sentiment.errors import PermissionDenied as PermissionDenied
    from genesys_sentiment.errors import SinkFailed as SinkFailed
    from genesys_sentiment.model.alerts import Alert as Alert
    from genesys_sentiment.model.alerts import Diagnosis as Diagnosis
    from genesys_sentiment.model.assist import Acceptance as Acceptance
    from genesys_sentiment.model.assist import Ranked as Ranked
    from genesys_sentiment.model.completed import Completed as Completed
    from genesys_sentiment.model.entries import Entry as Entry
    from genesys_sentiment.model.entries import Lane as Lane
    from genesys_sentiment.model.entries import Receipt as Receipt
    from genesys_sentiment.model.entries import Retry as Retry
    from genesys_sentiment.model.entries import Sink as Sink
    from genesys_sentiment.model.events import Gap as Gap
    from genesys_sentiment.model.events import Message as Message
    from genesys_sentiment.model.events import Reading as Reading
    from genesys_sentiment.model.events import StateChange as StateChange
    from genesys_sentiment.model.events import TopicRefused as TopicRefused
    from genesys_sentiment.model.events import Unknown as Unknown
    from genesys_sentiment.model.events import Unreadable as Unreadable
    from genesys_sentiment.model.events import Utterance as Utterance
    from genesys_sentiment.model.export import to_dict as to_dict
    from genesys_sentiment.model.export import to_json as to_json
    from genesys_sentiment.model.forwards import Forward as Forward
    from genesys_sentiment.model.results import Record as Record
    from genesys_sentiment.model.results import Score as Score
    from genesys_sentiment.model.results import Skipped as Skipped
    from genesys_sentiment.model.suggestions import Suggestion as Suggestion
    from genesys_sentiment.model.suggestions import Suggestions as Suggestions
    from genesys_sentiment.model.values import ABSENT as ABSENT
    from genesys_sentiment.redaction.redactor import PatternRedactor as PatternRedactor
    from genesys_sentiment.scoring.alert_rules import PolarityRule as PolarityRule
    from genesys_sentiment.scoring.alert_rules import ShareRule as ShareRule
    from genesys_sentiment.scoring.alert_rules import TrendRule as TrendRule
    from genesys_sentiment.scoring.alerts import AlertRules as AlertRules
    from genesys_sentiment.scoring.assist import Assist as Assist
    from genesys_sentiment.scoring.completeness import Completeness as Completeness
    from genesys_sentiment.scoring.completeness_rules import CompletenessRules as CompletenessRules
    from genesys_sentiment.scoring.diagnostics import Diagnostics as Diagnostics
    from genesys_sentiment.scoring.policy import Policy as Policy
    from genesys_sentiment.scoring.ranking import AssistPolicy as AssistPolicy
    from genesys_sentiment.scoring.scorer import Scorer as Scorer
    from genesys_sentiment.scoring.stage import Stage as Stage
    from genesys_sentiment.scoring.tracker import Tracker as Tracker
    from genesys_sentiment.scoring.transitions import TrackerPolicy as TrackerPolicy
    from genesys_sentiment.sinks.audit import Audit as Audit
    from genesys_sentiment.sinks.callback import Callback as Callback
    from genesys_sentiment.sinks.eventbridge import EventBridge as EventBridge
    from genesys_sentiment.sinks.file import FileSink as FileSink
    from genesys_sentiment.sinks.kafka import Kafka as Kafka
    from genesys_sentiment.sinks.nats import Nats as Nats
    from genesys_sentiment.sinks.platform import Platform as Platform
    from genesys_sentiment.sinks.rabbitmq import RabbitMQ as RabbitMQ
    from genesys_sentiment.sinks.webhook import Webhook as Webhook
    from genesys_sentiment.streaming.fleet import Fleet as Fleet
    from genesys_sentiment.streaming.lag import LoopLag as LoopLag
    from genesys_sentiment.streaming.memory import Seen as Seen
    from genesys_sentiment.streaming.options import StreamOptions as StreamOptions
    from genesys_sentiment.streaming.plan import TopicList as TopicList
    from genesys_sentiment.streaming.recording import Recorder as Recorder
    from genesys_sentiment.streaming.recording import Recording as Recording
    from genesys_sentiment.streaming.recording import replay as replay
    from genesys_sentiment.streaming.score import score as score
    from genesys_sentiment.streaming.scripted import Scripted as Scripted
    from genesys_sentiment.streaming.stream import Stream as Stream
    from genesys_sentiment.streaming.transport import AiohttpTransport as AiohttpTransport
    from genesys_sentiment.streaming.watch import watch as watch

    __version__: str

_HOMES = {
    "ABSENT": "model.values",
    "Acceptance": "model.assist",
    "AgentAssist": "dialects.agent_assist",
    "Ahead": "classifiers.ahead",
    "AiohttpTransport": "streaming.transport",
    "Alert": "model.alerts",
    "AlertRules": "scoring.alerts",
    "Analysis": "analysis.analyzer",
    "Analyzer": "analysis.analyzer",
    "Assist": "scoring.assist",
    "AssistPolicy": "scoring.ranking",
    "Audit": "sinks.audit",
    "AuthError": "errors",
    "Callback": "sinks.callback",
    "Cloud": "cloud.cloud",
    "CloudError": "errors",
    "Completed": "model.completed",
    "Completeness": "scoring.completeness",
    "CompletenessRules": "scoring.completeness_rules",
    "ConfigurationError": "errors",
    "ConnectionFailed": "errors",
    "Delivery": "delivery.delivery",
    "Diagnosis": "model.alerts",
    "Diagnostics": "scoring.diagnostics",
    "EmbeddedAnalyzer": "analysis.embedded_analyzer",
    "Entry": "model.entries",
    "EventBridge": "sinks.eventbridge",
    "FileSink": "sinks.file",
    "Fleet": "streaming.fleet",
    "Forward": "model.forwards",
    "Gap": "model.events",
    "GenesysSentimentError": "errors",
    "InteractionStream": "dialects.interaction_stream",
    "InteractionTopics": "dialects.interaction_topics",
    "Journal": "delivery.journal",
    "Kafka": "sinks.kafka",
    "Lane": "model.entries",
    "LogFailed": "errors",
    "LogFull": "errors",
    "LoopLag": "streaming.lag",
    "MemoryLog": "delivery.memory_log",
    "Message": "model.events",
    "Nats": "sinks.nats",
    "Notifications": "dialects.notifications",
    "OnnxClassifier": "classifiers.onnx_classifier",
    "PatternRedactor": "redaction.redactor",
    "PermissionDenied": "errors",
    "Platform": "sinks.platform",
    "PolarityRule": "scoring.alert_rules",
    "Policy": "scoring.policy",
    "RabbitMQ": "sinks.rabbitmq",
    "Ranked": "model.assist",
    "Reading": "model.events",
    "RealtimeAnalytics": "dialects.realtime_analytics",
    "Receipt": "model.entries",
    "Record": "model.results",
    "Recorder": "streaming.recording",
    "Recording": "streaming.recording",
    "Retry": "model.entries",
    "Score": "model.results",
    "Scorer": "scoring.scorer",
    "Scripted": "streaming.scripted",
    "Seen": "streaming.memory",
    "ShareRule": "scoring.alert_rules",
    "Sink": "model.entries",
    "SinkFailed": "errors",
    "Skipped": "model.results",
    "Stage": "scoring.stage",
    "StateChange": "model.events",
    "Stream": "streaming.stream",
    "StreamOptions": "streaming.options",
    "Suggestion": "model.suggestions",
    "Suggestions": "model.suggestions",
    "TopicList": "streaming.plan",
    "TopicRefused": "model.events",
    "Tracker": "scoring.tracker",
    "TrackerPolicy": "scoring.transitions",
    "TrendRule": "scoring.alert_rules",
    "Unknown": "model.events",
    "Unreadable": "model.events",
    "Utterance": "model.events",
    "Webhook": "sinks.webhook",
    "decode_event": "dialects.eventbridge",
    "endpoints": "cloud.regions",
    "region": "cloud.regions",
    "replay": "streaming.recording",
    "score": "streaming.score",
    "to_dict": "model.export",
    "to_json": "model.export",
    "watch": "streaming.watch",
}
"""Where each public name lives, sorted by name: the table of contents of this package."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    value: Any
    if name == "__version__":
        from importlib.metadata import version

        value = version("genesys-sentiment")
    elif name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
