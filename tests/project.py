"""The checkout that the tests run in: its files, and what pyproject.toml says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "genesys_sentiment"

_GENERATED = {"__pycache__", "dist", "build", "htmlcov"}


def pyproject() -> dict[str, Any]:
    """pyproject.toml, read."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def dependencies() -> set[str]:
    """The import names of what every installation brings."""
    return {_import_name(each) for each in pyproject()["project"]["dependencies"]}


def extras() -> set[str]:
    """The import names of what only extras bring."""
    wanted: dict[str, list[str]] = pyproject()["project"].get("optional-dependencies", {})
    return {_import_name(name) for each in wanted.values() for name in each}


_IMPORTED_AS = {"nats-py": "nats"}
"""Of all that is used, what is not imported by the name of its distribution."""


def _import_name(requirement: str) -> str:
    name = re.split(r"[^\w-]", requirement, maxsplit=1)[0]
    return _IMPORTED_AS.get(name, name.replace("-", "_"))


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that was written by somebody: nothing hidden but .ci, nothing generated."""
    for path in sorted(folder.iterdir()):
        if path.name in _GENERATED or (path.name.startswith(".") and path.name != ".ci"):
            continue
        if path.is_dir() and not path.name.endswith(".egg-info"):
            yield from files(path)
        elif path.is_file() and path.suffix not in {".pyc", ".so"}:
            yield path
