"""Thresholds hold for one definition of a score; those tuned for another are refused."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.sections.filter import FilterConfig
from syned.errors import RecipeError


def refuse_foreign(rules: FilterConfig, definitions: Mapping[str, Mapping[str, str]]) -> None:
    """Check that the rules' thresholds were tuned for the scores that they are to be used on.

    A model's scores cannot be compared with another's: a cosine of 0.2 is low for one backbone and
    high for the next.

    Args:
        rules: The rules, with `tuned_for`.
        definitions: What the scores depend on, by scorer (see `pipelines.scored`).

    Raises:
        RecipeError: Backbone, revision or resize differ, or the run has no such scores.
    """
    faults = []
    for scorer, wanted in rules.tuned_for.items():
        found = definitions.get(scorer)
        if found is None:
            faults.append(f"the rules need {scorer.upper()} scores, and the run has none")
            continue
        for key, value in wanted.model_dump(exclude_none=True).items():
            if found.get(key) != value:
                faults.append(
                    f"the thresholds were found with the {scorer} {key} {value!r}, and the scores "
                    f"are of {found.get(key)!r}"
                )
    if faults:
        preset = f"preset={rules.preset}" if rules.preset else "tuned_for"
        faults[-1] += (
            ". The preset `calibrated` finds thresholds in the run's own scores; "
            "`--set 'filter.tuned_for={}'` uses these all the same"
        )
        raise RecipeError(f"filter.{preset}", faults)
