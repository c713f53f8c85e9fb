"""A broker as an own process: started, paused, killed and started again on the same port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LONGEST_START = 90.0
"""Seconds that a broker may take to answer; a busy machine needs far more than an idle one."""

_HINT = "run tests/brokers/install.sh"


class NoBroker(Exception):
    """It cannot be had on this machine; the message says which, and what to run."""


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def program(name: str, broker: str) -> str:
    """Where a program is; Debian keeps servers where not everybody's path leads."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise NoBroker(f"no {broker} broker: {_HINT}")
    return found


def present(path: Path, broker: str) -> Path:
    """A file or folder that must be there."""
    if not path.exists():
        raise NoBroker(f"no {broker} broker: {_HINT}")
    return path


class Server:
    """One broker in a process group of its own. Every method blocks: call it in a thread."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        home: Path,
        environment: Mapping[str, str] | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """``after`` is run at the end until it succeeds, for ten seconds at most."""
        self.port = port
        self.home = home
        self.environment = {**os.environ, **(environment or {})}
        self.log = home / "server.log"
        self._command = list(command)
        self._after = list(after)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Tried again: a name may be taken a little longer."""
        for _ in range(2):
            try:
                self._start()
            except RuntimeError:
                time.sleep(1.0)
            else:
                return
        self._start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        limit = time.monotonic() + LONGEST_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > limit:
                said = self.log.read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not start:\n{said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """``kill -9``, at once."""
        process, self._process = self._process, None
        if process is None:
            return
        self._signal(process, signal.SIGKILL)
        process.wait()
        # It has children: the last of them lets go of the port, and of the name, a little later.
        limit = time.monotonic() + 10.0
        while self._answers() and time.monotonic() < limit:
            time.sleep(0.02)

    def restart(self) -> None:
        """``kill -9`` and start again, with what it had kept."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """It answers nothing any more; its sockets stay open and take what is sent."""
        assert self._process is not None
        self._signal(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        if self._process is not None:
            self._signal(self._process, signal.SIGCONT)

    def close(self) -> None:
        """Kill it for good, and what it left running."""
        self.kill()
        limit = time.monotonic() + 10.0
        while self._after and time.monotonic() < limit:
            done = subprocess.run(
                self._after, env=self.environment, capture_output=True, check=False
            )
            if done.returncode == 0:
                return
            time.sleep(0.1)

    def _signal(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as found:
                # A port of this range may be given to the very connection that looks for it.
                return bool(found.getsockname() != found.getpeername())
        except OSError:
            return False
