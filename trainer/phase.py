"""One phase of a training: `transformers.Trainer` with our pairs, our captions and our advice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from pydantic import BaseModel, ConfigDict
from transformers import EarlyStoppingCallback, Trainer
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from syned.checkpoints import distrusted
from syned.errors import EngineError
from syned.storage import write_whole
from trainer.arguments import arguments_of
from trainer.callbacks import CaptionValidation, Clock, Finite, Steps
from trainer.captioner import more_arguments
from trainer.examples import Collate, Order, TrainingPairs, examples_of
from trainer.mix import Part
from trainer.model import Loaded, load_weights
from trainer.optimizer import optimizers_of
from trainer.recipe import PhaseConfig, TrainRecipe
from trainer.resume import last_whole
from trainer.setup import rank
from trainer.watch import Watch

BEST = "best"
"""Folder of a finished phase's weights."""
DONE = "done.json"
"""Written last; a phase that has it is finished."""


class PhaseResult(BaseModel):
    """What a phase came to."""

    model_config = ConfigDict(frozen=True)

    learns: str = "captions"
    """What was learned (see `PhaseConfig.learns`); losses of words are of another size."""
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
    clock = Clock()
    words = phase.learns == "words"
    looked_at = None if words else validation
    _fix_what_sees(loaded.model, fixed=phase.learns == "language")
    make = _word_trainer if words else _caption_trainer
    trainer = make(loaded, parts, looked_at, recipe, phase, folder)
    for own in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(own)
    if looked_at is not None:
        look = CaptionValidation(loaded, looked_at, recipe.generate, trainer.log, watch.look)
        trainer.add_callback(look)
        if recipe.train.patience:
            trainer.add_callback(EarlyStoppingCallback(recipe.train.patience))
    trainer.add_callback(Finite())
    trainer.add_callback(clock)
    trainer.add_callback(Steps(watch.step))
    _train(trainer, folder)
    result = _result(trainer, clock, phase.learns)
    if rank() == 0:
        loaded.model.save_pretrained(folder / BEST)
        write_whole(folder / DONE, result.model_dump_json())
    return result


def _fix_what_sees(model: Any, *, fixed: bool) -> None:
    """Keep vision tower, Q-Former and queries of a whole model as they are, or train them again."""
    if hasattr(model, "peft_config"):
        return
    for part in (model.vision_model, model.qformer):
        part.requires_grad_(not fixed)
    model.query_tokens.requires_grad_(not fixed)


def _finished(loaded: Loaded, folder: Path) -> PhaseResult | None:
    """Take on the weights of a phase that was finished before, if it was."""
    if not (folder / DONE).is_file():
        return None
    load_weights(loaded.model, folder / BEST)
    return PhaseResult.model_validate_json((folder / DONE).read_text(encoding="utf-8"))


def _result(trainer: PairTrainer, clock: Clock, learns: str) -> PhaseResult:
    state = trainer.state
    return PhaseResult(
        learns=learns,
        examples=len(trainer.order),
        steps=state.global_step,
        best=state.best_metric,
        best_step=state.best_global_step or state.global_step,
        history=state.log_history,
        own_steps=clock.steps,
        seconds_in_steps=round(clock.training, 2),
        seconds_waiting=round(clock.waiting, 3),
    )


def _caption_trainer(
    loaded: Loaded,
    parts: Sequence[Part],
    validation: Part | None,
    recipe: TrainRecipe,
    phase: PhaseConfig,
    folder: Path,
) -> PairTrainer:
    """Return what teaches a model captions."""
    examples = examples_of(parts, recipe.mix.captions)
    kinds = recipe.train.augment
    pairs = TrainingPairs(parts, examples, loaded.encoder, loaded.shape, kinds, recipe.seed)
    return PairTrainer(
        optimizers=optimizers_of(loaded.model, recipe, phase),
        order=Order(len(pairs), phase.order == "shuffled", recipe.seed),
        model=loaded.model,
        args=arguments_of(recipe, phase, len(pairs), folder, validated=validation is not None),
        train_dataset=pairs,
        eval_dataset=None if validation is None else _fixed_pairs(loaded, validation, recipe),
        data_collator=collate_of(loaded),
    )


def _word_trainer(
    loaded: Loaded,
    parts: Sequence[Part],
    validation: Part | None,  # noqa: ARG001
    recipe: TrainRecipe,
    phase: PhaseConfig,
    folder: Path,
) -> PairTrainer:
    """Return what teaches the seeing parts of a model words."""
    from trainer.words import WordCollate, WordReader, word_pairs

    pairs = word_pairs(parts)
    known = collate_of(loaded)
    interpolate = bool(known.extra.get("interpolate_pos_encoding"))
    reader = WordReader(loaded.model, pairs.shares(), interpolate=interpolate)
    return PairTrainer(
        optimizers=optimizers_of(reader, recipe, phase),
        order=Order(len(pairs), phase.order == "shuffled", recipe.seed),
        model=reader,
        args=arguments_of(recipe, phase, len(pairs), folder, validated=False),
        train_dataset=pairs,
        data_collator=WordCollate(known.mean, known.std),
    )


def _fixed_pairs(loaded: Loaded, part: Part, recipe: TrainRecipe) -> TrainingPairs:
    """Return validation pairs: always the same caption, and nothing changed."""
    examples = examples_of([part], "first")
    return TrainingPairs([part], examples, loaded.encoder, loaded.shape, (), recipe.seed)


def collate_of(loaded: Loaded) -> Collate:
    """Return what makes batches for a model."""
    images = loaded.processor.image_processor
    mean, std = tuple(images.image_mean), tuple(images.image_std)
    return Collate(loaded.encoder, mean, std, more_arguments(loaded.shape))


def _train(trainer: Trainer, folder: Path) -> None:
    """Train, from the last checkpoint on if there is one.

    Raises:
        EngineError: Memory does not suffice, or the checkpoint holds more than numbers.
    """
    import torch

    checkpoint = last_whole(folder)
    try:
        trainer.train(resume_from_checkpoint=checkpoint)
    except UnpicklingError as error:
        raise EngineError(
            f"{checkpoint} cannot be gone on from: {distrusted(error) or error}. Delete it to go "
            "on from the one before"
        ) from error
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
        f"--set train.gradient_checkpointing=true; --set train.batch_size={half} "
        f"--set train.accumulate={trainer.args.gradient_accumulation_steps * 2}; "
        "--set model.dtype=bfloat16 --set train.bf16=true; --set model.quantize=4bit, which makes "
        "the weights smaller and not what a batch takes. The first goes on from the last "
        "checkpoint; the others need another --out if there is one"
    )
