"""Plays calls: lets their conversations live, and publishes what the platform would publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import COMMUNICATIONS, Conversation, Ids, Said
from genesys_sentiment.simulator.detail_events import detail_event
from genesys_sentiment.simulator.languages.language import Advised, Entered, Happening, Spoken
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.suggestions import suggestion, suggestion_event
from genesys_sentiment.simulator.timeline import (
    Moved,
    Pace,
    Suggested,
    Transcribed,
    Transcript,
    plan,
    transcription,
)
from genesys_sentiment.simulator.times import iso

_RING = 1.0
"""Seconds of platform time that an agent's phone rings."""
_KNOWLEDGE = "suggestions.knowledge.search"
_KEPT = 1000
"""Conversations that REST still knows; the oldest are forgotten."""


@frozen(kw_only=True)
class Player:
    """Plays one call after another, or many at once.

    ``wait``: real seconds a conversation waits in the queue, whatever the clock's rate.
    ``tell`` hears what is played, so that it is said in other languages, too.
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
    tell: Callable[[Happening], None]

    async def play(self, call: Call, ids: Ids) -> None:
        """One call, from its arrival in the queue to the end of after-call work and analysis."""
        conversation = Conversation(
            ids=ids,
            queue=self.queue,
            organization=self.organization,
            medium=call.medium,
            started=self.clock.now(),
            started_wall=self.clock.wall(),
        )
        self.conversations[conversation.id] = conversation
        while len(self.conversations) > _KEPT:
            del self.conversations[next(iter(self.conversations))]
        self._show(conversation, "customer.start", "acd.start")
        self._enter(conversation, "queued")
        await self.clock.wait(self.wait)
        conversation.alerted = self.clock.now()
        self._show(conversation)
        self._enter(conversation, "ringing")
        await self.clock.sleep_until(conversation.alerted + _RING)
        conversation.answered = self.clock.now()
        self._show(conversation, "acd.end", "user.start")
        self._enter(conversation, "connected")
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
            medium = COMMUNICATIONS[conversation.medium]
            self.channels.publish(f"{owner}.conversations.{medium}", conversation.call_snapshot())
        now = self.clock.now()
        for kind in details:
            topic = f"v2.detail.events.conversation.{conversation.id}.{kind}"
            self.channels.publish(topic, detail_event(conversation, kind, now))

    def _enter(self, conversation: Conversation, status: str) -> None:
        self.tell(Entered(conversation=conversation, status=status, at=self.clock.now()))

    def _transcribe(self, conversation: Conversation, step: Transcribed) -> None:
        now = self.clock.now()
        delivered = 0
        if conversation.medium == "voice":
            delivered = self.channels.publish(
                f"v2.conversations.{conversation.id}.transcription",
                transcription(conversation, step, now),
            )
        for transcript in step.transcripts:
            if conversation.medium == "voice" or transcript.final:
                self._note(conversation, transcript, now, delivered)
        if conversation.medium != "voice" and any(each.final for each in step.transcripts):
            self._show(conversation)

    def _note(
        self, conversation: Conversation, transcript: Transcript, now: float, delivered: int
    ) -> None:
        turn = transcript.turn
        self.ledger.add(
            Emitted(
                conversation=conversation.id,
                utterance=conversation.utterance(turn),
                text=transcript.text,
                final=transcript.final,
                participant="agent" if turn.speaker == "agent" else "customer",
                language=turn.language,
                at=now,
                emitted=self.clock.wall(),
                delivered=delivered,
            )
        )
        if transcript.final:
            conversation.spoken.append(Said(turn=turn, at=now))
            self.tell(Spoken(conversation=conversation, turn=turn, at=now))

    def _move(self, conversation: Conversation, call: Call, step: Moved) -> None:
        now = self.clock.now()
        match step.stage:
            case "ended":
                conversation.ended = conversation.acw_started = now
                conversation.ended_wall = self.clock.wall()
                self._show(conversation, "customer.end", "user.end")
                self._enter(conversation, "ended")
            case "acw_ended":
                conversation.acw_ended = now
                self._show(conversation, "acw", "wrapup")
                self._enter(conversation, "done")
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
        now = self.clock.now()
        resource = suggestion(conversation, step.hint, step.state, now)
        kept = conversation.suggestions
        kept[:] = [each for each in kept if each["id"] != resource["id"]] + [resource]
        event = suggestion_event(conversation, call, step, now)
        conversation.suggestion_events[resource["id"]] = event
        self.channels.publish(f"v2.conversations.{conversation.id}.{_KNOWLEDGE}", event)
        self.tell(Advised(conversation=conversation, hint=step.hint, state=step.state, at=now))

    def engaged(
        self, conversation: Conversation, suggestion: str, changed: Mapping[str, Any]
    ) -> None:
        """A client said what the agent did with a suggestion: the platform says so, too."""
        event = {**conversation.suggestion_events[suggestion], **changed}
        event["eventTime"] = iso(self.clock.now())
        self.channels.publish(f"v2.conversations.{conversation.id}.{_KNOWLEDGE}", event)
