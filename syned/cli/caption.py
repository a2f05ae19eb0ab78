"""`syned caption`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syned.cli.common import echo
from syned.plain import plain, plain_json
from syned.told import told

if TYPE_CHECKING:
    from trainer.asked import AskedPair
    from trainer.caption import Tell

ModelOption = Annotated[
    str,
    typer.Option(
        help="Folder of a training, of an adapter or of a whole BLIP-2; a Hub id, pinned by "
        "`@REVISION` behind it; or `builtin:small`, which reads simple drawn scenes."
    ),
]
BaseOption = Annotated[
    str | None, typer.Option(help="Base of the adapter, where it is not what the adapter names.")
]
PaperOption = Annotated[
    bool,
    typer.Option(
        "--paper", help="Prepare pictures as the paper's release; for adapters that came with it."
    ),
]


def caption(
    pairs: Annotated[
        list[str],
        typer.Argument(
            metavar="BEFORE AFTER | FOLDER | FILE.csv",
            help="Two pictures; a folder with NAME_before and NAME_after, or with before/ and "
            "after/; or a CSV file with the columns before and after, and id if you like.",
        ),
    ],
    model: ModelOption,
    base: BaseOption = None,
    paper: PaperOption = False,
    json_: Annotated[
        bool, typer.Option("--json", help="One JSON object per line: id, before, after, caption.")
    ] = False,
    heatmap: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Draw where the model looked (cross-attention of the Q-Former) as a PNG for each "
            "pair.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Pairs at once.  [default: as in training]")
    ] = None,
) -> None:
    """Say what differs between two pictures.

    Pictures may be of any format and size. A picture that cannot be read is told with its name,
    after the captions of the others, and makes the exit code 3.

    Examples:

        syned caption before.png after.png --model trainings/mine

        syned caption pairs/ --model trainings/mine --heatmap looked/

        syned caption pairs.csv --model trainings/mine --json > captions.jsonl
    """
    with told("Give the same command again."):
        from trainer.asked import asked_pairs
        from trainer.setup import prepare_torch

        asked = asked_pairs(pairs)
        prepare_torch("auto")
        from trainer.caption import caption_files

        bad = caption_files(
            asked,
            model,
            base=base,
            paper=paper,
            batch_size=batch_size,
            heatmaps=heatmap,
            tell=_as_json if json_ else _as_text(len(asked)),
        )
        for line in bad:
            echo(line, err=True)
    if bad:
        raise typer.Exit(3)


def _as_json(pair: AskedPair, text: str) -> None:
    files = {"before": str(pair.before), "after": str(pair.after)}
    typer.echo(plain_json({"id": pair.name, **files, "caption": text}))


def _as_text(count: int) -> Tell:
    """Return what prints a caption, with the pair's name if there are several."""

    def tell(pair: AskedPair, text: str) -> None:
        typer.echo(plain(text) if count == 1 else f"{plain(pair.name)}\t{plain(text)}")

    return tell
