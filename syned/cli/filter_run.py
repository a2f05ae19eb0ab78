"""`syned filter`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.cli.common import RunArgument
from syned.cli.common import console as make_console
from syned.told import GO_ON, told


def filter_run(
    run: RunArgument,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Begin with these rules instead of the run's: `ip2p`, `ultraedit`, `paper`, "
            "`calibrated` or `demo`.",
        ),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1,
            metavar="SHARE",
            help="Find lower bounds for each task in the run's own scores, so that this share of "
            "its pairs is kept; the preset `calibrated` has 0.5.",
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Remove pairs with a picture that is close to one of an evaluation set: a folder, "
            "Parquet files, a Hub dataset or a run; may be repeated.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="RULE=VALUE",
            help="A rule, such as `min_ssim=0.5`, `top_k=1` or `direction=0.15`, or "
            "`export.KEY=VALUE`; `null` takes a rule away; may be repeated.",
        ),
    ] = None,
) -> None:
    """Decide again which pairs of a finished run are kept, and export them again.

    Scores were kept when they were made, so this takes seconds and no model (only `--against` looks
    at new pictures, once). The run's recipe takes on the new rules. Every pair stays in the run,
    kept or not, with the first rule that turned it away.

    Rules, in order. `max_nsfw`, which both pictures must pass, in a run with NSFW scores (`syned
    generate --publishable` adds them). Bounds `min_SCORE` and `max_SCORE` of `changed_area`,
    `ssim`, `phash_distance`, `clip_sim_image`, `clip_sim_0`, `clip_sim_1`, `clip_sim_dir`,
    `clip_sim_gain` and `dino_sim`, with `max_caption_defects`, `max_caption_overlap` and
    `min_caption_fit`; for the pairs of a task by `by_task.TASK.BOUND`. Lower bounds that are found
    in the run: `keep_rate` of the scores `calibrate`. Then `relative`; `against` with
    `against_distance` and `against_similarity`; `drop_duplicates`; `near_duplicate_distance`;
    `max_instruction_repeats`; and `top_k` and `max_per_split`, which rank by `rank_by`. Bounds are
    refused on scores of another model than the one that they are `tuned_for`.

    Presets: `ip2p` and `ultraedit` are those projects' own filters, `paper` keeps the eight best
    candidates by CLIP (arXiv 2412.15939), `calibrated` finds bounds per task in the run itself,
    `demo` is for exact edits without CLIP.

    Examples:

        syned filter runs/demo --set min_changed_area=0.05 --set max_ssim=0.95

        syned filter runs/demo --keep 0.8 --set 'calibrate=[ssim]'

        syned filter runs/mine --preset calibrated --keep 0.3

        syned filter runs/mine --against ~/spot-the-diff/test --set export.inverse=true
    """
    with told(GO_ON):
        from pipelines.generate import refine
        from pipelines.recipe import Recipe
        from pipelines.resolve import refilter
        from pipelines.show import print_outcome
        from syned.progress import display
        from syned.recipes import check
        from syned.run import RunFolder

        folder = RunFolder(run)
        old = check(Recipe, folder.load_recipe(), str(folder.recipe_path))
        new = refilter(old, set_ or [], preset, keep, against or ())
        console = make_console()
        with folder.claim(), display(console) as show:
            outcome = refine(new, folder, show)
        print_outcome(outcome, folder, console)
