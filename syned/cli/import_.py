"""`syned import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import echo
from syned.told import GO_ON, told


def import_(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="`ip2p`, `ultraedit`, `magicbrush`, `emu`, `hq-edit`, `syned-authors` or another "
            "name of `syned data list`; or Parquet files or `owner/name` with pairs.",
        ),
    ],
    path: Annotated[
        str | None,
        typer.Argument(metavar="[PATH]", help="Its files; from the Hub if not given."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run.  [default: runs/NAME]")
    ] = None,
    n: Annotated[
        int | None, typer.Option(min=1, help="At most so many pairs.  [default: all]")
    ] = None,
    writer: Annotated[
        str | None,
        typer.Option(
            help="`given` takes pairs with five good captions alone, without a model.  "
            "[default: the recipe's, which writes what is missing]",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Which column holds what, where the layout is not recognised; as for "
            "`syned report`. May be repeated.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Any value of the recipe `import`; may be repeated."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and stop.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try rows again that failed in an earlier try.")
    ] = False,
) -> None:
    """Bring somebody else's pairs into a run, to filter, preview, train on and publish alike.

    Pictures, instructions and captions are taken as they come, at one size and in one encoding;
    pairs without five good captions get them from the writer of the recipe `import` (vLLM). Scores
    are computed and the filter decides as in any run; splits of theirs that are train, validation
    or test stay so. Pairs that cannot be used are rows with a reason. A dataset whose files are no
    table is written to RUN-pairs first; entries of it that give no pair are counted.

    Exit codes are those of `syned generate`.

    Examples:

        syned import magicbrush ~/magicbrush --out runs/magicbrush

        syned import ip2p --n 1000 --set instruct.writer.model=Qwen/Qwen3-4B

        syned import syned-authors ~/syned-authors --writer given

        syned import pairs.parquet --column image=a --column edited_image=b --column instruction=t
    """
    with told(GO_ON):
        from pipelines.imports import pairs_of, recipe_of
        from syned.cli.making import carry_out

        name, path = _here(name), path and _here(path)
        place = out or Path("runs") / Path(name).name.removesuffix(".parquet")
        sources = pairs_of(name, _files(name, path, place), column or [])
        recipe = recipe_of(Path(name).stem, sources, n, writer, set_ or [])
        carry_out(recipe, str(place), dry_run=dry_run, retry_failed=retry_failed)


def _here(text: str) -> str:
    """Return a path or a name as it is, and of a place in a store the copy here."""
    from syned.mirror import on_this_machine
    from syned.storage import protocol_of

    return str(on_this_machine(text)) if protocol_of(text) else text


def _files(name: str, path: str | None, run: Path) -> str | None:
    """Return where the files of a dataset are; what has a reader of its own is written first."""
    from pipelines.imports import importables
    from syned.errors import SourceError
    from trainer.readers.registry import datasets
    from trainer.to_pairs import write_pairs

    if name in importables() or name not in datasets():
        return path
    if path is None:
        raise SourceError(f"{name}: name its folder; `syned data list {name}` says how to get it")
    folder = run.with_name(f"{run.name}-pairs")
    for reason, count in write_pairs(name, path, folder).items():
        echo(f"{name}: {count:,} entries give no pair: {reason}", err=True)
    return str(folder)
