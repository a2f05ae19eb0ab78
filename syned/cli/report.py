"""`syned report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import console
from syned.told import told


def report(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|TABLE [OTHER]",
            help="A run, Parquet files or a Hub dataset `owner/name`; two of them are compared.",
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Which column of a table holds what, such as `instruction=edit`; the layouts of "
            "syned, Emu Edit, InstructPix2Pix, UltraEdit, MagicBrush and HQ-Edit are recognised. "
            "Fields: image, edited_image, instruction, captions (may be repeated), task, "
            "source_caption, edited_caption and the names of scores.",
        ),
    ] = None,
    other_column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN", help="The same for OTHER."),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=1, help="Rows of a table whose pictures are looked at.")
    ] = 500,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page.  [default: RUN/report.html, or report.html]"),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the facts as JSON and write no page.")
    ] = False,
) -> None:
    """Audit a dataset: one HTML page with plots.

    Funnel, scores with the thresholds in force, composition by task against the wanted one, variety
    and length of instructions and captions, near-duplicates, the pairs at the edge of each
    threshold, and what each stage cost. The page needs no network and no server.

    Anybody's edit dataset gets the same audit, as far as it has what is asked; pixel and caption
    scores are then computed on a sample, so that synthetic and real data can be compared.

    Examples:

        syned report runs/demo

        syned report runs/mine runs/other --out compare.html

        syned report runs/mine ~/magicbrush/data

        syned report pairs.parquet --column image=a --column edited_image=b --column instruction=t
    """
    with told("Give the same command again."):
        from pipelines.report.make import as_json, audit, write_report
        from syned.storage import protocol_of

        if len(what) > 2:
            raise typer.BadParameter("one dataset, or two to compare", param_hint="RUN")
        if other_column and len(what) < 2:
            raise typer.BadParameter("there is no other dataset", param_hint="--other-column")
        audits = [audit(what[0], column or [], sample)]
        audits += [audit(each, other_column or [], sample, "--other-column") for each in what[1:]]
        if json_:
            typer.echo(as_json(audits))
            return
        name = "report.html" if len(audits) == 1 else f"report-and-{audits[1].name}.html"
        is_here = audits[0].kind == "run" and not protocol_of(what[0])
        path = out or (Path(what[0]).expanduser() if is_here else Path()) / name
        write_report(audits, path)
        console().print(f"wrote {path}", highlight=False, soft_wrap=True)
