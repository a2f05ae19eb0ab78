"""What a recipe may say of where pictures come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from pipelines.sections.base import Section

SplitName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None
"""The dataset's split for all pairs of a source; drawn by `export.splits` if not given."""


class FolderSource(Section):
    """A folder of pictures, nested; with `metadata.jsonl` or `metadata.csv`, an imagefolder."""

    kind: Literal["folder"] = "folder"
    path: str
    """The folder; `builtin:photos` are the photographs that ship with syned."""
    license: str = ""
    """Licence of the pictures, where their metadata does not say."""
    weight: PositiveFloat = 1.0
    into: SplitName = None
    """Share of the pairs, relative to the other sources."""


class TableSource(Section):
    """Parquet files or a Hub dataset with an image column."""

    kind: Literal["table"] = "table"
    path: str
    """A Parquet file, a folder of them, or `owner/name` on the Hub."""
    split: str | None = None
    config: str | None = None
    revision: str | None = None
    image_column: str | None = None
    """The column of pictures; the only image column if not given."""
    caption_column: str | None = None
    """The column of captions of the picture; `caption` or `text` if there is one."""
    license: str = ""
    weight: PositiveFloat = 1.0
    into: SplitName = None


class EmuEditSource(Section):
    """The Emu Edit layout: image, instruction, task, input_caption, output_caption."""

    kind: Literal["emu_edit"] = "emu_edit"
    path: str = "facebook/emu_edit_test_set"
    """A Parquet file, a folder of them, or `owner/name` on the Hub."""
    split: str | None = None
    instructions: str | None = None
    """A file of lines `ROW <INSTRUCT> TEXT`: only these rows are used, with these instructions."""
    rows: PositiveInt | None = None
    """How many rows there have to be; a source with another number is refused."""
    revision: str | None = None
    license: str = "cc-by-nc-4.0"
    weight: PositiveFloat = 1.0
    into: SplitName = None


class PairsSource(Section):
    """Pairs that are there already, edited pictures included: an import, for the editor `given`."""

    kind: Literal["pairs"] = "pairs"
    path: str
    """A Parquet file, a folder of them, or `owner/name` on the Hub."""
    split: str | None = None
    revision: str | None = None
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Which column holds what, where the layout is none that is recognised (see `syned report`)."""
    license: str = ""
    """Licence of the pictures, where no column says it."""
    weight: PositiveFloat = 1.0
    into: SplitName = None


class ScenesSource(Section):
    """Drawn scenes of coloured shapes, every object known; needs no input."""

    kind: Literal["scenes"] = "scenes"
    min_objects: Annotated[int, Field(ge=1, le=6)] = 2
    max_objects: Annotated[int, Field(ge=1, le=6)] = 6
    simple: bool = False
    """Whether backgrounds have no marks, and objects are not small and lie in mid-cell: what a
    model of a few million numbers can read."""
    license: str = "cc0-1.0"
    weight: PositiveFloat = 1.0
    into: SplitName = None

    @model_validator(mode="after")
    def _ordered(self) -> ScenesSource:
        if self.min_objects > self.max_objects:
            raise ValueError(f"min_objects {self.min_objects} > max_objects {self.max_objects}")
        return self


Source = Annotated[
    FolderSource | TableSource | EmuEditSource | PairsSource | ScenesSource,
    Field(discriminator="kind"),
]
