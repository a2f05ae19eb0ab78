"""`syned verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syned.cli.common import console
from syned.cli.data import JsonOption
from syned.cli.train import RootOption
from syned.told import told

if TYPE_CHECKING:
    from pipelines.verify.known import Known
    from pipelines.verify.report import Verified

AgainstOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|PATH",
        help="An evaluation set that no picture may come close to: a name of `syned data list` "
        "(validation and test are taken from ROOT/NAME), a folder of pictures, Parquet files, or "
        "`owner/name` on the Hub. May be repeated.",
    ),
]


def verify(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PATH|REPO",
            help="A run, a folder of shards or a Parquet file, here or in a store (s3://, gs://); "
            "or a dataset `owner/name` on the Hub.",
        ),
    ],
    against: AgainstOption = None,
    root: RootOption = Path("data"),
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a dataset on the Hub.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Check a dataset before it is published, or one that is: all files, all rows, all pictures.

    Every shard reads whole; of a run every part is as it was written; one schema; five distinct
    clean captions in every row; every picture decodes; no pair twice; no source picture in two
    splits; row groups and page index as the Hub's viewer needs them; counts as the card says;
    licences stated; and with --against, nothing that comes close to a picture of an evaluation set
    (equal bytes, or perceptual hashes that differ in at most 6 of 64 bits).

    Exit codes: 0 all checks hold, 2 it is not there or cannot be read at all, 3 some do not hold.

    Examples:

        syned verify runs/demo

        syned verify owner/name --against emu --json
    """
    with told("Give the same command again."):
        from pipelines.verify.told import as_json, print_verified
        from syned.errors import EXIT_ROWS_FAILED

        found = verified(what, against or [], root, revision)
        if json_:
            typer.echo(as_json(found))
        else:
            print_verified(found, console())
        if not found.ok:
            raise typer.Exit(EXIT_ROWS_FAILED)


def verified(what: str, against: list[str], root: Path, revision: str | None = None) -> Verified:
    """Verify a dataset, with a bar where there is a terminal."""
    from pipelines.verify.verify import verify as verify_dataset
    from syned.bars import bar
    from syned.hub.download import download, is_repo
    from syned.mirror import on_this_machine

    place = download(what, revision) if is_repo(what) else on_this_machine(what)
    known = known_pictures(against, root)
    with bar("verifying") as progress:
        return verify_dataset(place, name=what, known=known, progress=progress)


def known_pictures(against: list[str], root: Path) -> Known | None:
    """Return the pictures of evaluation sets; nothing if none is named."""
    from pipelines.verify.known import Known

    return Known(p for name in against for p in _pictures(name, root)) if against else None


def _pictures(name: str, root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of an evaluation set."""
    from pipelines.verify.known import pictures_at
    from trainer.readers.evaluation import evaluation_pictures
    from trainer.readers.registry import datasets

    if name in datasets() and not Path(name).exists():
        return evaluation_pictures(name, root / name)
    return pictures_at(name)
