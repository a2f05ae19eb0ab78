"""What the commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, such as `runs/demo`.")
]


def console() -> Console:
    """Return where a command prints."""
    from rich.console import Console

    return Console()
