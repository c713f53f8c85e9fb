"""Hypothesis strategies for every type of record, with anything in it that its type allows."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from genesys_sentiment.model.alerts import Alert, Diagnosis, Evidence
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import (
    ABSENT,
    Gap,
    Message,
    Reading,
    StateChange,
    Suggestion,
    Suggestions,
    TopicRefused,
    Unknown,
    Unreadable,
    Utterance,
)
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.results import Record, Score, Skipped

# Lone surrogates included: they must never stop a record from leaving.
_texts = st.text(st.characters(), max_size=30)
_names = st.text(st.characters(), min_size=1, max_size=20)
_maybe = st.none() | _names
_times = st.floats(min_value=1e9, max_value=4e9)
_maybe_time = st.none() | _times
_units = st.floats(min_value=0, max_value=1)
_maybe_unit = st.none() | _units
_scales = st.floats(min_value=-1, max_value=1)
_sides = st.sampled_from(["customer", "agent", None])
_sources = st.sampled_from(["live", "backfill"])
_counts = st.integers(min_value=1, max_value=10**6)

utterances = st.builds(
    Utterance,
    conversation=_names,
    utterance=_names,
    text=_texts,
    final=st.booleans(),
    communication=_maybe,
    participant=_sides,
    language=_maybe,
    confidence=_maybe_unit,
    at=_maybe_time,
    offset=st.none() | st.floats(min_value=0, max_value=1e5),
    duration=st.none() | st.floats(min_value=0, max_value=1e5),
    received=st.just(0.0) | _times,
    source=_sources,
)
readings = st.builds(
    Reading,
    conversation=_names,
    score=st.just(ABSENT) | st.none() | _scales,
    trend=st.just(ABSENT) | st.none() | _scales,
    confidence=st.just(ABSENT) | _maybe_unit,
    emotion=st.just(ABSENT) | _maybe,
    emotion_confidence=st.just(ABSENT) | _maybe_unit,
    utterance=_maybe,
    communication=_maybe,
    participant=_sides,
    language=_maybe,
    segments=st.lists(utterances, max_size=2).map(tuple),
    queues=st.lists(_names, max_size=2).map(tuple),
    correlation=_maybe,
    at=_maybe_time,
    received=_times,
    source=_sources,
)
_suggestions = st.builds(
    Suggestion,
    conversation=_names,
    suggestion=_names,
    kind=_names,
    state=_maybe,
    trigger=_maybe,
    engagement=_maybe,
    rating=_maybe,
    title=st.none() | _texts,
    text=st.none() | _texts,
    reference=_maybe,
    confidence=_maybe_unit,
    relevance=_maybe_unit,
    queue=_maybe,
    user=_maybe,
    utterance=_maybe,
    language=_maybe,
    at=_maybe_time,
    source=_sources,
)
_batches = st.builds(
    Suggestions,
    conversation=_names,
    message=_names,
    suggestions=st.lists(_suggestions, max_size=2).map(tuple),
    latency=st.none() | _units,
    at=_maybe_time,
    source=_sources,
)
_changes = st.builds(
    StateChange,
    conversation=_names,
    subject=_names,
    state=_names,
    before=_maybe,
    communication=_maybe,
    participant=_maybe,
    purpose=_maybe,
    user=_maybe,
    queue=_maybe,
    count=_counts,
    medium=_maybe,
    sequence=st.none() | st.integers(0, 2**53),
    unexpected=st.booleans(),
    attributes=st.lists(st.tuples(_names, _texts), max_size=2).map(tuple),
    at=_maybe_time,
    source=_sources,
)
_messages = st.builds(
    Message,
    conversation=_names,
    message=_names,
    communication=_maybe,
    participant=_maybe,
    purpose=_maybe,
    status=_maybe,
    at=_maybe_time,
    source=_sources,
)
_gaps = st.builds(
    Gap,
    reason=_names,
    since=_times,
    until=_times,
    conversation=_maybe,
    count=st.none() | _counts,
    unrecovered=st.none() | st.lists(_names, max_size=3).map(tuple),
)
_refusals = st.builds(
    TopicRefused,
    topic=_names,
    reason=_texts,
    missing=st.lists(_names, max_size=3).map(tuple),
    conversation=_maybe,
    received=_times,
)
_unknowns = st.builds(
    Unknown,
    topic=_texts,
    body=st.binary(max_size=30),
    conversation=_maybe,
    correlation=_maybe,
    at=_maybe_time,
)
_unreadables = st.builds(
    Unreadable,
    reason=_names,
    length=st.integers(min_value=0, max_value=10**7),
    digest=_names,
    received=_times,
    conversation=_maybe,
)
_scores = st.builds(
    Score,
    language=_maybe,
    polarity=st.sampled_from(["positive", "neutral", "negative"]),
    polarity_raw=_scales,
    confidence=_maybe_unit,
    emotion=_names,
    emotion_confidence=_units,
    sarcasm_flag=st.booleans(),
    context_segment_count=_counts,
    at=_times,
    scored_at=_times,
    method=_names,
    event=utterances | readings,
    emotion_raw=_maybe,
    evidence=st.lists(_texts, max_size=3).map(tuple),
)
_skips = st.builds(
    Skipped,
    reason=_names,
    at=_times,
    event=utterances | readings,
    detail=_maybe,
)
_states = st.sampled_from(["raised", "cleared"])
_evidence = st.builds(Evidence, at=_times, value=_scales, record=_names, utterance=_maybe)
_alerts = st.builds(
    Alert,
    conversation=_names,
    alert=_names,
    rule=_names,
    state=_states,
    value=_scales,
    threshold=_scales,
    began=_times,
    raised=_times,
    cleared=_maybe_time,
    reason=_maybe,
    participant=_sides,
    user=_maybe,
    queue=_maybe,
    evidence=st.lists(_evidence, max_size=3).map(tuple),
)
_diagnoses = st.builds(
    Diagnosis,
    kind=_names,
    state=_states,
    at=_times,
    conversation=_maybe,
    queue=_maybe,
    figures=st.lists(st.tuples(_names, _units), max_size=3).map(tuple),
    advice=_texts,
)
_ranked = st.builds(
    Ranked,
    conversation=_names,
    at=_times,
    suggestions=st.lists(_suggestions, max_size=2).map(tuple),
    scores=st.lists(_maybe_unit, max_size=2).map(tuple),
    offered=_counts,
    latency=st.none() | _units,
    transit=st.none() | _scales,
    event=_texts,
)
_acceptances = st.builds(
    Acceptance,
    conversation=_names,
    at=_times,
    suggestion=_names,
    reaction=_names,
    shown=_counts,
    accepted=st.just(0) | st.just(1),
    unseen=_counts,
    reference=_maybe,
)
_forwards = st.builds(
    Forward,
    conversation=_names,
    forwarding=_names,
    at=_times,
    polarity=st.sampled_from(["positive", "neutral", "negative"]),
    positive=_units,
    neutral=_units,
    negative=_units,
    threshold=_units,
    confidence=_maybe_unit,
)
_completions = st.builds(
    Completed,
    conversation=_names,
    at=_times,
    reason=st.sampled_from(["ended", "idle", "stream_ended", "evicted"]),
    began=_times,
    ended=_maybe_time,
    count=_counts,
    utterances=_counts,
    unfinished=st.just(0) | _counts,
    revisions=_counts,
    readings=_counts,
    late=_counts,
    latest=_maybe_unit,
    gaps=_counts,
    missing=_units,
    coverage=_maybe_unit,
    unrecovered=st.lists(_names, max_size=3).map(tuple),
)
_receipts = st.builds(
    Receipt,
    conversation=_maybe,
    at=_times,
    sink=_names,
    record=_names,
    kind=_names,
    outcome=st.sampled_from(["delivered", "dead"]),
    attempts=_counts,
    latency=_maybe_unit,
    lag=st.none() | _scales,
    reason=_maybe,
)

BY_TYPE: dict[str, SearchStrategy[Record]] = {
    "score": _scores,
    "skipped": _skips,
    "utterance": utterances,
    "reading": readings,
    "suggestion": _suggestions,
    "suggestions": _batches,
    "stateChange": _changes,
    "message": _messages,
    "gap": _gaps,
    "topicRefused": _refusals,
    "unknown": _unknowns,
    "unreadable": _unreadables,
    "alert": _alerts,
    "diagnosis": _diagnoses,
    "ranked": _ranked,
    "acceptance": _acceptances,
    "forward": _forwards,
    "completed": _completions,
    "receipt": _receipts,
}
"""By the exported name of the type."""
