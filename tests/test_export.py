"""A finished run's dataset, opened by the tools that people open datasets with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import SMALL, run_cli
from PIL import Image

from pipelines.export import export
from pipelines.recipe import Recipe
from syned.recipes import check, set_values
from syned.rows import NUM_CAPTIONS
from syned.run import RunFolder


@pytest.fixture(scope="module")
def shards(demo_run: Path) -> list[Path]:
    return sorted((demo_run / "dataset" / "data").glob("*.parquet"))


def kept(run: Path) -> int:
    """Return how many of the 40 pairs the filter kept; a repeated edit is no fault."""
    found: int = json.loads((run / "05-filter" / "funnel.json").read_text())["kept"]
    assert found >= 36
    return found


def test_load_dataset_gives_decoded_pictures_and_five_captions(
    demo_run: Path, tmp_path: Path
) -> None:
    import datasets

    loaded = datasets.load_dataset(str(demo_run / "dataset"), cache_dir=str(tmp_path))
    rows = [row for split in loaded.values() for row in split]
    assert len(rows) == kept(demo_run)
    for row in rows:
        assert isinstance(row["image"], Image.Image)
        assert row["image"].size == row["edited_image"].size
        assert max(row["image"].size) == 64
        assert all(side % 8 == 0 for side in row["image"].size)
        assert len(set(row["captions"])) == NUM_CAPTIONS


def test_pandas_polars_and_duckdb_read_the_shards(demo_run: Path, shards: list[Path]) -> None:
    rows = kept(demo_run)
    names = [str(path) for path in shards]
    count = sum(len(pd.read_parquet(name)) for name in names)
    assert count == rows
    assert pl.read_parquet(names)["pair_id"].n_unique() == rows
    query = "select count(*), min(len(captions)), max(len(captions)) from read_parquet(?)"
    assert duckdb.execute(query, [names]).fetchone() == (rows, 5, 5)
    first = pd.read_parquet(names[0])["edited_image"][0]["bytes"]
    assert Image.open(io.BytesIO(first)).format == "JPEG"


def test_shards_follow_the_rules_of_the_hub(shards: list[Path]) -> None:
    for path in shards:
        split, number, of = path.stem.rsplit("-", 3)[0], *path.stem.rsplit("-", 3)[1::2]
        assert split in {"train", "validation", "test"}
        assert int(number) < int(of)
        file = pq.ParquetFile(path)
        features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
        assert features["image"] == features["edited_image"] == {"_type": "Image"}
        group = file.metadata.row_group(0)
        columns = {
            group.column(i).path_in_schema: group.column(i) for i in range(100)[: group.num_columns]
        }
        assert columns["image.bytes"].compression == "UNCOMPRESSED"
        assert columns["instruction"].compression == "ZSTD"
        assert columns["pair_id"].has_column_index
        assert columns["image.bytes"].has_offset_index
        assert group.num_rows <= 100


def test_no_source_picture_is_in_two_splits(shards: list[Path]) -> None:
    frames = [pd.read_parquet(p, columns=["image_id"]).assign(split=p.name) for p in shards]
    splits = pd.concat(frames).groupby("image_id")["split"].nunique()
    assert splits.max() == 1


def test_the_card_counts_what_is_there(demo_run: Path, shards: list[Path]) -> None:
    card = (demo_run / "dataset" / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---")[1])
    listed = {entry["split"] for entry in front["configs"][0]["data_files"]}
    assert listed == {path.name.split("-")[0] for path in shards}
    assert "procedural" in card
    assert "5-filter" in card


def test_filter_decides_and_exports_again_without_a_model(demo_run: Path, tmp_path: Path) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(demo_run, run)
    scored = (run / "04-score" / "part-00000.parquet").stat().st_mtime_ns
    done = run_cli("filter", run, "--set", "min_changed_area=0.2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (run / "04-score" / "part-00000.parquet").stat().st_mtime_ns == scored
    tables = [pd.read_parquet(p) for p in (run / "dataset" / "data").glob("*.parquet")]
    published = pd.concat(tables)
    assert 0 < len(published) < 40
    edits = published[published["task"] != "none"]
    assert (edits["changed_area"] >= 0.2).all()
    decisions = pd.read_parquet(run / "05-filter" / "decisions.parquet")
    assert len(decisions) == 40
    turned_away = decisions[~decisions["kept"]]
    assert len(turned_away) == 40 - len(published)
    assert set(turned_away["reason"]) == {"min_changed_area", "drop_duplicates"}
    small = turned_away["reason"] == "min_changed_area"
    assert (turned_away.loc[small, "value"] < 0.2).all()
    assert yaml.safe_load((run / "recipe.yaml").read_text())["filter"]["min_changed_area"] == 0.2

    back = run_cli("filter", run, "--set", "min_changed_area=null", cwd=tmp_path)
    assert back.returncode == 0, back.stderr
    for path in (demo_run / "dataset" / "data").glob("*.parquet"):
        assert (run / "dataset" / "data" / path.name).read_bytes() == path.read_bytes()


def test_a_rule_without_its_score_changes_nothing(demo_run: Path, tmp_path: Path) -> None:
    before = (demo_run / "recipe.yaml").read_bytes()
    done = run_cli("filter", demo_run, "--set", "direction=0.15", cwd=tmp_path)
    assert done.returncode == 2
    assert "filter.min_clip_sim_dir: needs CLIP scores" in done.stderr
    assert (demo_run / "recipe.yaml").read_bytes() == before


def test_a_source_fixed_to_a_split_is_exported_there(tmp_path: Path) -> None:
    splits = ("--set", "export.splits={train: 1}", "--set", "sample.sources.1.into=heldout")
    args = ("--recipe", "demo", "--n", "6", "--out", "run", *SMALL, *splits)
    done = run_cli("generate", *args, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted((tmp_path / "run" / "dataset" / "data").glob("*.parquet"))
    assert [path.name.split("-")[0] for path in names] == ["heldout", "train"]
    drawn, photos = (pd.read_parquet(path)["scene"].notna() for path in names)
    assert drawn.all()
    assert not photos.any()
    rows = json.loads((tmp_path / "run" / "dataset.json").read_text())["rows"]
    assert rows == {"train": len(photos), "heldout": len(drawn)}
    assert "| heldout |" in (tmp_path / "run" / "dataset" / "README.md").read_text()


def test_a_wish_for_pairs_turned_round_that_cannot_be_met_is_noted(
    demo_run: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(demo_run, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    worded = ["instruct.inverse=true", "export.inverse=true"]
    recipe = check(Recipe, set_values(run.load_recipe(), worded), "run")
    exported = export(run, 3, recipe, "mark", lambda exported: exported.note)
    assert exported.inverse == 0
    assert "the way back of no kept pair is worded" in (run.dataset / "README.md").read_text()


def test_small_shards_are_numbered(tmp_path: Path, demo_run: Path) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(demo_run, run)
    args = ("--set", "export.row_group_rows=2", "--set", "export.splits={all: 1}")
    done = run_cli("filter", run, *args, "--set", "export.shard_megabytes=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = (run / "dataset" / "data").glob("*.parquet")
    assert path.name == "all-00000-of-00001.parquet"
    assert pq.ParquetFile(path).metadata.num_row_groups == 20
