"""The typed row at each stage boundary.

A row is a frozen dataclass; `syned.arrow` derives its schema from the annotations, so that the two
cannot disagree. Every row has a status, a reason and a message: no row vanishes.
Field names follow the releases of InstructPix2Pix, UltraEdit and Emu Edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

import numpy as np

from syned.reasons import Reason, Status, status_of

SCORE_NAMES = (
    "changed_area",
    "ssim",
    "clip_sim_image",
    "clip_sim_0",
    "clip_sim_1",
    "clip_sim_dir",
    "clip_sim_gain",
    "dino_sim",
    "caption_overlap",
    "caption_fit",
    "caption_defects",
    "nsfw_0",
    "nsfw_1",
)
"""The scores that a pair may have; rows hold a column for each (meanings: `ScoreRow`)."""

NUM_CAPTIONS = 5
"""Reference captions per pair, as in the Syned test set (arXiv 2412.15939)."""


class Task(StrEnum):
    """The kind of an edit: Emu Edit's eight tasks, and `none` for a pair without a difference."""

    ADD = "add"
    REMOVE = "remove"
    LOCAL = "local"
    BACKGROUND = "background"
    GLOBAL = "global"
    STYLE = "style"
    COLOR = "color"
    TEXT = "text"
    NONE = "none"


TASK_BACK = {Task.ADD: Task.REMOVE, Task.REMOVE: Task.ADD}
"""The task of a pair turned round, where it is another one."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An encoded picture, in the layout that Hugging Face `datasets` reads as an image."""

    bytes: bytes
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row carries."""

    status: Status = Status.OK
    reason: Reason | None = None
    message: str | None = None
    """One short line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow(Row):
    """One picture that the scan looked at; no pixels."""

    source: str
    """Name of the source."""
    source_number: int
    """Its place among the recipe's sources."""
    index: int
    """Its number within the source."""
    key: str
    """Where it was found: a path within the folder, or a row number."""
    image_id: str = ""
    """Hash of the source bytes; empty if they could not be read."""
    phash: str = ""
    """64-bit perceptual hash, 16 hex digits; empty if it could not be decoded."""
    has_instruction: bool = False
    """Whether an instruction came with it; then no other is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow(Row):
    """One source picture within one part."""

    image_id: str
    image: EncodedImage | None = None
    """RGB, at the recipe's resolution, encoded once and for all."""
    faces: str | None = None
    """JSON of the regions that were blurred, in pixels; nothing if no faces were looked for."""
    width: int = 0
    height: int = 0
    source: str
    key: str
    source_caption: str = ""
    license: str = ""
    scene: str | None = None
    """JSON of the drawn scene, or nothing for a picture."""
    given_instruction: str | None = None
    """An instruction that came with the picture (Emu Edit)."""
    given_task: Task | None = None
    given_edited_caption: str | None = None
    given_captions: Sequence[str] = ()
    given_edited_image: EncodedImage | None = None
    """An edited picture that came with it (an import), of the same size, encoded alike."""
    given: str = ""
    """Identifies what came with the picture."""
    into: str | None = None
    """The split that the recipe fixes for this source, or nothing for a drawn one."""
    first_number: int
    """The number of this part's first instruction of the picture within the run."""
    first_instruction: int
    """This part holds `num_instructions` of the picture's, from this number on."""
    num_instructions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructRow(Row):
    """One pair to be made: an instruction, five captions of the difference, one candidate."""

    pair_id: str
    instruction_id: str
    image_id: str
    given: str = ""
    """What came with the picture, as in its own row."""
    instruction_index: int
    """Its number among the picture's instructions."""
    candidate_index: int
    task: Task
    instruction: str = ""
    captions: Sequence[str] = ()
    source_caption: str = ""
    edited_caption: str = ""
    inverse_instruction: str = ""
    """What turns the edited picture back into the source; empty if nobody was asked."""
    inverse_captions: Sequence[str] = ()
    """Five captions of the difference seen from the edited picture, or none."""
    edit: str | None = None
    """JSON of the typed edit (procedural engines only)."""
    into: str | None = None
    """The split that the recipe fixes for the picture's source."""
    writer: str
    prompt_version: str
    attempts: int = 1
    raw_answer: str | None = None
    """What the model said, kept for a row that was turned away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRow(Row):
    """One edited picture and how it was made."""

    pair_id: str
    edited_image: EncodedImage | None = None
    faces: str | None = None
    """The same of those that were blurred after the edit."""
    editor: str
    seed: int
    guidance_scale: float | None = None
    image_guidance_scale: float | None = None
    num_inference_steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow(Row):
    """The scores of one pair. Similarities are cosines in [-1, 1].

    With I0, I1, T0, T1 the normalised embeddings of source picture, edited picture, source caption
    and edited caption; what no engine was asked for is missing.
    """

    pair_id: str
    changed_area: float | None = None
    """Share of pixels that visibly differ, in [0, 1]."""
    ssim: float | None = None
    phash: str = ""
    edited_phash: str = ""
    edited_id: str = ""
    """Hash of the edited picture's bytes."""
    clip_sim_image: float | None = None
    """cos(I0, I1)."""
    clip_sim_0: float | None = None
    """cos(I0, T0)."""
    clip_sim_1: float | None = None
    """cos(I1, T1)."""
    clip_sim_dir: float | None = None
    """cos(I1 - I0, T1 - T0)."""
    clip_sim_gain: float | None = None
    """cos(I1, T1) - cos(I1, T0): whether the edited caption fits better than the source's."""
    dino_sim: float | None = None
    """Cosine of the DINOv2 embeddings of both pictures."""
    caption_overlap: float | None = None
    """How much the two most similar of the five captions share of their words, in [0, 1]."""
    caption_fit: float | None = None
    """How much captions and edit speak of the same, in [0, 1] (`pipelines/scorers/captions.py`)."""
    caption_defects: float | None = None
    """How many of the five captions break a rule of clean text."""
    nsfw_0: float | None = None
    """How likely the source picture is not safe for work, a probability; next, the edited one."""
    nsfw_1: float | None = None
    image_embedding: np.ndarray | None = None
    """CLIP's I0, float16 (D,), L2-normalised; the next three alike."""
    edited_embedding: np.ndarray | None = None
    source_caption_embedding: np.ndarray | None = None
    edited_caption_embedding: np.ndarray | None = None


RowType = TypeVar("RowType", bound=Row)


class Cause(Protocol):
    """Why a row cannot go on: a `RowError`, or an engine's answer."""

    @property
    def reason(self) -> Reason:
        """Return the reason, from the closed set."""
        ...

    @property
    def message(self) -> str:
        """Return one short line for a person."""
        ...


def turned_away(row: RowType, cause: Cause) -> RowType:
    """Return a row with the status, reason and message of what kept it from going on."""
    status = status_of(cause.reason)
    return replace(row, status=status, reason=cause.reason, message=cause.message)
