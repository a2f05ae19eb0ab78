"""One phase of a training: `transformers.Trainer` with our pairs, our captions and our advice."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from transformers import EarlyStoppingCallback, Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from transformers.trainer_utils import get_last_checkpoint

from syned.errors import EngineError, MissingExtra
from syned.parts import write_whole
from trainer.callbacks import CaptionValidation, Clock, Steps
from trainer.captioner import more_arguments
from trainer.examples import Collate, Order, TrainingPairs, examples_of
from trainer.mix import Part
from trainer.model import Loaded, load_weights
from trainer.recipe import PhaseConfig, TrainRecipe
from trainer.watch import Watch

BEST = "best"
"""Folder of a finished phase's weights."""
DONE = "done.json"
"""Written last; a phase that has it is finished."""


class PhaseResult(BaseModel):
    """What a phase came to."""

    model_config = ConfigDict(frozen=True)

    examples: int
    """Of one pass."""
    steps: int
    """Optimizer steps, those before a resume included."""
    best: float | None
    """The best validation score, if there are validation pairs."""
    best_step: int
    """After which step it was had."""
    history: list[dict[str, float]]
    """What was logged."""
    own_steps: int
    """Steps since the last resume, which the seconds are of."""
    seconds_in_steps: float
    seconds_waiting: float


class PairTrainer(Trainer):  # type: ignore[misc]
    """Takes pairs in the order that their numbers say."""

    def __init__(self, order: Order, **more: Any) -> None:
        self.order = order
        super().__init__(**more)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:  # noqa: ARG002
        return self.order


def run_phase(
    loaded: Loaded,
    parts: Sequence[Part],
    validation: Part | None,
    recipe: TrainRecipe,
    phase: PhaseConfig,
    folder: Path,
    watch: Watch,
) -> PhaseResult:
    """Train for one phase; goes on from its last checkpoint, if there is one.

    Args:
        loaded: The model; afterwards it has the phase's best weights.
        parts: The phase's components.
        validation: Chooses the best weights.
        recipe: All of the training.
        phase: This part of it.
        folder: For checkpoints and logs.
        watch: Told of all steps.

    Raises:
        EngineError: Memory does not suffice.
        MissingExtra: A logger is not installed.
    """
    finished = _finished(loaded, folder)
    if finished is not None:
        return finished
    pairs = _pairs(loaded, parts, recipe)
    clock = Clock()
    trainer = PairTrainer(
        order=Order(len(pairs), phase.order == "shuffled", recipe.seed),
        model=loaded.model,
        args=_arguments(recipe, phase, len(pairs), folder, validated=validation is not None),
        train_dataset=pairs,
        eval_dataset=None if validation is None else _fixed_pairs(loaded, validation, recipe),
        data_collator=collate_of(loaded),
    )
    for own in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(own)
    if validation is not None:
        look = CaptionValidation(loaded, validation, recipe.generate, trainer.log, watch.look)
        trainer.add_callback(look)
        if recipe.train.patience:
            trainer.add_callback(EarlyStoppingCallback(recipe.train.patience))
    trainer.add_callback(clock)
    trainer.add_callback(Steps(watch.step))
    _train(trainer, folder)
    result = _result(trainer, clock, len(pairs))
    loaded.model.save_pretrained(folder / BEST)
    write_whole(folder / DONE, result.model_dump_json())
    return result


def _finished(loaded: Loaded, folder: Path) -> PhaseResult | None:
    """Take on the weights of a phase that was finished before, if it was."""
    if not (folder / DONE).is_file():
        return None
    load_weights(loaded.model, folder / BEST)
    return PhaseResult.model_validate_json((folder / DONE).read_text(encoding="utf-8"))


def _result(trainer: Trainer, clock: Clock, examples: int) -> PhaseResult:
    state = trainer.state
    return PhaseResult(
        examples=examples,
        steps=state.global_step,
        best=state.best_metric,
        best_step=state.best_global_step or state.global_step,
        history=state.log_history,
        own_steps=clock.steps,
        seconds_in_steps=round(clock.training, 2),
        seconds_waiting=round(clock.waiting, 3),
    )


def _pairs(loaded: Loaded, parts: Sequence[Part], recipe: TrainRecipe) -> TrainingPairs:
    examples = examples_of(parts, recipe.mix.captions)
    kinds = recipe.train.augment
    return TrainingPairs(parts, examples, loaded.encoder, loaded.shape, kinds, recipe.seed)


def _fixed_pairs(loaded: Loaded, part: Part, recipe: TrainRecipe) -> TrainingPairs:
    """Return validation pairs: always the same caption, and nothing changed."""
    examples = examples_of([part], "first")
    return TrainingPairs([part], examples, loaded.encoder, loaded.shape, (), recipe.seed)


def collate_of(loaded: Loaded) -> Collate:
    """Return what makes batches for a model."""
    images = loaded.processor.image_processor
    mean, std = tuple(images.image_mean), tuple(images.image_std)
    return Collate(loaded.encoder, mean, std, more_arguments(loaded.shape))


def _arguments(
    recipe: TrainRecipe, phase: PhaseConfig, examples: int, folder: Path, *, validated: bool
) -> TrainingArguments:
    """Return what `transformers.Trainer` is told."""
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
        learning_rate=train.learning_rate,
        lr_scheduler_type=train.schedule,
        warmup_steps=train.warmup,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm or 0.0,
        optim="adamw_torch",
        bf16=train.bf16,
        gradient_checkpointing=train.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        dataloader_num_workers=train.workers,
        restore_callback_states_from_checkpoint=True,
        eval_strategy="steps" if validated else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, min(50, every // 4)),
        greater_is_better=train.best_by != "loss",
        prediction_loss_only=True,
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=_loggers(train.log),
        use_cpu=recipe.model.device == "cpu",
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


def _train(trainer: Trainer, folder: Path) -> None:
    """Train, from the last checkpoint on if there is one.

    Raises:
        EngineError: Memory does not suffice.
    """
    import torch

    last = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    try:
        trainer.train(resume_from_checkpoint=last)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise EngineError(_advice(trainer)) from error
    except RuntimeError as error:
        if "alloc" not in str(error) or "memory" not in str(error):
            raise
        raise EngineError(_advice(trainer)) from error


def _advice(trainer: Trainer) -> str:
    """Return what to change where memory does not suffice."""
    size = trainer.args.per_device_train_batch_size
    half = max(1, size // 2)
    return (
        f"out of memory at {size} pairs in a batch. What helps, in this order: "
        f"--set train.batch_size={half} --set train.accumulate="
        f"{trainer.args.gradient_accumulation_steps * 2}; --set train.gradient_checkpointing=true; "
        "--set model.dtype=bfloat16 --set train.bf16=true; --set model.quantize=4bit. The same "
        "command goes on from the last checkpoint, but for values that change the model"
    )
