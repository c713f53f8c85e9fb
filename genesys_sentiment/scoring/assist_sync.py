"""What a knowledge platform is told when a suggestion was taken (S2-12). Pure: no I/O."""

from __future__ import annotations

from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.export import iso
from genesys_sentiment.scoring.identity import stable_uuid


def sync_payload(acceptance: Acceptance) -> dict[str, object]:
    """The tutorial's ``agent_assist_sync``, with the suggestion and a key against duplicates.

    ``acceptanceRate`` is 0…1. ``acceptedArticleId`` is None where the suggestion named no article.
    ``exportedAt`` is the time of the acceptance, so every repeat of the request is the same byte
    for byte. ``idempotencyKey`` is a UUID: the same for the same conversation, suggestion and
    reaction, whatever the rate has become in the meantime.
    """
    return {
        "type": "agent_assist_sync",
        "interactionId": acceptance.conversation,
        "suggestionId": acceptance.suggestion,
        "acceptedArticleId": acceptance.reference,
        "acceptanceRate": acceptance.rate,
        "exportedAt": iso(acceptance.at),
        "idempotencyKey": stable_uuid("agent_assist_sync", acceptance.id),
    }
