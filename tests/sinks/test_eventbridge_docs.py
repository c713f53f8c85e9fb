"""The examples and figures of docs/eventbridge.md stand as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genesys_sentiment.sinks import _put_events as figures
from genesys_sentiment.sinks import payloads

PAGE = Path(__file__).resolve().parents[2] / "docs" / "eventbridge.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example: str) -> None:
    """S1-15."""
    pytest.importorskip("boto3", reason="no boto3")
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_figures_are_those_of_the_code() -> None:
    """S1-15."""
    for stated in (
        f"at most {figures.Bus.of('default').most} entries and {figures.LARGEST:,} bytes",
        f"({figures.LARGEST_IN_CHINA:,} in the `aws-cn`",
        f"up to {figures.Bus.of('arn:aws:events:x:1:event-busv2/a/b').most} entries",
        f"| {figures.DEEPEST:,} levels",
        f"more than {figures.LONGEST_DETAIL_TYPE} characters",
        f"| `{payloads.SOURCE}` |",
    ):
        assert stated in TEXT, stated


def test_every_payload_is_on_the_page() -> None:
    for each in (
        payloads.chat_sentiment,
        payloads.crm_sync,
        payloads.assist_sync,
        payloads.cloud_event,
    ):
        assert f"| `{each.__name__}` |" in TEXT
