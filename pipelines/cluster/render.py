"""Files for Ray's own launcher, Slurm and KubeRay, from a recipe."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from enum import StrEnum
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from pipelines.plan import stages
from pipelines.recipe import Recipe
from syned.errors import SynedError
from syned.secrets import refuse_secret
from syned.storage import protocol_of


class Launcher(StrEnum):
    """What starts a Ray cluster."""

    RAY = "ray"
    """Ray's own launcher, `ray up`."""
    SLURM = "slurm"
    """A Slurm batch script."""
    KUBERAY = "kuberay"
    """A RayJob for the KubeRay operator."""


_TEMPLATES = {
    Launcher.RAY: "launcher.yaml.j2",
    Launcher.SLURM: "slurm.sh.j2",
    Launcher.KUBERAY: "kuberay.yaml.j2",
}


_RAY = ("--engine", "ray", "--address", "auto")


def render(
    launcher: Launcher, recipe: Recipe, words: Sequence[str], *, out: str, nodes: int, gpus: int
) -> str:
    """Return the file that starts a cluster and a run on it.

    Args:
        launcher: For what.
        recipe: What is made.
        words: The options of `syned generate` that make it.
        out: The run's folder; all machines must see it.
        nodes: Machines, the head aside for Ray's launcher and KubeRay.
        gpus: GPUs of each; 0 for a recipe without models.

    Raises:
        SynedError: The folder is one that other machines cannot see, or holds a password.
    """
    refuse_secret(out)
    if launcher is not Launcher.SLURM and not protocol_of(out):
        raise SynedError(
            f"--out {out}: the machines of this cluster share no folder; name a place in a store, "
            "such as s3://bucket/run"
        )
    here = [word for word in words if Path(word).expanduser().exists()]
    if launcher is not Launcher.SLURM and here:
        raise SynedError(
            f"{here[0]} is on this machine alone; put pictures in a store, and a recipe's file and "
            "models where the machines of the cluster have them"
        )
    models = [stage.name.partition("-")[2] for stage in stages(recipe) if stage.holds_model]
    sizes = [word for name in models for word in ("--size", f"{name}=1gpu")]
    template = (resources.files("pipelines.cluster") / _TEMPLATES[launcher]).read_text("utf-8")
    environment = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    command = shlex.join(["syned", "generate", *words, *_RAY, *sizes, "--out", out])
    return environment.from_string(template).render(
        name=re.sub(r"[^a-z0-9]+", "-", f"syned-{recipe.name}".lower()).strip("-"),
        command=command,
        quoted=shlex.quote(command),
        out=out,
        nodes=nodes,
        gpus=gpus if models else 0,
        extras="gpu,ray,storage" if models else "ray,storage",
    )
