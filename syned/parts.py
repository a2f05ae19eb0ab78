"""Parts: the unit of work. A part appears whole, and its sidecar's presence means that it is done.

part-00000.parquet   rows, written under a temporary name, synced and renamed
part-00000.json      rows, counts per status and reason, seconds, hashes; written last
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from syned.arrow import arrow_schema, from_batch, to_table
from syned.batches import batched
from syned.ids import digest, file_sha256
from syned.parquet import open_writer, read_batches
from syned.reasons import Status
from syned.rows import Row
from syned.storage import Place, read_files, remove, sizes, write_whole, written_whole

ROWS_PER_GROUP = 64
INDEX = "parts.json"
R = TypeVar("R", bound=Row)
OnRows = Callable[[Sequence[Row]], None]


class Summary(BaseModel):
    """The sidecar of a part."""

    model_config = ConfigDict(frozen=True)

    rows: int
    statuses: dict[Status, int]
    reasons: dict[str, int]
    """Rows per reason, of those that are not ok."""
    seconds: float
    fingerprint: str
    """Of the stage's version and config, and of the stages before it."""
    bytes: int
    """Of the part's file."""
    sha256: str
    """Of the part's file."""
    before: str = ""
    """The mark of the part that this one was made from."""

    @property
    def mark(self) -> str:
        """Identify this part's content together with what it was made from."""
        return digest(self.sha256, self.before)


_Index = TypeAdapter(dict[int, Summary])


def part_path(folder: Place, index: int) -> Place:
    """Return the path of a part's rows."""
    return folder / f"part-{index:05d}.parquet"


def summary_path(folder: Place, index: int) -> Place:
    """Return the path of a part's sidecar."""
    return part_path(folder, index).with_suffix(".json")


def write_part(
    folder: Place,
    index: int,
    rows: Iterable[Row],
    row_type: type[Row],
    fingerprint: str,
    *,
    before: str = "",
    metadata: Mapping[str, str] | None = None,
    on_rows: OnRows | None = None,
) -> Summary:
    """Write one part and its sidecar.

    Args:
        folder: The stage's folder.
        index: The part's number.
        rows: The part's rows; consumed a few at a time.
        row_type: Their type, which gives the schema.
        fingerprint: Kept in the sidecar.
        before: The mark of the part that this one is made from.
        metadata: Kept in the file's schema.
        on_rows: Called with each group of rows once it is written.

    Returns:
        The sidecar.
    """
    start = time.monotonic()
    counts: Counter[tuple[Status, str | None]] = Counter()
    schema = arrow_schema(row_type).with_metadata(metadata)
    with written_whole(part_path(folder, index)) as temporary:
        with open_writer(temporary, schema) as writer:
            for group in batched(rows, ROWS_PER_GROUP):
                writer.write_table(to_table(group, row_type).replace_schema_metadata(metadata))
                counts.update((row.status, row.reason) for row in group)
                if on_rows is not None:
                    on_rows(group)
        summary = Summary(
            **_counted(counts),
            seconds=round(time.monotonic() - start, 3),
            fingerprint=fingerprint,
            bytes=temporary.stat().st_size,
            sha256=file_sha256(temporary),
            before=before,
        )
        # A part that replaces another must never be met beside the other's sidecar.
        remove(summary_path(folder, index))
    write_whole(summary_path(folder, index), summary.model_dump_json(indent=1))
    return summary


def _counted(counts: Counter[tuple[Status, str | None]]) -> dict[str, Any]:
    """Add up what became of the rows of a part."""
    statuses: Counter[Status] = Counter()
    reasons: Counter[str] = Counter()
    for (status, reason), number in sorted(counts.items(), key=str):
        statuses[status] += number
        if reason is not None:
            reasons[reason] += number
    return {"rows": counts.total(), "statuses": dict(statuses), "reasons": dict(reasons)}


def read_summary(folder: Place, index: int) -> Summary | None:
    """Return a part's sidecar, or nothing if the part is not done."""
    return read_summaries(folder, [index]).get(index)


def read_summaries(folder: Place, indices: Sequence[int]) -> dict[int, Summary]:
    """Return the sidecars of those parts that are done.

    A sidecar that cannot be read, or a part that is not there or not of the noted size, counts as
    not done: the part is made again. One listing tells what is there.
    """
    found = sizes(folder)
    read: dict[int, Summary | None] = {**_read_index(folder)} if INDEX in found else {}
    names = {summary_path(folder, i).name: i for i in indices if i not in read}
    texts = read_files(folder, [name for name in names if name in found])
    read |= {names[name]: _parsed(text) for name, text in texts.items()}
    wanted = set(indices)
    return {
        index: summary
        for index, summary in sorted(read.items())
        if index in wanted
        and summary is not None
        and summary_path(folder, index).name in found
        and found.get(part_path(folder, index).name) == summary.bytes
    }


def write_index(folder: Place, summaries: Mapping[int, Summary]) -> None:
    """Keep the sidecars of a finished stage in one file, in a store, where each is a request.

    Whoever makes a part anew removes the file before.
    """
    if not isinstance(folder, Path):
        write_whole(folder / INDEX, _Index.dump_json(dict(summaries)).decode())


def remove_index(folder: Place) -> None:
    """Forget the sidecars of a finished stage, before one of its parts is made anew."""
    if not isinstance(folder, Path):
        remove(folder / INDEX)


def _read_index(folder: Place) -> dict[int, Summary]:
    """Return the sidecars that are kept in one file; none if it cannot be read."""
    try:
        return _Index.validate_json(read_files(folder, [INDEX])[INDEX])
    except (KeyError, ValidationError):
        return {}


def _parsed(text: bytes) -> Summary | None:
    """Return a sidecar, unless it cannot be read."""
    try:
        return Summary.model_validate_json(text)
    except ValidationError:
        return None


def read_part(folder: Place, index: int, row_type: type[R]) -> Iterator[R]:
    """Yield the rows of a part, a few in memory at a time.

    Raises:
        RunError: The part is missing or damaged.
    """
    for batch in read_batches(part_path(folder, index)):
        yield from from_batch(batch, row_type)
