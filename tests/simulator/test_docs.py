"""The examples of docs/simulator.md and docs/testing.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _examples(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


SUITES = [example for example in _examples("testing.md") if example.startswith("# test_")]
SCRIPTS = _examples("simulator.md") + [
    example for example in _examples("testing.md") if example not in SUITES
]
PRINTS = (
    ["agent es-ES Aerolínea Brisa", "customer en-US [noise]"],
    ["reclamacao pt-BR 3.7"],
    ["[429, 503]\n503\n1006\n1001\n"],
    ["ACK\n", "negative anger ['I am really angry."],
    ["['Tracing a parcel without scans'] gzip"],
    ["queued None\n", "wrapup None\n", "-0."],
    ["1 queued\n2 ringing\n2 ringing\n3 connected"],
    ["sentimentNegative 1.0\n204\n"],
    ["Queue 2\n120.0\n"],
    ["disconnected\n"],
    ["a minute at 60\nit is 3600\ntwo hours at 7200\n"],
    ["0 True\n"],
    ["an event that is not its business comes back, once\n"],
    ["True\n"],
    ["decode raises BadFrame and nothing else\n"],
)


@pytest.mark.parametrize(("example", "prints"), list(zip(SCRIPTS, PRINTS, strict=True)))
def test_an_example_prints_what_it_should(
    example: str, prints: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(example, "example", "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert [part for part in prints if part not in printed] == []


def test_the_suites_pass(pytester: pytest.Pytester) -> None:
    assert len(SUITES) == 2
    pytester.makepyfile(**{suite[2:].partition(".py")[0]: suite for suite in SUITES})
    result = pytester.runpytest_subprocess(
        *("-p", "no:cacheprovider"),
        *("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"),
        timeout=60,
    )
    result.assert_outcomes(passed=2)
