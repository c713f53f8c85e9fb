"""All rules over one conversation: what is due when, and which alert follows. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.events import Reading, Side, StateChange
from genesys_sentiment.model.results import Score
from genesys_sentiment.scoring.alert_rules import Rule
from genesys_sentiment.scoring.alert_state import (
    MAX_STINTS,
    Stint,
    Talk,
    Track,
    enter,
    evidence,
    hear,
    heard,
    place,
    plain,
    text,
)
from genesys_sentiment.scoring.alert_watch import (
    MOMENT,
    Watch,
    due,
    expire,
    observe,
    rest,
    visible,
)
from genesys_sentiment.scoring.packing import fold
from genesys_sentiment.scoring.window import TICK

Ended: TypeAlias = Literal["agent", "conversation"] | None
_Timer: TypeAlias = tuple[float, int, int, str, str]
_SIDES: Final[dict[str, Side | None]] = {"customer": "customer", "agent": "agent", "": None}
_RULE, _GRACE = 0, 1  # at the same instant rules come first


class AlertMachine:
    """What a conversation's state becomes; holds no state of its own but the rules, by id."""

    def __init__(self, rules: Sequence[Rule], grace: float) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._sides = {
            key: [rule for rule in rules if side in rule.participants]
            for key, side in _SIDES.items()
        }
        self._window = {
            key: max((rule.window for rule in rules), default=0)
            for key, rules in self._sides.items()
        }
        self._grace = grace

    def hear(self, talk: Talk, score: Score) -> bool:
        """Enter a score and ask every rule that watches its side; False if it came too late."""
        stint = place(talk, score.at, self._grace)
        if stint is None:
            return False
        if stint.queue is None and isinstance(score.event, Reading) and score.event.queues:
            stint.queue = fold(plain(score.event.queues[0]))
        side = score.participant or ""
        if not self._sides[side]:
            return True
        track = stint.tracks.setdefault(side, Track())
        if not enter(track, hear(score), self._window[side]):
            return False
        scores = heard(track)
        for rule in self._sides[side]:
            watch = track.watches.pop(rule.id, None) or Watch()
            observe(watch, rule.judge(visible(scores, rule)), talk.clock)
            if not watch.idle or (watch.quiet is not None and watch.quiet > talk.clock):
                track.watches[rule.id] = watch
        return True

    def change(
        self, talk: Talk, change: StateChange, at: float, *, begun: bool, ended: Ended
    ) -> None:
        """An agent's part begins or ends."""
        user = None if change.user is None else fold(plain(change.user))
        communication = None if change.communication is None else fold(plain(change.communication))
        if change.queue is not None:
            talk.queue = fold(plain(change.queue))
        if begun:
            _begin(talk, user, communication, at)
        elif ended is not None:
            whose = user if ended == "agent" else None
            for stint in talk.open():
                theirs = whose is None or stint.user is None or stint.user == whose
                # The end of a screen share is not the end of the call that it goes with.
                legs = {stint.communication, communication} - {None}
                if theirs and (ended == "conversation" or len(legs) < 2):
                    stint.user = stint.user or user
                    stint.until = max(at, stint.since)

    def due(self, talk: Talk) -> float | None:
        """The event time at which time alone changes something next; None if it never does."""
        return min((timer[0] for timer in self._timers(talk)), default=None)

    def settle(self, name: str, talk: Talk, to: float) -> list[Alert]:
        """Do what is due until ``to``, in the order of time."""
        alerts: list[Alert] = []
        while (timer := min(self._timers(talk), default=None)) and timer[0] <= to + TICK:
            at, kind, position, side, rule_id = timer
            talk.clock = max(talk.clock, at)
            stint = talk.stints[position]
            if kind == _GRACE:
                alerts += self._discard(name, talk, stint)
                continue
            rule, track = self._rules[rule_id], stint.tracks[side]
            watch = track.watches[rule_id]
            reason = expire(rule, watch, at)
            if reason == "raised":
                alerts.append(_alert(name, stint, side, rule, None, None))
            elif reason is not None:
                alerts.append(_alert(name, stint, side, rule, at, reason))
                rest(rule, watch, at)
        while len(talk.stints) > MAX_STINTS:
            alerts += self._discard(name, talk, talk.stints[0])
        return alerts

    def close(self, name: str, talk: Talk) -> list[Alert]:
        """Discard every stint that has ended, grace or not."""
        over = [stint for stint in talk.stints if stint.until is not None]
        return [alert for stint in over for alert in self._discard(name, talk, stint)]

    def drop(self, name: str, talk: Talk) -> list[Alert]:
        """Clear what is up in a conversation that is forgotten: nobody hears of it any more."""
        return [
            _alert(name, stint, side, rule, talk.clock, "stale")
            for stint in talk.stints
            for side, rule in self._up(stint)
        ]

    def _timers(self, talk: Talk) -> Iterator[_Timer]:
        for position, stint in enumerate(talk.stints):
            if stint.until is not None:
                yield stint.until + self._grace + MOMENT, _GRACE, position, "", ""
            for side, track in stint.tracks.items():
                for rule_id, watch in track.watches.items():
                    rule = self._rules.get(rule_id)
                    at = None if rule is None else due(rule, watch, track.heard[-1].at)
                    if at is not None:
                        yield at, _RULE, position, side, rule_id

    def _discard(self, name: str, talk: Talk, stint: Stint) -> list[Alert]:
        """A stint goes with its windows: nothing of it is left for the agent's next one."""
        talk.stints.remove(stint)
        until = talk.clock if stint.until is None else stint.until
        talk.closed = max(talk.closed, until)
        end = until if stint.until is None else until + self._grace
        return [_alert(name, stint, side, rule, end, "ended") for side, rule in self._up(stint)]

    def _up(self, stint: Stint) -> list[tuple[str, Rule]]:
        return [
            (side, self._rules[rule_id])
            for side, track in sorted(stint.tracks.items())
            for rule_id, watch in sorted(track.watches.items())
            if watch.raised is not None and rule_id in self._rules
        ]


def _begin(talk: Talk, user: bytes | None, communication: bytes | None, at: float) -> None:
    """An agent is connected from ``at`` on.

    Whatever was said before that to nobody known is another stint: a bot's, or a queue's.
    """
    if at < talk.closed:
        return
    if any(s.user == user and (s.until is None or at < s.until) for s in talk.stints):
        return  # another leg of somebody who is here, or an old word
    for stint in talk.open():
        if stint.user is None and stint.since >= at:
            stint.since, stint.user, stint.communication = at, user, communication
            stint.queue = talk.queue or stint.queue
            return
        if stint.user is None:
            stint.until = at
    talk.stints.append(Stint(at, user, talk.queue, communication))


def _alert(
    name: str, stint: Stint, side: str, rule: Rule, cleared: float | None, reason: str | None
) -> Alert:
    track = stint.tracks[side]
    watch = track.watches[rule.id]
    began = watch.began or 0.0
    return Alert(
        conversation=name,
        alert=f"{rule.id}:{name}:{side or '*'}:{began:.3f}",
        rule=rule.id,
        state="raised" if cleared is None else "cleared",
        value=watch.value,
        threshold=rule.threshold,
        began=began,
        raised=watch.raised or 0.0,
        cleared=cleared,
        reason=reason,
        participant=_SIDES[side],
        user=text(stint.user),
        queue=text(stint.queue),
        evidence=tuple(evidence(each, name) for each in visible(track.heard, rule)),
    )
