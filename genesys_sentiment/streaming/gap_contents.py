"""The messages and the suggestions of a conversation that had a gap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from attrs import define

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.conversations import Conversations
from genesys_sentiment.cloud.messages import Messages
from genesys_sentiment.cloud.suggestions import ConversationSuggestions
from genesys_sentiment.dialects.notifications import snapshot_from_rest
from genesys_sentiment.model.events import Message, StateChange, Suggestion, Utterance
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.streaming.gap_agenda import Pace
from genesys_sentiment.streaming.gap_matching import Heard

_UNTOUCHED = "Suggested"
"""The state of a suggestion to which nobody has reacted."""


@define
class GapContents:
    """Asks about one conversation after the other."""

    conversations: Conversations
    messages: Messages
    suggestions: ConversationSuggestions
    heard: Heard
    pace: Pace
    clock: Clock

    async def snapshot(self, conversation: str) -> Snapshot:
        """The conversation as it is now: unlike analytics, it names its messages.

        Raises BadFrame and what :meth:`Conversations.get` raises.
        """
        await self.pace.turn()
        body = await self.conversations.get(conversation)
        return snapshot_from_rest(msgspec.json.encode(body), self.clock.wall())

    async def texts(
        self, conversation: str, changes: Sequence[StateChange | Message]
    ) -> tuple[Utterance, ...]:
        """The texts of messages that were found, as far as they were not heard as well.

        Not of one whose status alone is new: it was told of before, and its text was to be had.
        Raises what :meth:`Messages.many` raises.
        """
        ids = [
            one.message
            for one in changes
            if isinstance(one, Message) and self.heard.within(conversation, one.at)
        ]
        if not ids:
            return ()
        await self.pace.turn()
        found = await self.messages.many(conversation, ids)
        return self.heard.missed(conversation, [one.utterance for one in found]).utterances

    async def suggested(self, conversation: str) -> AsyncIterator[Suggestion]:
        """What was suggested in the gap, and every reaction: nobody tells when that was.

        Raises what :meth:`ConversationSuggestions.list` raises.
        """
        await self.pace.turn()
        for one in await self.suggestions.list(conversation):
            reaction = one.state != _UNTOUCHED or one.engagement is not None
            if reaction or self.heard.within(conversation, one.at):
                yield one
