"""Plays calls: lets their conversations live, and publishes what the platform would publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from genesys_sentiment.simulator.call_files import Call, Hint
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.timeline import (
    Moved,
    Pace,
    Suggested,
    Transcribed,
    plan,
    transcription,
    utterance_id,
)
from genesys_sentiment.simulator.times import iso

_RING = 1.0
"""Seconds of platform time that an agent's phone rings."""


@frozen(kw_only=True)
class Player:
    """Plays one call after another, or many at once.

    ``wait``: real seconds a conversation waits in the queue, whatever the clock's rate.
    """

    clock: PlatformClock
    channels: Channels
    ledger: Ledger
    conversations: dict[str, Conversation]
    queue: str
    organization: str
    pace: Pace
    late_tail: bool
    wait: float

    async def play(self, call: Call, ids: Ids) -> None:
        """One call, from its arrival in the queue to the end of after-call work and analysis."""
        conversation = Conversation(
            ids=ids,
            queue=self.queue,
            organization=self.organization,
            started=self.clock.now(),
            started_wall=time.time(),
        )
        self.conversations[conversation.id] = conversation
        self._show(conversation, "customer.start", "acd.start")
        await asyncio.sleep(self.wait)
        conversation.alerted = self.clock.now()
        self._show(conversation)
        await self.clock.sleep_until(conversation.alerted + _RING)
        conversation.answered = self.clock.now()
        self._show(conversation, "acd.end", "user.start")
        for step in plan(call, self.pace, late_tail=self.late_tail):
            await self.clock.sleep_until(conversation.answered + step.at)
            match step:
                case Transcribed():
                    self._transcribe(conversation, step)
                case Suggested():
                    self._suggest(conversation, call, step)
                case Moved():
                    self._move(conversation, call, step)

    def _show(self, conversation: Conversation, *details: str) -> None:
        """The snapshot on the topics of queue and agent, and the detail events of a transition."""
        snapshot = conversation.snapshot()
        owners = [f"v2.routing.queues.{conversation.queue}"]
        if conversation.alerted is not None:
            owners.append(f"v2.users.{conversation.agent}")
        for owner in owners:
            self.channels.publish(f"{owner}.conversations", snapshot)
        now = self.clock.now()
        for kind in details:
            topic = f"v2.detail.events.conversation.{conversation.id}.{kind}"
            self.channels.publish(topic, conversation.detail(kind, now))

    def _transcribe(self, conversation: Conversation, step: Transcribed) -> None:
        now = self.clock.now()
        delivered = self.channels.publish(
            f"v2.conversations.{conversation.id}.transcription",
            transcription(conversation, step, now),
        )
        emitted = time.time()
        for transcript in step.transcripts:
            turn = transcript.turn
            self.ledger.add(
                Emitted(
                    conversation=conversation.id,
                    utterance=utterance_id(conversation, turn),
                    text=transcript.text,
                    final=transcript.final,
                    participant="agent" if turn.speaker == "agent" else "customer",
                    language=turn.language,
                    at=now,
                    emitted=emitted,
                    delivered=delivered,
                )
            )

    def _move(self, conversation: Conversation, call: Call, step: Moved) -> None:
        now = self.clock.now()
        match step.stage:
            case "ended":
                conversation.ended = conversation.acw_started = now
                self._show(conversation, "customer.end", "user.end")
            case "acw_ended":
                conversation.acw_ended = now
                self._show(conversation, "acw", "wrapup")
            case "analysed" if call.sentiment is not None:
                conversation.sentiment = (call.sentiment.overall, call.sentiment.trend)
                self.channels.publish(
                    f"v2.speechandtextanalytics.conversation.{conversation.id}.sentiment",
                    {
                        "conversationId": conversation.id,
                        "sentimentOverallScore": call.sentiment.overall,
                        "sentimentTrendScore": call.sentiment.trend,
                        "queueIds": [conversation.queue],
                        "divisionIds": [],
                        "flowIds": [],
                    },
                )

    def _suggest(self, conversation: Conversation, call: Call, step: Suggested) -> None:
        resource = suggestion(conversation, step.hint, step.state, self.clock.now())
        kept = conversation.suggestions
        kept[:] = [each for each in kept if each["id"] != resource["id"]] + [resource]
        self.channels.publish(
            f"v2.conversations.{conversation.id}.suggestions.knowledge.search",
            suggestion_event(conversation, call, step, self.clock.now()),
        )


def suggestion_event(
    conversation: Conversation, call: Call, step: Suggested, now: float
) -> Mapping[str, Any]:
    """The body of a knowledge search suggestion event."""
    hint = step.hint
    turn = next((turn for turn in call.turns if turn.index == hint.after), call.turns[0])
    body: dict[str, Any] = {
        "eventTime": iso(now),
        "conversationId": conversation.id,
        "suggestionId": conversation.ids("suggestion", hint.title),
        "state": step.state,
        "triggerType": "Fallback",
        "context": {
            "queueId": conversation.queue,
            "mediaType": "VOICE",
            "userId": conversation.agent,
            "assistantId": conversation.ids("assistant"),
            "utteranceId": utterance_id(conversation, turn),
            "queryStatement": turn.text,
            "language": turn.language.lower(),
            "participantType": "AGENT" if turn.speaker == "agent" else "CUSTOMER",
        },
        "knowledgeSearch": {
            "title": hint.title,
            "uri": "",
            "snippets": [hint.answer],
            "confidence": hint.confidence,
            "metadata": {},
            "searchId": conversation.ids("search", hint.title),
            "documentId": conversation.ids("document", hint.title),
            "versionId": conversation.ids("version", hint.title),
            "variationIds": [],
            "knowledgeAnswer": {
                "answer": hint.answer,
                "startIndex": 0,
                "endIndex": len(hint.answer),
            },
        },
    }
    if step.state == "Dismissed":
        body["engagementType"] = "Dismissed"
    return body


def suggestion(conversation: Conversation, hint: Hint, state: str, now: float) -> dict[str, Any]:
    """A suggestion as its REST resource shows it."""
    identity = conversation.ids("suggestion", hint.title)
    base = f"/api/v2/conversations/{conversation.id}"
    return {
        "id": identity,
        "conversation": {"id": conversation.id, "selfUri": base},
        "type": "KnowledgeSearch",
        "dateCreated": iso(now),
        "triggerType": "Fallback",
        "state": state,
        "knowledgeSearch": {
            "title": hint.title,
            "snippets": [hint.answer],
            "confidence": hint.confidence,
            "searchId": conversation.ids("search", hint.title),
            "document": {"id": conversation.ids("document", hint.title)},
            "knowledgeAnswer": {
                "answer": hint.answer,
                "startIndex": 0,
                "endIndex": len(hint.answer),
            },
        },
        "selfUri": f"{base}/suggestions/{identity}",
    }
