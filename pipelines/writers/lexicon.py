"""Words that stand for the same thing, and words that cannot both be true (`lexicon.yaml`)."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.writers.rules import stem, words


class _Lexicon(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    properties: dict[str, dict[str, tuple[str, ...]]]
    synonyms: tuple[tuple[str, ...], ...]


@cache
def _read() -> _Lexicon:
    """Read the file."""
    text = (resources.files("pipelines") / "writers" / "lexicon.yaml").read_text("utf-8")
    return _Lexicon.model_validate(yaml.safe_load(text))


@cache
def _groups() -> dict[str, frozenset[str]]:
    """Return the stems that each stem may be meant by."""
    found: dict[str, frozenset[str]] = {}
    for group in _read().synonyms:
        alike = frozenset(map(stem, group))
        for one in alike:
            found[one] = found.get(one, frozenset()) | alike
    return found


@cache
def _values() -> dict[str, dict[str, set[str]]]:
    """Return the values that each stem names, by property."""
    found: dict[str, dict[str, set[str]]] = {}
    for prop, values in _read().properties.items():
        for value, named in values.items():
            for word in named:
                found.setdefault(stem(word), {}).setdefault(prop, set()).add(value)
    return found


def with_synonyms(stems: set[str]) -> set[str]:
    """Return some stems and those of words that mean the same."""
    return stems.union(*(_groups().get(one, ()) for one in stems))


def properties() -> tuple[str, ...]:
    """Return the properties of which a picture has one value."""
    return tuple(_read().properties)


def values(text: str, prop: str) -> set[str]:
    """Return the values of a property that a text names."""
    return {v for word in words(text) for v in _values().get(stem(word), {}).get(prop, ())}
