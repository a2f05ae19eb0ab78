"""The files of a trained captioner that are published: weights, settings, card, scores, curves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from syned.errors import EngineError
from syned.recipes import check, read_yaml
from trainer.captioner import SETTINGS
from trainer.evaluate import PREDICTIONS, RESULT
from trainer.evaluation import Result
from trainer.model_card import write_card
from trainer.recipe import TrainRecipe

EXTRAS = ("curves.png", f"test/{RESULT}", f"test/{PREDICTIONS}")
"""Files of a training that go with its model."""


def model_files(training: Path, repo: str) -> dict[str, Path]:
    """Return the files of a finished training by their path in a repository.

    The card and the recipe are written anew in `TRAINING/publish`, with the repository's name and
    without the folders of this machine.

    Raises:
        EngineError: It is no finished training.
    """
    model = training / "model"
    if not (model / SETTINGS).is_file() or not (training / "training.json").is_file():
        raise EngineError(
            f"{training} is no finished training: expected model/{SETTINGS} and training.json in "
            "it, as `syned train` leaves them"
        )
    files = {path.name: path for path in sorted(model.iterdir()) if _is_plain(path)}
    files |= {name: training / name for name in EXTRAS if (training / name).is_file()}
    return files | {path.name: path for path in _described(training, repo)}


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _described(training: Path, repo: str) -> Iterator[Path]:
    """Write the card and the recipe, and yield where they are."""
    recipe = check(TrainRecipe, read_yaml(training / "recipe.yaml"), str(training / "recipe.yaml"))
    folder = training / "publish"
    folder.mkdir(exist_ok=True)
    write_card(folder, _without_folders(recipe), _facts(training), _tested(training), repo)
    yield folder / "README.md"
    yield folder / "recipe.yaml"


def _without_folders(recipe: TrainRecipe) -> TrainRecipe:
    """Return a recipe with the last piece of each path of this machine."""
    return TrainRecipe.model_validate(_shortened(recipe.model_dump(mode="json")))


def _shortened(value: Any) -> Any:
    """Return a value with the last piece of each path that is here, wherever it stands."""
    if isinstance(value, dict):
        paths = ("path", "base", "adapter")
        return {k: _name(v) if k in paths else _shortened(v) for k, v in value.items()}
    return [_shortened(item) for item in value] if isinstance(value, list) else value


def _name(value: Any) -> Any:
    is_path = isinstance(value, str) and Path(value).expanduser().exists()
    return Path(value).name if is_path else _shortened(value)


def _facts(training: Path) -> dict[str, Any]:
    """Return what there is to tell of a training.

    Raises:
        EngineError: The file is damaged.
    """
    path = training / "training.json"
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise EngineError(f"{path} is damaged ({error}); train again") from error
    return facts


def _tested(training: Path) -> Result | None:
    """Return what the best weights got on the test set.

    Raises:
        EngineError: The file is damaged.
    """
    path = training / "test" / RESULT
    try:
        return Result.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, ValidationError) as error:
        raise EngineError(f"{path} is damaged; train again ({error})") from error
