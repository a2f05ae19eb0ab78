"""`syned cluster`."""

from __future__ import annotations

from typing import Annotated

import typer

from syned.told import told


def cluster(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Name or file of a recipe, as for `generate`.")
    ],
    for_: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="ray|slurm|kuberay",
            help="Ray's own launcher (`ray up`), a Slurm batch script, or a RayJob for Kubernetes.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="DIR|URL",
            help="The run: in a store, or in a folder that all machines see.",
        ),
    ],
    n: Annotated[int | None, typer.Option("--n", "-n", min=1, help="Edited pairs to make.")] = None,
    images: Annotated[
        str | None, typer.Option(metavar="PATH", help="Source pictures, as for `generate`.")
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, help="Machines that work.")] = 2,
    gpus: Annotated[
        int,
        typer.Option(
            min=1,
            help="GPUs of each (with `ray` the instance type says it); a recipe without models "
            "gets none.",
        ),
    ] = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="As for `generate`."),
    ] = None,
) -> None:
    """Print what starts a Ray cluster and a run on it.

    The file goes to standard output, with the commands for it in its first lines. Nothing is
    started.

    Examples:

        syned cluster default --for slurm --out /shared/runs/mine --nodes 8 --gpus 4 > mine.sbatch

        syned cluster default --for kuberay --n 3000000 --out s3://bucket/run > run.yaml
    """
    with told("Give the same command again."):
        from pipelines.cluster.render import Launcher, render
        from pipelines.resolve import resolve

        if for_ not in set(Launcher):
            raise typer.BadParameter("one of ray, slurm, kuberay", param_hint="--for")
        resolved = resolve(recipe, images, n, set_ or [])
        words = ["--recipe", recipe, "--n", str(resolved.n)]
        words += ["--images", images] if images else []
        words += [word for value in set_ or () for word in ("--set", value)]
        text = render(Launcher(for_), resolved, words, out=out, nodes=nodes, gpus=gpus)
        typer.echo(text, nl=False)
