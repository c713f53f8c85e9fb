"""A companion that asks by REST about every gap of its stream, and says what stayed missing."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import TypeAlias

from attrs import evolve

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.details import Detail
from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.model.events import Event, Gap, Message, StateChange, Utterance
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.streaming.companions import FillsGaps, Outlet
from genesys_sentiment.streaming.gap_agenda import Agenda, Pace
from genesys_sentiment.streaming.gap_contents import GapContents
from genesys_sentiment.streaming.gap_ledger import LONGEST, PARTS, Case, Entry, Ledger, Part
from genesys_sentiment.streaming.gap_matching import Heard
from genesys_sentiment.streaming.gap_notes import Notes
from genesys_sentiment.streaming.gap_states import GapStates, Look
from genesys_sentiment.streaming.gap_transcripts import (
    LATE,
    VOICE,
    GapTranscripts,
    is_last_word,
    lasts,
    pause_after,
)
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions

_log = logging.getLogger(__name__)

_Work: TypeAlias = Callable[[Outlet], Awaitable[None]]
_Ask: TypeAlias = Callable[[Case, Outlet], Awaitable[None]]


class GapBackfill(FillsGaps):
    """Tells what happened in each gap with ``source="backfill"``, then the gap with what did not.

    ``queues`` are those that are watched, ``followed`` names the conversations that are,
    ``suggestions`` says whether those are. ``memory`` is the stream's: what came live is not said
    again, and no state goes backwards. Analytics is asked for states, twice because it lags;
    then come messages with their texts and suggestions, and when a conversation has ended its
    transcript, of which is told what did not come live. What the platform's transcript says of
    single phrases' sentiment is not told: those of a gap would be judged twice, the others once.

    A gap of our own buffer (``dropped``) is not asked about: who could not keep up with the stream
    would have to read even more.
    """

    def __init__(
        self,
        cloud: Cloud,
        memory: Memory,
        clock: Clock,
        *,
        queues: Sequence[str] = (),
        followed: Callable[[], Collection[str]] = tuple,
        suggestions: bool = False,
        options: BackfillOptions | None = None,
    ) -> None:
        self._options = options or BackfillOptions()
        self._memory = memory
        self._clock = clock
        self._followed = followed
        self._parts: Collection[Part] = PARTS if suggestions else PARTS[:-1]
        self._heard = Heard()
        self._ledger = Ledger(self._options.limit, memory.counters)
        self._looks: Agenda[Look] = Agenda(clock)
        self._work: Agenda[_Work] = Agenda(clock)
        self._given_up: deque[Gap] = deque(maxlen=self._options.limit)
        delay = self._options.delay
        self._notes = Notes(
            self._ledger, self._heard, self._looks, clock, self._parts, followed, delay
        )
        pace = Pace(clock, self._options.spacing)
        self._states = GapStates(cloud.details, queues, pace, clock)
        self._contents = GapContents(
            cloud.conversations, cloud.messages, cloud.suggestions, self._heard, pace, clock
        )
        self._transcripts = GapTranscripts(cloud.details, cloud.transcripts, self._heard, pace)

    def observe(self, event: Event) -> None:
        """Note a gap, and when to ask about it; what was heard; and that a conversation ended."""
        if isinstance(event, Utterance):
            self._notes.concern(event.conversation)
            self._heard.note(event)
        elif isinstance(event, StateChange):
            self._notes.concern(event.conversation)
            case = self._ledger.cases.get(event.conversation)
            if case is not None and (is_last_word(event) or self._is_over(case)):
                self._end(case)
        elif isinstance(event, Gap) and event.unrecovered is None and event.reason != "dropped":
            self._note(event)

    async def run(self, outlet: Outlet) -> None:
        """Ask about one gap after another until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._notes.run(), name="genesys-backfill-notes")
                group.create_task(self._look(outlet), name="genesys-backfill-states")
                for _ in range(self._options.at_once):
                    group.create_task(self._do(outlet), name="genesys-backfill")
        finally:
            self._ledger.close()

    def _note(self, gap: Gap) -> None:
        now = self._clock.monotonic()
        self._forget_old(now)
        if self._ledger.full:
            self._memory.counters.unrecovered += 1
            if not self._given_up:
                self._work.put(now, self._tell_given_up)
                _log.warning("gaps are not asked about: %d others are", self._options.limit)
            self._given_up.append(gap)
            return
        self._notes.note(gap)

    def _forget_old(self, now: float) -> None:
        """A conversation whose end nobody told of makes room for others after a day."""
        for case in tuple(self._ledger.cases.values()):
            if case.opened > now - LONGEST:
                return
            self._ledger.cases.move_to_end(case.conversation)
            case.opened = now
            self._work.put(now, partial(self._give_up, case))

    def _is_over(self, case: Case) -> bool:
        return self._memory.snapshots.phase(case.conversation) == "ended"

    def _end(self, case: Case) -> None:
        if not case.ending and case.pending("utterances"):
            case.ending = True
            due = self._clock.monotonic() + LATE
            self._work.put(due, partial(self._transcribe, case, None))

    async def _look(self, outlet: Outlet) -> None:
        """Ask for the states in one gap after another, or in many that are of one conversation."""
        while True:
            looks = [await self._looks.take()]
            while (more := self._looks.poll()) is not None:
                looks.append(more)
            for together in self._states.together(looks):
                found, lasting = await self._tell_states(together, outlet)
                if lasting or self._options.again is None or together[0].again:
                    await self._looked(together, found, outlet)
                    continue
                due = self._clock.monotonic() + self._options.again
                for each in together:
                    self._looks.put(due, evolve(each, again=True))

    async def _tell_states(self, looks: Sequence[Look], outlet: Outlet) -> tuple[bool, bool]:
        """Whether they were found, and whether asking again will not help."""
        try:
            async for snapshot in self._states.find(looks, self._followed):
                # Compared and told without a pause: nothing that comes live can get in between.
                await outlet.room()
                for look in looks:
                    if look.gap.conversation is None:
                        self._notes.join(look.entry, snapshot.conversation)
                self._compare(snapshot, outlet)
                await asyncio.sleep(0)
        except GenesysSentimentError as error:
            _log.warning("a gap could not be asked about: %s", type(error).__name__)
            return False, lasts(error)
        return True, False

    def _compare(self, snapshot: Snapshot, outlet: Outlet) -> Sequence[StateChange | Message]:
        changes = self._memory.snapshots.observe(snapshot, source="backfill")
        case = self._ledger.cases.get(snapshot.conversation)
        if case is not None:
            case.note_media(snapshot)
        outlet.tell(changes)
        return changes

    async def _looked(self, looks: Sequence[Look], found: bool, outlet: Outlet) -> None:
        """Analytics will not be asked about these gaps again: on to what it does not know."""
        for gap, entry in ((look.gap, look.entry) for look in looks):
            names = (gap.conversation,) if gap.conversation else tuple(self._ledger.cases)
            for name in names:
                case = self._ledger.cases.get(name)
                noted = self._ledger.entry(name, entry)
                if case is not None and noted is not None:
                    await outlet.room()
                    self._settle(case, "states", (noted,), found, outlet)
                    self._ask_more(case, found, outlet)
                    await asyncio.sleep(0)
            if gap.conversation is None:
                outlet.tell(self._ledger.finish(entry, "states", found=found))

    def _ask_more(self, case: Case, found: bool, outlet: Outlet) -> None:
        spoken = bool(case.media) and case.media <= VOICE
        if spoken or not found:
            # Who knows nothing of a conversation's media would ask about all of them.
            self._settle(case, "messages", case.pending("messages"), spoken, outlet)
        if case.media and case.media.isdisjoint(VOICE):
            self._settle(case, "utterances", case.pending("utterances"), True, outlet)
        if not case.asking and (case.pending("messages") or case.pending("suggestions")):
            case.asking = True
            self._work.put(self._clock.monotonic(), partial(self._more, case))
        if self._is_over(case):
            self._end(case)

    async def _do(self, outlet: Outlet) -> None:
        while True:
            work = await self._work.take()
            await work(outlet)

    async def _more(self, case: Case, outlet: Outlet) -> None:
        """Messages and suggestions of a conversation."""
        case.asking = False
        asked: dict[Part, _Ask] = {
            "messages": self._tell_messages,
            "suggestions": self._tell_suggestions,
        }
        for part, ask in asked.items():
            if entries := case.pending(part):
                try:
                    await ask(case, outlet)
                except GenesysSentimentError as error:
                    _log.warning("%s could not be asked for: %s", part, type(error).__name__)
                    self._settle(case, part, entries, False, outlet)
                else:
                    self._settle(case, part, entries, True, outlet)
        if case.media and case.media.isdisjoint(VOICE):
            self._settle(case, "utterances", case.pending("utterances"), True, outlet)

    async def _tell_messages(self, case: Case, outlet: Outlet) -> None:
        snapshot = await self._contents.snapshot(case.conversation)
        await outlet.room()
        changes = self._compare(snapshot, outlet)
        for text in await self._contents.texts(case.conversation, changes):
            await outlet.room()
            outlet.tell((text,))

    async def _tell_suggestions(self, case: Case, outlet: Outlet) -> None:
        async for suggestion in self._contents.suggested(case.conversation):
            await outlet.room()
            outlet.tell((suggestion,))

    async def _transcribe(self, case: Case, detail: Detail | None, outlet: Outlet) -> None:
        """Ask for the transcript of a conversation that has ended, until there is one."""
        entries = case.pending("utterances")
        if not entries:
            case.ending = False
            return
        now = self._clock.monotonic()
        case.until = until = now + self._options.patience if case.until is None else case.until
        pause, enough, failed = self._options.every, False, False
        try:
            detail = detail or await self._transcripts.ended(case)
            if detail is not None:
                async for utterance in self._transcripts.missed(case, detail):
                    await outlet.room()
                    outlet.tell((utterance,))
                enough = self._transcripts.enough(case, detail)
        except GenesysSentimentError as error:
            _log.warning("a transcript could not be asked for: %s", type(error).__name__)
            pause, failed = max(pause, pause_after(error)), True
            until = now if lasts(error) else until
        due = self._clock.monotonic() + pause
        if not enough and due < until:
            self._work.put(due, partial(self._transcribe, case, detail))
            return
        case.ending, case.until = False, None
        if detail is None and not failed and not self._is_over(case):
            return  # It went on: its end will be told of
        read = enough or bool(case.read)
        self._settle(case, "utterances", entries, read and case.whole, outlet)
        case.read.clear()
        case.whole = True

    def _settle(
        self, case: Case, part: Part, entries: Sequence[Entry], found: bool, outlet: Outlet
    ) -> None:
        for entry in entries:
            outlet.tell(self._ledger.finish(entry, part, found=found))
        if case.conversation not in self._ledger.cases:
            self._heard.release(case.conversation)

    async def _give_up(self, case: Case, outlet: Outlet) -> None:
        await outlet.room()
        for part in PARTS:
            self._settle(case, part, tuple(case.entries.values()), False, outlet)

    async def _tell_given_up(self, outlet: Outlet) -> None:
        while self._given_up:
            await outlet.room()
            gap = self._given_up.popleft()
            outlet.tell((evolve(gap, unrecovered=tuple(self._parts)),))
