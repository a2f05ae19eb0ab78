"""From what the command line says to one checked training recipe."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from syned.errors import RecipeError
from syned.recipes import check, read_yaml, set_values
from trainer.readers.registry import datasets
from trainer.recipe import TrainRecipe, builtin

_COMPONENT = re.compile(r"(?P<data>[\w-]+)(:(?P<weight>\d+(\.\d+)?)|=(?P<count>\d+))?")


def resolve(
    recipe: str,
    mix: str | None,
    base: str | None,
    places: Mapping[str, str],
    assignments: Sequence[str],
) -> TrainRecipe:
    """Return the recipe that a command asks for.

    Args:
        recipe: Name of a training recipe, or a YAML file.
        mix: Name of a mix, a YAML file, or datasets such as `std+syned:0.5`; the recipe's own if
            not given.
        base: The base model, in place of the recipe's.
        places: Where datasets are, by name.
        assignments: `key=value`, applied last but for the places.

    Raises:
        RecipeError: Something of it is not known, is not read, or does not fit together.
    """
    values = read_yaml(_file(recipe, "recipes"))
    own = values.get("mix", "syned")
    if mix is not None:
        values["mix"] = {**(own if isinstance(own, dict) else {}), **mix_values(mix)}
    elif not isinstance(own, dict):
        values["mix"] = mix_values(str(own))
    name = values.get("name") or Path(recipe).stem
    values["name"] = f"{name}-{_plain(mix)}" if mix else name
    if base is not None:
        values["model"] = {**(values.get("model") or {}), "base": base}
    values = set_values(values, assignments)
    resolved = check(TrainRecipe, _placed(values, places), recipe)
    only_used(places, resolved.mix.datasets)
    return resolved


def only_used(places: Mapping[str, str], used: Collection[str]) -> None:
    """Insist that each `--data NAME=PATH` is of a dataset that is read.

    Raises:
        RecipeError: It is of another one; its path would be ignored.
    """
    for name, path in places.items():
        if name not in used:
            raise RecipeError(
                f"--data {name}={path}",
                [f"{name!r} is not read here; what is read: {', '.join(sorted(used))}"],
            )


def _plain(mix: str) -> str:
    """Return a mix as part of a name."""
    text = Path(mix).stem if mix.endswith((".yaml", ".yml")) else mix
    return re.sub(r"[^\w-]+", "-", text).strip("-")


def _file(name: str, kind: Any) -> Path:
    """Return the file of a built-in name, or the named file.

    Raises:
        RecipeError: There is neither.
    """
    known = builtin(kind)
    if name in known:
        return known[name]
    path = Path(name).expanduser()
    if path.suffix in (".yaml", ".yml"):
        return path
    raise RecipeError(name, [f"unknown; {kind} are {', '.join(known)}, or name a .yaml file"])


def mix_values(mix: str) -> dict[str, Any]:
    """Return a mix: a named one, a file, or one of datasets with weights or counts.

    `std+syned:0.5` takes all pairs of `std` and half of those of `syned`; `syned=2000` takes so
    many. The first dataset has the validation and the test pairs.

    Raises:
        RecipeError: A name is not known, or it cannot be understood.
    """
    if mix in builtin("mixes") or mix.endswith((".yaml", ".yml")):
        return read_yaml(_file(mix, "mixes"))
    components = [_component(text.strip(), mix) for text in mix.split("+")]
    first = components[0]["data"]
    return {
        "phases": [{"components": components}],
        "validation": {"data": first, "split": "validation"},
        "test": {"data": first, "split": "test"},
    }


def _component(text: str, mix: str) -> dict[str, Any]:
    """Return one dataset of a mix.

    Raises:
        RecipeError: It cannot be understood.
    """
    match = _COMPONENT.fullmatch(text)
    if match is None or match["data"] not in datasets():
        known = ", ".join(builtin("mixes"))
        raise RecipeError(
            f"--mix {mix}",
            [
                f"{text!r} is neither a mix ({known}) nor a dataset ({', '.join(datasets())}) with "
                "a weight or a count, such as syned:0.5 or syned=2000"
            ],
        )
    found: dict[str, Any] = {"data": match["data"]}
    if match["weight"]:
        found["weight"] = float(match["weight"])
    if match["count"]:
        found["count"] = int(match["count"])
    return found


def _placed(values: Any, places: Mapping[str, str]) -> Any:
    """Return a recipe with the places of datasets filled in; the command line's come first."""
    if isinstance(values, list):
        return [_placed(item, places) for item in values]
    if not isinstance(values, dict):
        return values
    found = {key: _placed(item, places) for key, item in values.items()}
    if isinstance(found.get("data"), str) and found["data"] in places:
        found["path"] = places[found["data"]]
    return found
