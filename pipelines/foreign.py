"""Thresholds hold for one definition of a score; those tuned for another are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.sections.filter import FilterConfig, Scorer
from syned.errors import RecipeError

NOT_GIVEN = (None, "not pinned")
"""A revision that is not known matches any."""


def refuse_foreign(rules: FilterConfig, definitions: Mapping[str, Mapping[str, str]]) -> None:
    """Check that the rules' thresholds were tuned for the scores that they are to be used on.

    A model's scores cannot be compared with another's: a cosine of 0.2 is low for one backbone and
    high for the next.

    Args:
        rules: The rules, with `tuned_for`; it counts for scores that have bounds.
        definitions: What the scores depend on, by scorer (see `pipelines.scored`).

    Raises:
        RecipeError: Backbone, revision or resize differ.
    """
    faults = []
    for scorer in _bounded(rules, rules.tuned_for):
        wanted = rules.tuned_for[scorer].model_dump(exclude_none=True)
        found = definitions.get(scorer, {})
        if any(_differ(name, value, found.get(name)) for name, value in wanted.items()):
            theirs = {name: found.get(name) for name in wanted}
            faults.append(
                f"the {scorer} thresholds were found with {_words(wanted)}, and the scores are of "
                f"{_words(theirs)}. Take thresholds from the run's own scores (the preset "
                "`calibrated`), or give your own and, to have them used, `filter.tuned_for=null`"
            )
    if faults:
        where = f"filter.preset={rules.preset}" if rules.preset else "filter.tuned_for"
        raise RecipeError(where, faults)


def _bounded(rules: FilterConfig, scorers: Iterable[Scorer]) -> list[Scorer]:
    """Return the scorers whose scores have general bounds or bounds of a task."""
    names = {name[4:] for some in (rules, *rules.by_task.values()) for name, _ in some.bounds()}
    return [scorer for scorer in scorers if any(name.startswith(scorer) for name in names)]


def _differ(name: str, wanted: str, found: str | None) -> bool:
    """Say whether a score's definition is another in one of its parts."""
    return found != wanted and not (name == "revision" and found in NOT_GIVEN)


def _words(definition: Mapping[str, str | None]) -> str:
    """Return a definition in words."""
    return ", ".join(f"{name} {value!r}" for name, value in definition.items())
