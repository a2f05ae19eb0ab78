"""The command line. It alone composes the core and the pipelines, inside the command functions.

Nothing heavy is imported before a command runs, so `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syned import __version__
from syned.errors import EXIT_ROWS_FAILED, SourceError
from syned.told import told

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    name="syned",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    help=(
        "Make image-difference-captioning datasets from pictures.\n\n"
        "From each source picture syned makes pairs: an edit instruction, the edited picture and "
        "five captions that tell the difference; it scores and filters them and writes Parquet "
        "shards that `datasets.load_dataset` opens.\n\n"
        "Start with `syned generate --recipe demo`: it needs no GPU, no model and no download."
    ),
    epilog="Exit codes: 0 done, 1 a bug, 2 your input or machine, 3 done but some rows failed.",
)

RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, such as `runs/demo`.")
]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"syned {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def _console() -> Console:
    from rich.console import Console

    return Console()


@app.command()
def generate(
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            "-r",
            metavar="NAME|FILE",
            help="What to make and with which engines: `demo` (no model), `tiny` (small models on "
            "a CPU), `default` (a GPU), or a YAML file of your own.",
        ),
    ] = "default",
    images: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Source pictures instead of the recipe's: a folder (nested; with "
            "`metadata.jsonl` or `metadata.csv` it brings captions), a Parquet file, a Hub dataset "
            "`owner/name`, or the word `scenes` for drawn ones.",
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", "-n", min=1, help="Edited pairs to make, before filtering."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the run.  [default: runs/NAME-OF-RECIPE]"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any value of the recipe, such as `image.resolution=256`; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and make nothing.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try rows again that failed in an earlier try.")
    ] = False,
) -> None:
    """Make a dataset: sample, instruct, edit, score, filter, export.

    The run is a folder. Stop it at any moment and give the same command again: it goes on where
    it was, and the result is the same as if it had never stopped. A run that was made by another
    recipe is left as it is.

    Examples:

        syned generate --recipe demo

        syned generate --recipe demo --images ~/Pictures --n 200 --out runs/mine

        syned generate --images ~/Pictures --n 30000 --set edit.candidates=8

        syned generate --recipe tiny --dry-run
    """
    from pipelines.generate import generate as make
    from pipelines.plan import make_plan
    from pipelines.requirements import missing, refusal
    from pipelines.resolve import resolve
    from pipelines.show import print_outcome, print_plan
    from syned.progress import display
    from syned.run import RunFolder

    console = _console()
    with told("Give the same command again to go on."):
        resolved = resolve(recipe, images, n, set_ or [])
        lacks = missing(resolved)
        if lacks and not dry_run:
            raise refusal(resolved, lacks)
        run = RunFolder(out or Path("runs") / resolved.name)
        try:
            plan = make_plan(resolved)
        except SourceError as error:
            raise refusal(resolved, lacks) if lacks else error from None
        if dry_run:
            print_plan(plan, run, console)
            if lacks:
                raise refusal(resolved, lacks)
            return
        with run.claim():
            run.start(resolved.model_dump(mode="json"))
            with display(console) as show:
                outcome = make(plan, run, show, retry_failed=retry_failed)
        print_outcome(outcome, run, console)
        if any(count.failed for count in outcome.funnel.stages):
            raise typer.Exit(EXIT_ROWS_FAILED)


@app.command(name="filter")
def filter_(
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
        console = _console()
        with folder.claim(), display(console) as show:
            outcome = refine(new, folder, show)
        print_outcome(outcome, folder, console)


@app.command()
def preview(
    run: RunArgument,
    png: Annotated[
        bool, typer.Option("--png", help="Make a contact sheet instead of a page.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where it goes.  [default: RUN/preview.html or .png]"),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Most pairs to show, evenly spread.  [default: 2000, or 12]"),
    ] = None,
) -> None:
    """Look at a run: one HTML page with every pair, or a contact sheet.

    The page needs no network and no server: both pictures with their difference marked,
    instruction, captions, scores, verdict and reason, to filter, sort, search and page through.

    Examples:

        syned preview runs/demo

        syned preview runs/demo --png --limit 6 --out sheet.png
    """
    from pipelines.preview.look import look
    from syned.run import RunFolder

    with told("Give the same command again."):
        path = look(RunFolder(run), png=png, out=out, limit=limit)
        _console().print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def doctor() -> None:
    """Say what is installed, which recipes can run here, and what each of the others lacks."""
    from pipelines.doctor import print_report, report

    print_report(report(), _console())


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
