"""`syned publish`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syned.cli.common import console
from syned.cli.train import RootOption
from syned.cli.verify import AgainstOption, known_pictures
from syned.told import told

if TYPE_CHECKING:
    from pipelines.verify.known import Known

AGAIN = "Give the same command again: what was uploaded is kept, and it goes on from there."


def publish(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A finished run, or a folder with shards and a card; one in a store is copied to "
            "this machine first.",
        ),
    ] = None,
    *,
    repo: Annotated[
        str, typer.Option(metavar="OWNER/NAME", help="The repository; made if it is not there.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(metavar="TRAINING", help="Publish this trained captioner, and no dataset."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further configuration: `raw_scored` holds every scored pair, kept or not, with "
            "the filter's decision; `strict` the better half of those kept. May be repeated.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Title on the card.  [default: Syned RECIPE]")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see it; private otherwise.")
    ] = False,
    unscreened: Annotated[
        bool,
        typer.Option(
            "--unscreened",
            help="Let everybody see it though no model has looked at what its pictures show, "
            "because somebody has.",
        ),
    ] = False,
    revision: Annotated[
        str, typer.Option(metavar="BRANCH", help="Where to commit; made if it is not there.")
    ] = "main",
    against: AgainstOption = None,
    root: RootOption = Path("data"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Lay it out here and say what would be sent.")
    ] = False,
) -> None:
    """Put a dataset on the Hugging Face Hub, or a trained captioner.

    The dataset is laid out in RUN/publish: shards, card and the card's pictures. It is verified
    first (`syned verify`); if a check fails, nothing is uploaded. Files that the Hub has already
    are not sent again, so after a stop, or with other rules of the filter, the same command sends
    only what is missing. Few commits are made, the card in the last one. Shards and pictures of an
    earlier upload that do not belong any more are deleted in it (`--dry-run` lists them); a
    repository with a card that syned did not write is left alone.

    A dataset is made public only if a model has looked at its pictures (`syned generate …
    --publishable`), or with --unscreened; a private one is warned of.

    The token is the one of `hf auth login`, or HF_TOKEN.

    Exit codes: 0 it is there, 2 the Hub or your input does not allow it, 3 a check failed.

    Examples:

        syned publish runs/demo --repo owner/name --dry-run

        syned publish runs/mine --repo owner/name --variant raw_scored --variant strict --public

        syned publish --model trainings/mine --repo owner/captioner
    """
    with told(AGAIN):
        from syned.dataset import is_run
        from syned.hub.publish import put
        from syned.hub.remote import Target
        from syned.hub.upload import check_ready
        from syned.mirror import on_this_machine
        from syned.run import RunFolder

        if (run is None) == (model is None):
            raise typer.BadParameter("a run, or --model TRAINING", param_hint="RUN")
        if model is not None and (variant or against or name):
            raise typer.BadParameter("it has none of a dataset's options", param_hint="--model")
        target = Target(repo, "model" if model else "dataset", revision)
        check_ready(target, dry_run=dry_run)
        if model is not None:
            from trainer.publish import model_files

            files = model_files(model, repo)
            put(target, files, console(), public=public, dry_run=dry_run)
        else:
            assert run is not None, "there is a run or a model"
            known = known_pictures(against or [], root)
            place = on_this_machine(run, whole=True)
            with RunFolder(place).claim() if is_run(place) else nullcontext():
                screened = not public or unscreened
                files = _dataset(place, variant or [], repo, name, known, screened=screened)
                put(target, files, console(), public=public, dry_run=dry_run)


def _dataset(
    run: Path,
    variants: Sequence[str],
    repo: str,
    name: str | None,
    known: Known | None,
    *,
    screened: bool,
) -> dict[str, Path]:
    """Lay out and verify a dataset, and return its files by their path in the repository.

    Raises:
        RunError: It is to be seen by everybody, and what its pictures show is not known.
        Exit: With code 3, if a check fails.
    """
    from pipelines.publish.assemble import assemble, verify_folder
    from pipelines.verify.told import print_verified
    from syned.bars import bar
    from syned.dataset import is_run
    from syned.errors import EXIT_ROWS_FAILED, RunError
    from syned.run import RunFolder

    with bar("verifying") as progress:
        if is_run(run):
            made = assemble(
                RunFolder(run),
                variants=variants,
                repo=repo,
                name=name,
                known=known,
                progress=progress,
            )
        else:
            made = verify_folder(run, variants, known, progress)
    print_verified(made.verified, console())
    if not made.verified.ok:
        typer.echo("Nothing was uploaded.", err=True)
        raise typer.Exit(EXIT_ROWS_FAILED)
    if made.verified.unscreened and not screened:
        raise RunError(
            f"{run} is not made public: {made.verified.unscreened}. Give its `syned generate` "
            "command again with --publishable, which keeps its pictures; or leave out --public; "
            "or, if somebody has looked at them all, add --unscreened. Nothing was uploaded."
        )
    return made.files
