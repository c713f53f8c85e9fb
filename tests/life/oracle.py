"""What must have come of a life: judged from what the platform said and what the stream gave.

Pure: no I/O.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from genesys_sentiment.model.events import Event, Gap, StateChange, Unreadable, Utterance
from genesys_sentiment.simulator.ledger import Emitted

ROUNDING = 0.001
"""Seconds by which a gap may miss an utterance: times are sums of floats. A frame's way is no
reason for more, for a gap begins a second before the last frame that came."""

_STEPS = {"alerting": 1, "connected": 2, "disconnected": 3}

_Key = tuple[str, str, bool, str]


@frozen(kw_only=True)
class Verdict:
    """Counts are of utterances and their revisions, as the platform sent them.

    ``arrived`` came once, ``in_gaps`` lie in a gap (of all, or of their conversation), ``cut``
    were in frames that the stream reported as unreadable. ``lost`` are none of that, ``twice`` came
    more than once, ``invented`` were never said, ``backwards`` are states that came after later
    ones. ``finals`` and ``arrived_finals``: without revisions. ``open_gaps``: seconds that the
    gaps of all cover; ``longest``: of one of them; ``late``: seconds of the gaps of single
    conversations, added up. ``reasons``: gaps by reason.
    """

    said: int
    arrived: int
    in_gaps: int
    cut: int
    finals: int
    arrived_finals: int
    open_gaps: float
    longest: float
    late: float
    reasons: Mapping[str, int]
    lost: tuple[str, ...] = field(factory=tuple)
    twice: tuple[str, ...] = field(factory=tuple)
    invented: tuple[str, ...] = field(factory=tuple)
    backwards: tuple[str, ...] = field(factory=tuple)

    def problems(self) -> tuple[str, ...]:
        """What must not be."""
        return (
            *(f"lost {each}" for each in self.lost),
            *(f"came twice: {each}" for each in self.twice),
            *(f"never said: {each}" for each in self.invented),
            *(f"went back: {each}" for each in self.backwards),
        )


def judge(
    said: Sequence[Emitted], events: Sequence[Event], cuts: Mapping[str, Iterable[str]]
) -> Verdict:
    """``cuts``: by utterance, the digests of the frames of it that were cut short on their way."""
    came = Counter(_key(each) for each in events if isinstance(each, Utterance))
    gaps = _Gaps(each for each in events if isinstance(each, Gap))
    unreadable = {each.digest for each in events if isinstance(each, Unreadable)}
    known = {_key(each) for each in said}
    missing = [each for each in said if not came[_key(each)]]
    reported = [each for each in missing if gaps.hold(each.conversation, each.at)]
    unread = [
        each
        for each in missing
        if each not in reported and unreadable.intersection(cuts.get(each.utterance, ()))
    ]
    excused = {_key(each) for each in (*reported, *unread)}
    finals = [each for each in said if each.final]
    return Verdict(
        said=len(said),
        arrived=len(said) - len(missing),
        in_gaps=len(reported),
        cut=len(unread),
        finals=len(finals),
        arrived_finals=sum(came[_key(each)] > 0 for each in finals),
        open_gaps=gaps.length(),
        longest=gaps.longest(),
        late=gaps.late(),
        reasons=gaps.reasons,
        lost=tuple(_name(each) for each in missing if _key(each) not in excused),
        twice=tuple(" ".join(map(str, key[:3])) for key, times in came.items() if times > 1),
        invented=tuple(" ".join(map(str, key[:3])) for key in came if key not in known),
        backwards=tuple(_backwards(events)),
    )


def _key(each: Emitted | Utterance) -> _Key:
    return each.conversation, each.utterance, each.final, each.text


def _name(each: Emitted) -> str:
    kind = "final" if each.final else "revision"
    return f"{kind} {each.utterance} of {each.conversation} at {each.at:.3f}"


class _Gaps:
    """Gaps of everything, and of single conversations."""

    def __init__(self, gaps: Iterable[Gap]) -> None:
        self._by: defaultdict[str | None, list[Gap]] = defaultdict(list)
        self.reasons: Counter[str] = Counter()
        for gap in gaps:
            self._by[gap.conversation].append(gap)
            self.reasons[gap.reason] += 1

    def hold(self, conversation: str, at: float) -> bool:
        """Whether a moment of a conversation lies in one of them."""
        return any(
            gap.since - ROUNDING <= at <= gap.until + ROUNDING
            for gap in (*self._by[None], *self._by[conversation])
        )

    def length(self) -> float:
        """Seconds that those of everything cover, each second once."""
        covered, end = 0.0, float("-inf")
        for gap in sorted(self._by[None], key=lambda gap: gap.since):
            covered += max(0.0, gap.until - max(gap.since, end))
            end = max(end, gap.until)
        return covered

    def longest(self) -> float:
        """Seconds of the longest of those of everything."""
        return max((gap.until - gap.since for gap in self._by[None]), default=0.0)

    def late(self) -> float:
        """Seconds of those of single conversations, added up."""
        single = (gaps for name, gaps in self._by.items() if name is not None)
        return sum(gap.until - gap.since for gaps in single for gap in gaps)


def _backwards(events: Iterable[Event]) -> Iterator[str]:
    """Calls of participants that were further already, or are told the same again."""
    reached: dict[tuple[str, str | None, str], int] = {}
    for event in events:
        if not isinstance(event, StateChange) or event.state not in _STEPS:
            continue
        whose = (event.conversation, event.participant, event.subject)
        step = _STEPS[event.state]
        if step <= reached.get(whose, 0):
            yield f"{event.subject} of {event.purpose} in {event.conversation}: {event.state}"
        reached[whose] = max(step, reached.get(whose, 0))
