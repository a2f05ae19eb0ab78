"""What fails around a run: disks, folders, damaged files, clocks. One message, nothing lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SMALL, run_cli
from killing import STOPPED, Contents, files

from pipelines.generate import generate
from pipelines.plan import make_plan
from pipelines.resolve import resolve
from syned.errors import RunError
from syned.events import Event, StageDone
from syned.run import RunFolder

ARGS = ("generate", "--recipe", "demo", "--n", "24", "--out", "run", *SMALL, "--set", "part_size=6")
COMMAND = [sys.executable, "-m", "syned", *ARGS]
LONG = pytest.mark.long
PRELOADED = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def may_mount() -> bool:
    """Say whether a namespace with a small disk of its own can be made."""
    tool = shutil.which("unshare")
    tried = [tool or "", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
    return tool is not None and subprocess.run(tried, check=False).returncode == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    assert run_cli(*ARGS, cwd=folder).returncode == 0
    return folder / "run"


@pytest.fixture(scope="module")
def contents(whole: Path) -> Contents:
    return files(whole)


@pytest.mark.slow
@pytest.mark.skipif(not may_mount(), reason="no small disk can be mounted here")
def test_a_disk_that_is_full_or_read_only_is_named_and_the_run_goes_on(
    tmp_path: Path, contents: Contents
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    syned = " ".join(f"'{part}'" for part in COMMAND)
    script = f"""
        mount -t tmpfs -o size=200k tmpfs {disk}
        cd {disk}; {syned} 2>&1; echo "first $?"
        sleep 1; mount -o remount,ro {disk}; {syned} 2>&1; echo "second $?"
        mount -o remount,rw,size=100m {disk}; {syned} 2>&1; echo "third $?"
        cp -r run {tmp_path}/run
    """
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
    )
    first, _, rest = done.stdout.partition("first 2")
    assert "No space left on device: run/0" in first
    second, _, third = rest.partition("second 2")
    assert "Read-only file system: run/.lock" in second
    assert first.count(STOPPED) == second.count(STOPPED) == 1
    assert "third 0" in third
    assert "Traceback" not in done.stdout + done.stderr
    assert files(tmp_path / "run") == contents


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "when"),
    [
        (".", "."),
        ("03-edit", "03-edit"),
        *(pytest.param(".", when, marks=LONG) for when in ("00-scan", "01-sample", "04-score")),
        *(pytest.param(n, n, marks=LONG) for n in ("00-scan", "01-sample", "logs")),
    ],
)
def test_what_is_removed_under_a_run_costs_what_was_in_it(
    what: str, when: str, tmp_path: Path, contents: Contents
) -> None:
    process = subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    run = tmp_path / "run"
    while not (run / when).exists() and process.poll() is None:
        time.sleep(0.01)
    shutil.rmtree(run / what, ignore_errors=True)
    output, _ = process.communicate(timeout=100)
    assert process.returncode in (0, 2)
    assert "Traceback" not in output
    done = run_cli(*ARGS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(run) == contents


def test_a_run_that_loses_its_recipe_ends_before_the_next_stage(tmp_path: Path) -> None:
    plan = make_plan(resolve("demo", None, 6, list(SMALL[1::2])))
    run = RunFolder(tmp_path / "run")

    def remove_recipe(event: Event) -> None:
        if event == StageDone("01-sample"):
            run.recipe_path.unlink()

    with run.claim():
        run.start(plan.recipe.model_dump(mode="json"))
        with pytest.raises(
            RunError, match=r"was removed, or its recipe\.yaml, while it was worked"
        ):
            generate(plan, run, remove_recipe)
    assert not (tmp_path / "run" / "02-instruct").exists()


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["00-scan", "01-sample", "03-edit", "05-filter"])
def test_parts_of_one_stage_are_what_a_removed_run_leaves(
    stage: str, tmp_path: Path, whole: Path, contents: Contents
) -> None:
    shutil.copytree(whole / stage, tmp_path / "run" / stage)
    assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    assert files(tmp_path / "run") == contents


@pytest.mark.parametrize(
    "held", ["letter.txt", "04-score/letter.txt", "02-instruct/part-00000.json"]
)
def test_what_no_removed_run_leaves_is_not_touched(held: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for name in (held, "03-edit/part-00000.json"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text("{}")
    done = run_cli(*ARGS, cwd=tmp_path)
    assert done.returncode == 2
    assert (
        f"is not a run (it holds {held.split('/', maxsplit=1)[0]} and no recipe.yaml)"
        in done.stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=LONG) for n in range(1, 10))])
@pytest.mark.parametrize("stage", ["00-scan", "01-sample", "02-instruct", "03-edit", "04-score"])
def test_a_flipped_bit_is_met_by_whoever_reads_it(
    stage: str, seed: int, tmp_path: Path, whole: Path, contents: Contents
) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    after = {"00-scan": "01-sample", "01-sample": "02-instruct", "02-instruct": "03-edit"}
    for lost in run.glob(f"{after.get(stage, '04-score' if stage == '03-edit' else '05')}*/*"):
        lost.unlink()
    (run / "dataset.json").unlink()
    part = run / stage / "part-00000.parquet"
    flip(part, random.Random(seed))
    done = run_cli(*ARGS, cwd=tmp_path)
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 2:
        assert f"{stage}/part-00000.parquet cannot be read" in done.stderr
        assert "Remove it and the .json beside it" in done.stderr
        part.unlink()
        part.with_suffix(".json").unlink()
        assert run_cli(*ARGS, cwd=tmp_path).returncode == 0
    found = files(run)
    # A bit that nothing depends on may stay as it is.
    assert [name for name in contents if found[name] != contents[name]] in (
        [],
        [f"{stage}/part-00000.parquet"],
    )


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


@pytest.mark.slow
@pytest.mark.skipif(PRELOADED is None, reason="libfaketime is not installed")
def test_a_clock_that_jumps_changes_nothing(tmp_path: Path, contents: Contents) -> None:
    clock = tmp_path / "clock"
    env = {
        "LD_PRELOAD": str(PRELOADED),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    clock.write_text("+700d")
    process = subprocess.Popen(COMMAND, cwd=tmp_path, env=os.environ | env)
    while not (tmp_path / "run" / "02-instruct").exists() and process.poll() is None:
        time.sleep(0.01)
    clock.write_text("-9000d")
    process.kill()
    process.wait()
    done = run_cli(*ARGS, cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "run") == contents
