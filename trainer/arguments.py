"""What `transformers.Trainer` is told of a phase."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from transformers import TrainingArguments

from syned.errors import MissingExtra
from trainer.base import device_of
from trainer.recipe import PhaseConfig, TrainRecipe


def arguments_of(
    recipe: TrainRecipe, phase: PhaseConfig, examples: int, folder: Path, *, validated: bool
) -> TrainingArguments:
    """Return what `transformers.Trainer` is told.

    Args:
        recipe: All of the training.
        phase: This part of it.
        examples: Of one pass.
        folder: For checkpoints and logs.
        validated: Whether validation pairs choose the best weights.

    Raises:
        MissingExtra: A logger is not installed.
    """
    train = recipe.train
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    batches = math.ceil(examples / (train.batch_size * processes))
    every = max(1, round(train.eval_every * math.ceil(batches / train.accumulate)))
    kept = {"metric_for_best_model": f"eval_{train.best_by}", "load_best_model_at_end": True}
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=train.batch_size,
        per_device_eval_batch_size=recipe.generate.batch_size,
        gradient_accumulation_steps=train.accumulate,
        num_train_epochs=phase.epochs or train.epochs,
        max_steps=train.max_steps or -1,
        learning_rate=phase.learning_rate or train.learning_rate,
        # The plain constant schedule of transformers knows no warm-up.
        lr_scheduler_type=train.schedule.replace("constant", "constant_with_warmup"),
        warmup_steps=train.warmup,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm or 0.0,
        optim="adamw_torch",
        bf16=train.bf16,
        # Only a whole model can; what learns words is small parts of it.
        gradient_checkpointing=train.gradient_checkpointing and phase.learns != "words",
        gradient_checkpointing_kwargs={"use_reentrant": False},
        dataloader_num_workers=train.workers,
        restore_callback_states_from_checkpoint=True,
        eval_strategy="steps" if validated else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, min(50, every // 4)),
        logging_nan_inf_filter=False,
        greater_is_better=train.best_by != "loss",
        prediction_loss_only=True,
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=_loggers(train.log),
        use_cpu=device_of(recipe.model) == "cpu",
        seed=recipe.seed,
        disable_tqdm=True,
        log_level="error",
        **(kept if validated else {}),
    )


def _loggers(names: Sequence[str]) -> list[str]:
    """Return the loggers.

    Raises:
        MissingExtra: One of them is not installed.
    """
    for name in names:
        if find_spec(name) is None:
            raise MissingExtra(name, "train" if name == "tensorboard" else name)
    return list(names)
