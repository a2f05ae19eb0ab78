"""From what a user typed to one checked recipe with every value in it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.foreign import refuse_foreign
from pipelines.publishable import made_publishable
from pipelines.recipe import Recipe, builtin_recipes
from pipelines.scorers.definitions import definitions
from syned.errors import RecipeError
from syned.recipes import check, read_yaml, set_values
from syned.storage import protocol_of

ALIASES = {"direction": "min_clip_sim_dir", "similarity": "min_clip_sim_image"}
"""Short names of filter rules."""


def recipe_path(name: str) -> Path:
    """Return the file of a recipe that ships with syned, or the file of that path.

    Raises:
        RecipeError: There is neither.
    """
    builtin = builtin_recipes()
    if name in builtin:
        return builtin[name]
    path = Path(name).expanduser()
    if path.is_file():
        return path
    near = difflib.get_close_matches(name, builtin, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(builtin)}"
    raise RecipeError(name, [f"no such recipe or file; {hint}"])


def resolve(
    name: str,
    images: str | None,
    n: int | None,
    assignments: Sequence[str],
    *,
    publishable: bool = False,
) -> Recipe:
    """Return the recipe of a `syned generate` command.

    Args:
        name: A recipe that ships with syned, or a file.
        images: What replaces the recipe's sources.
        n: What replaces its number of pairs.
        assignments: `key=value`, applied last.
        publishable: Whether the preset for publishing is added.

    Raises:
        RecipeError: All faults of the recipe at once.
        SourceError: `images`, or an evaluation set, names nothing that can be read.
    """
    values = read_yaml(recipe_path(name))
    if images is not None:
        values = set_values(values, [])
        sample = values["sample"] if isinstance(values.get("sample"), dict) else {}
        values["sample"] = sample | {"sources": [_source(images)]}
    if n is not None:
        values["n"] = n
    values = _begun(values, assignments)
    if publishable:
        values = made_publishable(values)
    values = set_values(values, [_spelled_out(a, "filter.") for a in assignments])
    recipe = _ready(check(Recipe, values, name))
    refuse_foreign(recipe.filter, definitions(recipe.score))
    return recipe


def _source(images: str) -> dict[str, Any]:
    """Return the source that a path names, as a recipe says it."""
    from pipelines.sources.detect import source_for

    return source_for(images).model_dump(mode="json")


def _spelled_out(assignment: str, prefix: str) -> str:
    """Replace the short name of a filter rule."""
    key, equals, value = assignment.partition("=")
    name = key.strip().removeprefix(prefix)
    if key.strip().startswith(prefix) and name in ALIASES:
        return f"{prefix}{ALIASES[name]}{equals}{value}"
    return assignment


def absolute(recipe: Recipe) -> Recipe:
    """Return the recipe with paths that do not depend on the folder it is run from."""
    values = recipe.model_dump(mode="json")
    for source in values["sample"]["sources"]:
        path = Path(source.get("path", "")).expanduser()
        local = path.exists() or source["kind"] == "folder"
        named = source.get("path", "").startswith("builtin:") or protocol_of(source.get("path", ""))
        if "path" in source and local and not named:
            source["path"] = str(path.absolute())
        if source.get("instructions"):
            source["instructions"] = str(Path(source["instructions"]).expanduser().absolute())
    rules = values["filter"]
    rules["against"] = [_absolute(path) for path in rules["against"]]
    for key in recipe.engines():
        engine = _at(values, key)
        model = Path(engine.get("model", "")).expanduser()
        if "model" in engine and model.is_dir():
            engine["model"] = str(model.absolute())
    return Recipe.model_validate(values)


def _absolute(path: str) -> str:
    """Return a path that does not depend on the folder it is given in; a Hub name stays."""
    place = Path(path).expanduser()
    return str(place.absolute()) if place.exists() else path


def _at(values: Any, key: str) -> Any:
    """Return what lies at a dotted key; lists are numbered."""
    for piece in key.split("."):
        values = values[int(piece) if isinstance(values, list) else piece]
    return values


def refilter(
    recipe: Recipe,
    assignments: Sequence[str],
    preset: str | None = None,
    keep_rate: float | None = None,
    against: Sequence[str] = (),
) -> Recipe:
    """Return a run's recipe with other filter rules or export settings.

    Args:
        recipe: The run's.
        assignments: `rule=value`, or `export.key=value`, applied last.
        preset: Rules to begin with, in place of the run's.
        keep_rate: Share of the pairs of each task that calibrated bounds may keep.
        against: Evaluation sets, added to those of the rules.

    Raises:
        RecipeError: An assignment is about something else, or is wrong.
        SourceError: There is no such evaluation set.
    """
    keys = [a if a.startswith(("filter.", "export.")) else f"filter.{a}" for a in assignments]
    if preset is not None:
        keys = [f"filter.preset={preset}", *keys]
    values = _begun(recipe.model_dump(mode="json"), keys)
    if keep_rate is not None:
        values["filter"]["keep_rate"] = keep_rate
    if against:
        values["filter"]["against"] = [*values["filter"].get("against", ()), *against]
    changed = set_values(values, [_spelled_out(k, "filter.") for k in keys])
    where = "--set" if preset is None else f"--preset {preset}"
    return _ready(check(Recipe, changed, where))


def _begun(values: dict[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Leave out a recipe's rules if an assignment names a preset, which is to begin with."""
    for assignment in assignments:
        key, _, text = assignment.partition("=")
        if key.strip() == "filter.preset" and text.strip() not in ("", "null", "~"):
            return values | {"filter": {}}
    return values


def _ready(recipe: Recipe) -> Recipe:
    """Return a recipe with absolute paths, once its evaluation sets are known to be there."""
    from pipelines.against import find_set

    for path in recipe.filter.against:
        find_set(path)
    return absolute(recipe)
