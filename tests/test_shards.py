"""Shards of one split: their size, their names, their row groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from syned.arrow import IMAGE_TYPE
from syned.parquet import hub_metadata
from syned.shards import ShardWriter

SCHEMA = pa.schema([("pair_id", pa.string()), ("image", IMAGE_TYPE)])


def test_a_full_shard_is_followed_by_another(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "train", SCHEMA, max_bytes=2500, group_rows=2)
    for i in range(7):
        writer.add({"pair_id": str(i), "image": {"bytes": bytes(1000), "path": None}}, size=1000)
    writer.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    groups = [pq.ParquetFile(tmp_path / name).metadata for name in names]
    assert [[g.row_group(i).num_rows for i in range(g.num_row_groups)] for g in groups] == [
        [2, 2],
        [2, 1],
    ]
    ids = [i for name in names for i in pq.read_table(tmp_path / name)["pair_id"].to_pylist()]
    assert ids == [str(i) for i in range(7)]
    assert writer.rows == 7


def test_large_pictures_close_a_row_group_early(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "test", SCHEMA, max_bytes=10**9, group_rows=100)
    for i in range(4):
        picture = {"bytes": bytes(40 * 2**20), "path": None}
        writer.add({"pair_id": str(i), "image": picture}, size=40 * 2**20)
    writer.close()
    meta = pq.ParquetFile(tmp_path / "test-00000-of-00001.parquet").metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [2, 2]


def test_the_features_of_a_schema_are_those_that_datasets_reads() -> None:
    import datasets

    schema = pa.schema(
        [("image", IMAGE_TYPE), ("captions", pa.list_(pa.string())), ("ssim", pa.float64())]
    )
    read = datasets.Features.from_arrow_schema(schema.with_metadata(hub_metadata(schema)))
    assert read == datasets.Features(
        {
            "image": datasets.Image(),
            "captions": datasets.List(datasets.Value("string")),
            "ssim": datasets.Value("float64"),
        }
    )
