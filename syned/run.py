"""A run is a folder: its recipe, its stages' parts, its logs and its dataset."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from syned.errors import RunError
from syned.parts import write_whole

MISSING = "(not set)"


class RunFolder:
    """The paths within a run, and its recipe.

    Args:
        path: The run's folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe_path = path / "recipe.yaml"
        self.dataset = path / "dataset"
        self.logs = path / "logs"

    def stage(self, name: str) -> Path:
        """Return the folder of a stage."""
        return self.path / name

    def save_recipe(self, values: Mapping[str, Any]) -> None:
        """Write the resolved recipe, whole."""
        text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
        write_whole(self.recipe_path, text)

    def load_recipe(self) -> dict[str, Any]:
        """Read the resolved recipe.

        Raises:
            RunError: The folder is not a run, or its recipe cannot be read.
        """
        if not self.recipe_path.is_file():
            raise RunError(f"{self.path} is not a run: it has no recipe.yaml.")
        try:
            values = yaml.safe_load(self.recipe_path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise RunError(f"{self.recipe_path} cannot be read: {error}") from error
        if not isinstance(values, dict):
            raise RunError(f"{self.recipe_path} holds no recipe, but {type(values).__name__}.")
        return values

    def start(self, recipe: Mapping[str, Any]) -> None:
        """Begin a claimed run of a recipe, or go on with it if it was made by the same one.

        A run that got no further than the scan (too few pictures, say) takes a changed recipe.

        Raises:
            RunError: It is a run of another recipe.
        """
        if any(self.path.glob("0[1-9]-*/part-*.json")):
            self._refuse_if_changed(recipe)
            return
        if self.recipe_path.exists():
            self.save_recipe(recipe)
            return
        self.save_recipe(recipe)

    def _refuse_foreign(self) -> None:
        """Raise if the folder is a file, or holds something that is no run."""
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; --out names a folder for the run.")
        if self.recipe_path.exists() or not self.path.exists():
            return
        foreign = sorted(p.name for p in self.path.iterdir() if not p.name.startswith("."))
        if foreign:
            raise RunError(
                f"{self.path} is not empty and is not a run (it holds {foreign[0]}); "
                "name another folder with --out."
            )

    def _refuse_if_changed(self, recipe: Mapping[str, Any]) -> None:
        """Raise if the saved recipe differs from the given one."""
        differing = differences(self.load_recipe(), recipe)
        if not differing:
            return
        lines = "\n".join(f"  - {line}" for line in differing)
        raise RunError(
            f"{self.path} was made by another recipe:\n{lines}\n"
            "Nothing was changed. Name another folder with --out, or give the same values; "
            f"to change filter rules alone, use: syned filter {self.path} --set key=value"
        )

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Make the folder if need be, and hold it for this process until that ends.

        Raises:
            RunError: Another process works on it, or it holds something that is no run.
        """
        self._refuse_foreign()
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunError(
                    f"another syned process is working on {self.path}; "
                    "wait for it, or name another folder with --out."
                ) from error
            yield


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return one line for each dotted key whose values differ."""
    old_values, new_values = flatten(old), flatten(new)
    keys = [*old_values, *(key for key in new_values if key not in old_values)]
    pairs = [(key, old_values.get(key, MISSING), new_values.get(key, MISSING)) for key in keys]
    return [f"{key}: the run has {a}, asked is {b}" for key, a, b in pairs if a != b]


def flatten(values: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested values under dotted keys; list items are numbered."""
    items: Any = None
    if isinstance(values, Mapping):
        items = values.items()
    elif isinstance(values, (list, tuple)):
        items = enumerate(values)
    if not items:
        return {prefix.rstrip("."): values}
    flat: dict[str, Any] = {}
    for key, value in items:
        flat |= flatten(value, f"{prefix}{key}.")
    return flat
