"""How many actors the stages of a run have on Ray, and what each needs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syned.errors import SynedError

_FORM = re.compile(r"(?:(?P<count>\d+)x)?(?P<amount>\d+(?:\.\d+)?)(?P<what>cpu|gpu)s?")


@dataclass(frozen=True, slots=True)
class Size:
    """The actors of a stage.

    Attributes:
        cpus: Cores that each takes; may be a fraction.
        gpus: GPUs that each takes; may be a fraction.
        actors: How many; as many as the cluster has room for if not given.
    """

    cpus: float = 1
    gpus: float = 0
    actors: int | None = None

    def fits(self, resources: Mapping[str, float]) -> bool:
        """Say whether a machine has room for one actor.

        Args:
            resources: What the machine has in all, as Ray tells it.
        """
        return resources.get("CPU", 0) >= self.cpus and resources.get("GPU", 0) >= self.gpus

    def count(self, resources: Mapping[str, float]) -> int:
        """Return how many actors to have on a cluster: those asked for, or all that fit.

        Args:
            resources: What the cluster has in all, as Ray tells it.
        """
        if self.actors is not None:
            return self.actors
        needs = ((self.cpus, "CPU"), (self.gpus, "GPU"))
        room = [resources.get(name, 0) / need for need, name in needs if need]
        return max(1, math.floor(min(room) + 1e-9)) if room else 1


def read_sizes(texts: Sequence[str], stages: Mapping[str, bool], *, gpus: bool) -> dict[str, Size]:
    """Return the size of each stage.

    Args:
        texts: `STAGE=SIZE`, such as `edit=8x1gpu`, `score=0.25gpu` or `sample=16x1cpu`; a stage
            is named with its number or without.
        stages: The stages by their names, and whether each holds a model.
        gpus: Whether the cluster has GPUs: a stage with a model then takes one for each actor.

    Raises:
        SynedError: A text is not of that form, or names no stage.
    """
    sizes = {name: Size(gpus=1) if model and gpus else Size() for name, model in stages.items()}
    for text in texts:
        name, equals, form = text.partition("=")
        found = _FORM.fullmatch(form.strip().lower())
        stage = next((s for s in stages if name.strip() in (s, s.partition("-")[2])), None)
        if not equals or found is None or stage is None:
            known = ", ".join(s.partition("-")[2] for s in stages)
            raise SynedError(
                f"--size {text}: expected STAGE=SIZE, such as edit=8x1gpu, score=0.25gpu or "
                f"sample=16x1cpu; stages are {known}"
            )
        amount, count = float(found["amount"]), found["count"]
        if not amount or (count and not int(count)):
            raise SynedError(f"--size {text}: nothing is no size")
        if found["what"] == "gpu" and amount > 1 and amount % 1:
            raise SynedError(f"--size {text}: more than one GPU must be a whole number")
        actors = int(count) if count else None
        gpu = found["what"] == "gpu"
        sizes[stage] = Size(1, amount, actors) if gpu else Size(amount, 0, actors)
    return sizes
