"""The example of docs/late-truth.md runs as it stands, and its figures are the defaults."""

from __future__ import annotations

import re
from pathlib import Path

from genesys_sentiment.scoring.completeness_rules import CompletenessRules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "late-truth.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {"__name__": "example"})


def test_the_figures_are_the_defaults() -> None:
    said = dict(re.findall(r"^\| `(\w+)` \| ([\w,]+(?: s| h)?) \|", TEXT, re.MULTILINE))
    rules = CompletenessRules()
    hours = f"{rules.idle_eviction / 3600:g} h"
    assert said == {
        "grace": f"{rules.grace:g} s",
        "quiet": f"{rules.quiet:g} s",
        "longest": f"{rules.longest:g} s",
        "sentiment": "None",
        "gaps": "None",
        "idle_eviction": hours,
        "max_conversations": f"{rules.max_conversations:,}",
    }
