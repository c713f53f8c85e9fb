"""Pure: no I/O. What happens when in one call: from recorded turns to the platform's events.

Times are seconds of platform time from the moment at which agent and customer are connected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.simulator.call_files import Call, Hint, Turn
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.times import iso, milliseconds

ONGOING_EVERY = 300.0
"""Seconds between empty SESSION_ONGOING messages (platform documentation)."""
HANG_UP = 1.0
"""Seconds between the last word and the end of the call."""
ACW = 4.0
"""Seconds of after-call work."""
ANALYSIS = 5.0
"""Seconds from the end of after-call work to the sentiment event. The platform takes minutes."""
REACTION = 3.0
"""Seconds from a suggestion to the agent's reaction."""


@frozen(kw_only=True)
class Pace:
    """How late, and how bundled, transcripts leave the platform.

    ``lag``: seconds from the end of an utterance until its text is there. ``bundle``: texts wait
    for the next multiple of it and then travel in one event. ``revisions``: whether long
    utterances are first sent as unfinished text.
    """

    lag: float
    bundle: float
    revisions: bool

    def leaves(self, ready: float) -> float:
        """When a text that is ready at ``ready`` is sent."""
        return math.ceil(round(ready / self.bundle, 6)) * self.bundle


LOW_LATENCY = Pace(lag=1.75, bundle=0.5, revisions=True)
"""The organisation's option "Low Latency Transcription": 2 to 4 seconds were reported."""
BATCHED = Pace(lag=5.0, bundle=30.0, revisions=False)
"""The default: within about 35 seconds of speech."""


@frozen(kw_only=True)
class Transcript:
    """One turn as recognised so far: ``words`` of its words, all of them when ``final``."""

    turn: Turn
    text: str
    final: bool


@frozen(kw_only=True)
class Transcribed:
    """A transcription event. Without transcripts it only says how the session stands."""

    at: float
    transcripts: tuple[Transcript, ...] = ()
    status: Literal["SESSION_ONGOING", "SESSION_ENDED"] = "SESSION_ONGOING"


@frozen(kw_only=True)
class Suggested:
    """A knowledge suggestion, or what the agent made of it."""

    at: float
    hint: Hint
    state: str


@frozen(kw_only=True)
class Moved:
    """The conversation enters its next stage."""

    at: float
    stage: Literal["ended", "acw_ended", "analysed"]


Step: TypeAlias = Transcribed | Suggested | Moved


def plan(call: Call, pace: Pace, *, late_tail: bool) -> list[Step]:
    """Everything that happens in a call once agent and customer talk, in order.

    With ``late_tail`` the call ends when it is hung up and the last transcripts come after
    SESSION_ENDED; without, the end waits for them.
    """
    speech = list(_speech(call, pace))
    hung_up = call.duration + HANG_UP
    ended = hung_up if late_tail else max(hung_up, *(step.at for step in speech))
    steps: list[Step] = [Transcribed(at=0.0)]
    steps += [
        Transcribed(at=number * ONGOING_EVERY)
        for number in range(1, math.ceil(ended / ONGOING_EVERY))
    ]
    for step in speech:
        late = step.at > ended
        steps.append(
            Transcribed(at=step.at, transcripts=step.transcripts, status="SESSION_ENDED")
            if late
            else step
        )
    steps.append(Transcribed(at=ended, status="SESSION_ENDED"))
    steps.append(Moved(at=ended, stage="ended"))
    steps += _suggested(call, pace, ended)
    steps.append(Moved(at=ended + ACW, stage="acw_ended"))
    if call.sentiment is not None:
        steps.append(Moved(at=ended + ACW + ANALYSIS, stage="analysed"))
    return sorted(steps, key=attrgetter("at"))


def _speech(call: Call, pace: Pace) -> Iterator[Transcribed]:
    sent: list[tuple[float, float, Transcript]] = []
    for turn in call.turns:
        words = turn.text.split()
        if pace.revisions and len(words) >= 4:
            half = Transcript(turn=turn, text=" ".join(words[: len(words) // 2]), final=False)
            ready = turn.start + turn.duration / 2 + pace.lag
            sent.append((pace.leaves(ready), ready, half))
        whole = Transcript(turn=turn, text=turn.text, final=True)
        sent.append((pace.leaves(turn.end + pace.lag), turn.end + pace.lag, whole))
    # A text never overtakes its own revision: with equal times the revision was put in first.
    sent.sort(key=lambda entry: entry[:2])
    for at, together in groupby(sent, key=lambda entry: entry[0]):
        yield Transcribed(at=at, transcripts=tuple(entry[2] for entry in together))


def _suggested(call: Call, pace: Pace, ended: float) -> Iterator[Suggested]:
    spoken = {turn.index: turn.end for turn in call.turns}
    for hint in call.suggestions:
        at = min(pace.leaves(spoken.get(hint.after, 0.0) + pace.lag) + 0.3, ended)
        yield Suggested(at=at, hint=hint, state="Suggested")
        if hint.reaction is not None:
            yield Suggested(at=min(at + REACTION, ended), hint=hint, state=hint.reaction)


def transcription(conversation: Conversation, step: Transcribed, now: float) -> Mapping[str, Any]:
    """The body of a transcription event."""
    begun = conversation.answered or now
    return {
        "eventTime": iso(now),
        "organizationId": conversation.organization,
        "conversationId": conversation.id,
        "communicationId": conversation.communication("customer"),
        "sessionStartTimeMs": milliseconds(begun),
        "transcriptionStartTimeMs": milliseconds(begun),
        "transcripts": [_transcript(conversation, each, begun) for each in step.transcripts],
        "status": {"offsetMs": milliseconds(now - begun), "status": step.status},
    }


def _transcript(
    conversation: Conversation, transcript: Transcript, begun: float
) -> Mapping[str, Any]:
    turn = transcript.turn
    duration = turn.duration if transcript.final else turn.duration / 2
    words = _words(transcript.text.split(), turn.start, duration, begun)
    return {
        "utteranceId": conversation.utterance(turn),
        "isFinal": transcript.final,
        "channel": "INTERNAL" if turn.speaker == "agent" else "EXTERNAL",
        "alternatives": [
            {
                "confidence": 0.92 if transcript.final else 0.71,
                "offsetMs": milliseconds(turn.start),
                "durationMs": milliseconds(duration),
                "transcript": transcript.text,
                "words": words,
                "decoratedTranscript": transcript.text,
                "decoratedWords": words,
            }
        ],
        "engineProvider": "GENESYS",
        "engineId": "simulator",
        "engineName": "simulator",
        "dialect": turn.language,
        "agentAssistEnabled": False,
        "voiceTranscriptionEnabled": True,
    }


def _words(
    words: Sequence[str], start: float, duration: float, begun: float
) -> list[Mapping[str, Any]]:
    each = duration / max(len(words), 1)
    return [
        {
            "confidence": 0.92,
            "startTimeMs": milliseconds(begun + start + number * each),
            "offsetMs": milliseconds(start + number * each),
            "durationMs": milliseconds(each),
            "word": word,
        }
        for number, word in enumerate(words)
    ]
