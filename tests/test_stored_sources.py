"""Pictures and tables in an object store as sources of a run."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from conftest import SMALL, run_cli
from s3_server import BUCKET, S3

from syned.parts import part_path
from syned.rows import ScanRow

pytestmark = pytest.mark.usefixtures("s3_env")


@pytest.fixture(scope="module")
def photos(s3: S3) -> list[Path]:
    """Four of the built-in photos, in the store with captions."""
    found = sorted(Path("pipelines/photos").glob("*.jpg"))[:4]
    for path in found:
        s3.client().upload_file(str(path), BUCKET, f"photos/inside/{path.name}")
    lines = [f'{{"file_name": "{path.name}", "caption": "a photo"}}' for path in found]
    s3.client().put_object(
        Bucket=BUCKET, Key="photos/inside/metadata.jsonl", Body="\n".join(lines).encode()
    )
    return found


def test_pictures_in_a_store_are_those_of_a_folder(photos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "photos" / "inside").mkdir(parents=True)
    for path in photos:
        os.link(path, tmp_path / "photos" / "inside" / path.name)
    few = ("generate", "--recipe", "demo", "--n", "8", *SMALL)
    here = run_cli(*few, "--images", "photos", "--out", "here", cwd=tmp_path)
    there = run_cli(*few, "--images", f"s3://{BUCKET}/photos", "--out", "there", cwd=tmp_path)
    assert (here.returncode, there.returncode) == (0, 0), there.stderr
    looked = [
        pd.read_parquet(part_path(tmp_path / run / "01-sample", 0)) for run in ("here", "there")
    ]
    for column in ("image_id", "key", "source", "image"):
        assert looked[0][column].tolist() == looked[1][column].tolist()
    assert set(looked[1]["source_caption"]) == {"a photo"}
    card = (tmp_path / "there/dataset/README.md").read_text()
    assert BUCKET + "/" not in card


def test_one_picture_in_a_store_is_a_source(photos: list[Path], tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/photos/inside/{photos[0].name}"
    few = ("generate", "--recipe", "demo", "--n", "4", *SMALL)
    done = run_cli(*few, "--images", url, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = pd.read_parquet(part_path(tmp_path / "run/00-scan", 0)).to_dict("records")
    assert row["status"] == "ok"


def test_a_table_in_a_store_is_a_source(s3: S3, photos: list[Path], tmp_path: Path) -> None:
    rows = [{"image": {"bytes": path.read_bytes(), "path": path.name}} for path in photos]
    pd.DataFrame(rows).to_parquet(tmp_path / "table.parquet")
    s3.client().upload_file(str(tmp_path / "table.parquet"), BUCKET, "tables/table.parquet")
    few = ("generate", "--recipe", "demo", "--n", "8", *SMALL)
    done = run_cli(*few, "--images", f"s3://{BUCKET}/tables", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    scanned = pd.read_parquet(part_path(tmp_path / "run/00-scan", 0))
    assert len(scanned) == 4
    assert set(scanned.columns) >= {field for field in ScanRow.__slots__ if field != "status"}
