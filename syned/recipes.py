"""Reading recipes: YAML, then `key=value` from the command line, then one check of everything.

What a recipe may say is a pydantic model; this module only loads, merges and puts faults in words.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from syned.errors import RecipeError
from syned.secrets import secret_places
from syned.yaml_text import MOST_CHARACTERS, read_yaml_text

M = TypeVar("M", bound=BaseModel)
_SECRET = (
    "an address with a password, a key or a signature in it, which would be kept in recipe.yaml; "
    "give credentials by the environment"
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a recipe file.

    Raises:
        RecipeError: It is missing, is not YAML, or holds no mapping.
    """
    try:
        if path.stat().st_size > MOST_CHARACTERS:
            raise RecipeError(
                str(path), [f"it has more than {MOST_CHARACTERS:,} bytes, as no recipe has"]
            )
        values = read_yaml_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(str(path), ["there is no such file"]) from error
    except RecursionError:
        raise RecipeError(str(path), ["its values lie too deep in one another"]) from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RecipeError(str(path), [f"cannot be read as YAML: {_one_line(error)}"]) from error
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise RecipeError(str(path), [f"found {found}, expected keys and values"])
    # Aliases stand for one and the same value, of which an assignment may change a single one.
    copied: dict[str, Any] = _copy(values)
    return copied


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def set_values(values: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Return a recipe with `dotted.key=value` assignments applied; values are YAML.

    Raises:
        RecipeError: An assignment has no `=`, no key or no YAML value.
    """
    faults: list[str] = []
    result: dict[str, Any] = _copy(values)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not all(key.strip().split(".")):
            faults.append(f"{assignment!r}: expected key=value, such as seed=1")
            continue
        try:
            _assign(result, key.strip().split("."), read_yaml_text(text))
        except (yaml.YAMLError, IndexError, ValueError, RecursionError) as error:
            faults.append(f"{assignment!r}: {_one_line(error)}")
    if faults:
        raise RecipeError("--set", faults)
    return result


def _copy(values: Any) -> Any:
    """Return nested dicts and lists anew."""
    if isinstance(values, Mapping):
        return {key: _copy(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_copy(value) for value in values]
    return values


def _assign(target: Any, path: Sequence[str], value: Any) -> None:
    """Put a value at a path of keys and list positions, making missing mappings."""
    head, *rest = path
    if isinstance(target, list):
        position = int(head)
        if rest:
            _assign(target[position], rest, value)
        else:
            target[position] = value
        return
    if not rest:
        target[head] = value
        return
    if not isinstance(target.get(head), (dict, list)):
        target[head] = {}
    _assign(target[head], rest, value)


def check(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """Return the typed recipe.

    Args:
        model: What a recipe may say.
        values: What this one says.
        where: Its file or name, for messages.

    Raises:
        RecipeError: All faults at once, unknown keys with the nearest known one.
    """
    open_ = list(secret_places(values))
    if open_:
        raise RecipeError(where, [f"{key}: {_SECRET}" for key in open_])
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = error.errors()
        inner = [d for d in details if not any(_lies_within(other, d) for other in details)]
        faults = [_fault(model, detail) for detail in inner]
        raise RecipeError(where, list(dict.fromkeys(faults))) from error


def _lies_within(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    """Say whether an error is about a part of what another one is about."""
    place = outer["loc"]
    return len(inner["loc"]) > len(place) and inner["loc"][: len(place)] == place


def _fault(model: type[BaseModel], detail: ErrorDetails) -> str:
    """Put one of pydantic's errors in words."""
    key = ".".join(str(part) for part in _plain_location(model, detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, detail["loc"], key)
    if detail["type"] == "missing":
        return f"{key}: missing"
    message = detail["msg"].removeprefix("Value error, ")
    shown = repr(detail["input"])
    found = "" if detail["type"] == "value_error" else f", found {_short(shown)}"
    return f"{key}: {_lower(message)}{found}" if key else f"{_lower(message)}"


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _unknown_key(model: type[BaseModel], location: Sequence[int | str], key: str) -> str:
    """Name an unknown key and the nearest known one."""
    known = _known_keys(model, location[:-1])
    near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"{key}: unknown key; did you mean {near[0]}?"
    return f"{key}: unknown key; known here: {', '.join(sorted(known))}"


def _members(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and all that it is made of."""
    yield annotation
    for argument in typing.get_args(annotation):
        yield from _members(argument)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions."""
    members = _members(annotation)
    return [m for m in members if isinstance(m, type) and issubclass(m, BaseModel)]


def _step(models: Iterable[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    """Return the models one key further down; a union's tag narrows it to one member."""
    current = list(models)
    tagged = [m for m in current if part in _tags(m)]
    if tagged or isinstance(part, int):
        return tagged or current
    fields = (m.model_fields[part] for m in current if part in m.model_fields)
    return [m for field in fields for m in _models(field.annotation)]


def _tags(model: type[BaseModel]) -> set[Any]:
    """Return the values by which a tagged union recognises a model."""
    fields = (model.model_fields.get(name) for name in ("kind", "engine"))
    return {value for f in fields if f for value in typing.get_args(f.annotation)}


def _known_keys(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at a place."""
    models = [model]
    for part in location:
        models = _step(models, part)
    return [name for m in models for name in m.model_fields]


def _plain_location(model: type[BaseModel], location: Sequence[int | str]) -> Iterator[int | str]:
    """Yield a place without the tags that pydantic puts in for members of unions."""
    models = [model]
    for part in location:
        is_tag = any(part in _tags(m) for m in models)
        if not is_tag and part != "[key]":
            yield part
        models = _step(models, part)
