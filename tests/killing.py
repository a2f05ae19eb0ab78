"""Kills commands at random moments in a terminal of their own, and looks at what is left."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pexpect
import psutil

KINDS = ("kill", "term", "interrupt", "twice", "worker", "everybody", "memory")
"""SIGKILL and SIGTERM to the command; Ctrl-C once and twice; SIGKILL to one of its workers and to
all its processes; a worker that gets no more memory."""
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM}
MARK = "SYNED_TEST_MARK"
STOPPED = "give the same command again"
HEAD_LOST = "Failed to connect to GCS"
"""What Ray says when the head of its cluster was killed; it then ends the command by itself."""

Contents = dict[str, object]


@dataclass(frozen=True)
class Job:
    """A command that is killed, and what it makes."""

    name: str
    args: tuple[str, ...]
    made: Callable[[Path], Contents]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Strike:
    """One kill, and how the command ended."""

    job: str
    kind: str
    after: float
    hit: bool
    """Whether it was still running."""
    code: int
    """Exit code, or less than 0 for a signal."""
    output: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self!r}: … {self.output[-2000:]}"


class Session:
    """A command in a terminal of its own, with all the processes that it starts.

    Args:
        job: What to run.
        folder: Where; its `tmp` is the folder for temporary files.
    """

    def __init__(self, job: Job, folder: Path) -> None:
        (folder / "tmp").mkdir(exist_ok=True)
        self._mark = uuid4().hex
        env = os.environ | {"COLUMNS": "160", "TMPDIR": str(folder / "tmp"), MARK: self._mark}
        self._terminal = pexpect.spawn(
            sys.executable,
            ["-m", "syned", *job.args],
            cwd=str(folder),
            env=env | dict(job.env),
            dimensions=(40, 160),
            encoding="utf-8",
            codec_errors="replace",
        )
        self._before = termios.tcgetattr(self._terminal.child_fd)
        self._output = ""

    def wait(self, seconds: float) -> bool:
        """Read what is printed for so long, and say whether the command has ended by then."""
        with suppress(pexpect.TIMEOUT):
            self._terminal.expect(pexpect.EOF, timeout=max(seconds, 0.01))
            self._output += self._terminal.before
            return True
        return False

    def family(self) -> list[psutil.Process]:
        """Return all living processes that the command started, and itself."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark and _lives(process):
                    found.append(process)
        return found

    def strike(self, kind: str, rng: random.Random) -> None:
        """Kill the command, or a part of it, in one of the ways of `KINDS`."""
        own = self._terminal.pid
        workers = [process for process in self.family() if process.pid != own]
        with suppress(psutil.NoSuchProcess, ProcessLookupError, OSError):
            if kind in SIGNALS:
                os.kill(own, SIGNALS[kind])
            elif kind in ("interrupt", "twice"):
                self._terminal.sendintr()
                if kind == "twice":
                    time.sleep(rng.uniform(0, 0.4))
                    self._terminal.sendintr()
            elif kind == "everybody":
                for process in [*workers, psutil.Process(own)]:
                    process.kill()
            elif workers:
                _strike_worker(rng.choice(workers), kind, rng)

    def end(self, seconds: float = 120) -> tuple[int, str]:
        """Wait for the end, and return exit code and output.

        Raises:
            AssertionError: It does not end, or leaves processes or a changed terminal behind.
        """
        assert self.wait(seconds), f"it hangs: {self._output[-2000:]}"
        after = termios.tcgetattr(self._terminal.child_fd)
        assert after == self._before, "the terminal is not as it was"
        self._terminal.close()
        _, alive = psutil.wait_procs(self.family(), timeout=30)
        assert not alive, f"processes that outlive it: {[p.cmdline() for p in alive]}"
        code = self._terminal.exitstatus
        return (-self._terminal.signalstatus if code is None else code), self._output


def _strike_worker(worker: psutil.Process, kind: str, rng: random.Random) -> None:
    if kind == "worker":
        worker.kill()
    else:
        limit = worker.memory_info().vms + rng.randrange(2**20)
        worker.rlimit(psutil.RLIMIT_AS, (limit, limit))


def _lives(process: psutil.Process) -> bool:
    return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def run_whole(job: Job, folder: Path) -> Contents:
    """Carry a command out to its end, and return what it made."""
    code, output = Session(job, folder).end(seconds=300)
    assert code == 0, output
    return job.made(folder)


def struck(job: Job, folder: Path, kind: str, after: float, rng: random.Random) -> Strike:
    """Begin a command, kill it after some seconds, and hold it to what it promises for that."""
    session = Session(job, folder)
    hit = not session.wait(after)
    if hit:
        session.strike(kind, rng)
    code, output = session.end()
    strike = Strike(job.name, kind, round(after, 2), hit, code, output)
    _judge(strike)
    return strike


def _judge(strike: Strike) -> None:
    """Insist on an ending that fits the kill."""
    assert "Traceback" not in strike.output, str(strike)
    if not strike.hit:
        assert strike.code == 0, strike
    elif strike.kind in ("interrupt", "twice", "term"):
        # It may have come to its end meanwhile; while Python itself begins or ends, it just ends.
        assert strike.code in (0, 130, -signal.SIGINT, -signal.SIGTERM), strike
        said = " ".join(strike.output.split()).lower()
        assert strike.code != 130 or STOPPED in said, str(strike)
        shown = strike.output.rfind("\x1b[?25h")
        assert strike.output.rfind("\x1b[?25l") <= shown, f"the cursor is hidden after {strike}"
    elif strike.kind in ("worker", "memory"):
        assert strike.code in (0, 2) or HEAD_LOST in strike.output, str(strike)
    else:
        assert strike.code in (0, -signal.SIGKILL), strike


def left_behind(folder: Path) -> list[str]:
    """Return files under temporary names, and what lies in the folder for temporary files."""
    hidden = [path for path in folder.rglob("*") if path.name.startswith(".tmp-")]
    # torch makes an empty folder for compiled code where it is imported.
    temporary = [p for p in (folder / "tmp").iterdir() if not p.name.startswith("torchinductor")]
    return sorted(str(path) for path in [*hidden, *temporary])


def files(folder: Path) -> Contents:
    """Return what a folder holds: bytes of each file, sidecars and tables without their seconds."""
    found: Contents = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.startswith("logs/") and path.name != ".lock":
            found[name] = _without_seconds(path) if path.suffix == ".json" else path.read_bytes()
    return found


def _without_seconds(path: Path) -> Any:
    values = json.loads(path.read_bytes())
    if isinstance(values, dict):
        values.pop("seconds", None)
    return values
