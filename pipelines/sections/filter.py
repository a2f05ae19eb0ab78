"""What a recipe may say of which pairs are kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import Field, PositiveInt, model_validator

from pipelines.sections.base import Section
from syned.rows import Task
from syned.storage import protocol_of

RankBy = Literal[
    "clip_sim_dir",
    "clip_sim_image",
    "clip_sim_1",
    "clip_sim_gain",
    "dino_sim",
    "caption_fit",
    "ssim",
    "changed_area",
]

Scorer = Literal["clip", "dino", "nsfw"]


def _bound(low: float, high: float | None) -> Any:
    """Return a field for an optional bound between `low` and `high`."""
    return Field(default=None, ge=low, le=high)


Bound = float | None


class Bounds(Section):
    """Lower and upper bounds of scores, both kept; what the scores mean: `syned.rows.ScoreRow`.

    A pair that lacks a score is beyond its bounds. Pairs of task `none`, which do not differ, are
    spared by the bounds that ask for a difference (`pipelines.filter.MUST_CHANGE`).
    """

    max_nsfw: Bound = _bound(0, 1)
    """On the higher of `nsfw_0` and `nsfw_1`: both pictures must pass. It comes first, so that all
    pairs that fail it are counted. 0.5 is the default of data-juicer's `image_nsfw_filter`, with
    the same ViT; the authors of open_nsfw call scores below 0.2 safe and above 0.8 not safe."""
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
    min_clip_sim_gain: Bound = _bound(-2, 2)
    max_clip_sim_gain: Bound = _bound(-2, 2)
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
    """A set of rules by name (see `pipelines/presets`); what is given beside it replaces its
    values."""
    tuned_for: dict[Scorer, Definition] = Field(default_factory=dict)
    """The definitions of the scores that the bounds were found with; bounds on scores that are
    defined in another way are refused."""
    by_task: dict[Task, Bounds] = Field(default_factory=dict)
    """Bounds for the pairs of a task, in place of the general ones of the same name."""
    keep_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """Calibrated lower bounds keep this share, or just more, of those pairs of each task that are
    within the bounds above (`none` is left alone); no bound is calibrated if not given."""
    calibrate: Annotated[tuple[RankBy, ...], Field(min_length=1)] = (
        "clip_sim_image",
        "clip_sim_1",
        "clip_sim_dir",
    )
    """The scores that get a calibrated lower bound, all at the same quantile."""
    relative: bool = False
    """Keep a pair only if its `clip_sim_gain` is above 0: the edited picture fits its own caption
    better than the source's (SEED-Data-Edit, arXiv 2405.04007)."""
    against: tuple[str, ...] = ()
    """Evaluation sets: pairs of which either picture is close to one of theirs are removed. Each is
    a folder of pictures, Parquet files (all their columns of pictures), a run, a dataset, or
    `owner/name` on the Hub."""
    against_distance: Annotated[int, Field(ge=0, le=16)] = 6
    """Perceptual hashes that differ in at most so many of their 64 bits make pictures close."""
    against_similarity: Annotated[float, Field(gt=0, le=1)] | None = 0.95
    """Such a cosine of their CLIP embeddings, or a higher one, makes pictures close, in a run with
    CLIP; null compares hashes only, and then no model runs."""
    drop_duplicates: bool = True
    """Keep the first of pairs with the same edited picture of a picture, and of instructions of a
    picture in the same words."""
    near_duplicate_distance: Annotated[int, Field(ge=0, le=16)] | None = None
    """Pairs whose instructions are alike in words (`pipelines.diversity.signature`), and whose
    source and edited pictures have hashes that differ in at most so many bits each, are one; the
    first is kept."""
    max_instruction_repeats: PositiveInt | None = None
    """Keep so many instructions of the run that are alike in words, or but for one word in at least
    four (`pipelines.alike.repeated`): the first ones, with all their candidates. `none` is left
    alone."""
    rank_by: RankBy = "clip_sim_dir"
    """The score that ranks the candidates of one instruction, the highest first."""
    top_k: PositiveInt | None = None
    """Keep so many candidates of each instruction, the best by `rank_by`."""
    max_per_split: dict[str, PositiveInt] = Field(default_factory=dict)
    """Most pairs of a split: all the best candidates, then the second best, and so on; of one rank
    those with the highest score. Pairs that are exported turned round are not counted."""

    @model_validator(mode="before")
    @classmethod
    def _merged(cls, values: Any) -> Any:
        """Put what is given over the preset's values; null takes a value away."""
        if not isinstance(values, dict):
            return values
        name = values.get("preset")
        begun = {} if name is None else preset_values(str(name))
        return _without_nulls(cls, begun | values)

    def in_force(self) -> dict[str, Any]:
        """Return the rules that can turn a pair away, and what they depend on."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        values["drop_duplicates"] = self.drop_duplicates
        values |= {"by_task": _set_only(values.get("by_task", {}))}
        if self.top_k is not None or self.max_per_split:
            values["rank_by"] = self.rank_by
        if self.keep_rate is not None:
            values["calibrate"] = list(self.calibrate)
        if self.against:
            # The folders of a user's machine stay out of what is published.
            values["against"] = [_public(path) for path in self.against]
            values["against_distance"] = self.against_distance
            values["against_similarity"] = self.against_similarity
        # A bound of 0 is a rule, though it equals False.
        off: tuple[Any, ...] = (None, {}, [], False)
        return {
            name: value
            for name, value in values.items()
            if not any(type(value) is type(nothing) and value == nothing for nothing in off)
        }


def _without_nulls(model: type[Section], values: dict[str, Any]) -> dict[str, Any]:
    """Leave out nulls, in mappings too, unless a field knows what null means."""
    kept = {}
    for name, value in values.items():
        field = model.model_fields.get(name)
        if value is not None or field is None or type(None) in get_args(field.annotation):
            kept[name] = value
        if isinstance(value, dict):
            kept[name] = {key: item for key, item in value.items() if item is not None}
    return kept


def _public(path: str) -> str:
    """Return the last piece of a path on this machine; another name stays as it is."""
    stored = protocol_of(path) not in ("", "hf")
    return Path(path).name if stored or Path(path).is_absolute() else path


def _set_only(by_task: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the bounds of each task that are set."""
    return {
        task: {name: value for name, value in bounds.items() if value is not None}
        for task, bounds in by_task.items()
    }


def presets() -> dict[str, str]:
    """Return the text of each preset that ships with syned, by name."""
    folder = resources.files("pipelines") / "presets"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return {file.name.removesuffix(".yaml"): file.read_text(encoding="utf-8") for file in files}


def preset_values(name: str) -> dict[str, Any]:
    """Return the rules of a preset.

    Raises:
        ValueError: There is none of that name.
    """
    known = presets()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise ValueError(f"there is no preset {name!r}; {hint}")
    values: dict[str, Any] = yaml.safe_load(known[name])
    return values
