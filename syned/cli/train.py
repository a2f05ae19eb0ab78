"""`syned train`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import console as make_console
from syned.cli.common import places_of
from syned.told import GO_ON, told

DataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="NAME=PATH",
        help="Where a dataset is: a folder, a run or Parquet files, here or in a store (s3://, "
        "gs://), or `owner/name` on the Hub; may be repeated. Others are looked for in ROOT/NAME.",
    ),
]
RootOption = Annotated[
    Path,
    typer.Option(envvar="SYNED_DATA", help="Folder with a folder for each dataset."),
]


def train(
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="`blip2idc` adapts BLIP-2 (OPT 2.7B) as the paper does; `paper` prepares pictures "
            "as its release, too; `demo` adapts the small captioner that ships with syned, on a "
            "laptop; `scratch` makes such a one from nothing; or a YAML file.",
        ),
    ] = "blip2idc",
    mix: Annotated[
        str | None,
        typer.Option(
            # By its own name: typer 0.27 takes a metavar of the same letters for it.
            "--mix",
            metavar="MIX",
            help="What to train on: a mix such as `std`, a YAML file, or datasets with weights or "
            "counts, such as `std+syned:0.5` or `ier+syned=2000`.",
        ),
    ] = None,
    data: DataOption = None,
    root: RootOption = Path("data"),
    base: Annotated[
        str | None,
        typer.Option(help="Base model: a folder, a Hub id, `builtin:small`, or `scratch`."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The training's folder.  [default: trainings/NAME]"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A value of the recipe, such as `train.epochs=3`; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved recipe, and train nothing.")
    ] = False,
) -> None:
    """Train a captioner of differences: BLIP2IDC, or a small one from scratch.

    Both pictures are joined into one input of BLIP-2, and low-rank adapters on the attention of
    all its parts are trained (arXiv 2412.15939). Validation captions choose the best weights, the
    test set is looked at once, at the end. The same command goes on where an earlier one stopped,
    to the last bit.

    On several GPUs: `accelerate launch -m syned train …`.

    The folder gets `model/` (the adapter, with its card; `peft` alone can load it), `curves.png`,
    `training.json` and `test/` with all captions and a page.

    Examples:

        syned train --recipe demo --data syned=runs/demo

        syned train --mix std --root ~/data

        syned train --mix std+syned:0.5 --data syned=me/my-shards --set train.epochs=5
    """
    import yaml

    from syned.run import RunFolder

    with told(GO_ON):
        from trainer.resolve import resolve

        resolved = resolve(recipe, mix, base, places_of(data), set_ or [])
        console = make_console()
        if dry_run:
            values = resolved.model_dump(mode="json")
            console.print(yaml.safe_dump(values, sort_keys=False), highlight=False)
            return
        folder = RunFolder(out or Path("trainings") / resolved.name)
        from trainer.display import Display
        from trainer.setup import prepare_torch, rank

        prepare_torch(resolved.model.device)
        from trainer.train import start, train

        first = rank() == 0
        console.quiet = not first
        with folder.claim() if first else nullcontext(), Display(console) as display:
            if first:
                start(folder, resolved)
            trained = train(resolved, folder, root.expanduser(), display)
        from trainer.told import print_trained

        print_trained(trained, folder, console)
