"""`syned filter`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.cli.common import RunArgument
from syned.cli.common import console as make_console
from syned.told import told


def filter_run(
    run: RunArgument,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="RULE=VALUE",
            help="A rule, such as `min_ssim=0.5`, `top_k=1` or `direction=0.15`, or "
            "`export.KEY=VALUE`; `null` takes a bound or `top_k` away; may be repeated.",
        ),
    ] = None,
) -> None:
    """Decide again which pairs of a finished run are kept, and export them again.

    No model and no picture is needed: scores were kept when they were made. The run's recipe
    takes on the new rules. Every pair stays in the run, kept or not, with the first rule that
    turned it away.

    Rules: `min_` and `max_` of `changed_area`, `ssim`, `phash_distance`, `clip_sim_image`,
    `clip_sim_0`, `clip_sim_1` and `clip_sim_dir`; `drop_duplicates`; `top_k` with `rank_by`.

    Examples:

        syned filter runs/demo --set min_changed_area=0.05 --set max_ssim=0.95

        syned filter runs/mine --set direction=0.15 --set top_k=2
    """
    from pipelines.generate import refine
    from pipelines.recipe import Recipe
    from pipelines.resolve import refilter
    from pipelines.show import print_outcome
    from syned.progress import display
    from syned.recipes import check
    from syned.run import RunFolder

    folder = RunFolder(run)
    with told("Give the same command again to go on."):
        old = check(Recipe, folder.load_recipe(), str(folder.recipe_path))
        new = refilter(old, set_ or [])
        console = make_console()
        with folder.claim(), display(console) as show:
            outcome = refine(new, folder, show)
        print_outcome(outcome, folder, console)
