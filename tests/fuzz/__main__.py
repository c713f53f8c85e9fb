"""``python -m tests.fuzz --runs 1000000``: coverage-guided, by atheris; ``make fuzz``.

Ends with 1 at the first input that breaks a promise; that input is written to ``--crashes``.
``python -m tests.fuzz --input FILE`` runs one again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import cast

from tests.fuzz.mutation import mutated


def main() -> None:
    """Fuzz, or run one input again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=0, help="0: no limit but the runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=int, default=4_096, help="bytes of an input")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found")
    parser.add_argument("--crashes", type=Path, default=Path())
    parser.add_argument("--input", type=Path)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.input is not None:
        outcome = import_module("tests.fuzz.targets").run(arguments.input.read_bytes())
        sys.stdout.write(f"{outcome}\n")
        return
    if arguments.folder is not None:
        _fuzz(arguments, arguments.folder)
        return
    # In a process of its own: the fuzzer ends its process and leaves nobody to clear up.
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fuzz", *sys.argv[1:], "--folder", folder]
        sys.exit(subprocess.call(command))


def _fuzz(arguments: argparse.Namespace, folder: Path) -> None:
    # By name: atheris has no types, and is only where somebody asked for it.
    atheris = import_module("atheris")
    with (
        contextlib.redirect_stderr(io.StringIO()),  # a line for each module
        atheris.instrument_imports(include=["genesys_sentiment"], enable_loader_override=False),
    ):
        targets = import_module("tests.fuzz.targets")
        seeds = import_module("tests.fuzz.seeds")
    begin, dictionary = folder / "seeds", folder / "words"
    begin.mkdir()
    for place, seed in enumerate(seeds.seeds()):
        (begin / f"{place:05}").write_bytes(seed)
    dictionary.write_text("\n".join(_quoted(word) for word in seeds.words()))
    corpus = arguments.corpus or folder / "found"
    corpus.mkdir(exist_ok=True)
    outcomes: Counter[str] = Counter()
    began = time.monotonic()

    def one(data: bytes) -> None:
        outcomes[targets.run(data)] += 1
        total = outcomes.total()
        if total == arguments.runs or total % 100_000 == 0:
            _report(outcomes, time.monotonic() - began)

    def other(data: bytes, room: int, seed: int) -> bytes:
        # As a whole half of the time: of bytes that change one by one, few are still JSON.
        changed = mutated(data[1:], seed) if seed % 2 else None
        if changed is None or len(changed) >= room:
            return cast("bytes", atheris.Mutate(data, room))
        return data[:1] + changed

    atheris.Setup(
        [
            sys.argv[0],
            f"-runs={arguments.runs}",
            f"-max_total_time={arguments.seconds}",
            f"-seed={arguments.seed}",
            f"-max_len={arguments.longest}",
            f"-dict={dictionary}",
            f"-artifact_prefix={arguments.crashes}/",
            "-timeout=5",
            "-print_final_stats=1",
            str(corpus),
            str(begin),
        ],
        one,
        custom_mutator=other,
    )
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word[:64]) + '"'


def _report(outcomes: Counter[str], seconds: float) -> None:
    total = outcomes.total()
    lines = [f"{total} inputs in {seconds:.0f} s, {total / seconds:.0f} a second"]
    lines += [f"  {count:9} {outcome}" for outcome, count in sorted(outcomes.items())]
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
