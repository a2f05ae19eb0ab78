"""How each of the world's models is trained: `transformers.Trainer`, Muon, one cosine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pytorch_optimizer import Muon
from pytorch_optimizer.optimizer.utils.matrix import zero_power_via_newton_schulz_5
from torch import nn

STEEPER = 4.0
"""Learning rate of matrices over that of all else, as in the captioner's training."""
SAVE_EVERY = 500
"""Steps; what an interruption costs at most."""


def learn(
    model: Any, examples: Any, folder: Path, *, steps: int, batch: int, rate: float, seed: int = 0
) -> None:
    """Train a model, or go on where its training was interrupted.

    Args:
        model: A `torch.nn.Module` that takes an example's tensors by name and returns `{"loss"}`.
        examples: A `torch.utils.data.Dataset` of dicts of tensors.
        folder: Where checkpoints lie; the last one is gone on from.
        steps: Optimizer steps in all.
        batch: Examples in a step.
        rate: Highest learning rate of all but the matrices.
        seed: Of the order of the examples and of all that is drawn.
    """
    from transformers import Trainer, TrainingArguments
    from transformers.trainer_utils import get_last_checkpoint

    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=batch,
        lr_scheduler_type="cosine",
        warmup_steps=min(100, steps // 10),
        save_steps=SAVE_EVERY,
        save_total_limit=2,  # one may be half written
        logging_steps=50,
        report_to="none",
        seed=seed,
        use_cpu=True,
        dataloader_drop_last=True,
        remove_unused_columns=False,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=examples,
        optimizers=(muon(model, rate), None),
    )
    folder.mkdir(parents=True, exist_ok=True)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))


def muon(model: Any, rate: float) -> Any:
    """Return Muon for weights between two states, convolutions too, and AdamW for all others.

    See https://kellerjordan.github.io/posts/muon/; steps are scaled to be as large as AdamW's
    (arXiv 2502.16982). Embeddings, and layers that read pictures or write them, have no state on
    one side.

    Args:
        model: What is trained.
        rate: Learning rate of AdamW.
    """
    outer = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    outer |= {id(p) for name, p in model.named_parameters() if _is_outer(name)}
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    inner = [weight for weight in weights if weight.dim() > 1 and id(weight) not in outer]
    kept = {id(weight) for weight in inner}
    matrices = {"params": inner, "lr": STEEPER * rate, "weight_decay": 0.01}
    rest = {"params": [weight for weight in weights if id(weight) not in kept], "lr": rate}
    return SinglePrecisionMuon(
        [
            {**matrices, "use_adjusted_lr": True, "use_muon": True},
            {**rest, "betas": (0.9, 0.99), "eps": 1e-8, "use_muon": False},
        ]
    )


class SinglePrecisionMuon(Muon):  # type: ignore[misc]
    """Muon without bfloat16, which many CPUs have no instructions for (see `quick_precision`)."""

    @staticmethod
    def _orthogonalize(group: dict[str, Any], updates: list[torch.Tensor]) -> list[torch.Tensor]:
        steps, weights = group["ns_steps"], group["ns_coeffs"]
        flat = [update.flatten(1) for update in updates]
        orthogonalize = zero_power_via_newton_schulz_5
        return [orthogonalize(one, steps, weights=weights, dtype=torch.float32) for one in flat]


def quick_precision() -> Any:
    """Return a context in which layers compute in bfloat16, if the CPU has instructions for it.

    Without them it takes ten times as long as single precision.
    """
    able = torch.cpu.get_capabilities()
    native = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))
    return torch.autocast("cpu", torch.bfloat16, enabled=native)


def _is_outer(name: str) -> bool:
    """Say whether a weight reads what goes in, or writes what comes out."""
    return any(part in name for part in ("conv_in", "conv_out", "patch_embedding"))
