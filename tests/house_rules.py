"""The rules that the package keeps, as functions from a module's path and source to complaints.

Pure: no I/O. ``docs/architecture.md`` explains the rules, ``test_imports.py`` applies them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

_CORE = {"errors", "model", "dialects", "analysis", "redaction", "scoring"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": {"errors"},
    "dialects": {"errors", "model"},
    "analysis": {"errors", "model"},
    "redaction": {"errors", "model", "analysis"},
    "scoring": {"errors", "model", "analysis"},
    "classifiers": {"errors", "model", "analysis", "scoring"},
    "contracts": {"errors", "model"},
    "clock": set(),
    "locking": {"errors"},
    "cloud": _CORE | {"clock"},
    "streaming": _CORE | {"clock", "cloud"},
    "delivery": _CORE | {"clock", "contracts", "locking"},
    "sinks": _CORE | {"clock", "cloud", "contracts", "locking"},
    "checks": _CORE | {"delivery", "sinks"},
    "simulator": _CORE | {"clock", "cloud", "streaming", "delivery", "sinks"},
    "cli": _CORE | {"clock", "cloud", "streaming", "delivery", "sinks", "simulator"},
    "__main__": {"cli"},
}
"""Which other rooms a room may import. A room that is not here does not exist yet: add it."""

IMPURE = {"aiohttp", "asyncio", "logging", "random", "secrets", "socket", "threading", "time"}
"""What a pure module does not import: the loop, the network, the clock, chance and the log."""

SHARED_BY_DIALECTS = {"topics"}
"""Public modules of the dialects' room that are no dialect."""

LONGEST_FILE = 330
LONGEST_FUNCTION = 60

_PACKAGE = "genesys_sentiment"
_NOW = re.compile(r"\b(?:datetime|date)\.(?:now|utcnow|today)$")
_PURE = re.compile(r"\bPure\b(?! but)")


def room_of(path: PurePosixPath) -> str:
    """The room of a module, by its path below the package."""
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported module by its full name, with its line; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module.count(".") == 1 and module.startswith(f"{_PACKAGE}."):
                # From a room, modules are imported: they are what the rules are about.
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield module, node.lineno


def wrong_directions(path: PurePosixPath, tree: ast.AST) -> Iterator[str]:
    """Imports that go up, go round through the package's own front, or cross between dialects."""
    room = room_of(path)
    if room == "__init__":
        return
    if room not in MAY_IMPORT:
        yield f"{path}: there is no rule for the room {room!r}"
        return
    for name, line in imports(tree):
        head, _, rest = name.partition(".")
        if not head:
            yield f"{path}:{line}: relative import"
        elif head == _PACKAGE and not rest:
            yield f"{path}:{line}: imports the package's own __init__"
        elif head == _PACKAGE:
            yield from _wrong_room(path, room, rest, line)


def _wrong_room(path: PurePosixPath, room: str, target: str, line: int) -> Iterator[str]:
    other, _, module = target.partition(".")
    if other != room:
        if other not in MAY_IMPORT[room]:
            yield f"{path}:{line}: {room} must not import {other}"
    elif room == "dialects" and not module.startswith("_") and module not in SHARED_BY_DIALECTS:
        yield f"{path}:{line}: a dialect imports another dialect, {module}"


def impurities(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """What breaks the promise of a module that is pure, by its room or by its own word."""
    if room_of(path) not in _CORE and not _PURE.search(ast.get_docstring(tree) or ""):
        return
    for name, line in imports(tree):
        if name.partition(".")[0] in IMPURE:
            yield f"{path}:{line}: pure, but imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _NOW.search(ast.unparse(node.func)):
            yield f"{path}:{node.lineno}: pure, but asks what time it is"


def undeclared(path: PurePosixPath, tree: ast.AST, declared: Collection[str]) -> Iterator[str]:
    """Imports of distributions that pyproject.toml does not name."""
    for name, line in imports(tree):
        head = name.partition(".")[0]
        if head and head not in {_PACKAGE, *declared} and head not in sys.stdlib_module_names:
            yield f"{path}:{line}: {head} is no declared dependency"


def top_level_imports(tree: ast.Module) -> set[str]:
    """Names of distributions that importing the module imports."""
    held = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    return {name.partition(".")[0] for each in held for name, _ in imports(each)}


def too_long(path: PurePosixPath, source: str) -> Iterator[str]:
    """A file or a function that has a second idea in it."""
    lines = source.count("\n") + 1
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # A docstring may be as long as it needs to be: the code is what must be one idea.
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
            length = (node.end_lineno or 0) - first.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def _pattern(*pieces: str) -> str:
    return "".join(pieces)


# In pieces, so that this file does not hold what it looks for.
_MACHINE = re.compile(
    "|".join(
        (
            _pattern(r"(?<![\w.$}])/wo", "rk/"),
            _pattern(r"(?<![\w.$}])/ro", "ot/"),
            _pattern(r"(?<![\w.$}])/ho", r"me/\w"),
            _pattern(r"(?<![\w.$}])/Us", r"ers/\w"),
            _pattern("/opt/", "wheels"),
        )
    )
)
_REGISTRY = re.compile(
    "|".join(
        (
            _pattern("pypi", r"\.org"),
            _pattern("python", r"hosted\.org"),
            _pattern("registry", r"\.npmjs"),
            _pattern("proxy", r"\.golang"),
        )
    )
)


def leaks(path: PurePosixPath, text: str) -> Iterator[str]:
    """Places where a file names the machine it was written on, or a package registry's host."""
    for number, line in enumerate(text.splitlines(), 1):
        if _MACHINE.search(line):
            yield f"{path}:{number}: a path of somebody's machine"
        if _REGISTRY.search(line):
            yield f"{path}:{number}: a package registry's host"
