"""The example of docs/redaction.md runs as it stands; the recipe beside it needs a model."""

from __future__ import annotations

import re

import pytest

from tests.project import ROOT

PAGE = (ROOT / "docs" / "redaction.md").read_text("utf-8")


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(block, "redaction.md", "exec"), {})
    assert re.fullmatch(r"it is \[card:[a-p]{8}\]\n", capsys.readouterr().out)


def test_the_recipe_compiles() -> None:
    (block,) = re.findall(r"^```python notest\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    compile(block, "redaction.md", "exec")
