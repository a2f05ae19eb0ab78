"""`syned generate` as a newcomer uses it: on good pictures, bad ones, one and none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from broken_pictures import write_broken_folder
from conftest import SMALL, Cli, run_cli
from PIL import Image

from pipelines.sources.folder import BUILTIN_PHOTOS, folder_path

DEMO = ("generate", "--recipe", "demo", *SMALL)


def published(run: Path) -> pd.DataFrame:
    return pd.concat(map(pd.read_parquet, sorted((run / "dataset" / "data").glob("*.parquet"))))


def test_a_run_says_what_it_made_and_where(cli: Cli, tmp_path: Path) -> None:
    done = cli(*DEMO, "--n", "6")
    assert done.returncode == 0, done.stderr
    assert "03-edit: 6/6 pairs, done" in done.stdout
    assert "kept      6 of 6 pairs" in done.stdout
    assert 'datasets.load_dataset("runs/demo/dataset")' in done.stdout
    assert len(published(tmp_path / "runs" / "demo")) == 6


def test_a_dry_run_prints_the_plan_and_makes_nothing(cli: Cli, tmp_path: Path) -> None:
    done = cli(*DEMO, "--dry-run", "--n", "300", "--images", folder_path(BUILTIN_PHOTOS))
    assert done.returncode == 0, done.stderr
    for words in (
        "templates",
        "procedural",
        "parts     2 of up to 256 pairs",
        "pictures  1 needed at least, 10 found",
        "disk      about",
    ):
        assert words in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_default_recipe_is_refused_where_it_cannot_run(cli: Cli) -> None:
    done = cli("generate", "--n", "4", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert "the recipe `default` cannot run here" in done.stderr
    assert "no GPU found" in done.stderr or "is not installed" in done.stderr
    assert "--images FOLDER takes your own pictures" in done.stderr
    assert "syned generate --recipe demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_broken_files_gives_rows_with_reasons(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    expected = write_broken_folder(tmp_path / "mine")
    Image.open(folder_path(BUILTIN_PHOTOS) / "coffee.jpg").save(tmp_path / "mine" / "good.png")
    done = cli(*DEMO, "--images", "mine", "--n", "3")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    run = tmp_path / "runs" / "demo"
    scan = pd.read_parquet(run / "00-scan" / "part-00000.parquet").set_index("key")
    for name, reason in expected.items():
        assert scan.loc[name, "reason"] == reason, name
        assert scan.loc[name, "message"], name
    assert len(published(run)) == 3


def test_only_broken_files_are_told_with_their_reasons(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.jpg").write_bytes(b"")
    (tmp_path / "mine" / "b.png").write_bytes(b"no picture")
    done = cli(*DEMO, "--images", "mine", "--n", "3")
    assert done.returncode == 2
    assert "0 usable pictures" in done.stderr
    assert "1 empty_file" in done.stderr
    assert "1 unreadable" in done.stderr

    shutil.copy(folder_path(BUILTIN_PHOTOS) / "cat.jpg", tmp_path / "mine")
    fewer = cli(*DEMO, "--images", "mine", "--n", "2")
    assert fewer.returncode == 3, fewer.stderr
    assert len(published(tmp_path / "runs" / "demo")) == 2


def test_an_empty_folder_and_a_missing_one_are_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    empty = cli(*DEMO, "--images", "mine", "--n", "3")
    assert empty.returncode == 2
    assert "the folder is empty" in empty.stderr
    missing = cli(*DEMO, "--images", "elsewhere", "--n", "3")
    assert missing.returncode == 2
    assert "elsewhere: no such file or folder" in missing.stderr
    assert not (tmp_path / "runs").exists()


def test_one_picture_is_enough(cli: Cli, tmp_path: Path) -> None:
    picture = folder_path(BUILTIN_PHOTOS) / "rocket.jpg"
    done = cli(*DEMO, "--images", picture, "--n", "8")
    assert done.returncode == 0, done.stderr
    pairs = published(tmp_path / "runs" / "demo")
    assert pairs["image_id"].nunique() == 1
    assert pairs["instruction"].nunique() == len(pairs) >= 6


def test_drawn_scenes_need_no_input(cli: Cli, tmp_path: Path) -> None:
    done = cli(*DEMO, "--images", "scenes", "--n", "8")
    assert done.returncode == 0, done.stderr
    pairs = published(tmp_path / "runs" / "demo")
    assert pairs["scene"].notna().all()
    assert pairs["image_id"].nunique() == 8


def test_copies_of_a_picture_are_turned_away(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    cat = folder_path(BUILTIN_PHOTOS) / "cat.jpg"
    (folder / "a.jpg").write_bytes(cat.read_bytes())
    (folder / "b.jpg").write_bytes(cat.read_bytes())
    Image.open(cat).resize((300, 200)).save(folder / "c.png")
    done = cli(*DEMO, "--images", folder, "--n", "4")
    assert done.returncode == 0, done.stderr
    scan = pd.read_parquet(tmp_path / "runs" / "demo" / "00-scan" / "part-00000.parquet")
    assert sorted(scan["reason"].dropna()) == ["exact_duplicate", "near_duplicate"]


def test_a_table_of_pictures_with_instructions_is_read(cli: Cli, tmp_path: Path) -> None:
    photos = folder_path(BUILTIN_PHOTOS)
    names = ("cat.jpg", "coffee.jpg", "rocket.jpg")
    pd.DataFrame(
        {
            "image": [{"bytes": (photos / n).read_bytes(), "path": n} for n in names],
            "instruction": ["Add a hat", "Make it night", "Add a hat"],
            "task": ["add", "global", "add"],
            "input_caption": ["a cat", "a cup", "a rocket"],
            "output_caption": ["a cat with a hat", "a cup at night", "a rocket with a hat"],
        }
    ).to_parquet(tmp_path / "emu.parquet")
    plan = cli(*DEMO, "--images", "emu.parquet", "--n", "3", "--dry-run")
    assert "emu_edit" in plan.stdout, plan.stderr
    done = cli(*DEMO, "--images", "emu.parquet", "--n", "3")
    assert done.returncode == 0, done.stderr
    pairs = published(tmp_path / "runs" / "demo")
    assert set(pairs["source_caption"]) == {"a cat", "a cup", "a rocket"}
    more = cli(*DEMO, "--images", "emu.parquet", "--n", "5", "--out", "more")
    assert more.returncode == 0, "exact edits are not bound to the table's own instructions"


def test_sources_with_more_pictures_make_up_for_those_with_fewer(cli: Cli, tmp_path: Path) -> None:
    limit = ("--set", "sample.max_instructions_per_image=1")
    done = cli(*DEMO, "--n", "30", *limit, "--out", "run")
    assert done.returncode == 0, done.stderr
    pairs = published(tmp_path / "run")
    assert pairs["image_id"].nunique() == len(pairs) == 30
    assert (pairs["scene"].isna()).sum() == 10


def test_two_commands_on_one_folder_do_not_mix(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "syned", *DEMO, "--out", "run"]
    first = subprocess.Popen([*command, "--n", "60"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not (tmp_path / "run" / "recipe.yaml").exists():
        time.sleep(0.01)
    second = run_cli(*DEMO, "--out", "run", "--n", "61", cwd=tmp_path)
    assert second.returncode == 2
    assert "another syned process is working on run" in second.stderr
    assert first.wait(timeout=120) == 0
    assert len(pd.read_parquet(tmp_path / "run" / "05-filter" / "decisions.parquet")) == 60


def test_a_rule_that_the_recipe_cannot_score_is_told_before_the_run(
    cli: Cli, tmp_path: Path
) -> None:
    done = cli(*DEMO, "--set", "filter.top_k=1")
    assert done.returncode == 2
    assert "filter.top_k or max_per_split with filter.rank_by: needs CLIP scores" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_filter_that_keeps_nothing_says_so(cli: Cli) -> None:
    only_edits = ("--set", "instruct.writer.tasks={add: 1}")
    nothing = ("--set", "filter.max_ssim=-1")
    done = cli(*DEMO, "--n", "4", "--images", "scenes", *only_edits, *nothing)
    assert done.returncode == 0, done.stderr
    assert "no pair was kept" in done.stdout


@pytest.mark.parametrize("command", ["filter", "preview"])
def test_a_folder_that_is_no_run_is_told(cli: Cli, tmp_path: Path, command: str) -> None:
    done = cli(command, tmp_path)
    assert done.returncode == 2
    assert "is not a run: it has no recipe.yaml" in done.stderr


def test_an_unfinished_run_is_told(cli: Cli, tmp_path: Path) -> None:
    assert cli(*DEMO, "--n", "4").returncode == 0
    run = tmp_path / "runs" / "demo"
    (run / "04-score" / "part-00000.json").unlink()
    done = cli("filter", run, "--set", "max_ssim=0.9")
    assert done.returncode == 2
    assert "is not finished: parts of 04-score are missing" in done.stderr


def test_a_preview_goes_into_a_file(cli: Cli, tmp_path: Path) -> None:
    assert cli(*DEMO, "--n", "3").returncode == 0
    (tmp_path / "album").mkdir()
    done = cli("preview", "runs/demo", "--out", "album")
    assert done.returncode == 2
    assert "album is a folder; --out names a file" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["album", "runs"]
    for flags, name in (((), "preview.html"), (("--png",), "preview.png")):
        assert cli("preview", "runs/demo", *flags).returncode == 0
        assert (tmp_path / "runs" / "demo" / name).stat().st_size > 10_000
