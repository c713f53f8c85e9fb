"""Which test shows that which fault is survived.

C4 is what a close code or a status means, C5 the faults themselves. A test shows a row by naming
its id in its docstring (``C5-9``) or its name (``test_c5_09_…``); a file whose docstring names one
shows it by all its tests. ``python -m tests.faults`` writes the page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.acceptance import Shown

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "faults.md"
_ID = re.compile(r"\b(C[45])-0?(\d+)\b")
_NAME = re.compile(r"_(c[45])_0?(\d+)(?=_|$)")
_MOST = 6

ROWS: Mapping[str, tuple[str, str]] = {
    "C4-1": ("we close (1000)", "the iterator ends, nothing is opened again"),
    "C4-2": ("1000 of theirs, 1001, 1005, 1006, 1011 to 1015", "reconnect with a delay"),
    "C4-3": ("4001 or 401", "another token; three in a row: AuthError"),
    "C4-4": ("403 or a close that forbids", "PermissionDenied at once, naming what is missing"),
    "C4-5": ("1002, 1003, 1007", "reconnect; three in five minutes: ProtocolError"),
    "C4-6": ("1008, 1009", "twice a reconnect, then ProtocolError with advice"),
    "C4-7": ("429", "Retry-After or a delay, shared by all users of a token"),
    "C4-8": ("408, 425, 5xx, DNS, reset, time-out", "again"),
    "C4-9": ("any other 4xx", "an error at once"),
    "C4-10": ("TLS cannot be verified", "an error at once, never without TLS"),
    "C4-11": ("closing announced, channel grows old", "another connection before the old one goes"),
    "C5-1": ("kill -9", "what was acknowledged reaches each sink; the audit chain is whole"),
    "C5-2": ("power loss", "the same"),
    "C5-3": ("a sink is down, for hours", "nothing lost, the others go on, in order afterwards"),
    "C5-4": ("a sink is slow", "bounded memory"),
    "C5-5": ("a sink takes half of a batch", "only the other half again"),
    "C5-6": ("1,000 accepts and drops", "20 connections in 5 min, one socket, `degraded`"),
    "C5-7": ("two triggers at once", "one new connection, the old one's rest ignored"),
    "C5-8": ("token revoked, renewal fails", "typed error, `stale` within 45 s, no storm"),
    "C5-9": ("silence, socket open", "left after 45 s"),
    "C5-10": ("half-open line", "left after 45 s"),
    "C5-11": ("no DNS for 10 min, wrong region", "capped delays, an error that names the host"),
    "C5-12": ("a storm of 429, any Retry-After", "waits clamped, no hot loop"),
    "C5-13": ("numbers repeated, swapped, missing, anew", "each once, in order, or a gap"),
    "C5-14": ("a score after the end", "counted, never the next call's"),
    "C5-15": ("malformed frames", "refused with a reason, the stream goes on"),
    "C5-16": ("oversize, bombs, nesting", "refused, cheaply"),
    "C5-17": ("invalid UTF-8, noise", "refused with a reason"),
    "C5-18": ("unknown fields, values, topics", "kept and counted"),
    "C5-19": ("the clock is set, 2038", "no timer moves"),
    "C5-20": ("cancelled at any await", "nothing lost or doubled, no task, no lock"),
    "C5-21": ("a callback raises, hangs, blocks", "isolated, timed out, lag measured"),
    "C5-22": ("disk full, read-only, locked", "a clear error; alerts have a reserve"),
    "C5-23": ("a damaged journal", "it goes on and says what is lost"),
    "C5-24": ("no descriptors, no buffers", "delays, no spinning"),
    "C5-25": ("leaving at any moment", "in time, and nothing reconnects"),
    "C5-26": ("a webhook that leads inside", "refused unless allowed"),
    "C5-27": ("a webhook is redirected", "a failure, not followed"),
    "C5-28": ("bad certificates, old TLS", "an error; own CAs possible"),
    "C5-29": ("control characters in ids, headers, topics", "refused or encoded"),
    "C5-30": ("line ends, ANSI, JSON in texts", "stay in their field"),
    "C5-31": ("secrets anywhere", "in no log, repr, error or record"),
    "C5-32": ("personal data, split", "redacted before every sink"),
    "C5-33": ("an audit file is changed", "the first bad line is named"),
    "C5-34": ("a webhook replayed or tampered with", "refused in constant time"),
    "C5-35": ("injection into exports and pages", "escaped"),
    "C5-36": ("21st channel, 1,001st topic, shared channel", "spread or refused, never silently"),
    "C5-37": ("some topics are refused", "listed with permissions, the others live"),
}

DEFERRED: Mapping[str, str] = {
    "C5-2": "losing power is not simulated; SQLite runs with `synchronous=FULL`",
    "C5-35": "with the dashboard",
}
"""Rows that nothing shows yet, and why."""


def shown_by(folder: Path = TESTS) -> dict[str, list[Shown]]:
    """Row to the tests that name it, those of the matrix first."""
    found: dict[str, list[Shown]] = {}
    for path in sorted(folder.rglob("test_*.py"), key=_matrix_first):
        tree = ast.parse(path.read_text("utf-8"))
        file = path.relative_to(folder).as_posix()
        told: set[str] = set()
        for name, text in _tests(tree):
            for row in dict.fromkeys(_rows(name, text)):
                told.add(row)
                found.setdefault(row, []).append(Shown(file, name))
        for row in dict.fromkeys(_rows("", ast.get_docstring(tree) or "")):
            if row not in told:
                found.setdefault(row, []).append(Shown(file, "as a whole"))
    return found


def _matrix_first(path: Path) -> tuple[bool, Path]:
    return "matrix" not in path.parts, path


def _rows(name: str, text: str) -> Iterator[str]:
    for table, number in (*_NAME.findall(name), *_ID.findall(text)):
        yield f"{table.upper()}-{number}"


def _tests(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_":
            yield node.name, ast.get_docstring(node) or ""


def page(found: Mapping[str, list[Shown]]) -> str:
    """The page in docs/."""
    lines = [
        "# Faults",
        "",
        "Written by `python -m tests.faults`: what goes wrong, what becomes of it, and the tests",
        "that show it. A row without one, or a page out of date, fails `make test`. How to let the",
        "same happen to your own code: [the simulator](simulator.md), [testing](testing.md).",
        "",
        "| | fault | what becomes of it | shown by |",
        "|---|---|---|---|",
    ]
    for row, (fault, outcome) in ROWS.items():
        tests = found.get(row, [])
        status = "<br>".join(f"`{each.file}` {each.test}" for each in tests[:_MOST])
        if len(tests) > _MOST:
            status += f"<br>and {len(tests) - _MOST} more"
        if row in DEFERRED:
            status = f"to come: {DEFERRED[row]}" + (f"<br>{status}" if status else "")
        lines.append(f"| {row} | {fault} | {outcome} | {status or '**nothing yet**'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(shown_by()), "utf-8")
