"""`syned verify` finds what is wrong with rows, and nothing where nothing is."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import SMALL, Cli
from PIL import Image
from verifying import Rows, found, rewrite, shard


def test_a_finished_run_passes_every_check(demo_run: Path, cli: Cli) -> None:
    done = cli("verify", demo_run, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True), done.stdout + done.stderr
    shards = (demo_run / "dataset" / "data").glob("*.parquet")
    counts = {path.name.split("-")[0]: pq.read_metadata(path).num_rows for path in shards}
    assert told["rows"] == {"default": counts}
    assert [check["name"] for check in told["checks"]][:3] == ["files", "parts", "schema"]


def test_what_is_wrong_is_told_with_its_place_and_an_exit_code(folder: Path, cli: Cli) -> None:
    def change(rows: Rows) -> None:
        rows[3]["captions"] = rows[3]["captions"][:4]

    rewrite(shard(folder), change)
    done = cli("verify", folder)
    assert done.returncode == 3
    assert "not 5 captions" in done.stdout
    assert "train-00000-of-00001.parquet row 3" in done.stdout
    assert "1 of 10 checks failed." in done.stdout


def test_a_place_without_shards_is_one_message(tmp_path: Path, cli: Cli) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        done = cli("verify", place)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("syned:")


def changed(**values: Any) -> Callable[[Rows], None]:
    """Return what gives the second row other values."""
    return lambda rows: rows[1].update(values)


def captions(*words: str) -> Callable[[Rows], None]:
    return lambda rows: rows[1].update(captions=[*rows[1]["captions"][: 5 - len(words)], *words])


SAME = ("captions", "two captions of a pair are the same")
UNCLEAN = ("captions", "a caption is not clean")
BROKEN = ("pictures", "a picture does not decode")
RANGE = ("values", "ssim is out of its range, -1 to 1")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (captions(""), UNCLEAN),
        (captions(' "The hat is gone.'), UNCLEAN),
        (changed(captions=None), ("captions", "not 5 captions")),
        (changed(captions=["The hat is gone."] * 5), SAME),
        (captions("The hat is gone", "the hat is gone."), SAME),
        (captions("The hat, in red, is gone.", "the hat in red is gone"), SAME),
        (changed(instruction=""), ("captions", "an instruction is not clean")),
        (changed(pair_id=""), ("ids", "a pair has no pair_id")),
        (changed(image_id=None), ("ids", "a pair has no image_id")),
        (changed(license="n/a"), ("licences", "a row states no licence")),
        (changed(license=""), ("licences", "a row states no licence")),
        (changed(task="paint"), ("values", "a task is not known")),
        (changed(ssim=7.0), RANGE),
        (changed(ssim=float("nan")), RANGE),
        (changed(image=None), BROKEN),
        (changed(edited_image={"bytes": b"", "path": "x.jpg"}), BROKEN),
        (changed(edited_image={"bytes": b"GIF89a", "path": None}), BROKEN),
    ],
)
def test_a_row_that_is_wrong_is_found(
    folder: Path, change: Callable[[Rows], None], problem: tuple[str, str]
) -> None:
    rewrite(shard(folder), change)
    assert found(folder) == {problem[0]: [problem[1]]}


def test_a_cut_picture_and_one_of_another_size_are_found(folder: Path) -> None:
    def change(rows: Rows) -> None:
        rows[0]["edited_image"]["bytes"] = rows[0]["edited_image"]["bytes"][:-60]
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "PNG")
        rows[1]["edited_image"]["bytes"] = buffer.getvalue()

    rewrite(shard(folder), change)
    kinds = ["a picture does not decode", "the pictures of a pair differ in size"]
    assert found(folder) == {"pictures": kinds}


def test_parts_of_a_run_that_are_not_as_they_were_written_are_found(
    demo_run: Path, cli: Cli, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(demo_run, tmp_path / "run"))
    flipped, lost = (run / f"{stage}/part-00001.parquet" for stage in ("03-edit", "04-score"))
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    lost.unlink()
    cut = run / "01-sample/part-00000.json"
    cut.write_text(cut.read_text()[:-20])
    (run / "02-instruct/part-00000.json").unlink()
    assert found(run) == {
        "parts": [
            "the .json beside a part cannot be read",
            "a part is not finished: it has no .json beside it",
            "a part is not as it was written",
            "a part is not there",
        ]
    }
    done = cli("verify", "run")
    assert done.returncode == 3
    assert "03-edit/part-00001.parquet" in done.stdout
    # As it is told: once both are removed, the run's command makes the part again.
    for path in (flipped, flipped.with_suffix(".json"), cut):
        path.unlink()
    args = ("--recipe", "demo", "--n", "40", "--out", "run", *SMALL, "--set", "part_size=16")
    assert cli("generate", *args).returncode == 0
    assert found(run) == {}


def test_pairs_twice_and_pictures_in_two_splits_are_found(folder: Path) -> None:
    stolen = pq.read_table(shard(folder)).to_pylist()[0]
    rewrite(shard(folder, "test"), lambda rows: rows[0].update(stolen))
    assert found(folder) == {
        "ids": ["a pair_id is there more than once"],
        "splits": ["an image_id is in two splits", "a source picture is in two splits"],
    }


def test_the_same_picture_under_another_id_is_found(folder: Path) -> None:
    stolen = pq.read_table(shard(folder)).to_pylist()[0]
    pictures = {name: stolen[name] for name in ("image", "edited_image")}
    rewrite(shard(folder, "test"), lambda rows: rows[0].update(pictures, image_id="another"))
    assert found(folder) == {"splits": ["a source picture is in two splits"]}


def test_swapped_pictures_are_found(folder: Path) -> None:
    """All pairs of a source picture hold the same bytes of it."""

    def swap(rows: Rows) -> None:
        again = [r for r in rows if sum(o["image_id"] == r["image_id"] for o in rows) > 1]
        row = next(r for r in again if r["image"] != r["edited_image"])
        row["image"], row["edited_image"] = row["edited_image"], row["image"]

    rewrite(shard(folder), swap)
    assert found(folder)["pictures"] == ["one image_id stands for two pictures"]
