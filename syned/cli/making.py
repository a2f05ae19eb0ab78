"""What the commands that make a run share: from a resolved recipe to a finished run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syned.cli.common import console as make_console
from syned.errors import EXIT_ROWS_FAILED, SourceError

if TYPE_CHECKING:
    from pipelines.recipe import Recipe
    from syned.runner import Runner


class EngineName(StrEnum):
    """What runs stages."""

    LOCAL = "local"
    """Worker processes of this machine."""
    RAY = "ray"
    """Actors of a Ray cluster."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What makes the parts of a run.

    Attributes:
        name: `local` or `ray`.
        address: Of a Ray cluster; nothing for one of this machine alone.
        sizes: `STAGE=SIZE`, for Ray.
        limit: Seconds that a worker may take for a part; `syned.work.LIMIT` if not said.
    """

    name: EngineName = EngineName.LOCAL
    address: str | None = None
    sizes: tuple[str, ...] = ()
    limit: float | None = None


LOCAL = Engine()


def carry_out(
    recipe: Recipe,
    out: str | None,
    *,
    dry_run: bool,
    retry_failed: bool,
    engine: Engine = LOCAL,
) -> None:
    """Make a run of a recipe, or go on with it; or only print what it would do.

    Raises:
        SynedError: The user's input or environment does not allow it.
        Exit: With code 3, if rows failed.
    """
    from pipelines.foretold import compare, foretold
    from pipelines.generate import generate
    from pipelines.plan import make_plan
    from pipelines.publishable import ADDITIONS
    from pipelines.requirements import missing, refusal
    from pipelines.show import print_outcome, print_plan
    from syned.progress import display
    from syned.run import RunFolder

    console = make_console()
    lacks = missing(recipe, elsewhere=engine.address is not None)
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
    with run.claim(console.print), _runner(engine, recipe) as runner:
        run.start(recipe.model_dump(mode="json"), ADDITIONS)
        # A cluster may be of other machines than this one.
        said = foretold(plan, run, console) if engine.address is None else None
        with display(console) as show:
            outcome = generate(plan, run, show, runner=runner, retry_failed=retry_failed)
        print_outcome(outcome, run, console)
        if said is not None:
            compare(said, run, outcome, console)
    if any(count.failed for count in outcome.funnel.stages):
        raise typer.Exit(EXIT_ROWS_FAILED)


@contextmanager
def _runner(engine: Engine, recipe: Recipe) -> Iterator[Runner]:
    """Return what makes parts, for as long as it is needed.

    Raises:
        SynedError: Ray is missing or not to be reached, or a size is malformed.
    """
    from syned.runner import run_here
    from syned.work import LIMIT

    limit = engine.limit or LIMIT
    if engine.name is EngineName.LOCAL:
        yield partial(run_here, limit=limit)
        return
    from pipelines.plan import stages
    from syned.ray_cluster import connected
    from syned.ray_runner import RayRunner
    from syned.ray_sizes import read_sizes

    with connected(engine.address) as resources:
        models = {stage.name: stage.holds_model for stage in stages(recipe)}
        sizes = read_sizes(engine.sizes, models, gpus=bool(resources.get("GPU")))
        yield RayRunner(sizes, limit)
