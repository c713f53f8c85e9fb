"""Until when a conversation is waited for, and what is said of it then. Pure: no I/O."""

from __future__ import annotations

from genesys_sentiment.model.completed import Completed, Ending
from genesys_sentiment.scoring.completeness_holes import Holes, between, damage
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from genesys_sentiment.scoring.completeness_state import Life


def calm(rules: CompletenessRules, life: Life, *, held: bool) -> float:
    """When a conversation that ended has been waited for long enough.

    ``held``: all but its gaps is complete already.
    """
    over = life.over or 0.0
    until = over + rules.grace
    if life.heard is not None:
        until = max(until, min(life.heard + rules.quiet, over + rules.longest))
    if rules.sentiment is not None and not life.verdict:
        until = max(until, over + rules.sentiment)
    if held and rules.gaps is not None:
        until = max(until, over + rules.gaps)
    return until


def figures(name: str, life: Life, holes: Holes, reason: Ending, at: float) -> Completed:
    """What is known of a conversation ``at`` its completion."""
    taken = damage(between(life.holes, holes, life.began, at), life.began, at)
    known = life.over is not None and at > life.began >= holes.forgotten
    late = life.over is not None and life.latest is not None
    return Completed(
        conversation=name,
        at=at,
        reason=reason,
        began=life.began,
        ended=life.ended,
        count=life.count,
        utterances=life.utterances,
        unfinished=life.unfinished + len(life.pending),
        revisions=life.revisions,
        readings=life.readings,
        late=life.late,
        latest=round((life.latest or 0.0) - (life.over or 0.0), 3) if late else None,
        gaps=taken.gaps,
        missing=round(taken.missing, 3),
        coverage=round(1 - taken.missing / (at - life.began), 6) if known else None,
        unrecovered=taken.unrecovered,
    )
