"""Every fault of the two tables has a test, and the page says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import DEFERRED, PAGE, ROWS, page, shown_by

SHOWN = shown_by()


@pytest.mark.parametrize("row", sorted(set(ROWS) - set(DEFERRED)))
def test_the_row_is_shown(row: str) -> None:
    assert SHOWN.get(row), f"no test names {row} in its docstring"


def test_no_test_names_a_row_that_is_none() -> None:
    assert set(SHOWN) <= set(ROWS)


def test_the_page_is_up_to_date() -> None:
    expected = page(SHOWN)
    assert PAGE.read_text("utf-8") == expected, "run: python -m tests.faults"


def test_names_and_docstrings_count(tmp_path: Path) -> None:
    helper = 'def helper() -> None:\n    """C5-10."""\n'
    source = f'"""C5-11."""\ndef test_c5_09_x() -> None:\n    """C4-3."""\n{helper}'
    (tmp_path / "test_it.py").write_text(source, "utf-8")
    assert set(shown_by(tmp_path)) == {"C5-9", "C4-3", "C5-11"}


def test_a_row_without_a_test_is_told() -> None:
    assert page({}).count("**nothing yet**") == len(set(ROWS) - set(DEFERRED))
