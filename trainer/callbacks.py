"""What happens beside the steps of a training: captions of validation pairs, time, the display."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from transformers import TrainerCallback

from syned.errors import EngineError
from trainer.captioner import captions_of
from trainer.evaluation import EXACT, judge, references_of
from trainer.mix import Part
from trainer.model import Loaded
from trainer.recipe import GenerateSection

SAMPLES = 4
"""Validation pairs whose captions are shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A validation pair, as it is shown."""

    pair_id: str
    caption: str
    reference: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the validation pairs."""

    step: int
    epoch: float
    scores: dict[str, float]
    samples: tuple[Sample, ...]


class CaptionValidation(TrainerCallback):  # type: ignore[misc]
    """Captions the validation pairs at each evaluation, and adds the scores to its metrics.

    The scores stand beside the loss in `metrics`, so the best weights can be chosen by them.

    Args:
        loaded: The model in training.
        part: The validation pairs.
        config: How captions are made.
        log: Takes scores as the trainer logs its own.
        on_look: Told of each look.
    """

    def __init__(
        self,
        loaded: Loaded,
        part: Part,
        config: GenerateSection,
        log: Callable[[dict[str, float]], None],
        on_look: Callable[[Look], None],
    ) -> None:
        self.loaded, self.part, self.config = loaded, part, config
        self.log, self.on_look = log, on_look

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Caption, score, log."""
        self.loaded.model.eval()
        rows = self.part.store.rows
        captions = self._captions(args)
        references = references_of(rows)
        judged = judge(captions, references, meteor=False)
        scores = {k: v for k, v in judged.scores.corpus.items() if v is not None}
        scores[EXACT] = float(judged.exact.mean())
        named = {f"eval_{name}": value for name, value in scores.items()}
        more["metrics"].update(named)
        self.log(named)
        shown = tuple(
            Sample(row.pair_id, captions[row.pair_id], row.captions[0]) for row in rows[:SAMPLES]
        )
        self.on_look(Look(state.global_step, state.epoch or 0.0, scores, shown))

    def _captions(self, args: Any) -> dict[str, str]:
        """Caption all pairs, each process its own share of the batches."""
        from accelerate.utils import gather_object

        rows, pixels, size = self.part.store.rows, self.part.store.pixels, self.config.batch_size
        mine = range(args.process_index * size, len(rows), args.world_size * size)
        said = [
            (row.pair_id, text)
            for start in mine
            for row, text in zip(
                rows[start : start + size],
                captions_of(
                    self.loaded, pixels[start : start + size], self.config, str(args.device)
                ),
                strict=True,
            )
        ]
        return dict(gather_object(said))


@dataclass
class Clock(TrainerCallback):  # type: ignore[misc]
    """Counts the seconds of steps, and those between them, which are waited for data.

    Evaluations and checkpoints are neither.
    """

    training: float = 0.0
    waiting: float = 0.0
    steps: int = 0
    _begun: float = field(default=0.0, repr=False)
    _ended: float | None = field(default=None, repr=False)

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Count what was waited."""
        self._begun = time.perf_counter()
        if self._ended is not None:
            self.waiting += self._begun - self._ended

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Count the step."""
        self._ended = time.perf_counter()
        self.training += self._ended - self._begun
        self.steps += 1

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Do not count the way to the next step as waiting."""
        self._ended = None

    on_save = on_evaluate


class Finite(TrainerCallback):  # type: ignore[misc]
    """Ends a training whose loss or gradient is no number: all weights are lost from there on."""

    def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Look at what was logged.

        Raises:
            EngineError: It is not finite.
        """
        for name in ("loss", "grad_norm", "eval_loss"):
            value = (more.get("logs") or {}).get(name)
            if value is not None and not math.isfinite(value):
                raise EngineError(
                    f"{name} is {value} at step {state.global_step}. Lower train.learning_rate, or "
                    "look at the base's weights, and name another --out"
                )


class Steps(TrainerCallback):  # type: ignore[misc]
    """Tells of each step and of each logged loss.

    Args:
        on_step: Called with the step, the steps in all, and what was logged, if anything was.
    """

    def __init__(self, on_step: Callable[[int, int, dict[str, float] | None], None]) -> None:
        self.told = on_step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Tell of a step."""
        self.told(state.global_step, state.max_steps, None)

    def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ARG002
        """Tell what was logged."""
        self.told(state.global_step, state.max_steps, more.get("logs"))
