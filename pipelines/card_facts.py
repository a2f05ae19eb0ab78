"""What a dataset card says of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.funnel import Funnel
from pipelines.recipe import Recipe
from syned.dataset_rows import DatasetRow


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """What a card says of a configuration beside the default one.

    Attributes:
        name: Of the configuration, and of the folder with its shards.
        meaning: What is in it.
        splits: Pairs per split, in order; only those that were written.
        row_type: The type of its rows.
    """

    name: str
    meaning: str
    splits: Mapping[str, int]
    row_type: type[DatasetRow]


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What a card says of one check.

    Attributes:
        what: What has to hold.
        ok: Whether it does.
    """

    what: str
    ok: bool


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says of a run.

    Attributes:
        name: What the dataset is called.
        recipe: The run's recipe.
        funnel: The run in numbers.
        splits: Pairs per split, in order; only those that were written.
        licenses: Pairs per licence of the source picture.
        sources: The same for each source of pictures.
        prompt_version: Version of the prompt or of the templates.
        inverse: How many of the pairs are others turned round.
        faces: How many pairs have a face that was blurred; nothing if none were looked for.
        definitions: What the scores of each scorer depend on, such as backbone and resize.
        repo: Where it is published, as `owner/name`; a stand-in if that is not known.
        configs: Further configurations.
        pictures: Those that lie in the folder `card`, by name.
        checks: What was verified; nothing if nothing was.
        commits: What was loaded from the Hub, by the key of the recipe that names it.
    """

    name: str
    recipe: Recipe
    funnel: Funnel
    splits: Mapping[str, int]
    licenses: Mapping[str, int]
    prompt_version: str
    inverse: int = 0
    faces: int | None = None
    definitions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repo: str = "path/to/this/dataset"
    configs: Sequence[ConfigFacts] = ()
    pictures: Sequence[str] = ()
    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    checks: Sequence[CheckFacts] = ()
    commits: Mapping[str, Sequence[str]] = field(default_factory=dict)
