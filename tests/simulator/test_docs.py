"""The examples of docs/simulator.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulator.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
PRINTS = (
    ["agent es-ES Aerolínea Brisa", "customer en-US [noise]"],
    ["reclamacao pt-BR 3.7"],
    ["[429, 503]\n503\n1006\n1001\n"],
    ["ACK\n", "negative anger ['I am really angry."],
    ["['Tracing a parcel without scans'] gzip"],
    ["queued None\n", "wrapup None\n", "-0."],
    ["1 queued\n2 ringing\n2 ringing\n3 connected"],
    ["sentimentNegative 1.0\n204\n"],
)


@pytest.mark.parametrize(("example", "prints"), list(zip(EXAMPLES, PRINTS, strict=True)))
def test_an_example_prints_what_it_should(
    example: str, prints: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(example, str(PAGE), "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert [part for part in prints if part not in printed] == []
