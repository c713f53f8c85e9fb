"""Which language a tag means, and whether a policy supports it (S0-14). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Collection


def primary_subtag(tag: str) -> str:
    """``en`` of ``en-US``, ``EN_us`` or ``en``: the part that names the language, lower case."""
    return tag.replace("_", "-").partition("-")[0].strip().lower()


def supported_language(tag: str, languages: Collection[str], exact: bool = False) -> str | None:
    """The primary subtag of ``tag`` if ``languages`` holds it, else None. Never a guess.

    Case does not matter. ``exact`` compares whole tags: ``en-US`` is then not ``en``.
    """
    wanted = tag.strip().lower() if exact else primary_subtag(tag)
    for language in languages:
        if wanted == (language.lower() if exact else primary_subtag(language)):
            return primary_subtag(tag) or None
    return None
