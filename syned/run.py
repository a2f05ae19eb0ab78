"""A run is a folder: its recipe, its stages' parts, its logs and its dataset."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from syned.claim import Say, claimed
from syned.errors import RunError
from syned.ids import digest
from syned.storage import Place, is_read_only, make_folder, names, sizes, to_place, write_whole
from syned.temporary import sweep_dead, sweep_scratch
from syned.yaml_text import read_yaml_text

MISSING = "(not set)"
_STAGE = re.compile(r"\d\d-[a-z]+")
_PART = re.compile(r"(part-\d+|parts|decisions|funnel)\.(parquet|json)$|\.tmp-")


class RunFolder:
    """The paths within a run, and its recipe.

    Args:
        path: The run's folder, or a URL of one in a store; it need not exist yet.

    Raises:
        RunError: A URL of an unknown kind.
        MissingExtra: The package for a store is not installed.
    """

    def __init__(self, path: Place | str) -> None:
        self.path = to_place(path) if isinstance(path, str) else path
        self.recipe_path = self.path / "recipe.yaml"
        self.dataset = self.path / "dataset"

    @property
    def local(self) -> Path:
        """Return the run's folder on this machine.

        Raises:
            RunError: It is in a store.
        """
        if not isinstance(self.path, Path):
            raise RunError(
                f"{self.path} is in a store, and this needs a folder of this machine; copy it "
                f"first (`aws s3 sync`, `gcloud storage cp -r`, or `rclone copy`)."
            )
        return self.path

    @property
    def logs(self) -> Path:
        """Return the folder for what the libraries of workers print, always on this machine."""
        if isinstance(self.path, Path):
            return self.path / "logs"
        return Path(tempfile.gettempdir()) / f"syned-logs-{digest(str(self.path))[:12]}"

    def stage(self, name: str) -> Place:
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
        try:
            values = read_yaml_text(self.recipe_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            if "bucket" in str(error):
                raise
            raise RunError(f"{self.path} is not a run: it has no recipe.yaml.") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise RunError(f"{self.recipe_path} cannot be read: {error}") from error
        if not isinstance(values, dict):
            raise RunError(f"{self.recipe_path} holds no recipe, but {type(values).__name__}.")
        return values

    def start(self, recipe: Mapping[str, Any], additions: Sequence[str] = ()) -> None:
        """Begin a claimed run of a recipe, or go on with it if it was made by the same one.

        A run that got no further than the scan (too few pictures, say) takes a changed recipe.

        Args:
            recipe: Its values.
            additions: Keys that may be set where the run has not set them; it takes them on once
                what they ask for is there.

        Raises:
            RunError: It is a run of another recipe.
        """
        begun = any(name.endswith(".json") for name in sizes(self.stage("01-sample")))
        if begun and self.recipe_path.exists():
            self._refuse_if_changed(recipe, additions)
            return
        self.save_recipe(recipe)

    def refuse_if_removed(self) -> None:
        """Raise if the run that is worked on is no longer there.

        Raises:
            RunError: It has lost its recipe.
        """
        if not self.recipe_path.exists():
            raise RunError(
                f"{self.path} was removed, or its recipe.yaml, while it was worked on. Put "
                "recipe.yaml back if the rest is there, and give the same command again."
            )

    def _refuse_foreign(self) -> None:
        """Raise if the folder is a file, or holds something that is no run."""
        if isinstance(self.path, Path) and self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; --out names a folder for the run.")
        if self.recipe_path.exists():
            return
        there = [name for name in names(self.path) if not name.startswith(".")]
        kept = [name for name in there if not self._is_left(self.path / name)]
        # Stages are made one after another: workers whose run was removed leave parts of one.
        if len(kept) > 1 or not all(self._is_stage(name) for name in kept):
            foreign = next((name for name in kept if not self._is_stage(name)), kept[0])
            raise RunError(
                f"{self.path} is not empty and is not a run (it holds {foreign} and no "
                "recipe.yaml); name another folder with --out."
            )

    def _is_left(self, place: Place) -> bool:
        """Say whether something is what workers leave whose run was removed: logs, no files."""
        if not isinstance(place, Path) or not place.is_dir() or place.is_symlink():
            return False
        return place == self.logs or not any(place.iterdir())

    def _is_stage(self, name: str) -> bool:
        """Say whether something is a stage's folder and holds parts alone."""
        files = names(self.stage(name))
        return bool(_STAGE.fullmatch(name) and files) and all(map(_PART.match, files))

    def _refuse_if_changed(self, recipe: Mapping[str, Any], additions: Sequence[str]) -> None:
        """Raise if the saved recipe differs from the given one in more than additions."""
        differing = differences(self.load_recipe(), recipe, additions)
        if not differing:
            return
        lines = "\n".join(f"  - {line}" for line in differing)
        raise RunError(
            f"{self.path} was made by another recipe:\n{lines}\n"
            "Nothing was changed. Name another folder with --out, or give the same values; "
            f"to change filter rules alone, use: syned filter {self.path} --set key=value"
        )

    @contextmanager
    def claim(self, say: Say = print) -> Iterator[None]:
        """Make the folder if need be, and hold it for this process until that ends.

        Args:
            say: Told what is waited for.

        Raises:
            RunError: Another process works on it, or it holds something that is no run.
            StorageError: A store cannot be reached, or does not allow it.
        """
        if is_read_only(self.path):
            raise RunError(f"{self.path}: pictures are read from there, but no run is written")
        self._refuse_foreign()
        make_folder(self.path)
        with claimed(self.path, say):
            sweep_dead(self.path)
            sweep_scratch()
            yield


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], additions: Sequence[str] = ()
) -> list[str]:
    """Return one line for each dotted key whose values differ, but for keys that were added."""
    old_values, new_values = flatten(old), flatten(new)
    keys = [*old_values, *(key for key in new_values if key not in old_values)]
    pairs = [(key, old_values.get(key, MISSING), new_values.get(key, MISSING)) for key in keys]
    return [
        f"{key}: the run has {a}, asked is {b}"
        for key, a, b in pairs
        if a != b and not (a in (None, MISSING) and _lies_in(key, additions))
    ]


def _lies_in(key: str, places: Sequence[str]) -> bool:
    """Say whether a dotted key is one of some, or lies in one of them."""
    return any(key == place or key.startswith(f"{place}.") for place in places)


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
