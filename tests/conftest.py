"""What all tests share: the command line as a user runs it, and pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from s3_server import S3

Cli = Callable[..., subprocess.CompletedProcess[str]]


def run_cli(*args: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `syned` in a process of its own, as wide as a log and without colours."""
    return subprocess.run(
        [sys.executable, "-m", "syned", *map(str, args)],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run `syned` in an empty folder."""

    def run(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        return run_cli(*args, cwd=tmp_path, **env)

    return run


SMALL = ("--set", "image.resolution=64", "--set", "image.quality=90")
"""Settings that make a run of the recipe `demo` small."""


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the recipe `demo`, small, in several parts; not to be changed."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_cli(
        *("generate", "--recipe", "demo", "--n", "40", "--out", "run", *SMALL),
        *("--set", "part_size=16"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "run"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """A store of its own for a module."""
    from s3_server import serve

    with serve() as server:
        yield server


@pytest.fixture
def s3_env(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes use that store, which has no faults yet."""
    s3.faults.clear()
    for name, value in s3.env().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def folder(demo_run: Path, tmp_path: Path) -> Path:
    """A copy of the dataset of a run of `demo`."""
    return Path(shutil.copytree(demo_run / "dataset", tmp_path / "dataset"))
