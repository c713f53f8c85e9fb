"""The examples and figures of docs/assist.md stand as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genesys_sentiment.scoring.ranking import UNRATED_KINDS, AssistPolicy
from genesys_sentiment.scoring.rounding import round_half_up
from genesys_sentiment.scoring.shares import SharePolicy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "assist.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example: str) -> None:
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_figures_are_those_of_the_policies() -> None:
    policy, shares = AssistPolicy(), SharePolicy()
    for stated in (
        f"confidence below {policy.confidence} ",
        f"past the top {policy.top} ",
        f"{policy.relevance_weight} × relevance + {policy.confidence_weight} × confidence",
        f"of the last {policy.max_suggestions} suggestions",
        f"than {policy.max_conversations:,},",
        f"is below {shares.confidence} ",
        f"more than {shares.slack}\n",
        "- " + ", ".join(f"`{kind}`" for kind in UNRATED_KINDS),
    ):
        assert stated in TEXT, stated
    assert policy.idle_eviction == 4 * 3600


def test_the_table_of_roundings() -> None:
    """S1-08."""
    rows = re.findall(
        r"^\| (−?0\.\d+) \| (−?[\d.]+) \| (−?[\d.]+) \| [^|]+ \|$", TEXT, re.MULTILINE
    )
    assert len(rows) == 3
    for row in rows:
        value, here, python = (float(cell.replace("−", "-")) for cell in row)
        assert (round_half_up(value), round(value, 4)) == (here, python)
