"""Topics that the caller combined already, on a channel whose plan changes."""

from __future__ import annotations

from genesys_sentiment.streaming.plan import TopicList
from tests.streaming.test_subscriptions import following, rig

BOTH = "v2.users.7?presence&routingStatus"


async def test_what_is_subscribed_is_not_asked_for_again() -> None:
    """C5-36: one call for what is new, and none to replace what is there."""
    plan = TopicList((BOTH,))
    subject = rig(plan)
    async with following(subject) as subscriptions:
        plan.add("v2.users.8.presence")
        subscriptions.poke()
        await subject.clock.sleep(10.0)
        subscriptions.poke()
        await subject.clock.sleep(10.0)
        plan.remove(BOTH)
        subscriptions.poke()
        await subject.clock.sleep(10.0)
    assert subject.calls == [
        ("replace", (BOTH,)),
        ("add", ("v2.users.8.presence",)),
        ("replace", ("v2.users.8.presence",)),
    ]
