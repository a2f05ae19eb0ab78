"""The rows that are decided and published: one per pair, as the filter and the export write them.

Field names follow the releases of InstructPix2Pix, UltraEdit and Emu Edit, as in `syned.rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syned.reasons import Status
from syned.rows import EncodedImage, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What the filter decided of one pair, kept or not."""

    pair_id: str
    image_id: str
    task: Task
    kept: bool
    stage: str
    """The stage that decided."""
    status: Status
    reason: str | None = None
    """The first rule that turned it away, or the reason of the stage where it failed."""
    value: float | None = None
    """The value that the rule looked at."""
    message: str | None = None
    rank: int | None = None
    """Place among the candidates of its instruction, 1 the best."""
    split: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One pair as it is published."""

    pair_id: str
    image_id: str
    image: EncodedImage
    edited_image: EncodedImage
    instruction: str
    captions: Sequence[str]
    """Five references that tell the difference from `image` to `edited_image`."""
    task: Task
    source_caption: str
    edited_caption: str
    changed_area: float | None
    ssim: float | None
    clip_sim_image: float | None
    clip_sim_0: float | None
    clip_sim_1: float | None
    clip_sim_dir: float | None
    clip_sim_gain: float | None
    dino_sim: float | None
    caption_overlap: float | None
    caption_fit: float | None
    caption_defects: float | None
    nsfw_0: float | None
    nsfw_1: float | None
    faces: int | None
    """Faces that were blurred in either picture; nothing if none were looked for."""
    inverse: bool
    """Whether the pair was turned round: `image` is then the edited picture."""
    source: str
    license: str
    writer: str
    prompt_version: str
    editor: str
    seed: int
    guidance_scale: float | None
    image_guidance_scale: float | None
    num_inference_steps: int | None
    edit: str | None
    """JSON of the typed edit, where the editor is procedural."""
    scene: str | None
    """JSON of the drawn scene, where the source is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow(DatasetRow):
    """One scored pair as it is published with all others, kept or not."""

    kept: bool
    reason: str | None
    """The first rule that turned it away."""
    value: float | None
    """The value that the rule looked at."""
    rank: int | None
    """Place among the candidates of its instruction, 1 the best."""
