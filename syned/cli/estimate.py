"""`syned estimate`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.cli.common import console as make_console
from syned.told import told


def estimate(
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", metavar="NAME|FILE", help="As for `generate`.")
    ] = "default",
    images: Annotated[str | None, typer.Option(metavar="PATH", help="As for `generate`.")] = None,
    n: Annotated[int | None, typer.Option("--n", "-n", min=1, help="As for `generate`.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As for `generate`.")
    ] = None,
    probe: Annotated[
        int | None,
        typer.Option(
            min=1, help="Pairs to make.  [default: 24, and more while that takes but seconds]"
        ),
    ] = None,
    price: Annotated[
        float | None,
        typer.Option(min=0, help="What an hour of a GPU costs (without one, of this machine)."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say what a run would take: time, GPU hours, disk, pairs that are kept, cost.

    A few pairs are made with the same recipe and pictures in a folder of their own, which is
    removed again. The more of them, the narrower the interval of what is kept. Nothing of it is
    known of other machines: make the estimate where the run will be.

    Examples:

        syned estimate --images ~/Pictures --n 30000 --price 2.50

        syned estimate --recipe demo --n 100000 --probe 200
    """
    with told("Give the same command again."):
        from pipelines.estimate import estimate as estimated
        from pipelines.plan import make_plan
        from pipelines.requirements import missing, refusal
        from pipelines.resolve import resolve
        from pipelines.show_estimate import print_estimate

        resolved = resolve(recipe, images, n, set_ or [])
        lacks = missing(resolved)
        if lacks:
            raise refusal(resolved, lacks)
        found = estimated(make_plan(resolved), probe)
        if json_:
            typer.echo(found.model_dump_json(indent=1))
        else:
            print_estimate(found, make_console(), price)
