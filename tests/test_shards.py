"""Shards of one split: their size, their names, their row groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from syned.arrow import IMAGE_TYPE
from syned.parquet import hub_metadata
from syned.shards import ShardWriter

SCHEMA = pa.schema([("pair_id", pa.string()), ("image", IMAGE_TYPE)])


def write(folder: Path, ids: list[str], max_bytes: int) -> dict[str, list[str]]:
    """Write a row of a thousand bytes for each id, and return the ids in each shard."""
    folder.mkdir()
    writer = ShardWriter(folder, "train", SCHEMA, max_bytes=max_bytes, group_rows=2)
    for name in ids:
        picture = {"bytes": bytes(1000), "path": None}
        writer.add({"pair_id": name, "image": picture}, size=1000, key=name)
    writer.close()
    assert writer.rows == len(ids)
    paths = sorted(folder.iterdir())
    return {path.name: pq.read_table(path)["pair_id"].to_pylist() for path in paths}


def test_a_full_shard_is_followed_by_another(tmp_path: Path) -> None:
    ids = [str(i) for i in range(7)]
    shards = write(tmp_path / "a", ids, max_bytes=2500)
    count = len(shards)
    assert list(shards) == [f"train-{i:05d}-of-{count:05d}.parquet" for i in range(count)]
    assert [name for found in shards.values() for name in found] == ids
    assert all(2 <= len(found) <= 3 for found in list(shards.values())[:-1]), "2 to 3 KB"
    first = pq.ParquetFile(tmp_path / "a" / next(iter(shards))).metadata
    assert first.row_group(0).num_rows == 2


def test_a_row_that_is_dropped_changes_its_own_shard_and_few_others(tmp_path: Path) -> None:
    ids = [str(i) for i in range(2000)]
    whole = write(tmp_path / "a", ids, max_bytes=100_000)
    fewer = write(tmp_path / "b", ids[:3] + ids[4:], max_bytes=100_000)
    assert len(whole) == len(fewer) > 20
    assert next(iter(whole.values())) != next(iter(fewer.values()))
    same = [name for name in whole if whole[name] == fewer.get(name)]
    assert len(same) >= len(whole) - 3
    for name in same:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_large_pictures_close_a_row_group_early(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "test", SCHEMA, max_bytes=10**9, group_rows=100)
    for i in range(4):
        picture = {"bytes": bytes(40 * 2**20), "path": None}
        writer.add({"pair_id": str(i), "image": picture}, size=40 * 2**20, key=str(i))
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
