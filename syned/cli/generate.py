"""`syned generate`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.cli.making import Engine, EngineName, carry_out
from syned.told import GO_ON, told


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
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Folder of the run, on this machine or in a store (`s3://bucket/run`, "
            "`gs://bucket/run`).  [default: runs/NAME-OF-RECIPE]",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any value of the recipe, such as `image.resolution=256`; may be repeated.",
        ),
    ] = None,
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable",
            help="Keep only pairs of which a model says that neither picture shows nudity; for "
            "datasets that are published. On a finished run its pictures stay, and scores and "
            "filter are made again.",
        ),
    ] = False,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="What makes the parts: worker processes of this machine, or actors of Ray on one "
            "machine or many, one for each GPU or core.",
        ),
    ] = EngineName.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Head of the Ray cluster, or `auto`; without it Ray runs on this machine alone.",
        ),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE=SIZE",
            help="Actors of a stage on Ray and what each takes, such as `edit=8x1gpu`, "
            "`score=0.25gpu` or `sample=16x1cpu`; may be repeated.  [default: as many as fit, each "
            "with one GPU if it holds a model, else with one core]",
        ),
    ] = None,
    part_limit: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES",
            min=0.01,
            help="Longest that a worker may take for a part. One that takes longer, as an engine "
            "that hangs does, is ended, and its part tried again; after three it is set aside.  "
            "[default: 1440, a day]",
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

        syned generate --images ~/Pictures --publishable --set image.faces.engine=yunet

        syned generate --recipe tiny --dry-run

        syned generate --n 3000000 --engine ray --address auto --out s3://bucket/run
    """
    with told(GO_ON):
        from pipelines.resolve import resolve

        if engine is EngineName.LOCAL and (address or size):
            raise typer.BadParameter("is for --engine ray", param_hint="--address, --size")
        carry_out(
            resolve(recipe, images, n, set_ or [], publishable=publishable),
            out,
            dry_run=dry_run,
            retry_failed=retry_failed,
            engine=Engine(engine, address, tuple(size or ()), part_limit and 60 * part_limit),
        )
