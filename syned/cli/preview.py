"""`syned preview`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import RunArgument, console
from syned.told import told


def preview(
    run: RunArgument,
    png: Annotated[
        bool, typer.Option("--png", help="Make a contact sheet instead of a page.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it goes.  [default: RUN/preview.html or .png; of a run in a store, "
            "NAME-preview.html here]",
        ),
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
    with told("Give the same command again."):
        from pipelines.preview.look import look
        from syned.run import RunFolder

        path = look(RunFolder(run), png=png, out=out, limit=limit)
        console().print(f"wrote {path}", highlight=False, soft_wrap=True)
