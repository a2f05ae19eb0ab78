"""What a recipe may say of which pairs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from pipelines.sections.base import Section
from syned.rows import Task

RankBy = Literal[
    "clip_sim_dir", "clip_sim_image", "clip_sim_1", "clip_sim_gain", "ssim", "changed_area"
]


def _bound(low: float, high: float | None) -> Any:
    """Return a field for an optional bound between `low` and `high`."""
    return Field(default=None, ge=low, le=high)


Bound = float | None


class Bounds(Section):
    """Lower and upper bounds of scores. Nothing given, no rule."""

    min_changed_area: Bound = _bound(0, 1)
    max_changed_area: Bound = _bound(0, 1)
    min_ssim: Bound = _bound(-1, 1)
    max_ssim: Bound = _bound(-1, 1)
    min_phash_distance: Bound = _bound(0, 64)
    max_phash_distance: Bound = _bound(0, 64)
    max_caption_defects: Bound = _bound(0, 5)
    max_caption_overlap: Bound = _bound(0, 1)
    min_caption_fit: Bound = _bound(0, 1)
    min_clip_sim_image: Bound = _bound(-1, 1)
    max_clip_sim_image: Bound = _bound(-1, 1)
    min_clip_sim_0: Bound = _bound(-1, 1)
    max_clip_sim_0: Bound = _bound(-1, 1)
    min_clip_sim_1: Bound = _bound(-1, 1)
    max_clip_sim_1: Bound = _bound(-1, 1)
    min_clip_sim_dir: Bound = _bound(-1, 1)
    max_clip_sim_dir: Bound = _bound(-1, 1)
    min_dino_sim: Bound = _bound(-1, 1)
    max_dino_sim: Bound = _bound(-1, 1)

    def bounds(self) -> Iterator[tuple[str, float]]:
        """Yield the bounds that are set, in the order in which they apply."""
        for name in Bounds.model_fields:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    @model_validator(mode="after")
    def _ordered(self) -> Bounds:
        found = dict(self.bounds())
        for name, low in found.items():
            high = found.get(f"max_{name[4:]}")
            if name.startswith("min_") and high is not None and low > high:
                raise ValueError(f"{name} {low} is above max_{name[4:]} {high}")
        return self


class Definition(Section):
    """What a score depends on, as far as it is told; thresholds hold for one definition."""

    backbone: str
    revision: str | None = None
    resize: str | None = None


class FilterConfig(Bounds):
    """Rules, applied in this order; the first that fails is the reason."""

    preset: str | None = None
    """A set of rules by name; what is given beside it replaces its values."""
    by_task: dict[Task, Bounds] = Field(default_factory=dict)
    """Bounds that replace those above for pairs of a task."""
    tuned_for: dict[Literal["clip", "dino"], Definition] = Field(default_factory=dict)
    """The definitions of the scores that the bounds were found with; others are refused."""
    keep_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the pairs of each task that calibrated lower bounds may keep."""
    calibrate: tuple[RankBy, ...] = ("clip_sim_image", "clip_sim_1", "clip_sim_dir")
    """The scores whose lower bounds are calibrated, where `keep_rate` is given."""
    relative: bool = False
    """Keep a pair only if its edited picture fits the edited caption better than the source's."""
    drop_duplicates: bool = True
    """Keep the first of pairs with the same edited picture or the same instruction of a picture."""
    near_duplicate_distance: Annotated[int, Field(ge=0, le=16)] | None = None
    """Pairs alike in words, of which both perceptual hashes differ in at most so many bits, are
    one."""
    max_instruction_repeats: PositiveInt | None = None
    """Keep so many instructions of the run that are alike in words."""
    against: tuple[str, ...] = ()
    """Evaluation sets: pairs with a picture that is close to one of theirs are removed."""
    against_distance: Annotated[int, Field(ge=0, le=16)] = 6
    """So many bits of the perceptual hashes make a picture close."""
    against_similarity: Annotated[float, Field(gt=0, le=1)] = 0.95
    """So high a cosine of CLIP's embeddings makes a picture close, where there are any."""
    rank_by: RankBy = "clip_sim_dir"
    """The score that ranks the candidates of one instruction, the highest first."""
    top_k: PositiveInt | None = None
    """Keep so many candidates of each instruction, the best by `rank_by`."""
    max_per_split: dict[str, PositiveInt] = Field(default_factory=dict)
    """Most pairs of a split: all the best candidates, then the second best, and so on."""
