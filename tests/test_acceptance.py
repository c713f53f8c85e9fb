"""Every row of the acceptance inventory has a test, and the page says which."""

from __future__ import annotations

import pytest

from tests.acceptance import DEFERRED, PAGE, ROWS, page, shown_by

SHOWN = shown_by()


@pytest.mark.parametrize("row", sorted(set(ROWS) - set(DEFERRED)))
def test_the_row_is_shown(row: str) -> None:
    assert SHOWN.get(row), f"no test names {row} in its docstring"


def test_no_test_names_a_row_that_is_none() -> None:
    assert set(SHOWN) <= set(ROWS)


def test_the_page_is_up_to_date() -> None:
    expected = page(SHOWN)
    assert PAGE.read_text("utf-8") == expected, "run: python -m tests.acceptance"
