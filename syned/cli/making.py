"""What the commands that make a run share: from a resolved recipe to a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syned.cli.common import console as make_console
from syned.errors import EXIT_ROWS_FAILED, SourceError

if TYPE_CHECKING:
    from pipelines.recipe import Recipe


def carry_out(recipe: Recipe, out: str | None, *, dry_run: bool, retry_failed: bool) -> None:
    """Make a run of a recipe, or go on with it; or only print what it would do.

    Raises:
        SynedError: The user's input or environment does not allow it.
        Exit: With code 3, if rows failed.
    """
    from pipelines.generate import generate
    from pipelines.plan import make_plan
    from pipelines.requirements import missing, refusal
    from pipelines.show import print_outcome, print_plan
    from syned.progress import display
    from syned.run import RunFolder

    console = make_console()
    lacks = missing(recipe)
    if lacks and not dry_run:
        raise refusal(recipe, lacks)
    run = RunFolder(out or str(Path("runs") / recipe.name))
    try:
        plan = make_plan(recipe)
    except SourceError as error:
        raise refusal(recipe, lacks) if lacks else error from None
    if dry_run:
        print_plan(plan, run, console)
        if lacks:
            raise refusal(recipe, lacks)
        return
    with run.claim():
        run.start(recipe.model_dump(mode="json"))
        with display(console) as show:
            outcome = generate(plan, run, show, retry_failed=retry_failed)
    print_outcome(outcome, run, console)
    if any(count.failed for count in outcome.funnel.stages):
        raise typer.Exit(EXIT_ROWS_FAILED)
