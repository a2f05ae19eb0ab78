"""`syned evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.caption import BaseOption, PaperOption
from syned.cli.common import console as make_console
from syned.cli.common import places_of
from syned.cli.score import AllowEmptyOption
from syned.cli.train import DataOption, RootOption
from syned.told import told


def evaluate(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="A [B]",
            help="A captioner (a training's folder, an adapter, a model), or captions in a "
            "file as `syned score` takes them; with a second one, whether it is better.",
        ),
    ],
    on: Annotated[
        str | None,
        typer.Option(
            metavar="DATA[:SPLIT[:PROTOCOL]]",
            help="The set, such as `std:test:A` or `syned:validation`.  [default: the test set of "
            "the training that made A]",
        ),
    ] = None,
    data: DataOption = None,
    root: RootOption = Path("data"),
    base: BaseOption = None,
    paper: PaperOption = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where result, captions and page are written.  [default: evaluations/NAME-on-SET]",
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print results as JSON.")] = False,
    allow_empty: AllowEmptyOption = False,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pairs at once.")] = None,
) -> None:
    """Score a captioner, or captions, on a dataset.

    Captions are joined to references by id, all of them are scored, and none is changed. Beside
    the model stand two that say the same of every pair, since some benchmarks reward that. Scores
    come with bootstrap intervals and by kind of change; `result.json` names the protocol, the hash
    of the references, the settings and the versions. With two, a paired bootstrap says whether the
    second is better than the first.

    Examples:

        syned evaluate trainings/mine

        syned evaluate trainings/mine --on std:test:A --data std=~/data/std

        syned evaluate trainings/lora trainings/full --on syned:test --data syned=runs/demo

        syned evaluate theirs.jsonl trainings/mine --on ier:test --root ~/data
    """
    if len(what) > 2:
        raise typer.BadParameter("one captioner, or two to compare", param_hint="A")
    with told("Give the same command again."):
        from trainer.setup import prepare_torch

        prepare_torch("auto")
        from trainer.bench import Asked, evaluate_all, set_of
        from trainer.told import print_comparison, print_results

        root = root.expanduser()
        config, seed = set_of(on, what[0], places_of(data), root)
        asked = Asked(base, paper, batch_size, allow_empty)
        found = evaluate_all(what, config, seed, root, out, asked)
        if json_:
            typer.echo(found.as_json())
            return
        console = make_console()
        print_results(found.results, console)
        if found.comparison:
            names = (found.results[0].model, found.results[1].model)
            print_comparison(names, found.comparison, console)
        for folder in found.folders:
            line = f"{folder}/page.html  pairs with captions, worst first"
            console.print(line, highlight=False, soft_wrap=True)
