"""What the commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syned.plain import plain

if TYPE_CHECKING:
    from rich.console import Console

RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Folder of a run, such as `runs/demo` or `s3://bucket/runs/mine`."
    ),
]


def console() -> Console:
    """Return where a command prints."""
    from syned.terminal import Terminal

    return Terminal()


def echo(text: str, *, err: bool = False) -> None:
    """Print a line for people and programs alike: no colours, no wrapping, odd characters named."""
    typer.echo(plain(text, keep="\n\t"), err=err)


def places_of(data: list[str] | None) -> dict[str, str]:
    """Return where datasets are, from `NAME=PATH` on the command line."""
    places: dict[str, str] = {}
    for item in data or ():
        name, equals, path = item.partition("=")
        if not equals or not name or not path:
            raise typer.BadParameter(f"{item!r}: expected NAME=PATH", param_hint="--data")
        places[name] = path
    return places
