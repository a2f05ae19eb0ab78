"""Rows that failed are tried again, and only they, when that is asked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import SMALL, run_cli
from test_resume import contents

from pipelines.sources.folder import BUILTIN_PHOTOS, folder_path

FOLDER = folder_path(BUILTIN_PHOTOS)
ARGS = ("generate", "--recipe", "demo", "--images", "mine", "--n", "12", "--out", "run", *SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with four photographs of which a run was made, in two parts."""
    (tmp_path / "mine").mkdir()
    for name in ("cat.jpg", "coffee.jpg", "rocket.jpg", "stairs.jpg"):
        shutil.copy(FOLDER / name, tmp_path / "mine" / name)
    done = run_cli(*ARGS, "--set", "part_size=6", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_picture_that_changed_fails_and_comes_back(folder: Path) -> None:
    run, cat = folder / "run", folder / "mine" / "cat.jpg"
    whole, bytes_ = contents(run), cat.read_bytes()

    for part in (run / "01-sample").iterdir():
        part.unlink()
    cat.write_bytes(b"not a picture any more")
    broken = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert broken.returncode == 3, broken.stderr
    assert "source_changed" in broken.stdout
    published = pd.concat(map(pd.read_parquet, (run / "dataset" / "data").glob("*.parquet")))
    assert len(published) == 9

    again = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert again.returncode == 3, "without --retry-failed nothing is tried again"

    cat.write_bytes(bytes_)
    mended = run_cli(*ARGS, "--set", "part_size=6", "--retry-failed", cwd=folder)
    assert mended.returncode == 0, mended.stderr
    assert contents(run) == whole
