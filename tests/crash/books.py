"""What must have come of a crash loop: judged from what was given and what arrived.

Pure: no I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from attrs import field, frozen


@frozen
class Given:
    """One record that was given to the delivery, in its order."""

    kind: str
    conversation: str | None
    id: str


@frozen(kw_only=True)
class Ledger:
    """What a killed process said before. ``starts``: what was wrong at each start, empty: nothing.

    ``safe``: how often each id was acknowledged.
    """

    given: Sequence[Given] = ()
    safe: Counter[str] = field(factory=Counter)
    starts: Sequence[str] = ()


def read_ledger(text: str) -> Ledger:
    """The lines of a ledger."""
    given: list[Given] = []
    safe: Counter[str] = Counter()
    starts: list[str] = []
    for line in text.splitlines():
        word, *values = line.split("\t")
        if word == "given":
            kind, conversation, name = values
            given.append(Given(kind, conversation or None, name))
        elif word == "safe":
            safe[values[0]] += 1
        else:
            starts.append(values[0])
    return Ledger(given=given, safe=safe, starts=starts)


@frozen(kw_only=True)
class Verdict:
    """Of one sink. ``lost``: acknowledged, never arrived. ``unknown``: arrived, never given.
    ``misplaced``: arrived first after a later one of its conversation. ``twice``: entries that
    arrived again, for each run, without those that were given again, too (a state that a new
    process sees again has the same id). ``kept``: arrived without having been acknowledged."""

    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    misplaced: tuple[str, ...]
    twice: tuple[int, ...]
    kept: int

    def problems(self, batch: int) -> tuple[str, ...]:
        """What must not be: also more than one batch twice after one kill."""
        return (
            *(f"lost {each}" for each in self.lost),
            *(f"never given {each}" for each in self.unknown),
            *(f"out of order {each}" for each in self.misplaced),
            *(
                f"run {run}: {count} came twice"
                for run, count in enumerate(self.twice)
                if count > batch
            ),
        )


def judge(
    ledger: Ledger, runs: Sequence[Sequence[str]], *, kinds: Collection[str] | None = None
) -> Verdict:
    """One sink that wants ``kinds`` (None: all): the ids that came in each run, in their order."""
    wanted = [each for each in ledger.given if kinds is None or each.kind in kinds]
    offers = Counter(each.id for each in wanted)
    came: Counter[str] = Counter()
    first: list[str] = []
    twice: list[int] = []
    for run in runs:
        again = 0
        for each in run:
            came[each] += 1
            again += came[each] > 1 and offers[each] <= 1
            if came[each] == 1:
                first.append(each)
        twice.append(again)
    return Verdict(
        lost=tuple(each for each in offers if came[each] < ledger.safe[each]),
        unknown=tuple(each for each in first if each not in offers),
        misplaced=tuple(_misplaced(wanted, first)),
        twice=tuple(twice),
        kept=sum(each not in ledger.safe for each in first),
    )


def _misplaced(given: Sequence[Given], first: Sequence[str]) -> Iterator[str]:
    places: dict[str, list[int]] = {}
    for number, each in enumerate(given):
        places.setdefault(each.id, []).append(number)
    newest: dict[str, int] = {}
    for name in first:
        # Of one that was given again it is not known which of them came.
        if len(places.get(name, ())) != 1:
            continue
        (place,) = places[name]
        conversation = given[place].conversation
        if conversation is None:
            continue
        if place < newest.get(conversation, -1):
            yield name
        newest[conversation] = max(place, newest.get(conversation, -1))
