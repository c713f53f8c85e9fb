"""Which parts of a record are free text, and the record without personal data in them.

Pure: no I/O.
"""

from __future__ import annotations

from typing import Any, Final

from genesys_sentiment.model.entries import Redactor
from genesys_sentiment.model.export import Exported

_TEXTS: Final = ("text", "title", "body")
_NESTED: Final = ("segments", "suggestions")


def redact_record(record: Exported, redactor: Redactor) -> Exported:
    """An exported record (see ``to_dict``) with its free text redacted; the given one stays.

    Free text is what ``to_dict`` adds with ``text=True``: what was said and written, titles and
    texts of suggestions, attributes, bodies of unknown messages, the words of a score's evidence.
    """
    conversation, participant = record.get("conversationId"), record.get("participant")
    speaker = participant if isinstance(participant, str) else None
    about = conversation if isinstance(conversation, str) else None
    final = record.get("final", True) is True and record.get("reason") != "not_final"
    out = dict(record)
    for name in _TEXTS:
        if isinstance(text := out.get(name), str):
            out[name] = redactor.redact(text, conversation=about, participant=speaker, final=final)
    for name in _NESTED:
        if isinstance(several := out.get(name), list):
            out[name] = [redact_record(each, redactor) for each in several]
    for name in ("attributes", "evidence"):
        if name in out:
            out[name] = _loose(out[name], redactor)
    return out


def _loose(value: object, redactor: Redactor) -> Any:
    """Texts that nobody said one after the other."""
    if isinstance(value, str):
        return redactor.redact(value, conversation=None, participant=None)
    if isinstance(value, dict):
        return {_loose(name, redactor): _loose(each, redactor) for name, each in value.items()}
    if isinstance(value, list):
        return [_loose(each, redactor) if isinstance(each, str) else each for each in value]
    return value
