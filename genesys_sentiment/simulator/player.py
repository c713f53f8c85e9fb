"""Plays calls: lets their conversations live, and publishes what the platform would publish."""

from __future__ import annotations

import asyncio
import time

from attrs import frozen

from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.detail_events import detail_event
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.suggestions import suggestion, suggestion_event
from genesys_sentiment.simulator.timeline import (
    Moved,
    Pace,
    Suggested,
    Transcribed,
    plan,
    transcription,
    utterance_id,
)

_RING = 1.0
"""Seconds of platform time that an agent's phone rings."""
_KEPT = 1000
"""Conversations that REST still knows; the oldest are forgotten."""


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
        while len(self.conversations) > _KEPT:
            del self.conversations[next(iter(self.conversations))]
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
        """Snapshots on the topics of queue and agent, and the detail events of a transition."""
        owners = [f"v2.routing.queues.{conversation.queue}"]
        if conversation.alerted is not None:
            owners.append(f"v2.users.{conversation.agent}")
        for owner in owners:
            self.channels.publish(f"{owner}.conversations", conversation.snapshot())
            self.channels.publish(f"{owner}.conversations.calls", conversation.call_snapshot())
        now = self.clock.now()
        for kind in details:
            topic = f"v2.detail.events.conversation.{conversation.id}.{kind}"
            self.channels.publish(topic, detail_event(conversation, kind, now))

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
