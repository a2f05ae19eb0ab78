"""Who holds a run folder: a process, on a machine, since when."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil
from pydantic import BaseModel, ConfigDict


class Owner(BaseModel):
    """Who holds a run folder."""

    model_config = ConfigDict(frozen=True)

    host: str
    machine: str = ""
    """Identifies the boot of the machine and the container, within which `pid` has a meaning."""
    pid: int
    born: float = 0.0
    """When the process began, as its machine counts."""
    nonce: str = ""
    since: datetime
    """When the claim began, by the owner's clock."""
    beat: int = 0
    """Counts the signs of life."""

    def who(self) -> str:
        """Return the owner in words: process, host and age."""
        age = max(0.0, (datetime.now(UTC) - self.since).total_seconds())
        return f"process {self.pid} on {self.host}, for {_span(age)}"

    def is_here(self) -> bool:
        """Say whether it is, or was, a process of this machine and container."""
        return self.machine == machine()

    def is_gone(self) -> bool:
        """Say whether it was a process of this machine that has ended."""
        return self.is_here() and self.born != born(self.pid)


def _span(seconds: float) -> str:
    """Return a time span in words."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def machine() -> str:
    """Return what tells this boot of this machine, and this container, from all others."""
    found = [socket.gethostname()]
    with suppress(OSError):
        found.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip())
        found.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(found)


def born(pid: int) -> float:
    """Return when a process began, or nothing if there is none."""
    # Counted from the machine's start where that is told: its clock may be set meanwhile.
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return float(fields[19])
    with suppress(psutil.Error):
        return psutil.Process(pid).create_time()
    return 0.0


def this_process() -> Owner:
    """Return this process as an owner, from now on."""
    return Owner(
        host=socket.gethostname(),
        machine=machine(),
        pid=os.getpid(),
        born=born(os.getpid()),
        nonce=uuid4().hex,
        since=datetime.now(UTC),
    )
