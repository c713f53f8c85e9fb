"""README and documentation are true: code runs, commands exist, links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator, builtin_calls
from tests.project import ROOT, files

DOCUMENTS = [path for path in files() if path.suffix == ".md"]


def _blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a document."""
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return fence.findall(path.read_text("utf-8"))


BLOCKS = _blocks(ROOT / "README.md", "python")
SHELL = "\n".join(_blocks(ROOT / "README.md", "sh"))
QUICKSTART = _blocks(ROOT / "docs" / "quickstart.md", "python")


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls are being played, and the environment leads to them, as a user would set it."""
    async with Simulator(builtin_calls()[:2], speed=40.0, wait=1.2) as simulator:
        monkeypatch.delenv("GENESYS_REGION", raising=False)
        monkeypatch.setenv("GENESYS_API_URL", simulator.api_url)
        monkeypatch.setenv("GENESYS_LOGIN_URL", simulator.login_url)
        monkeypatch.setenv("GENESYS_CLIENT_ID", simulator.client_id)
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", simulator.client_secret)
        monkeypatch.setenv("GENESYS_QUEUE_ID", simulator.queue_id)
        yield simulator


@pytest.mark.parametrize(
    "block", [*BLOCKS, *QUICKSTART], ids=["readme-loop", "readme-callback", "quickstart"]
)
async def test_the_code_runs_as_it_stands(
    block: str,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a user would end with Ctrl-C is cancelled here, and goes at once."""
    mains: list[Coroutine[Any, Any, None]] = []
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "run", mains.append)
        exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})
    (main,) = mains
    task = asyncio.create_task(main)
    while simulator.open_sockets == 0:
        await asyncio.sleep(0.02)
        assert not task.done(), task.result()
    await simulator.play()
    said = ""
    async with asyncio.timeout(5):
        while not {"positive", "neutral", "negative"} & set(said.split()):
            await asyncio.sleep(0.02)
            assert not task.done(), task.result()
            said += capsys.readouterr().out
    task.cancel()
    async with asyncio.timeout(2):
        await asyncio.wait({task})
    assert task.cancelled()


def test_both_ways_of_use_are_shown() -> None:
    assert len(BLOCKS) == 2
    assert "async for record in score(" in BLOCKS[0]
    assert "only=Score" in BLOCKS[1]


def test_the_two_commands_come_first_and_make_knows_them() -> None:
    assert [line for line in SHELL.splitlines() if line][:2] == ["make demo", "make test"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"demo", "test", "lint", "types", "bench", "clean", "help"} <= set(targets)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_our_files_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = [each.partition("#")[0] for each in re.findall(r"\]\(([^)\s]+)\)", text)]
    ours = [each for each in targets if each and "://" not in each and ":" not in each]
    assert [each for each in ours if not (path.parent / each).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_of_python_is_python_and_imports_what_exists(path: Path) -> None:
    for block in _blocks(path, "python"):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
        tree = compile(block, path.name, "exec", flags)
        for each in ast.walk(tree):
            if isinstance(each, ast.Import | ast.ImportFrom):
                exec(compile(ast.Module([each], []), path.name, "exec"), {})
