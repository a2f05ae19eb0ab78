"""What the edit stage costs over the bare calls of diffusers that make the same pictures.

    python tests/benchmarks/editor.py [PAIRS] [SIDE] [STEPS] [REPEATS]

The floor is diffusers' own pipeline on the same requests: pictures that are decoded already, the
same prompts, seeds and steps, the same batch size, one guidance scale for all, a picture out. The
stage also decodes the sources, draws guidance for each candidate, judges what comes back and
encodes it. Both run in turn, once each to warm up; the ratio is that of the least processor times,
which other programs on the machine disturb least. The model has untrained weights, and is large
beside the rest only because pictures and steps are many: a real one takes a thousand times as long
for the same work around it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from PIL import Image
from skimage import data

from pipelines import edit
from pipelines.models import resolve_model
from pipelines.recipe import Recipe
from syned.batches import batched
from syned.images import encode_picture, normalise
from syned.reasons import Status
from syned.rows import InstructRow, SampleRow, Task

MODEL = "builtin:tiny-instruct-pix2pix"
BATCH = 4


def make_recipe(side: int, steps: int) -> Recipe:
    """Return a recipe with the small model on one thread."""
    editor = {
        "engine": "instruct_pix2pix",
        "model": MODEL,
        "device": "cpu",
        "dtype": "float32",
        "threads": 1,
        "batch_size": BATCH,
        "num_inference_steps": steps,
        "guidance_scale": [5, 9],
        "image_guidance_scale": [1.2, 1.8],
    }
    return Recipe.model_validate(
        {
            "name": "overhead",
            "image": {"resolution": side},
            "sample": {"sources": [{"kind": "scenes"}]},
            "instruct": {"writer": {"engine": "openai", "model": "m", "tasks": {"style": 1}}},
            "edit": {"editor": editor},
        }
    )


def make_orders(count: int, side: int, recipe: Recipe) -> list[edit.Order]:
    """Return pairs to be edited, each with a picture of its own."""
    photo = Image.fromarray(data.astronaut())
    orders = []
    for number in range(count):
        image = normalise(photo.rotate(7 * number), side)
        encoded = encode_picture(image, recipe.image.format, recipe.image.quality)
        row = InstructRow(
            pair_id=f"pair {number}",
            instruction_id=f"instruction {number}",
            image_id=f"image {number}",
            instruction_index=0,
            candidate_index=0,
            task=Task.STYLE,
            instruction=f"make it look like painting number {number}",
            writer="w",
            prompt_version="1",
        )
        source = SampleRow(
            image_id=row.image_id,
            image=encoded,
            source="s",
            key="k",
            first_number=number,
            first_instruction=0,
            num_instructions=1,
        )
        orders.append(edit.Order(row, source))
    return orders


def bare_calls(orders: list[edit.Order], recipe: Recipe, steps: int) -> Callable[[], None]:
    """Return what makes the pictures with nothing of ours."""
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline

    pipeline: Any = StableDiffusionInstructPix2PixPipeline.from_pretrained(resolve_model(MODEL))
    pipeline.set_progress_bar_config(disable=True)
    jobs = edit.edit_jobs(orders, recipe)

    def run() -> None:
        for batch in batched(jobs, BATCH):
            pipeline(
                prompt=[job.instruction for job in batch],
                image=[job.image for job in batch],
                generator=[torch.Generator("cpu").manual_seed(job.seed) for job in batch],
                num_inference_steps=steps,
                guidance_scale=7.0,
                image_guidance_scale=1.5,
            )

    return run


def seconds(run: Callable[[], object]) -> float:
    """Return the processor time of a call: other programs on the machine hardly disturb it."""
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    """Print both times and their ratio."""
    given = [int(argument) for argument in sys.argv[1:]]
    pairs, side, steps, repeats = [*given, *(4, 256, 10, 12)[len(given) :]]
    recipe = make_recipe(side, steps)
    orders = make_orders(pairs, side, recipe)
    editors = edit.Editors(recipe)

    def stage() -> None:
        rows = [row for group in edit.edit_rows(orders, editors, recipe) for row in group]
        assert all(row.status is Status.OK for row in rows), rows

    stage()
    bare = bare_calls(orders, recipe, steps)
    bare()
    times = [(seconds(stage), seconds(bare)) for _ in range(repeats)]
    ours, floor = (min(column) for column in zip(*times, strict=True))
    ratios = sorted(one / other for one, other in times)
    print(f"{pairs} pairs of {side} pixels, {steps} steps, batches of {BATCH}, {repeats} repeats")
    print(f"edit stage      {ours:7.3f} s   {1000 * ours / pairs:8.1f} ms per pair")
    print(f"diffusers alone {floor:7.3f} s   {1000 * floor / pairs:8.1f} ms per pair")
    print(f"ratio {ours / floor:.3f} (each repeat: {ratios[0]:.3f} to {ratios[-1]:.3f}; aim 1.05)")


if __name__ == "__main__":
    main()
