"""The public names: sorted, documented, loaded when used, and free of the extras."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import UnionType

import pytest

import genesys_sentiment
from tests.project import PACKAGE, extras, pyproject

PUBLIC = [name for name in genesys_sentiment.__all__ if name != "__version__"]


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_names_are_sorted_and_each_is_there_once() -> None:
    assert sorted(set(PUBLIC)) == PUBLIC


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    block = next(each for each in tree.body if isinstance(each, ast.If))
    typed = {
        alias.name: (each.module or "").removeprefix("genesys_sentiment.")
        for each in block.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }
    assert typed == genesys_sentiment._HOMES


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(genesys_sentiment, name)
    home = import_module(f"genesys_sentiment.{genesys_sentiment._HOMES[name]}")
    assert value is getattr(home, name)
    if isinstance(value, UnionType) or not callable(value):
        assert name in _documented_variables(home.__file__ or "")
    else:
        assert value.__doc__
        assert value.__module__ == home.__name__, "named where it is defined, not where it is used"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sentiment'"):
        genesys_sentiment.Sentiment  # noqa: B018 - looking it up is the test


def test_dir_lists_the_public_names() -> None:
    assert set(PUBLIC) < set(dir(genesys_sentiment))


def test_the_version_is_the_installed_one() -> None:
    assert genesys_sentiment.__version__ == pyproject()["project"]["version"]


def test_every_name_loads_without_the_extras() -> None:
    assert "rich" in extras(), "the list of extras is read as it should be"
    _run(f"""
        import sys
        for name in {sorted(extras())!r}:
            sys.modules[name] = None  # importing it fails now
        from genesys_sentiment import *
        assert Scorer and watch and Delivery
    """)


def test_importing_the_package_loads_nothing_heavy(capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: 250 ms at most. Printed, not asserted: machines differ, and what is loaded does not."""
    out = _run("""
        import sys, time
        began = time.perf_counter()
        import genesys_sentiment
        took = time.perf_counter() - began
        assert not {"aiohttp", "asyncio", "msgspec", "attrs"} & set(sys.modules), sys.modules
        began = time.perf_counter()
        from genesys_sentiment import *
        all_of_it = time.perf_counter() - began
        print(f"import {took * 1000:.0f} ms, every name {all_of_it * 1000:.0f} ms more")
    """)
    with capsys.disabled():
        sys.stdout.write(f" [{out.strip()}] ")
    assert out.startswith("import ")


def _documented_variables(file: str) -> set[str]:
    """Names of module-level assignments that a string follows, which is their documentation."""
    names = set()
    for statement, following in pairwise(ast.parse(Path(file).read_text("utf-8")).body):
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if is_text and isinstance(statement, ast.AnnAssign):
            names.add(ast.unparse(statement.target))
    return names
