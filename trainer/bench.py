"""`syned evaluate`: one set, one or two captioners or files of captions."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syned.errors import RecipeError, SynedError
from syned.recipes import check, read_yaml
from trainer.captioner import Captioner, load_captioner
from trainer.evaluate import evaluate_captions, evaluate_part, save_result
from trainer.evaluation import Comparison, Judged, Result, compare
from trainer.metrics.files import read_predictions
from trainer.metrics.join import refuse_empty
from trainer.mix import Part, Where, load_part
from trainer.pictures import InputShape
from trainer.recipe import DataConfig, TrainRecipe
from trainer.resolve import only_used

FILES = (".jsonl", ".json")
COMMON = ("model", "predictions", "test")
"""Names that many captioners and files of captions have; their folder's name goes before them."""
PLAIN = InputShape(224)
"""How pictures are joined for a page of captions that no captioner here made."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Results of one or two, and whether the second is better."""

    results: tuple[Result, ...]
    comparison: Comparison | None
    folders: tuple[Path, ...]

    def as_json(self) -> str:
        """Return everything as JSON."""
        compared = self.comparison.model_dump() if self.comparison else None
        results = [result.model_dump(mode="json") for result in self.results]
        return json.dumps({"results": results, "comparison": compared}, indent=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """How captioners are loaded, and files of captions taken.

    Attributes:
        base: The base of an adapter, where it is not what the adapter names.
        paper: Whether pictures are prepared as in the paper's release.
        batch_size: Pairs at once; as in training if not given.
        allow_empty: Whether captions of a file may say nothing.
    """

    base: str | None = None
    paper: bool = False
    batch_size: int | None = None
    allow_empty: bool = False


def set_of(
    on: str | None, first: str, places: Mapping[str, str], root: Path
) -> tuple[DataConfig, int]:
    """Return the set that is named, or the test set of the training that made a captioner.

    Beside it comes the seed that some of its pairs are drawn with, where only some are wanted.

    Args:
        on: `DATA[:SPLIT[:PROTOCOL]]`.
        first: The captioner.
        places: Where datasets are, by name.
        root: Of all others; where it has no such set, the root that the training had.

    Raises:
        RecipeError: It cannot be understood, or a place is of another set.
        SynedError: There is no such training, or it has no test set.
    """
    if on is not None:
        data, split, protocol = (*on.split(":"), "", "")[:3]
        only_used(places, {data})
        values = {"data": data, "split": split or "test", "protocol": protocol or None}
        return check(DataConfig, values | {"path": places.get(data)}, f"--on {on}"), 0
    recipe = Path(first).expanduser() / "recipe.yaml"
    if not recipe.is_file():
        raise SynedError(f"{first} is no training of syned; name the set with --on DATA:SPLIT")
    trained = check(TrainRecipe, read_yaml(recipe), str(recipe))
    test = trained.mix.test
    if test is None:
        raise RecipeError(str(recipe), ["mix.test: there is none; name the set with --on"])
    only_used(places, {test.data})
    place = places.get(test.data, test.path)
    if place is None and not (root / test.data).exists():
        place = _place_in_training(Path(first).expanduser(), test.data)
    return test.model_copy(update={"path": place}), trained.seed


def _place_in_training(folder: Path, data: str) -> str | None:
    """Return where a training had a dataset, if it is finished and tells."""
    facts = folder / "training.json"
    if not facts.is_file():
        return None
    root = json.loads(facts.read_text(encoding="utf-8")).get("root")
    return str(Path(root) / data) if root else None


def evaluate_all(
    names: Sequence[str],
    config: DataConfig,
    seed: int,
    root: Path,
    out: Path | None,
    asked: Asked,
) -> Evaluated:
    """Evaluate one or two on a set, and compare two.

    Args:
        names: Captioners, or files of captions.
        config: The set.
        seed: Of the choice of pairs, where the set is to have some of them only.
        root: Folder with a folder of its own for each dataset.
        out: Folder for what is written; named after captioner and set if not given.
        asked: How captioners are loaded and captions taken.

    Raises:
        SynedError: A captioner, a file or the set cannot be read.
        ScoreError: Captions are not of the set's pairs.
    """
    results: list[Result] = []
    judged: list[Judged] = []
    folders: list[Path] = []
    for name in names:
        captioner = None
        if Path(name).suffix not in FILES:
            captioner = load_captioner(
                name, asked.base, paper=asked.paper, batch_size=asked.batch_size
            )
        with tempfile.TemporaryDirectory() as ready:
            shape = captioner.shape if captioner else PLAIN
            part = _part(config, seed, root, Path(ready), shape)
            result, own = _one(name, captioner, part, config, allow_empty=asked.allow_empty)
            folder = _folder(name, config, out, several=len(names) > 1)
            folder = folder.with_name(f"{folder.name}-2") if folder in folders else folder
            save_result(folder, result, own, part, shape)
        results.append(result)
        judged.append(own)
        folders.append(folder)
    comparison = compare(judged[0], judged[1]) if len(judged) == 2 else None
    return Evaluated(tuple(results), comparison, tuple(folders))


def _part(config: DataConfig, seed: int, root: Path, ready: Path, shape: InputShape) -> Part:
    where = Where(root, ready, shape, seed, lambda name, count: lambda: None)  # noqa: ARG005
    return load_part(config, where)


def _one(
    name: str, captioner: Captioner | None, part: Part, config: DataConfig, *, allow_empty: bool
) -> tuple[Result, Judged]:
    if captioner is not None:
        return evaluate_part(captioner, part, config)
    captions = read_predictions(Path(name).expanduser())
    if not allow_empty:
        refuse_empty(captions)
    return evaluate_captions(name, captions, part, config, {})


def _folder(name: str, config: DataConfig, out: Path | None, *, several: bool) -> Path:
    """Return where the result of one is written."""
    path = Path(name)
    own = [path.stem if path.suffix in FILES else path.name.replace(":", "-")]
    for parent in path.parents:
        own = [parent.name, *own] if own[0] in COMMON and parent.name else own
    if out is not None:
        return out / "-".join(own) if several else out
    words = (*own, "on", config.data, str(config.split), config.protocol or "")
    return Path("evaluations") / "-".join(word for word in words if word)
