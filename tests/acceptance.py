"""Which test shows which row of the acceptance inventory.

The rows are the capabilities of the five tutorials that this library began with (S0 sentiment
scorer, S1 chat sentiment, S2 agent assist, S3 sentiment monitoring, S4 interaction states). A test
shows a row by naming its id in its docstring. ``python -m tests.acceptance`` writes the page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "acceptance.md"
_ID = re.compile(r"\b(?:S[0-4]|X)-\d\d\b")

ROWS: Mapping[str, str] = {
    "X-01": "one core, several wire languages",
    "S0-01": "token request: address, form, time limit",
    "S0-02": "token kept, refreshed early, one request for many callers",
    "S0-03": "token 429: Retry-After in both forms, bounded",
    "S0-04": "refused credentials are a typed error, not retried",
    "S0-05": "token 5xx is retried, bounded",
    "S0-06": "the token answer is checked",
    "S0-07": "domains and addresses are checked",
    "S0-08": "S0 socket: address, bearer header, user agent",
    "S0-09": "connecting: time limit, reconnection",
    "S0-10": "SUBSCRIBE: ids, pacing, acknowledgement, resubscription",
    "S0-11": "subscribing is public, nothing is missed before a handler is there",
    "S0-12": "every kind of message is told apart and counted",
    "S0-13": "payload checks with a reason each",
    "S0-14": "supported languages by primary subtag",
    "S0-15": "no data is no neutral score",
    "S0-16": "at most one score per interval, the last event kept",
    "S0-17": "context window of 30 s",
    "S0-18": "polarity limits and their boundaries",
    "S0-19": "emotions, unknown ones kept",
    "S0-20": "sarcasm rule",
    "S0-21": "fields of a score",
    "S0-22": "audit entry of every outcome",
    "S0-23": "counters that add up, and latency, at constant cost",
    "S0-24": "a report is a copy",
    "S0-25": "callbacks: isolated, timed, in order",
    "S0-26": "start and stop, any number of times, with a drain",
    "S0-27": "documented errors",
    "S0-28": "missing licence is noticed",
    "S1-01": "REST client: addresses, time limits",
    "S1-02": "a refused token is replaced once",
    "S1-03": "REST retries",
    "S1-04": "details query with paging guards",
    "S1-05": "no result is no data, asked again later",
    "S1-06": "confidence gate on confidence, not on the score",
    "S1-07": "polarity of three shares, ties neutral",
    "S1-08": "one rounding rule",
    "S1-09": "finite before clamped",
    "S1-10": "payload schema",
    "S1-11": "escalation threshold: only None means the default",
    "S1-12": "forwarding id stable across attempts",
    "S1-13": "write-back with bounded conflict handling",
    "S1-14": "alert on the negative share",
    "S1-15": "EventBridge",
    "S1-16": "CRM webhook",
    "S1-17": "latency, None where not known",
    "S1-18": "audit of every outcome",
    "S1-19": "structured result",
    "S1-20": "documented errors, breaker, deferred queue",
    "S1-21": "on demand and by event",
    "S2-01": "token by JSON body, scopes by feature",
    "S2-02": "pre-flight checks",
    "S2-03": "S2 socket: address, bearer header",
    "S2-04": "subscription with a sliding context window",
    "S2-05": "text and gzip frames, bounded",
    "S2-06": "a bounded queue, nothing lost in silence",
    "S2-07": "reconnection, token after 4001",
    "S2-08": "filter and ranking",
    "S2-09": "ranked result, latency None where missing",
    "S2-10": "what was suppressed is counted",
    "S2-11": "acceptance rate in 0…1",
    "S2-12": "sync payload and engagement",
    "S2-13": "iterator that ends and raises",
    "S2-14": "messages told apart; the loop's lag",
    "S3-01": "every score null: licence or policy",
    "S3-02": "coverage per queue",
    "S3-03": "S3 socket: regional host",
    "S3-04": "fields asked for; absent, null and 0.0",
    "S3-05": "heartbeat interval",
    "S3-06": "trend, not single points",
    "S3-07": "score exists and is not null",
    "S3-08": "last five readings per conversation and agent",
    "S3-09": "moving average",
    "S3-10": "below −0.5 for more than 30 s",
    "S3-11": "alert with evidence",
    "S3-12": "5 s grace after the end",
    "S3-13": "flat line",
    "S3-14": "silence after token expiry",
    "S3-15": "1001 and 1006 reconnect within 5 s",
    "S3-16": "refresh before expiry",
    "S3-17": "scores stop while connected",
    "S3-18": "brokers and dashboard",
    "S4-01": "S4 socket: region, token in the query",
    "S4-02": "token errors, short and clean",
    "S4-03": "filter message, refusals listed",
    "S4-04": "token refresh in band",
    "S4-05": "refresh lead",
    "S4-06": "a token for every connection",
    "S4-07": "one reconnection at a time, capped",
    "S4-08": "a failed refresh keeps a healthy socket",
    "S4-09": "closing does not reconnect",
    "S4-10": "event schema: times, sequence",
    "S4-11": "deduplication by interaction and sequence",
    "S4-12": "reordering, gaps",
    "S4-13": "transitions, never backwards",
    "S4-14": "rates and attempts",
    "S4-15": "audit file",
    "S4-16": "backfill by the details query",
    "S4-17": "batches for sinks",
    "S4-18": "typed events, binary frames",
    "S4-19": "close codes",
}

DEFERRED: Mapping[str, str] = {"S3-18": "the dashboard; broker sinks are there"}
"""Rows that other parts of the plan bring, and which."""


@frozen
class Shown:
    """A test that names rows: its file, relative to tests/, and its name."""

    file: str
    test: str


def shown_by(folder: Path = TESTS) -> dict[str, list[Shown]]:
    """Row to the tests that name it, in the order of files and lines."""
    found: dict[str, list[Shown]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for name, docstring in _tests(tree):
            for row in dict.fromkeys(_ID.findall(docstring)):
                found.setdefault(row, []).append(Shown(path.relative_to(folder).as_posix(), name))
    return found


def _tests(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_":
            yield node.name, ast.get_docstring(node) or ""


def page(found: Mapping[str, list[Shown]]) -> str:
    """The page in docs/."""
    lines = [
        "# Acceptance",
        "",
        "Written by `python -m tests.acceptance`: every capability of the five tutorials, and the",
        "tests that show it. A row without one, or a page out of date, fails `make test`.",
        "",
        "| row | capability | shown by |",
        "|---|---|---|",
    ]
    for row, title in ROWS.items():
        tests = found.get(row, [])
        status = "<br>".join(f"`{each.file}` {each.test}" for each in tests[:6])
        if len(tests) > 6:
            status += f"<br>and {len(tests) - 6} more"
        if row in DEFERRED:
            status = f"to come: {DEFERRED[row]}" + (f"<br>{status}" if status else "")
        lines.append(f"| {row} | {title} | {status or '**nothing yet**'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(shown_by()), "utf-8")
