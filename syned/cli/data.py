"""`syned data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import console
from syned.cli.train import RootOption
from syned.plain import plain_json
from syned.told import told

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Datasets to train and evaluate on: what there is, how to get it, whether it is complete.",
)


@app.command("list")
def list_(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Tell all of this one.")
    ] = None,
    root: RootOption = Path("data"),
    json_: JsonOption = False,
) -> None:
    """List all datasets; or tell of one where it comes from and how to get it.

    Sizes are pairs of each split under the usual protocol. A dataset is `here` if the beginning of
    one of its splits can be read with pictures from ROOT/NAME; `syned data check` reads all of it.

    Examples:

        syned data list

        syned data list std --root ~/data
    """
    with told("Give the same command again."):
        from dataclasses import asdict

        from trainer.data_list import cards
        from trainer.data_told import print_card, print_cards

        found = cards(root, name)
        if json_:
            whole = asdict(found[0]) if name else {"datasets": [asdict(card) for card in found]}
            typer.echo(plain_json(whole, indent=2))
        elif name:
            print_card(found[0], console())
        else:
            print_cards(found, str(root), console())


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `syned data list` has it.")],
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="Its folder; for tables also a Parquet file, or a name on the Hub."
        ),
    ],
    protocol: Annotated[
        str | None, typer.Option(help="How entries become pairs.  [default: the usual way]")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Read all of a dataset once: is it complete, do all pictures open, do splits share any?

    It counts pairs, references, entries that give no pair with the reason, captions that were
    mended, missing and broken pictures, and what two splits share: ids, pictures by SHA-256, and
    both pictures of a pair.

    Exit codes: 0 all is as expected, 2 it is not there or cannot be read at all, 3 something is
    missing, differs or leaks.

    Examples:

        syned data check std data/std

        syned data check std data/std --protocol B --json
    """
    with told("Give the same command again."):
        from dataclasses import asdict

        from syned.errors import EXIT_ROWS_FAILED
        from syned.terminal import Terminal
        from trainer.data_bar import bar
        from trainer.data_check import check as check_dataset
        from trainer.data_told import print_report

        with bar(Terminal(stderr=True)) as on_split:
            report = check_dataset(name, path, protocol, on_split)
        if json_:
            typer.echo(plain_json(asdict(report), indent=2))
        else:
            print_report(report, console())
        if report.problems:
            raise typer.Exit(EXIT_ROWS_FAILED)
