"""Which column of somebody else's table holds what."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from syned.errors import SynedError
from syned.rows import SCORE_NAMES


class Layout(BaseModel):
    """Columns of an edit dataset; nothing for what it does not have."""

    model_config = ConfigDict(frozen=True)

    name: str
    image: str | None = None
    edited_image: str | None = None
    instruction: str | None = None
    captions: tuple[str, ...] = ()
    """One column of lists, or one column for each caption."""
    task: str | None = None
    source_caption: str | None = None
    edited_caption: str | None = None
    scores: dict[str, str] = {}
    """The column of each score."""

    def told(self) -> str:
        """Return the mapping for a person."""
        single = ("image", "edited_image", "instruction", "task", "source_caption")
        found = {name: getattr(self, name) for name in (*single, "edited_caption")}
        found |= {"captions": ", ".join(self.captions)} | self.scores
        pairs = ", ".join(f"{name} = {column}" for name, column in found.items() if column)
        return f"Columns ({self.name}): {pairs}."


FIELDS = (
    *("image", "edited_image", "instruction", "captions", "task"),
    *("source_caption", "edited_caption", *SCORE_NAMES),
)
"""What a column can be named to hold."""

_CLIP = {f"clip_sim_{name}": f"clip_sim_{name}" for name in ("image", "dir")}
KNOWN = (
    Layout(
        name="syned",
        image="image",
        edited_image="edited_image",
        instruction="instruction",
        captions=("captions",),
        task="task",
        source_caption="source_caption",
        edited_caption="edited_caption",
    ),
    Layout(
        name="Emu Edit",
        image="image",
        edited_image="edited_image",
        instruction="instruction",
        task="task",
        source_caption="input_caption",
        edited_caption="output_caption",
    ),
    Layout(
        name="InstructPix2Pix",
        image="original_image",
        edited_image="edited_image",
        instruction="edit_prompt",
        source_caption="original_prompt",
        edited_caption="edited_prompt",
    ),
    Layout(
        name="UltraEdit",
        image="source_image",
        edited_image="edited_image",
        instruction="edit_prompt",
        source_caption="source_caption",
        edited_caption="target_caption",
        scores={**_CLIP, "clip_sim_0": "clip_sim_source", "clip_sim_1": "clip_sim_target"},
    ),
    Layout(
        name="MagicBrush", image="source_img", edited_image="target_img", instruction="instruction"
    ),
    Layout(
        name="HQ-Edit",
        image="input_image",
        edited_image="output_image",
        instruction="edit",
        source_caption="input",
        edited_caption="output",
    ),
)
"""Layouts that are recognised by their columns (the datasets' own cards on the Hub)."""


def layout_of(columns: Sequence[str], named: Mapping[str, Sequence[str]], where: str) -> Layout:
    """Return which column holds what.

    Args:
        columns: Of the table.
        named: What the user says, by field; it goes before what is recognised.
        where: The table, for messages.

    Raises:
        SynedError: A field or a column of the user's is not known, or no pictures are found.
    """
    _refuse_unknown(columns, named, where)
    found = next((known for known in KNOWN if _fits(known, columns)), Layout(name="as named"))
    values = found.model_dump() | {
        field: tuple(names) if field == "captions" else names[0]
        for field, names in named.items()
        if field not in SCORE_NAMES
    }
    scores = {name: name for name in SCORE_NAMES if name in columns} | values["scores"]
    scores |= {name: names[0] for name, names in named.items() if name in SCORE_NAMES}
    there = _only_there(values, columns) | {"scores": _there(scores, columns)}
    layout = Layout.model_validate(there)
    if layout.image is None or layout.edited_image is None or layout.instruction is None:
        raise SynedError(
            f"{where}: it is not clear which columns hold both pictures and the instruction; name "
            "them with --column image=… --column edited_image=… --column instruction=…. Found: "
            + ", ".join(columns)
        )
    return layout


def _refuse_unknown(columns: Sequence[str], named: Mapping[str, Sequence[str]], where: str) -> None:
    """Raise for a field or a column that is not known."""
    for field, names in named.items():
        if field not in FIELDS:
            raise SynedError(
                f"--column {field}=…: unknown{_near(field, FIELDS)} Known: {', '.join(FIELDS)}"
            )
        for name in names:
            if name not in columns:
                raise SynedError(
                    f"{where}: no column {name!r}{_near(name, columns)} Found: "
                    + ", ".join(columns)
                )


def _near(name: str, known: Sequence[str]) -> str:
    """Return the nearest known name as a question."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else "."


def _fits(layout: Layout, columns: Sequence[str]) -> bool:
    """Say whether a table has the columns that make a layout."""
    needed = (layout.image, layout.edited_image, layout.instruction, *layout.captions)
    return all(name in columns for name in needed)


def _only_there(values: dict[str, object], columns: Sequence[str]) -> dict[str, object]:
    """Return a layout's values without columns that the table lacks."""
    return {
        field: None if isinstance(name, str) and field != "name" and name not in columns else name
        for field, name in values.items()
    }


def _there(scores: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return the scores whose columns the table has."""
    return {name: column for name, column in scores.items() if column in columns}
