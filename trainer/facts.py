"""What there is to tell of a training: counts, rates, shares, memory."""

from __future__ import annotations

import platform
import resource
from collections.abc import Iterator, Sequence
from typing import Any

from syned.hub.commits import commit_of, split_revision
from trainer.mix import Part
from trainer.model import Loaded, trainable_share
from trainer.phase import PhaseResult
from trainer.recipe import TrainRecipe


def facts_of(
    recipe: TrainRecipe,
    loaded: Loaded,
    phases: Sequence[Sequence[Part]],
    validation: Part | None,
    results: Sequence[PhaseResult],
) -> dict[str, Any]:
    """Return what there is to tell of a training."""
    trained, whole = trainable_share(loaded.model)
    return {
        "phases": [
            {
                "learns": result.learns,
                "components": [_component(part) for part in parts],
                "examples_per_pass": result.examples,
                "steps": result.steps,
                "best": result.best,
                "best_step": result.best_step,
                "seconds_in_steps": result.seconds_in_steps,
                "seconds_waiting_for_data": result.seconds_waiting,
                "pairs_per_second": _rate(recipe, result),
            }
            for parts, result in zip(phases, results, strict=True)
        ],
        "validation_pairs": len(validation.store.rows) if validation else 0,
        "best_by": recipe.train.best_by,
        "lora_rank": _lora_rank(loaded.model),
        "trained_numbers": trained,
        "numbers": whole,
        "peak_memory_mib": _peak_memory(),
        "machine": platform.machine(),
        "commits": dict(_commits(recipe)),
    }


def _commits(recipe: TrainRecipe) -> Iterator[tuple[str, str]]:
    """Yield what was loaded from the Hub and its commit."""
    model, mix = recipe.model, recipe.mix
    sets = [*(c for p in mix.phases for c in p.components), mix.validation, mix.test]
    paths = [(config.path, "dataset") for config in sets if config is not None and config.path]
    for name, kind in [(model.base, "model"), (model.adapter or "", "model"), *paths]:
        repo, pinned = split_revision(name)
        revision = model.revision if name == model.base else pinned
        if commit := commit_of(repo, revision, kind):
            yield name, commit


def _lora_rank(model: Any) -> int | None:
    """Return the rank of an adapter; one that was gone on from has its own."""
    configs = list(getattr(model, "peft_config", {}).values())
    return int(configs[0].r) if configs else None


def _component(part: Part) -> dict[str, Any]:
    return {
        "data": part.name,
        "pairs": len(part.store.rows),
        "drawn_per_pass": len(part.draws),
        "left_out": part.left_out,
        "mended": part.cleaned,
        "licenses": sorted({row.license for row in part.store.rows}),
    }


def _rate(recipe: TrainRecipe, result: PhaseResult) -> float | None:
    """Return pairs per second of the steps that this process made."""
    seconds = result.seconds_in_steps + result.seconds_waiting
    pairs = result.own_steps * recipe.train.batch_size * recipe.train.accumulate
    return round(pairs / seconds, 2) if seconds else None


def _peak_memory() -> int:
    """Return the most memory that was held, in MiB: of the GPU, or of the process."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated() // 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
