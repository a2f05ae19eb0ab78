"""The command line. It alone composes the core and the pipelines, inside the command functions.

Nothing heavy is imported before a command runs, so `--help` answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from syned import __version__
from syned.cli.caption import caption
from syned.cli.card import card
from syned.cli.cluster import cluster
from syned.cli.data import app as data
from syned.cli.doctor import doctor
from syned.cli.estimate import estimate
from syned.cli.evaluate import evaluate
from syned.cli.export import export
from syned.cli.filter_run import filter_run
from syned.cli.generate import generate
from syned.cli.import_ import import_
from syned.cli.preview import preview
from syned.cli.publish import publish
from syned.cli.report import report
from syned.cli.score import score
from syned.cli.train import train
from syned.cli.verify import verify

app = typer.Typer(
    name="syned",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    help=(
        "Make image-difference-captioning datasets from pictures, and train captioners on them.\n\n"
        "From each source picture syned makes pairs: an edit instruction, the edited picture and "
        "five captions that tell the difference; it scores and filters them and writes Parquet "
        "shards that `datasets.load_dataset` opens. `syned train` tunes BLIP-2 on them and on real "
        "data; `evaluate`, `caption` and `score` tell what came of it; `publish` puts datasets and "
        "captioners on the Hugging Face Hub.\n\n"
        "Start with `syned generate --recipe demo`: it needs no GPU, no model and no download."
    ),
    epilog="Exit codes: 0 done, 1 a bug, 2 your input or machine, 3 rows or checks failed.",
)


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


app.command()(generate)
app.command(name="filter")(filter_run)
app.command()(preview)
app.command()(report)
app.command(name="import")(import_)
app.command()(verify)
app.command()(card)
app.command()(publish)
app.command()(export)
app.command()(estimate)
app.command()(cluster)
app.command()(doctor)
app.command()(score)
app.command()(train)
app.command()(evaluate)
app.command()(caption)
app.add_typer(data, name="data")
