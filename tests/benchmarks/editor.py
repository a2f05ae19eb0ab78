"""What the edit stage costs over the bare calls of diffusers that make the same pictures.

    python tests/benchmarks/editor.py [--pairs N] [--side N] [--steps N] [--repeats N]
    python tests/benchmarks/editor.py --model FOLDER --device cuda --dtype float16 --batch 16 …

The floor is diffusers' own pipeline on the same requests: pictures that are decoded already, the
same prompts, seeds and steps, the same batch size, one guidance scale for all, a picture out. The
stage also reads its part, decodes the sources, draws guidance for each candidate, judges what comes
back, encodes it and writes its own part. Both run in turn, once each to warm up; the ratio is that
of the least times: of the processor on a CPU, which other programs on the machine disturb least,
and by the clock on a GPU. What the model waits is the share of the clock in which the stage has
no call of it running.

The small model that is the default is large beside the rest only because pictures and steps are
many: a real one takes a thousand times as long for the same work around it (`published.py` makes
one of the true size, with random weights). Pairs are those of the recipe `demo`, whose instructions
any editor can be given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines import edit
from pipelines.models import resolve_model
from pipelines.recipe import Recipe
from syned.batches import batched
from syned.parts import write_part
from syned.reasons import Status
from syned.rows import EditRow
from syned.run import RunFolder

SMALL = "builtin:tiny-instruct-pix2pix"


def demo(folder: Path, pairs: int, side: int) -> RunFolder:
    """Make a run of the recipe `demo` in one part, with two candidates of each instruction."""
    sizes = [f"n={pairs}", f"part_size={pairs}", f"image.resolution={side}", "edit.candidates=2"]
    # A distractor is a round trip through the autoencoder, and no edit.
    sizes.append("instruct.writer.tasks={color: 1, global: 1, style: 1}")
    settings = [word for size in sizes for word in ("--set", size)]
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", *settings]
    subprocess.run([*command, "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
    return RunFolder(folder / "run")


def with_model(run: RunFolder, settings: dict[str, Any]) -> Recipe:
    """Return a run's recipe with another editor for all tasks."""
    editor = {
        **settings,
        "engine": "instruct_pix2pix",
        "threads": 1,
        "guidance_scale": [5, 9],
        "image_guidance_scale": [1.2, 1.8],
    }
    values = run.load_recipe()
    # Templates go with the procedural editor only; the instructions are written already.
    writer = {"engine": "openai", "model": "none", "tasks": {"style": 1}}
    return Recipe.model_validate(
        {
            **values,
            "instruct": {"writer": writer},
            "edit": {**values["edit"], "editor": editor, "routes": {}},
        }
    )


class Timed:
    """A function, and how long all calls of it took."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call, self.seconds = call, 0.0

    def __call__(self, *given: Any, **more: Any) -> Any:
        """Call it."""
        start = time.perf_counter()
        try:
            return self.call(*given, **more)
        finally:
            self.seconds += time.perf_counter() - start


def stage_of(run: RunFolder, recipe: Recipe, out: Path) -> tuple[Callable[[], None], list[Timed]]:
    """Return what makes the stage's part, and the calls of its model."""
    editors = edit.Editors(recipe)
    order = next(edit.orders(run, 0))
    editor: Any = editors.of(order.instruct.task, 0)
    editor.generate, editor.reconstruct = Timed(editor.generate), Timed(editor.reconstruct)
    out.mkdir()

    def stage() -> None:
        groups = batched(edit.orders(run, 0), edit.BATCH)
        rows = (row for group in edit.edit_rows(groups, editors, recipe) for [row] in group)
        done = write_part(out, 0, rows, EditRow, "", metadata={})
        assert done.statuses == {Status.OK: done.rows}, done

    return stage, [editor.generate, editor.reconstruct]


def bare_calls(run: RunFolder, recipe: Recipe) -> Callable[[], None]:
    """Return what makes the pictures with nothing of ours."""
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline

    config: Any = recipe.edit.editor
    pipeline: Any = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        resolve_model(config.model), dtype=getattr(torch, config.dtype)
    ).to(config.device)
    pipeline.set_progress_bar_config(disable=True)
    jobs = edit.edit_jobs(list(edit.orders(run, 0)), recipe)

    def bare() -> None:
        for batch in batched(jobs, config.batch_size):
            pipeline(
                prompt=[job.instruction for job in batch],
                image=[job.image for job in batch],
                generator=[torch.Generator("cpu").manual_seed(job.seed) for job in batch],
                num_inference_steps=config.num_inference_steps,
                guidance_scale=7.0,
                image_guidance_scale=1.5,
            )

    return bare


def main(
    pairs: Annotated[int, typer.Option()] = 8,
    side: Annotated[int, typer.Option()] = 256,
    steps: Annotated[int, typer.Option()] = 10,
    repeats: Annotated[int, typer.Option()] = 8,
    batch: Annotated[int, typer.Option()] = 4,
    model: Annotated[str, typer.Option()] = SMALL,
    device: Annotated[str, typer.Option()] = "cpu",
    dtype: Annotated[str, typer.Option()] = "float32",
) -> None:
    """Print both times, their ratio, and what the model waits."""
    settings = {"model": model, "device": device, "dtype": dtype, "batch_size": batch}
    clock = time.perf_counter if device == "cuda" else time.process_time
    waits = []

    def seconds(run: Callable[[], object]) -> float:
        start = clock()
        run()
        return clock() - start

    with tempfile.TemporaryDirectory() as temporary:
        run = demo(Path(temporary), pairs, side)
        recipe = with_model(run, settings | {"num_inference_steps": steps})
        stage, calls = stage_of(run, recipe, Path(temporary) / "out")
        bare = bare_calls(run, recipe)
        stage()
        bare()
        times = []
        for _ in range(repeats):
            before, start = sum(call.seconds for call in calls), time.perf_counter()
            ours = seconds(stage)
            whole = time.perf_counter() - start
            waits.append(1 - (sum(call.seconds for call in calls) - before) / whole)
            times.append((ours, seconds(bare)))
    ours, floor = (min(column) for column in zip(*times, strict=True))
    ratios = sorted(one / other for one, other in times)
    print(f"{pairs} pairs of {side} pixels, {steps} steps, batches of {batch}, {repeats} repeats")
    print(f"edit stage      {ours:7.3f} s   {1000 * ours / pairs:8.1f} ms per pair")
    print(f"diffusers alone {floor:7.3f} s   {1000 * floor / pairs:8.1f} ms per pair")
    print(f"ratio {ours / floor:.3f} (each repeat: {ratios[0]:.3f} to {ratios[-1]:.3f}; aim 1.05)")
    print(f"the model waits {min(waits):.1%} of its stage (most {max(waits):.1%}; aim 3 %)")


if __name__ == "__main__":
    typer.run(main)
