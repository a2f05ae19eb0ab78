"""A run that is stopped, changed or damaged: what the same command makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import SMALL, Cli, run_cli
from killing import files

ARGS = ("generate", "--recipe", "demo", "--n", "24", "--out", "run", *SMALL, "--set", "part_size=4")


def wait_for(stage: Path, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until a stage has begun, or the process has ended."""
    end = time.monotonic() + seconds
    while not stage.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("whole")
    done = run_cli(*ARGS, cwd=folder)
    assert done.returncode == 0, done.stderr
    return files(folder / "run")


def test_a_finished_run_is_not_made_again(demo_run: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in demo_run.rglob("*.parquet")}
    args = ("generate", "--recipe", "demo", "--n", "40", "--out", "run", *SMALL)
    again = run_cli(*args, "--set", "part_size=16", cwd=demo_run.parent)
    assert again.returncode == 0, again.stderr
    assert {p: p.stat().st_mtime_ns for p in demo_run.rglob("*.parquet")} == before


def test_a_removed_part_is_made_again_alone(tmp_path: Path, whole: dict[str, object]) -> None:
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    run = tmp_path / "run"
    kept = run / "03-edit" / "part-00000.parquet"
    made = kept.stat().st_mtime_ns
    (run / "03-edit" / "part-00003.parquet").unlink()
    (run / "03-edit" / "part-00003.json").unlink()
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    assert files(run) == whole
    assert kept.stat().st_mtime_ns == made


@pytest.mark.parametrize("stage", ["recipe.yaml", "02-instruct"])
def test_an_interrupt_says_how_to_go_on_and_leaves_nothing_running(
    stage: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "syned", *ARGS],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_for(tmp_path / "run" / stage, process)
    time.sleep(0.1)
    family = psutil.Process(process.pid).children(recursive=True)
    # As a terminal does: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "give the same command again to go on" in output
    assert "Traceback" not in output
    psutil.wait_procs(family, timeout=30)
    assert not [child for child in family if child.is_running()]


def test_another_recipe_is_refused_with_the_differing_keys(demo_run: Path) -> None:
    before = files(demo_run)
    args = ("generate", "--recipe", "demo", "--n", "41", "--out", "run", *SMALL)
    done = run_cli(*args, "--set", "seed=1", cwd=demo_run.parent)
    assert done.returncode == 2
    assert "n: the run has 40, asked is 41" in done.stderr
    assert "seed: the run has 0, asked is 1" in done.stderr
    assert "part_size: the run has 16, asked is 256" in done.stderr
    assert "--out" in done.stderr
    assert files(demo_run) == before


def test_a_folder_that_is_no_run_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    done = cli("generate", "--recipe", "demo", "--out", "mine")
    assert done.returncode == 2
    assert "is not empty and is not a run (it holds letter.txt and no recipe.yaml)" in done.stderr
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_part_with_wrong_bytes_is_named_with_what_to_do(tmp_path: Path) -> None:
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    part = tmp_path / "run" / "02-instruct" / "part-00001.parquet"
    part.write_bytes(bytes(part.stat().st_size))
    (tmp_path / "run" / "03-edit" / "part-00001.json").unlink()
    done = run_cli(*ARGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "02-instruct/part-00001.parquet cannot be read" in done.stderr
    assert "Remove it and the .json beside it" in done.stderr
    part.unlink()
    part.with_suffix(".json").unlink()
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0


def test_files_that_were_lost_or_cut_are_made_again(
    tmp_path: Path, whole: dict[str, object]
) -> None:
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    run = tmp_path / "run"
    names = ("02-instruct/part-00002.parquet", "05-filter/funnel.json", "dataset.json")
    for name in (*names, "dataset/README.md", "04-score/part-00000.json"):
        path = run / name
        path.write_bytes(path.read_bytes()[:-20])
    (run / "03-edit" / "part-00004.parquet").unlink()
    next((run / "dataset" / "data").glob("train-*")).unlink()
    done = run_cli(*ARGS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(run) == whole


@pytest.mark.slow
def test_the_size_of_a_part_changes_nothing_that_is_published(tmp_path: Path) -> None:
    for size in ("4", "7", "100"):
        args = ("generate", "--recipe", "demo", "--n", "30", "--out", size, *SMALL)
        done = run_cli(*args, "--set", f"part_size={size}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    first, *others = (
        {
            **{p.name: p.read_bytes() for p in (tmp_path / size / "dataset").rglob("*.parquet")},
            "decisions": (tmp_path / size / "05-filter" / "decisions.parquet").read_bytes(),
        }
        for size in ("4", "7", "100")
    )
    assert len(first) > 2
    for other in others:
        assert other == first
