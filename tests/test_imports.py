"""The house rules hold in every file, and each of them is able to fail."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests import house_rules as rules
from tests.project import PACKAGE, ROOT, dependencies, extras, files

AIOHTTP_BRINGS = {"yarl", "multidict"}
"""Their types are part of aiohttp's own interface."""


def _modules() -> Iterator[tuple[PurePosixPath, str]]:
    for path in files(PACKAGE):
        if path.suffix == ".py":
            yield PurePosixPath(path.relative_to(PACKAGE).as_posix()), path.read_text("utf-8")


MODULES = dict(_modules())
TREES = {path: ast.parse(source) for path, source in MODULES.items()}


def _at(path: str) -> PurePosixPath:
    return PurePosixPath(path)


def test_imports_go_one_way() -> None:
    assert [
        each for path, tree in TREES.items() for each in rules.wrong_directions(path, tree)
    ] == []


def test_pure_modules_are_pure() -> None:
    assert [each for path, tree in TREES.items() for each in rules.impurities(path, tree)] == []


def test_whatever_is_imported_is_declared() -> None:
    declared = dependencies() | extras() | AIOHTTP_BRINGS
    found = [
        each for path, tree in TREES.items() for each in rules.undeclared(path, tree, declared)
    ]
    assert found == []


def test_an_extra_is_imported_where_it_is_used() -> None:
    """Inside functions, or at the top of the one module that needs it."""
    users: dict[str, list[str]] = defaultdict(list)
    for path, tree in TREES.items():
        for name in rules.top_level_imports(tree) & extras():
            users[name].append(str(path))
    assert {name: where for name, where in users.items() if len(where) > 1} == {}


def test_files_and_functions_have_one_idea() -> None:
    assert [each for path, text in MODULES.items() for each in rules.too_long(path, text)] == []


def test_no_file_names_this_machine_or_a_registry() -> None:
    found: list[str] = []
    for path in files():
        text = _text(path)
        if text is not None:
            found += rules.leaks(PurePosixPath(path.relative_to(ROOT).as_posix()), text)
    assert found == []


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model/a.py", "from genesys_sentiment.cloud.rest import Rest"),
        ("errors.py", "from genesys_sentiment.model.events import Gap"),
        ("cloud/a.py", "import genesys_sentiment.streaming.stream"),
        ("delivery/a.py", "def f():\n    from genesys_sentiment.streaming.stream import Stream"),
        ("sinks/webhook.py", "from genesys_sentiment.streaming.stream import Stream"),
        ("simulator/a.py", "from genesys_sentiment.cli import main"),
        ("streaming/a.py", "from genesys_sentiment import Score"),
        ("streaming/a.py", "import genesys_sentiment"),
        ("streaming/a.py", "from .stream import Stream"),
        ("dialects/other.py", "from genesys_sentiment.dialects.notifications import Notifications"),
        ("attic/a.py", ""),
    ],
)
def test_a_wrong_direction_is_found(path: str, source: str) -> None:
    assert len(list(rules.wrong_directions(_at(path), ast.parse(source)))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("__init__.py", "from genesys_sentiment.streaming.watch import watch"),
        ("__main__.py", "from genesys_sentiment.cli import main"),
        ("streaming/a.py", "from genesys_sentiment.cloud.cloud import Cloud"),
        ("dialects/notifications.py", "from genesys_sentiment.dialects._bodies import drift"),
        ("dialects/notifications.py", "from genesys_sentiment.dialects import topics, _bodies"),
        ("cli/demo.py", "from genesys_sentiment.simulator.server import Simulator\nimport rich"),
    ],
)
def test_a_right_direction_is_let_through(path: str, source: str) -> None:
    assert list(rules.wrong_directions(_at(path), ast.parse(source))) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model/a.py", "import asyncio"),
        ("scoring/a.py", "def f():\n    from time import monotonic"),
        ("dialects/a.py", "import aiohttp.web"),
        ("analysis/a.py", "import random as r"),
        ("errors.py", "import logging"),
        ("streaming/a.py", '"""Decides. Pure: no I/O."""\nimport time'),
        ("model/a.py", "from datetime import datetime\nx = datetime.now()"),
        ("model/a.py", "import datetime\nx = datetime.datetime.utcnow()"),
    ],
)
def test_an_impurity_is_found(path: str, source: str) -> None:
    assert len(list(rules.impurities(_at(path), ast.parse(source)))) == 1


def test_what_promises_nothing_may_be_impure() -> None:
    tree = ast.parse('"""Reads and writes."""\nimport asyncio, time')
    assert list(rules.impurities(_at("streaming/stream.py"), tree)) == []


def test_an_undeclared_dependency_is_found() -> None:
    tree = ast.parse("import json\nimport requests\nfrom attrs import frozen")
    assert list(rules.undeclared(_at("cloud/a.py"), tree, {"attrs"})) == [
        "cloud/a.py:2: requests is no declared dependency"
    ]


def test_only_the_top_of_a_module_counts_as_its_import() -> None:
    tree = ast.parse("import rich.table\ndef f():\n    import boto3")
    assert rules.top_level_imports(tree) == {"rich"}


def test_what_is_too_long_is_found() -> None:
    body = "    pass\n" * (rules.LONGEST_FUNCTION + 1)
    assert len(list(rules.too_long(_at("a.py"), f"def f():\n{body}"))) == 1
    assert len(list(rules.too_long(_at("a.py"), "x = 1\n" * rules.LONGEST_FILE))) == 1
    described = f'def f():\n    """{"Long." + chr(10) * rules.LONGEST_FUNCTION}"""\n    pass\n'
    assert list(rules.too_long(_at("a.py"), described)) == []


@pytest.mark.parametrize(
    "line",
    [
        "see /wo" + "rk/main/README.md",
        "python = '/ro" + "ot/.pyenv/bin/python'",
        "open('/ho" + "me/ann/x')",
        "index-url = https://py" + "pi.org/simple",
        "https://files.python" + "hosted.org/packages/x.whl",
    ],
)
def test_a_leak_is_found(line: str) -> None:
    assert len(list(rules.leaks(_at("docs/a.md"), line))) == 1


@pytest.mark.parametrize("line", ["make it work/play", "$HOME/.pyenv/versions", "the root / home"])
def test_plain_words_are_no_leak(line: str) -> None:
    assert list(rules.leaks(_at("docs/a.md"), line)) == []
