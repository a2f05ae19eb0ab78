"""Tables with an image column: Parquet files and Hub datasets, read through `datasets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sections.sources import EmuEditSource, TableSource
from pipelines.sources.base import SourcePicture, as_task, as_text
from pipelines.sources.cells import (
    caption_column,
    cell_bytes,
    cell_text,
    folders_of,
    image_column,
    image_column_names,
)
from pipelines.sources.instructions import check_rows, read_instructions
from pipelines.sources.load_table import load_table, local_path, undecoded
from syned.errors import SourceError
from syned.storage import protocol_of

EMU_EDIT_COLUMNS = ("image", "instruction", "task", "input_caption", "output_caption")
"""As in facebook/emu_edit_test_set."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; nothing for what a table does not have."""

    image: str
    caption: str | None = None
    instruction: str | None = None
    task: str | None = None
    edited_caption: str | None = None

    def names(self) -> list[str]:
        """Return the columns that are there."""
        return [getattr(self, field) for field in self.__slots__ if getattr(self, field)]


class TablePictures:
    """The pictures of a table, in its order.

    Args:
        dataset: The table, with the bytes of its pictures as they are.
        columns: Which column holds what.
        config: Where it came from.
        instructions: The rows that are used and the instructions for them, instead of all rows
            with their own.
    """

    is_far = False

    def __init__(
        self,
        dataset: Any,
        columns: Columns,
        config: TableSource,
        instructions: Mapping[int, str] | None = None,
    ) -> None:
        local = local_path(config.path)
        named = local.exists() or protocol_of(config.path) not in ("", "hf")
        self.name = f"table:{as_text(local.name)}" if named else config.path
        self._folders = folders_of(local)
        self._dataset = dataset.select_columns(columns.names())
        self._columns = columns
        self._license = config.license
        self._instructions = instructions or {}
        self._rows: Sequence[int] = list(self._instructions) or range(len(dataset))

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, index: int) -> str:
        """Return the number of the row."""
        return str(self._rows[index])

    def read(self, index: int) -> SourcePicture:
        """Read picture `index`.

        Raises:
            RowError: UNREADABLE, for a cell without a picture.
        """
        number, columns = self._rows[index], self._columns
        row = self._dataset[number]
        return SourcePicture(
            data=cell_bytes(row[columns.image], self._folders),
            key=self.key(index),
            caption=cell_text(row, columns.caption),
            license=self._license,
            instruction=self._instructions.get(number)
            or cell_text(row, columns.instruction)
            or None,
            task=as_task(cell_text(row, columns.task)),
            edited_caption=cell_text(row, columns.edited_caption) or None,
        )


def open_table(config: TableSource) -> TablePictures:
    """Open Parquet files or a Hub dataset. Without a split, all splits are read, one after another.

    Raises:
        SourceError: It cannot be read, or it is unclear which column holds the pictures.
    """
    dataset = load_table(config)
    image = image_column(dataset.features, config.image_column, config.path)
    caption = caption_column(dataset.features, config.caption_column, config.path)
    return TablePictures(undecoded(dataset, image), Columns(image, caption), config)


def image_columns(config: TableSource) -> list[str]:
    """Return all columns of a table that can hold pictures.

    Raises:
        SourceError: It cannot be read, or it has none.
    """
    features = load_table(config).features
    found = image_column_names(features)
    return found or [image_column(features, None, config.path)]


def open_emu_edit(config: EmuEditSource) -> TablePictures:
    """Open a table in the layout of Emu Edit: pictures with instructions, tasks and captions.

    Raises:
        SourceError: It cannot be read, or columns are missing.
    """
    shared = config.model_dump(include={"path", "split", "revision", "license"})
    table = TableSource(**shared)
    dataset = load_table(table)
    missing = [name for name in EMU_EDIT_COLUMNS if name not in dataset.features]
    if missing:
        raise SourceError(
            f"{as_text(config.path)}: no column {', '.join(missing)}, which the Emu Edit layout "
            f"has; found {', '.join(dataset.features)}. For other tables use `kind: table`"
        )
    image = image_column(dataset.features, "image", config.path)
    columns = Columns(image, "input_caption", "instruction", "task", "output_caption")
    return TablePictures(undecoded(dataset, image), columns, table, _chosen(dataset, config))


def _chosen(dataset: Any, config: EmuEditSource) -> dict[int, str] | None:
    """Return the instructions of the rows that are used, or nothing if all are, with their own."""
    given = None if config.instructions is None else read_instructions(config.instructions)
    if given is not None and max(given) >= len(dataset):
        raise SourceError(
            f"{config.instructions} names row {max(given)}, but {as_text(config.path)} has "
            f"{len(dataset)} rows; is it the file of another split?"
        )
    check_rows(config, len(dataset if given is None else given))
    return given
