"""The plugin that makes CI fail on a test that skips unexpectedly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT

SKIPPING = "import pytest\n@pytest.mark.skip(reason={reason!r})\ndef test_it(): pass\n"
WHOLE_MODULE = "import pytest\npytest.skip({reason!r}, allow_module_level=True)\n"
XFAIL = "import pytest\n@pytest.mark.xfail(reason={reason!r})\ndef test_it(): assert False\n"


def _run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(source)
    plugins = ("-p", "tests.skips", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", *plugins, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source", [SKIPPING, WHOLE_MODULE])
def test_an_unexpected_skip_fails_the_run(tmp_path: Path, source: str) -> None:
    done = _run(tmp_path, source.format(reason="no weather"))
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "tests that skipped and should have run" in done.stdout
    assert "no weather" in done.stdout


@pytest.mark.parametrize("source", ["def test_it(): pass\n", XFAIL])
def test_a_run_without_skips_passes(tmp_path: Path, source: str) -> None:
    assert _run(tmp_path, source.format(reason="no weather")).returncode == 0


def test_an_expected_skip_passes(tmp_path: Path) -> None:
    expecting = "import tests.skips\ntests.skips.EXPECTED['no weather'] = 'indoors'\n"
    (tmp_path / "conftest.py").write_text(expecting)
    assert _run(tmp_path, SKIPPING.format(reason="no weather today")).returncode == 0
