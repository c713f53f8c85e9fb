"""Looks at a queue: whether it is there, has an assistant, and the assistant is switched on."""

from __future__ import annotations

from genesys_sentiment.cloud.findings import (
    Finding,
    platforms_own,
    refused_or_unknown,
    unknown,
)
from genesys_sentiment.cloud.loose import inner, text
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import AuthError, GenesysSentimentError, NotFound

_QUEUE = "/api/v2/routing/queues/{queue}"
_ASSISTANT = f"{_QUEUE}/assistant"
_COPILOT = "/api/v2/assistants/{assistant}/copilot"


async def check_queue(rest: Rest, queue: str) -> Finding:
    """Whether the client sees a queue of this id."""
    what = "whether there is such a queue"
    try:
        await rest.request("GET", _QUEUE, ids={"queue": queue})
    except AuthError:
        raise
    except NotFound as error:
        if not platforms_own(error):
            return unknown("queue", error, what, queue)
        return Finding(
            check="queue",
            level="problem",
            subject=queue,
            what="the client sees no such queue: nothing would come of it",
            advice="give the queue's id, not its name, and check the client's divisions",
        )
    except GenesysSentimentError as error:
        # Following a queue needs no permission to look at it: a refusal is no problem.
        return unknown("queue", error, what, queue)
    return Finding(check="queue", level="ok", subject=queue, what="there is such a queue")


async def check_assistant(rest: Rest, queue: str) -> list[Finding]:
    """Whether the queue has an assistant, and that is switched on."""
    what = "the assistant of the queue"
    try:
        answer = await rest.request("GET", _ASSISTANT, ids={"queue": queue})
    except AuthError:
        raise
    except GenesysSentimentError as error:
        if not isinstance(error, NotFound) or not platforms_own(error):
            return [refused_or_unknown("assistant", error, what, queue)]
        return [
            Finding(
                check="assistant",
                level="problem",
                subject=queue,
                what="the queue has no assistant: there will be no suggestions",
                advice="assign an assistant to the queue, and check the queue's id",
            )
        ]
    body = answer.body if isinstance(answer.body, dict) else {}
    name = text(inner(body, "assistant").get("id")) or text(body.get("id"))
    if name is None:
        return [
            Finding(
                check="assistant",
                level="unknown",
                subject=queue,
                what="the platform names no assistant in its answer",
                advice="look at the queue's assistant in the administration",
            )
        ]
    there = Finding(check="assistant", level="ok", subject=queue, what="the queue has one")
    return [there, await _copilot(rest, queue, name)]


async def _copilot(rest: Rest, queue: str, assistant: str) -> Finding:
    """Whether the assistant is switched on: one that exists may still say nothing."""
    what = "whether the assistant is switched on"
    try:
        answer = await rest.request("GET", _COPILOT, ids={"assistant": assistant})
    except AuthError:
        raise
    except GenesysSentimentError as error:
        return refused_or_unknown("copilot", error, what, queue)
    enabled = answer.body.get("enabled") if isinstance(answer.body, dict) else None
    if enabled is True:
        return Finding(check="copilot", level="ok", subject=queue, what="it is switched on")
    return Finding(
        check="copilot",
        level="unknown" if enabled is None else "problem",
        subject=queue,
        what=f"{what} is not known" if enabled is None else "the assistant is switched off",
        advice="look at the assistant in the administration, and switch it on there",
    )
