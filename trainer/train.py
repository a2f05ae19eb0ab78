"""Carries a training out: pairs, model, phases, one look at the test set, and what is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syned.errors import RunError
from syned.run import RunFolder, differences
from syned.storage import write_whole
from syned.temporary import sweep_dead
from trainer.base import device_of, load_config
from trainer.captioner import Captioner, save_settings
from trainer.evaluate import evaluate_part, save_result
from trainer.evaluation import Result
from trainer.facts import facts_of
from trainer.mix import Part, Where, load_part, load_phases
from trainer.model import Loaded, load, trainable_share
from trainer.model_card import write_card
from trainer.phase import PhaseResult, run_phase
from trainer.pictures import InputShape
from trainer.plots import write_curves
from trainer.recipe import ModelConfig, TrainRecipe
from trainer.resume import has_begun, insist_on_same_data
from trainer.setup import rank
from trainer.watch import Watch

EXECUTION = (
    "train.workers",
    "train.log",
    "train.gradient_checkpointing",
    "model.device",
    "generate.batch_size",
)
"""Values that may differ when a training goes on."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to.

    Attributes:
        facts: What the card and `training.json` tell.
        test: The one look at the test set, if there is one; the first process alone takes it.
    """

    facts: dict[str, Any]
    test: Result | None


def start(run: RunFolder, recipe: TrainRecipe) -> None:
    """Begin a claimed training, or go on with it if it is of the same recipe.

    Raises:
        RunError: It was begun with another recipe.
    """
    asked = recipe.model_dump(mode="json")
    if run.recipe_path.is_file():
        changed = [
            line
            for line in differences(run.load_recipe(), asked)
            if not line.startswith(tuple(EXECUTION))
        ]
        if changed and has_begun(run):
            raise RunError(
                f"{run.local} was begun with another recipe:\n"
                + "\n".join(f"  - {line}" for line in changed)
                + "\nNothing was changed. Name another folder with --out, or give the same values."
            )
    run.save_recipe(asked)


def train(recipe: TrainRecipe, run: RunFolder, root: Path, watch: Watch) -> Trained:
    """Train, and test once with the best weights.

    Args:
        recipe: What to train on what.
        run: The training's folder, started and claimed.
        root: Folder with a folder of its own for each dataset.
        watch: Told of all steps.

    Raises:
        SynedError: The user's data or machine does not allow it.
    """
    where = _where(recipe, run, root, watch)
    validation, test = _evaluation_sets(recipe, where)
    refused = frozenset(h for p in (validation, test) if p for h in p.store.hashes())
    phases = load_phases(recipe.mix.phases, where, refused)
    insist_on_same_data(run, phases, validation)
    _tell_parts(phases, validation, test, watch)
    # A component of several phases is one.
    each = list({id(part): part for parts in phases for part in parts}.values())
    captions = [caption for part in each for row in part.store.rows for caption in row.captions]
    loaded = load(recipe.model, captions, recipe.seed)
    _tell_model(loaded, captions, watch)
    results = [
        _phase(loaded, parts, validation, recipe, number, run, watch)
        for number, parts in enumerate(phases)
    ]
    facts = facts_of(recipe, loaded, phases, validation, results)
    if rank():
        shutil.rmtree(where.ready, ignore_errors=True)
        return Trained(facts, None)
    model = run.local / "model"
    _save(loaded, recipe, model)
    facts["root"] = str(root.absolute())
    write_whole(run.local / "training.json", json.dumps(facts, indent=1))
    write_curves(results, recipe.train.best_by, run.local / "curves.png")
    tested = _test(loaded, recipe, test, run, watch)
    write_card(model, recipe, facts, tested)
    shutil.rmtree(where.ready, ignore_errors=True)
    return Trained(facts, tested)


def _where(recipe: TrainRecipe, run: RunFolder, root: Path, watch: Watch) -> Where:
    """Return where data is, and how it is made ready."""

    def on_part(name: str, count: int) -> Any:
        watch.part(name, count)
        return watch.tick

    shape = InputShape(input_side(recipe.model), recipe.model.join, recipe.model.paper)
    # Each process has pictures of its own: the folder itself belongs to the first one.
    beside = run.local.parent / f".{run.local.name}-ready-{rank()}"
    return Where(root, beside if rank() else run.local / "ready", shape, recipe.seed, on_part)


def input_side(model: ModelConfig) -> int:
    """Return the side of the square that the vision model takes, in pixels.

    Raises:
        EngineError: The base cannot be found.
    """
    if model.base == "scratch":
        return model.scratch.image_size
    return int(load_config(model.base, model.revision).vision_config.image_size)


def _evaluation_sets(recipe: TrainRecipe, where: Where) -> tuple[Part | None, Part | None]:
    """Make the validation and the test set ready."""
    mix = recipe.mix
    test = load_part(mix.test, where) if mix.test else None
    return (load_part(mix.validation, where) if mix.validation else None), test


def _phase(
    loaded: Loaded,
    parts: Sequence[Part],
    validation: Part | None,
    recipe: TrainRecipe,
    number: int,
    run: RunFolder,
    watch: Watch,
) -> PhaseResult:
    """Carry out one phase."""
    folder = run.local / f"phase-{number + 1}"
    phase = recipe.mix.phases[number]
    if len(recipe.mix.phases) > 1:
        watch.say(f"phase {number + 1} of {len(recipe.mix.phases)}")
    return run_phase(loaded, parts, validation, recipe, phase, folder, watch)


def _save(loaded: Loaded, recipe: TrainRecipe, folder: Path) -> None:
    """Write the weights, the processor, and how pictures and captions were prepared."""
    sweep_dead(folder)
    loaded.model.save_pretrained(folder)
    loaded.processor.save_pretrained(folder)
    save_settings(folder, recipe.model, recipe.generate)


def _test(
    loaded: Loaded, recipe: TrainRecipe, part: Part | None, run: RunFolder, watch: Watch
) -> Result | None:
    """Look at the test set once."""
    if part is None or recipe.mix.test is None:
        return None
    import torch

    watch.say(f"testing on {len(part.store.rows):,} pairs of {part.name}, once")
    device = device_of(recipe.model)
    # A training that was stopped before its test has not brought the model to its device yet, and
    # `Trainer` has not wrapped it.
    if recipe.model.quantize == "none":
        loaded.model.to(device)
    half = torch.autocast(device, torch.bfloat16, enabled=recipe.train.bf16)
    with torch.inference_mode(), half:
        captioner = Captioner(run.local.name, _ready(loaded), recipe.generate, device)
        result, judged = evaluate_part(captioner, part, recipe.mix.test)
    save_result(run.local / "test", result, judged, part, loaded.shape)
    return result


def _ready(loaded: Loaded) -> Loaded:
    """Return a model that is not in training any more."""
    loaded.model.eval()
    return loaded


def _tell_parts(
    phases: Sequence[Sequence[Part]], validation: Part | None, test: Part | None, watch: Watch
) -> None:
    """Say what each component gives."""
    for number, parts in enumerate(phases):
        for part in parts:
            where = f"phase {number + 1}: " if len(phases) > 1 else ""
            watch.say(where + told(part))
    for name, looked_at in (("validation", validation), ("test", test)):
        if looked_at:
            watch.say(f"{name}: {told(looked_at)}")


def told(part: Part) -> str:
    """Return in one line what a component gives."""
    line = f"{part.name}: {len(part.draws):,} of {len(part.store.rows):,} pairs in each pass"
    lost = ", ".join(f"{count:,} {reason}" for reason, count in part.left_out.items())
    mended = ", ".join(f"{count:,} {kind}" for kind, count in part.cleaned.items())
    return line + (f"; left out {lost}" if lost else "") + (f"; mended {mended}" if mended else "")


def _tell_model(loaded: Loaded, captions: Sequence[str], watch: Watch) -> None:
    """Say what is trained, and which captions are too long."""
    trained, whole = trainable_share(loaded.model)
    watch.say(f"trains {trained:,} of {whole:,} numbers ({trained / whole:.3%})")
    cut = loaded.encoder.count_cut(captions)
    if cut:
        watch.say(f"{cut:,} captions have more than {loaded.encoder.most} tokens and are cut")
