"""A pytest plugin for CI: a test that skips without being expected to fails the run.

Loading it is asking for it: ``pytest -p tests.skips``. A skip is expected when its reason begins
with one of ``EXPECTED``; with the data beside the checkout, "no data" is none.
"""

from __future__ import annotations

import pytest

from tests.data import data_dir

EXPECTED: dict[str, str] = {}
"""The beginning of a skip's reason, and why that skip is right on a machine that runs CI."""

if data_dir() is None:
    EXPECTED["no data"] = "the recorded calls are not part of the repository"

_unexpected: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test was skipped by a marker or by itself."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _note(report.nodeid, report.longrepr)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A whole module was skipped."""
    if report.skipped:
        _note(report.nodeid, report.longrepr)


def _note(test: str, place: object) -> None:
    said = place[2] if isinstance(place, tuple) else str(place)
    reason = str(said).removeprefix("Skipped: ")
    if not reason.startswith(tuple(EXPECTED)):
        _unexpected.append(f"{test}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that would have passed."""
    if _unexpected and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which."""
    if _unexpected:
        terminalreporter.section("tests that skipped and should have run", red=True)
        for line in _unexpected:
            terminalreporter.line(line)
