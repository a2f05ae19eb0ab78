"""Pairs of pictures that somebody else has made, with instructions and perhaps captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.sections.sources import PairsSource, TableSource
from pipelines.sources.base import SourcePicture, as_task, as_text
from pipelines.sources.cells import cell_bytes, cell_text, folders_of
from pipelines.sources.layouts import Layout, layout_of
from pipelines.sources.load_table import load_files, load_table, undecoded
from syned.dataset import open_dataset
from syned.errors import RowError, SourceError
from syned.reasons import Reason

LICENSE = "license"
"""The column of licences, if there is one."""


class GivenPairs:
    """The pairs of a table, in its order.

    Args:
        table: With the bytes of pictures as they are.
        layout: Which column holds what.
        config: Where it came from.
    """

    is_far = False

    def __init__(self, table: Any, layout: Layout, config: PairsSource) -> None:
        place = Path(config.path).expanduser()
        split = f" {config.split}" if config.split else ""
        self.name = (f"pairs:{as_text(place.name)}" if place.exists() else config.path) + split
        self._folders = folders_of(place)
        self._table = table
        self._layout = layout
        self._license = config.license

    def __len__(self) -> int:
        return len(self._table)

    def key(self, index: int) -> str:
        """Return the number of the row."""
        return str(index)

    def read(self, index: int) -> SourcePicture:
        """Read pair `index`.

        Raises:
            RowError: UNREADABLE, for a row without both pictures; NO_INSTRUCTION.
        """
        row, layout = self._table[index], self._layout
        assert layout.image is not None, "a layout has both pictures"
        assert layout.edited_image is not None, "a layout has both pictures"
        instruction = cell_text(row, layout.instruction)
        if not instruction:
            raise RowError(Reason.NO_INSTRUCTION, "the row has no instruction")
        return SourcePicture(
            data=cell_bytes(row[layout.image], self._folders),
            key=self.key(index),
            caption=cell_text(row, layout.source_caption),
            license=(cell_text(row, LICENSE) if LICENSE in row else "") or self._license,
            instruction=instruction,
            task=as_task(cell_text(row, layout.task)),
            edited_caption=cell_text(row, layout.edited_caption) or None,
            edited=cell_bytes(row[layout.edited_image], self._folders),
            captions=tuple(_captions(row, layout)),
        )


def _captions(row: dict[str, Any], layout: Layout) -> list[str]:
    """Return the captions of a row without white space at their ends, none empty or twice."""
    cells = [row[column] for column in layout.captions]
    texts = [text for cell in cells for text in (cell if isinstance(cell, list) else [cell])]
    plain = (" ".join(as_text(str(text)).split()) for text in texts if text is not None)
    return list(dict.fromkeys(text for text in plain if text))


def open_pairs(config: PairsSource) -> GivenPairs:
    """Open Parquet files or a Hub dataset of pairs.

    Raises:
        SourceError: It cannot be read.
        SynedError: It is not clear which column holds what.
    """
    table = _load(config)
    layout = layout_of(table.column_names, config.columns, as_text(config.path))
    for column in (layout.image, layout.edited_image):
        assert column is not None, "a layout has both pictures"
        table = undecoded(table, column)
    return GivenPairs(table, layout, config)


def _load(config: PairsSource) -> Any:
    """Return a table; of a folder, the files of the split."""
    place = Path(config.path).expanduser()
    if place.is_file():
        return load_files([str(place)], config.path)
    if not place.is_dir() or config.split is None:
        return load_table(
            TableSource(path=config.path, split=config.split, revision=config.revision)
        )
    shards = [s for s in open_dataset(place).shards if s.split == config.split]
    if not shards:
        raise SourceError(f"{as_text(config.path)}: no Parquet file of a split {config.split}")
    return load_files([str(shard.path) for shard in shards], config.path)
