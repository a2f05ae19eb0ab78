"""What the files of a dataset say of themselves: names, schemas, row groups and page indexes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.verify.probe import deadly
from pipelines.verify.report import Ledger
from syned.arrow import IMAGE_TYPE, arrow_schema
from syned.dataset import Dataset, Shard, number_in_name
from syned.dataset_rows import DatasetRow
from syned.parquet import cause_of

MAX_GROUP_BYTES = 300_000_000
"""Uncompressed bytes of a row group; the viewer reads no larger one, and says 286.10 MiB.

See https://github.com/huggingface/dataset-viewer, `parquet row groups too big`.
"""
NEEDED = tuple(
    "pair_id image_id image edited_image instruction captions task source license".split()
)
"""The columns without which a dataset is none of pairs with captions."""


def look_at_files(dataset: Dataset, ledger: Ledger) -> dict[Shard, pq.FileMetaData]:
    """Check names and metadata of all files.

    Returns:
        The metadata of the shards that could be opened.
    """
    for name in dataset.stray:
        ledger.add("files", "a Parquet file belongs to no split of the card", name)
    for shard, times in Counter(dataset.shards).items():
        if times > 1:
            ledger.add("files", "the card names a shard twice, so its rows come twice", shard.name)
    _missing_numbers(dataset.shards, ledger)
    opened: dict[Shard, pq.FileMetaData] = {}
    killing = deadly([shard.path for shard in dataset.shards])
    for shard in dataset.shards:
        if shard.path in killing:
            where = f"{shard.name}: its metadata is damaged so that reading it ends the process"
            ledger.add("files", "a shard cannot be opened", where)
            continue
        try:
            opened[shard] = pq.read_metadata(shard.path)
            schema = opened[shard].schema.to_arrow_schema()
        except (pa.ArrowException, OSError) as error:
            opened.pop(shard, None)
            ledger.add("files", "a shard cannot be opened", f"{shard.name}: {cause_of(error)}")
            continue
        _needed_columns(shard, schema, ledger)
        _groups(shard, opened[shard], ledger)
    _one_schema(opened, ledger)
    return opened


def _missing_numbers(shards: Iterable[Shard], ledger: Ledger) -> None:
    """Note shards that the names of others speak of."""
    numbers: dict[tuple[str, int], set[int]] = defaultdict(set)
    for shard in shards:
        found = number_in_name(shard.name)
        if found is not None:
            numbers[found[0], found[2]].add(found[1])
    counts: dict[str, set[int]] = defaultdict(set)
    for (split, count), there in numbers.items():
        counts[split].add(count)
        for number in sorted(set(range(count)) - there):
            name = f"{split}-{number:05d}-of-{count:05d}.parquet"
            ledger.add("files", "a shard is missing", name)
    for split, found_counts in counts.items():
        if len(found_counts) > 1:
            told = " and ".join(map(str, sorted(found_counts)))
            ledger.add("files", "shards of two numberings lie side by side", f"{split}: of {told}")


def _needed_columns(shard: Shard, schema: pa.Schema, ledger: Ledger) -> None:
    """Note columns that are missing, of another type, or not known as pictures."""
    expected = arrow_schema(DatasetRow)
    for name in NEEDED:
        if name not in schema.names:
            ledger.add("schema", f"there is no column {name}", shard.name)
    for name in [name for name in expected.names if name in schema.names]:
        kind = schema.field(name).type
        if not like(kind, expected.field(name).type):
            ledger.add("schema", f"{name} is {kind}, not {expected.field(name).type}", shard.name)
        elif kind == IMAGE_TYPE and not _is_picture(schema.metadata or {}, name):
            ledger.add("schema", f"the metadata does not say that {name} is a picture", shard.name)


def like(found: pa.DataType, expected: pa.DataType) -> bool:
    """Say whether a type holds what another does; the names inside of lists do not matter."""
    if pa.types.is_list(expected):
        is_list = pa.types.is_list(found) or pa.types.is_large_list(found)
        return is_list and like(found.value_type, expected.value_type)
    if pa.types.is_string(expected):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    return bool(found == expected)


def _is_picture(metadata: Mapping[bytes, bytes], column: str) -> bool:
    """Say whether `datasets` is told that a column holds pictures."""
    try:
        features: Any = json.loads(metadata[b"huggingface"])["info"]["features"]
        return bool(features[column]["_type"] == "Image")
    except (KeyError, TypeError, ValueError):
        return False


def _groups(shard: Shard, metadata: pq.FileMetaData, ledger: Ledger) -> None:
    """Note row groups that the viewer cannot read, and columns without a page index."""
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        where = f"{shard.name}, row group {index}"
        if group.total_byte_size > MAX_GROUP_BYTES:
            size = f"{group.total_byte_size / 2**20:.0f} MiB"
            ledger.add("viewer", "a row group is over 286.10 MiB", f"{where}: {size}")
        columns = [group.column(i) for i in range(group.num_columns)]
        lacking = [c.path_in_schema for c in columns if not c.has_offset_index]
        if lacking and group.num_rows:
            ledger.add("viewer", "a row group has no page index", f"{where}: {lacking[0]}")


def _one_schema(opened: Mapping[Shard, pq.FileMetaData], ledger: Ledger) -> None:
    """Note shards whose columns are not those of the first shard of their configuration."""
    first: dict[str, tuple[Shard, pa.Schema]] = {}
    for shard, metadata in opened.items():
        schema = metadata.schema.to_arrow_schema()
        begun, wanted = first.setdefault(shard.config, (shard, schema))
        if not schema.equals(wanted):
            difference = next(_differences(wanted, schema), "another order of columns")
            where = f"{shard.name} and {begun.name}: {difference}"
            ledger.add("schema", "shards have different columns", where)


def _differences(one: pa.Schema, other: pa.Schema) -> Iterator[str]:
    """Yield how two schemas differ."""
    for name in dict.fromkeys([*one.names, *other.names]):
        kinds = [str(s.field(name).type) if name in s.names else "missing" for s in (one, other)]
        if kinds[0] != kinds[1]:
            yield f"{name} is {kinds[1]} here, {kinds[0]} there"
