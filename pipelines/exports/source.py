"""Reads the pairs of one configuration of a dataset, and says what keeps them from being read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.exports.pairs import Pair, pack
from pipelines.verify.layout import look_at_files
from pipelines.verify.report import Ledger
from syned.arrow import arrow_schema, from_batch
from syned.dataset import DEFAULT, Dataset, Shard, open_dataset
from syned.dataset_rows import DatasetRow, RawRow
from syned.errors import SourceError
from syned.parquet import cause_of

BATCH = 32
"""Rows in memory at once."""
_SPLIT = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """The pairs of one configuration.

    Attributes:
        folder: The dataset's.
        shards: Of each split, in the dataset's order.
        row_type: `RawRow` if the shards have its columns, else `DatasetRow`.
        total: The number of pairs.
        unknown: Columns that no row type has; they are not read.
    """

    folder: Path
    shards: Mapping[str, Sequence[Shard]]
    row_type: type[DatasetRow]
    total: int
    unknown: tuple[str, ...]

    def pairs(self, splits: Iterable[str] | None = None) -> Iterator[Pair]:
        """Yield the pairs split by split, a few in memory at a time.

        Args:
            splits: In which order; in the dataset's if nothing is said.

        Raises:
            SourceError: A shard is damaged, or a row cannot be written.
        """
        for split in splits or self.shards:
            keys: set[str] = set()
            for where, row in self._rows(split):
                pair = pack(split, row, where)
                if pair.key in keys:
                    told = f"{where}: another pair of {split} has the same pair_id"
                    raise SourceError(f"{told}; expected one that no other pair has")
                keys.add(pair.key)
                yield pair

    def _rows(self, split: str) -> Iterator[tuple[str, DatasetRow]]:
        """Yield the rows of a split, each with the place where it is."""
        for shard in self.shards[split]:
            number = 0
            for batch in _batches(shard, self.row_type):
                for row in _parsed(batch, self.row_type, f"{shard.path} row {number} and after"):
                    yield f"{shard.path} row {number} ({row.pair_id})", row
                    number += 1


def open_source(place: Path, config: str = DEFAULT) -> Source:
    """Find the pairs of a configuration, and check what can be checked before they are read.

    Args:
        place: A run, a folder as it is on the Hub, or one Parquet file.
        config: Name of the configuration.

    Raises:
        RunError: A run has no dataset yet.
        SourceError: There is no dataset or no such configuration, a shard is missing or damaged,
            or its columns are not those of pairs.
    """
    dataset = open_dataset(place)
    shards = tuple(shard for shard in dataset.shards if shard.config == config)
    if not shards:
        there = ", ".join(dict.fromkeys(shard.config for shard in dataset.shards)) or "none"
        raise SourceError(f"{place}: there is no configuration {config!r}; there are: {there}")
    opened = _opened(replace(dataset, shards=shards, stray=()), place)
    schemas = {shard: found.schema.to_arrow_schema() for shard, found in opened.items()}
    row_type = _row_type(schemas)
    total = sum(found.num_rows for found in opened.values())
    if not total:
        raise SourceError(f"{place}: the configuration {config!r} holds no pairs")
    return Source(dataset.folder, _by_split(shards), row_type, total, _unknown(schemas, row_type))


def _opened(dataset: Dataset, place: Path) -> dict[Shard, Any]:
    """Return the metadata of all shards, none of which may be missing or damaged."""
    ledger = Ledger()
    opened = look_at_files(dataset, ledger)
    for check in ledger.checks(against=False):
        if check.name == "files" and check.problems:
            found = check.problems[0]
            more = f"`syned verify {place}` tells all that is wrong"
            raise SourceError(f"{place}: {found.kind}: {found.examples[0]}\n{more}")
    return opened


def _by_split(shards: Iterable[Shard]) -> dict[str, list[Shard]]:
    """Return shards by their split, whose name becomes the name of files."""
    found: dict[str, list[Shard]] = {}
    for shard in shards:
        if _SPLIT.fullmatch(shard.split) is None:
            name = f"{shard.split!r} is no name of a split"
            raise SourceError(f"{shard.path}: {name}; expected letters, digits, `_`, `-` and `.`")
        found.setdefault(shard.split, []).append(shard)
    return found


def _row_type(schemas: Mapping[Shard, pa.Schema]) -> type[DatasetRow]:
    """Return the type of the rows of some shards.

    Raises:
        SourceError: The shards have not the columns of pairs.
    """
    raw = all(not _missing(schema, RawRow) for schema in schemas.values())
    row_type = RawRow if raw else DatasetRow
    for shard, schema in schemas.items():
        missing = _missing(schema, row_type)
        if missing:
            told = f"it lacks the columns {', '.join(missing)}; found are {', '.join(schema.names)}"
            raise SourceError(f"{shard.path} is no shard of a dataset of syned: {told}")
        wrong = next(_wrong(schema, arrow_schema(row_type)), None)
        if wrong is not None:
            raise SourceError(f"{shard.path} is no shard of a dataset of syned: {wrong}")
    return row_type


def _missing(schema: pa.Schema, row_type: type[DatasetRow]) -> list[str]:
    return [name for name in row_type.__dataclass_fields__ if name not in schema.names]


def _wrong(schema: pa.Schema, expected: pa.Schema) -> Iterator[str]:
    """Yield what is wrong with the types of columns; what can be cast is right."""
    for field in expected:
        found = schema.field(field.name).type
        try:
            pa.nulls(0, found).cast(field.type)
        except pa.ArrowException:
            yield f"the column {field.name} is {found}, expected {field.type}"


def _unknown(schemas: Mapping[Shard, pa.Schema], row_type: type[DatasetRow]) -> tuple[str, ...]:
    """Return the columns that are there and in no row type."""
    names = dict.fromkeys(name for schema in schemas.values() for name in schema.names)
    return tuple(name for name in names if name not in row_type.__dataclass_fields__)


def _batches(shard: Shard, row_type: type[DatasetRow]) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a row type; damage is met by the checksums of pages, if there are."""
    columns = list(row_type.__dataclass_fields__)
    try:
        with pq.ParquetFile(shard.path, pre_buffer=False, page_checksum_verification=True) as file:
            yield from file.iter_batches(BATCH, columns=columns)
    except (pa.ArrowException, OSError) as error:
        told = f"`syned verify {shard.path}` tells which rows"
        raise SourceError(f"{shard.path} is damaged ({cause_of(error)}); {told}") from error


def _parsed(batch: pa.RecordBatch, row_type: type[DatasetRow], where: str) -> list[DatasetRow]:
    """Return the rows of a batch."""
    schema = arrow_schema(row_type)
    try:
        return from_batch(
            pa.Table.from_batches([batch]).select(schema.names).cast(schema), row_type
        )
    except (pa.ArrowException, ValueError) as error:
        raise SourceError(f"{where}: a value is not as expected ({cause_of(error)})") from error
