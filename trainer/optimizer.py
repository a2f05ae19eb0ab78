"""The optimizer of a phase: AdamW, which `transformers.Trainer` makes itself, or Muon."""

from __future__ import annotations

from typing import Any

from syned.errors import MissingExtra
from trainer.recipe import PhaseConfig, TrainRecipe

STEEPER = 4.0
"""Learning rate of matrices over that of all else: with 2e-3 and 5e-4 a new model has learned more
words after 500 steps than with 5e-4 or 5e-3 for its matrices."""


def optimizers_of(model: Any, recipe: TrainRecipe, phase: PhaseConfig) -> tuple[Any, None]:
    """Return what `Trainer` takes as `optimizers`: none of ours, or Muon; the schedule is its own.

    Muon (https://kellerjordan.github.io/posts/muon/) makes the momentum of a matrix orthogonal, so
    that directions with small gradients are learned, too. Its steps are scaled to be as large as
    AdamW's (arXiv 2502.16982). What is no matrix between two states is left to AdamW.

    Args:
        model: What is trained; weights that are fixed are left out.
        recipe: All of the training.
        phase: Its learning rate, if it has one, is that of all but the matrices.

    Raises:
        MissingExtra: Muon is wanted and its library is not installed.
    """
    if recipe.train.optimizer == "adamw":
        return None, None
    try:
        from trainer.muon import SinglePrecisionMuon
    except ImportError as error:
        raise MissingExtra("pytorch-optimizer", "train") from error
    inner, other = _shared_out(model)
    rate = phase.learning_rate or recipe.train.learning_rate
    matrices = {
        "params": inner,
        "lr": STEEPER * rate,
        "weight_decay": recipe.train.weight_decay,
        "use_adjusted_lr": True,
        "use_muon": True,
    }
    rest = {"params": other, "lr": rate, "betas": (0.9, 0.999), "eps": 1e-8, "use_muon": False}
    return SinglePrecisionMuon([matrices, rest]), None


def _shared_out(model: Any) -> tuple[list[Any], list[Any]]:
    """Return the matrices between states of a model, and its other weights.

    A layer that reads out words or tokens has no state behind it, and is not among the former.
    """
    from torch import nn

    read_out = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    read_out |= {id(p) for name, p in model.named_parameters() if name.startswith("names.")}
    inner = {
        id(module.weight)
        for module in model.modules()
        if isinstance(module, nn.Linear) and id(module.weight) not in read_out
    }
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return (
        [weight for weight in trained if id(weight) in inner],
        [weight for weight in trained if id(weight) not in inner],
    )
