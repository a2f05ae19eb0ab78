"""A large run is estimated before it begins, and compared with its estimate when it is done."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pydantic import ValidationError
from rich.console import Console

from pipelines.estimate import LARGE, estimate
from pipelines.estimate_facts import Estimate
from pipelines.generate import Outcome
from pipelines.plan import Plan
from pipelines.show_estimate import print_comparison, print_estimate
from syned.run import RunFolder
from syned.storage import Place, write_whole
from syned.trees import tree_sizes


@dataclass(frozen=True, slots=True)
class Foretold:
    """An estimate, and when the run began."""

    estimate: Estimate
    since: float | None
    """By the monotonic clock; nothing for a run that had begun before."""


def _path(run: RunFolder) -> Place:
    return run.path / "estimate.json"


def foretold(plan: Plan, run: RunFolder, console: Console) -> Foretold | None:
    """Return what a large run will take; made, told and kept in the run the first time.

    Args:
        plan: What is to be made.
        run: The run's folder, started.
        console: Where to say it.
    """
    if plan.recipe.n < LARGE:
        return None
    try:
        return Foretold(Estimate.model_validate_json(_path(run).read_text(encoding="utf-8")), None)
    except (FileNotFoundError, ValidationError):
        found = estimate(plan)
    print_estimate(found, console)
    write_whole(_path(run), found.model_dump_json(indent=1))
    return Foretold(found, time.monotonic())


def compare(said: Foretold, run: RunFolder, outcome: Outcome, console: Console) -> None:
    """Tell what a run took beside what was foretold."""
    seconds = None if said.since is None else time.monotonic() - said.since
    stored = sum(tree_sizes(run.path).values())
    print_comparison(
        said.estimate, console, seconds=seconds, kept=outcome.funnel.kept, stored=stored
    )
