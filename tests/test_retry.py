"""Rows that failed are tried again, and only they, when that is asked for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import SMALL, run_cli
from killing import files

from pipelines.sources.folder import BUILTIN_PHOTOS, folder_path
from syned.parts import read_part, read_summary, write_part
from syned.rows import EditRow, InstructRow

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
    whole, bytes_ = files(run), cat.read_bytes()

    for part in (run / "01-sample").iterdir():
        part.unlink()
    cat.write_bytes(b"not a picture any more")
    broken = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert broken.returncode == 3, broken.stderr
    assert "source_changed" in broken.stdout
    published = pd.concat(map(pd.read_parquet, (run / "dataset" / "data").glob("*.parquet")))
    assert published["image_id"].nunique() == 3

    again = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert again.returncode == 3, "without --retry-failed nothing is tried again"

    cat.write_bytes(bytes_)
    mended = run_cli(*ARGS, "--set", "part_size=6", "--retry-failed", cwd=folder)
    assert mended.returncode == 0, mended.stderr
    assert files(run) == whole


def test_pictures_that_come_or_go_after_the_scan_do_not_disturb_the_others(folder: Path) -> None:
    run, mine = folder / "run", folder / "mine"
    for part in (run / "01-sample").iterdir():
        part.unlink()
    shutil.copy(FOLDER / "raccoon.jpg", mine / "aaa.jpg")
    (mine / "stairs.jpg").unlink()
    done = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert done.returncode == 3, done.stderr
    samples = pd.concat(map(pd.read_parquet, sorted((run / "01-sample").glob("*.parquet"))))
    failed = samples[samples["reason"].notna()]
    assert set(samples["key"]) == {"cat.jpg", "coffee.jpg", "rocket.jpg", "stairs.jpg"}
    assert set(zip(failed["key"], failed["reason"], strict=True)) == {
        ("stairs.jpg", "source_changed")
    }


def test_what_follows_a_part_that_came_out_differently_is_made_again(folder: Path) -> None:
    run = folder / "run"
    whole = files(run)
    part = run / "02-instruct" / "part-00001.parquet"
    other = list(read_part(part.parent, 1, InstructRow))
    old = read_summary(part.parent, 1)
    assert old is not None
    changed = [replace(row, edit=other[0].edit, instruction="Another.") for row in other]
    write_part(part.parent, 1, changed, InstructRow, old.fingerprint, before=old.before)

    done = run_cli(*ARGS, "--set", "part_size=6", cwd=folder)
    assert done.returncode == 0, done.stderr
    made = {row.pair_id: row.edited_image for row in read_part(run / "03-edit", 1, EditRow)}
    assert len(set(made.values())) < len(made), "all pairs of a picture now have one edit"

    part.unlink()
    part.with_suffix(".json").unlink()
    assert run_cli(*ARGS, "--set", "part_size=6", cwd=folder).returncode == 0
    assert files(run) == whole
