"""`syned verify` finds shards that are damaged, or not as the Hub wants them."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from verifying import Rows, found, rewrite, shard

from pipelines.verify.verify import verify
from syned.parquet import open_writer


def test_a_flipped_byte_is_found_even_where_the_picture_decodes(folder: Path) -> None:
    path = shard(folder)
    data = bytearray(path.read_bytes())
    place = data.index(b"\xff\xd9", len(data) // 3) - 1
    data[place] ^= 1
    path.write_bytes(data)
    assert found(folder)["files"] == ["a row group cannot be read"]


def test_a_cut_and_a_missing_shard_are_found(folder: Path) -> None:
    path = shard(folder)
    path.write_bytes(path.read_bytes()[:-100])
    kinds = found(folder)
    assert kinds["files"] == ["a shard cannot be opened"]
    assert kinds["card"] == ["a count is not that of the shards"] * len(kinds["card"])
    path.rename(path.with_name("train-00000-of-00002.parquet"))
    assert found(folder)["files"][0] == "a shard is missing"


def test_a_damaged_footer_never_ends_the_command(folder: Path) -> None:
    """Some damage makes pyarrow abort; three flipped bits do in one of some forty tries."""
    whole = shard(folder).read_bytes()
    for seed in range(10):
        data, draw = bytearray(whole), random.Random(seed)
        for _ in range(3):
            data[draw.randrange(len(data) - 9000, len(data) - 8)] ^= 1 << draw.randrange(8)
        shard(folder).write_bytes(data)
        verify(folder)
    shard(folder).write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    assert "a shard cannot be opened" in found(folder)["files"]


def test_a_shard_that_the_card_does_not_name_is_found(folder: Path) -> None:
    shutil.copy(shard(folder, "test"), folder / "more.parquet")
    assert found(folder) == {"files": ["a Parquet file belongs to no split of the card"]}


def test_another_schema_is_found(folder: Path) -> None:
    schema = pq.read_schema(shard(folder, "test"))
    place = schema.get_field_index("ssim")
    rewrite(
        shard(folder, "test"), lambda _: None, schema.set(place, pa.field("ssim", pa.float32()))
    )
    kinds = ["ssim is float, not double", "shards have different columns"]
    assert found(folder) == {"schema": kinds}
    rewrite(shard(folder, "test"), lambda _: None, schema.remove(schema.get_field_index("license")))
    kinds = found(folder)
    assert kinds["schema"] == ["there is no column license", "shards have different columns"]
    plain = schema.remove_metadata()
    rewrite(shard(folder, "test"), lambda _: None, plain)
    assert found(folder)["schema"][0].startswith("the metadata does not say that")


def retyped(schema: pa.Schema, name: str, kind: pa.DataType) -> pa.Schema:
    return schema.set(schema.get_field_index(name), pa.field(name, kind))


def test_columns_of_another_type_are_found_and_the_rest_is_checked(folder: Path) -> None:
    schema = pq.read_schema(shard(folder))
    for name, kind, value in (
        ("ssim", pa.string(), "0.5"),
        ("captions", pa.int64(), 5),
        ("image_id", pa.list_(pa.string()), ["a"]),
        ("image", pa.binary(), b"x"),
    ):
        path = Path(shutil.copytree(folder, folder.with_name(name)))
        table = pq.read_table(shard(path))
        cells = pa.array([value] * len(table), kind)
        place = schema.get_field_index(name)
        rows = table.set_column(place, pa.field(name, kind), cells)
        with open_writer(shard(path), retyped(schema, name, kind)) as writer:
            writer.write_table(rows.cast(retyped(schema, name, kind)))
        kinds = found(path)
        assert list(kinds) == ["schema"]
        assert kinds["schema"][0].startswith(f"{name} is ")


def test_a_pair_under_two_ids_and_one_without_a_change_are_found(folder: Path) -> None:
    def change(rows: Rows) -> Rows:
        edit = next(r for r in rows if r["task"] != "none")
        again = {**rows[0], "pair_id": "another"}
        same = {**edit, "pair_id": "third", "edited_image": edit["image"]}
        return [*rows, again, same]

    rewrite(shard(folder), change)
    kinds = found(folder)
    assert kinds["ids"] == ["a pair is there again under another id"]
    assert kinds["pictures"] == ["the pictures of a pair are the same, and its task is not none"]


def test_a_file_alone_and_one_without_rows(folder: Path, tmp_path: Path) -> None:
    verified = verify(shard(folder))
    assert verified.ok
    assert "card" not in [check.name for check in verified.checks]
    empty = tmp_path / "empty.parquet"
    shutil.copy(shard(folder), empty)
    rewrite(empty, lambda rows: rows.clear())
    assert found(empty) == {"files": ["there is no row that can be read"]}


def test_a_file_without_a_page_index_is_found(folder: Path) -> None:
    table = pq.read_table(shard(folder))
    pq.write_table(table, shard(folder))
    assert found(folder) == {"viewer": ["a row group has no page index"]}
