"""Turns a dataset into another layout, whole or not at all, and reads it back."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tarfile import TarError

from pipelines.exports import coco, folder, webdataset
from pipelines.exports.pairs import Pair, Placed, pack
from pipelines.exports.source import Source, open_source
from pipelines.verify.verify import Progress
from syned.dataset import DEFAULT
from syned.dataset_rows import DatasetRow
from syned.errors import SourceError
from syned.temporary import TEMPORARY


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that a dataset can be turned into.

    Attributes:
        files: A pattern of files by which such a folder is known.
        write: Writes pairs, which come split by split, into an empty folder.
        read: Yields split and row of all pairs, splits by name.
    """

    files: str
    write: Callable[[Path, Iterable[Pair], type[DatasetRow]], None]
    read: Callable[[Path], Iterator[Placed]]


LAYOUTS: Mapping[str, Layout] = {
    "webdataset": Layout(webdataset.FILES, webdataset.write, webdataset.read),
    "folder": Layout(folder.FILES, folder.write, folder.read),
    "coco": Layout(coco.FILES, coco.write, coco.read),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What there is after an export.

    Attributes:
        pairs: By split.
        made: Whether it was written now; else it was there.
        left_out: Columns that are no columns of syned and were not taken along.
    """

    pairs: Mapping[str, int]
    made: bool
    left_out: tuple[str, ...]


def export(
    place: Path,
    out: Path,
    to: str,
    *,
    config: str = DEFAULT,
    progress: Progress = lambda _done, _all: None,
) -> Exported:
    """Turn a configuration of a dataset into another layout; a few pairs are in memory at a time.

    Args:
        place: A run, a folder as it is on the Hub, or one Parquet file.
        out: A folder, which appears whole; if it is there, it is empty or holds the same export.
        to: One of `LAYOUTS`.
        config: Name of the configuration.
        progress: Told of the work.

    Raises:
        RunError: A run has no dataset yet.
        SourceError: There is no such dataset or configuration, it is damaged or has not the
            columns of pairs; or something else is where the export should go.
    """
    source, out = open_source(place, config), out.resolve()
    counts: Counter[str] = Counter()

    def counted(pairs: Iterable[Pair]) -> Iterator[Pair]:
        for pair in pairs:
            yield pair
            counts[pair.split] += 1
            progress(1, source.total)

    made = _is_free(out)
    if made:
        _refuse_inside(out, source, place)
        with _appears_whole(out) as building:
            LAYOUTS[to].write(building, counted(source.pairs()), source.row_type)
    elif not _same(counted(source.pairs(sorted(source.shards))), out, to):
        raise SourceError(
            f"{out} is not empty, and it is no {to} export of these pairs; "
            "give a folder that is empty or not there, or remove it"
        )
    in_order = {split: counts[split] for split in source.shards if counts[split]}
    return Exported(in_order, made, source.unknown)


def _is_free(out: Path) -> bool:
    """Say whether there is nothing at a place, or an empty folder."""
    if out.exists() and not out.is_dir():
        raise SourceError(f"{out} is a file; expected a folder that is empty or not there")
    return not out.exists() or not any(out.iterdir())


def _refuse_inside(out: Path, source: Source, place: Path) -> None:
    """Keep an export out of the folder of its dataset, where its files would count as shards."""
    if place.is_dir() and out.is_relative_to(source.folder.resolve()):
        raise SourceError(
            f"{out} lies within the dataset, {source.folder}; give a folder beside it"
        )


@contextmanager
def _appears_whole(out: Path) -> Iterator[Path]:
    """Give an empty folder that takes its place only once all is written; nothing else is left."""
    building = out.with_name(f"{TEMPORARY}{out.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        yield building
        if out.exists():
            out.rmdir()
        building.rename(out)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _same(pairs: Iterable[Pair], out: Path, to: str) -> bool:
    """Say whether a folder holds an export of some pairs, byte for byte."""
    if layout_of(out) != to:
        return False
    both = zip_longest(pairs, _there(out))
    return all(one and other and one.content == other.content for one, other in both)


def _there(out: Path) -> Iterator[Pair | None]:
    """Yield the pairs of an export; nothing in place of those that cannot be read."""
    try:
        for split, row in read_export(out):
            yield pack(split, row, str(out))
    except SourceError:
        yield None


def layout_of(path: Path) -> str | None:
    """Return the name of the layout that a folder has; nothing if it has none of `LAYOUTS`."""
    return next((n for n, layout in LAYOUTS.items() if any(path.glob(layout.files))), None)


def read_export(path: Path) -> Iterator[Placed]:
    """Yield what was exported: split and row of every pair, splits by name.

    Rows equal those of the dataset; of a configuration with the filter's decisions they are
    `RawRow`.

    Args:
        path: A folder that `export` made, of any layout.

    Raises:
        SourceError: It is none, or it is damaged.
    """
    name = layout_of(path)
    if name is None:
        expected = " or ".join(layout.files for layout in LAYOUTS.values())
        raise SourceError(f"{path} is no export; expected a folder with {expected}")
    try:
        yield from LAYOUTS[name].read(path)
    except (TarError, OSError, LookupError, TypeError, ValueError) as error:
        cause = f"{type(error).__name__}: {error}"
        raise SourceError(f"{path} cannot be read as {name} ({cause})") from error
