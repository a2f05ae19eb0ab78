"""The preset for publishing: what it adds to a recipe, and to a run that was made without it."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

ADDITIONS = ("score.nsfw", "filter.max_nsfw")
"""Keys that a finished run may be given if it lacks them: only its scores are made again."""


def publishing() -> dict[str, dict[str, Any]]:
    """Return the values of the preset, by section of the recipe."""
    text = (resources.files("pipelines") / "publishable.yaml").read_text(encoding="utf-8")
    values: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return values


def made_publishable(values: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe's values with those of the preset that it lacks."""
    made = dict(values)
    for section, additions in publishing().items():
        own = values.get(section) if isinstance(values.get(section), dict) else {}
        there = {key: value for key, value in (own or {}).items() if value is not None}
        made[section] = (own or {}) | additions | there
    return made
