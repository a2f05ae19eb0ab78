"""`syned card`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.cli.common import RunArgument, console
from syned.told import told


def card(
    run: RunArgument,
    repo: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Where the dataset will be published."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Its title on the card.  [default: Syned RECIPE]")
    ] = None,
) -> None:
    """Write the card of a finished run, with its pictures, to look at before it is published.

    What is in it, how it was made, where pairs went and how they scored, some of them to look at,
    what `syned verify` finds, licences, limitations, citation, and the command that makes it again.
    All numbers are counted in the run. `syned publish` writes the same card and uploads it; further
    configurations that it has laid out (`--variant`) are on this card too.

    It is RUN/publish/README.md; its pictures are in RUN/publish/card.

    Examples:

        syned card runs/demo

        syned card runs/demo --repo owner/name --name 'My pairs'
    """
    with told("Give the same command again."):
        from pipelines.publish.assemble import assemble
        from syned.bars import bar
        from syned.dataset import CARD
        from syned.mirror import on_this_machine
        from syned.run import RunFolder

        folder = RunFolder(on_this_machine(run, whole=True))
        with folder.claim(), bar("verifying") as progress:
            made = assemble(folder, repo=repo, name=name, progress=progress)
        _say(f"wrote {made.folder / CARD}")
        failed = [check.name for check in made.verified.checks if not check.ok]
        if failed:
            _say(f"`syned verify {made.folder}` tells what is wrong: {', '.join(failed)}")


def _say(text: str) -> None:
    console().print(text, highlight=False, soft_wrap=True)
