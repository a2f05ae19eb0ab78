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
from trainer.mix import Part, Where, load_part
from trainer.pictures import InputShape
from trainer.recipe import DataConfig, TrainRecipe

FILES = (".jsonl", ".json")
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


def set_of(on: str | None, first: str, places: Mapping[str, str]) -> DataConfig:
    """Return the set that is named, or the test set of the training that made a captioner.

    Raises:
        RecipeError: It cannot be understood.
        SynedError: There is no such training, or it has no test set.
    """
    if on is not None:
        data, split, protocol = (*on.split(":"), "", "")[:3]
        values = {"data": data, "split": split or "test", "protocol": protocol or None}
        return check(DataConfig, values | {"path": places.get(data)}, f"--on {on}")
    recipe = Path(first).expanduser() / "recipe.yaml"
    if not recipe.is_file():
        raise SynedError(f"{first} is no training of syned; name the set with --on DATA:SPLIT")
    test = check(TrainRecipe, read_yaml(recipe), str(recipe)).mix.test
    if test is None:
        raise RecipeError(str(recipe), ["mix.test: there is none; name the set with --on"])
    return test.model_copy(update={"path": places.get(test.data, test.path)})


def evaluate_all(
    names: Sequence[str],
    config: DataConfig,
    root: Path,
    out: Path | None,
    *,
    base: str | None,
    paper: bool,
    batch_size: int | None,
) -> Evaluated:
    """Evaluate one or two on a set, and compare two.

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
            captioner = load_captioner(name, base, paper=paper, batch_size=batch_size)
        with tempfile.TemporaryDirectory() as ready:
            shape = captioner.shape if captioner else PLAIN
            part = _part(config, root, Path(ready), shape)
            result, own = _one(name, captioner, part, config)
            folder = _folder(name, config, out, several=len(names) > 1)
            save_result(folder, result, own, part, shape)
        results.append(result)
        judged.append(own)
        folders.append(folder)
    comparison = compare(judged[0], judged[1]) if len(judged) == 2 else None
    return Evaluated(tuple(results), comparison, tuple(folders))


def _part(config: DataConfig, root: Path, ready: Path, shape: InputShape) -> Part:
    where = Where(root, ready, shape, 0, lambda name, count: lambda: None)  # noqa: ARG005
    return load_part(config, where)


def _one(
    name: str, captioner: Captioner | None, part: Part, config: DataConfig
) -> tuple[Result, Judged]:
    if captioner is not None:
        return evaluate_part(captioner, part, config)
    captions = read_predictions(Path(name).expanduser())
    return evaluate_captions(name, captions, part, config, {})


def _folder(name: str, config: DataConfig, out: Path | None, *, several: bool) -> Path:
    """Return where the result of one is written."""
    own = Path(name).stem if Path(name).suffix in FILES else Path(name).name
    if out is not None:
        return out / own if several else out
    words = (config.data, str(config.split), config.protocol or "")
    return Path("evaluations") / f"{own}-on-{'-'.join(word for word in words if word)}"
