"""Seconds of the score stage against the bare calls of CLIP for the same pictures and captions.

    python tests/benchmarks/scorer.py [--pairs N] [--batch N] [--repeats N]
    python tests/benchmarks/scorer.py --model FOLDER --device cuda --dtype float16 …

The model is a CLIP of the size of ViT-B/32, of the true class and untrained, on the CPU, or one
that `published.py` made; the pairs are of the recipe `demo` at its own size. The floor is what
transformers alone needs: each distinct picture decoded by Pillow and prepared by the checkpoint's
own processor, each distinct caption tokenised, then the model on both in batches of the same size,
of which the last is filled up alike. Nothing is read, compared or written there. The stage reads
its parts, scores pixels and captions too, and writes its own part. The two take turns, both warm,
and the same model file is behind them.
What the model waits is the share of the clock in which the stage does not embed.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from editor import Timed
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from pipelines import edit, score
from pipelines.recipe import Recipe
from pipelines.sections.scorers import ClipConfig, ScoreConfig
from pipelines.tiny.tokenizer import make_tokenizer
from pipelines.torch_setup import padded_batches, prepare_torch, quiet_transformers
from syned.parts import write_part
from syned.rows import ScoreRow
from syned.run import RunFolder

MAX_TEXT = 77


def make_model(folder: Path) -> None:
    """Write a CLIP with the towers of ViT-B/32, its tokenizer and its picture processor."""
    torch.manual_seed(0)
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    make_tokenizer(MAX_TEXT).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)


def bare(pairs: list[score.EditedPair], clip: ClipConfig) -> Callable[[], None]:
    """Return the calls of transformers that embed the pictures and captions of pairs."""
    folder, size, device = clip.model, clip.batch_size, clip.device
    dtype = getattr(torch, clip.dtype)
    model = CLIPModel.from_pretrained(folder, dtype=dtype).to(device).eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    rows = [(p.order.picture.image, p.edited.edited_image, p.order.instruct) for p in pairs]
    pictures = list(dict.fromkeys(e.bytes for a, b, _ in rows for e in (a, b)))
    texts = list(dict.fromkeys(t for *_, w in rows for t in (w.source_caption, w.edited_caption)))
    print(f"{len(pairs)} pairs: {len(pictures)} pictures, {len(texts)} captions")

    def prepare(data: bytes) -> torch.Tensor:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        return processor(images=image, return_tensors="pt").pixel_values

    @torch.inference_mode()
    def embed() -> None:
        prepared: list[torch.Tensor] = []
        for i, data in enumerate(pictures):
            prepared.append(prepare(data))
            if len(prepared) == size or i == len(pictures) - 1:
                for batch, _ in padded_batches(prepared, size):
                    unit(model.get_image_features(pixel_values=torch.cat(batch).to(device, dtype)))
                prepared.clear()
        for batch, _ in padded_batches(texts, size):
            options: dict[str, Any] = {"padding": "max_length", "truncation": True}
            tokens = tokenizer(batch, max_length=MAX_TEXT, return_tensors="pt", **options)
            unit(model.get_text_features(**tokens.to(device)))

    return embed


def unit(output: Any) -> Any:
    """Return embeddings of length 1."""
    vectors = output.pooler_output.float()
    return (vectors / vectors.norm(dim=-1, keepdim=True)).cpu().numpy()


def stage(run: RunFolder, recipe: Recipe, parts: int, out: Path) -> Callable[[], float]:
    """Load the scorers anew, so that nothing is known, and return what scores all parts.

    That returns the seconds in which models worked.
    """
    scorers = score.load_scorers(recipe.score)
    threads = score.threads_beside(recipe.score)
    assert scorers.clip is not None
    scorers.clip.pictures.add("warm", Image.new("RGB", (64, 64)))
    scorers.clip.texts.add("warm", "warm")
    scorers.clip.pictures.vector("warm")
    scorers.clip.texts.vector("warm")
    embedders: list[Any] = [scorers.clip.pictures, scorers.clip.texts]
    calls = [Timed(embedder._embed) for embedder in embedders]
    for embedder, call in zip(embedders, calls, strict=True):
        embedder._embed = call

    def all_parts() -> float:
        for i in range(parts):
            rows = score.score_rows(score.edited_pairs(run, i), scorers, {}, threads)
            write_part(out, i, rows, ScoreRow, "", metadata=score.metadata(recipe))
        return sum(call.seconds for call in calls)

    return all_parts


def timed(work: Callable[[], float | None]) -> tuple[float, float, float]:
    """Return seconds by the clock, and of all cores together, and the share that models waited."""
    start, used = time.perf_counter(), time.process_time()
    worked = work() or 0.0
    clock = time.perf_counter() - start
    return clock, time.process_time() - used, 1 - worked / clock


def demo(folder: Path, pairs: int) -> RunFolder:
    """Make a run of the recipe `demo`."""
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", "--n", str(pairs)]
    subprocess.run([*command, "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
    return RunFolder(folder / "run")


def main(
    pairs: Annotated[int, typer.Option()] = 64,
    batch: Annotated[int, typer.Option()] = 16,
    repeats: Annotated[int, typer.Option()] = 5,
    model: Annotated[str, typer.Option()] = "",
    device: Annotated[str, typer.Option()] = "cpu",
    dtype: Annotated[str, typer.Option()] = "float32",
) -> None:
    """Print both times, their ratio, and what the model waits."""
    prepare_torch(device, None, "score.clip")
    quiet_transformers()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not model:
            make_model(folder / "clip")
        run = demo(folder, pairs)
        values = {"device": device, "dtype": dtype, "batch_size": batch}
        clip = ClipConfig.model_validate({"model": model or str(folder / "clip"), **values})
        own = Recipe.model_validate(run.load_recipe())
        recipe = own.model_copy(update={"score": ScoreConfig(clip=clip)})
        parts = len(list(run.stage(edit.NAME).glob("part-*.parquet")))
        found = [pair for i in range(parts) for pair in score.edited_pairs(run, i)]
        (folder / "out").mkdir()
        floor = bare(found, clip)
        floor()
        times = [
            (timed(floor), timed(stage(run, recipe, parts, folder / "out"))) for _ in range(repeats)
        ]
    for number, what in enumerate(("clock", "all cores")):
        floors, stages = ([pair[side][number] for pair in times] for side in (0, 1))
        ratios = sorted(b / a for a, b in zip(floors, stages, strict=True))
        print(
            f"{what:9}  bare {min(floors):6.2f} s  stage {min(stages):6.2f} s  ratio of the least "
            f"{min(stages) / min(floors):.3f}, median {statistics.median(ratios):.3f} "
            f"({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )
    waits = [ours[2] for _, ours in times]
    print(f"the model waits {min(waits):.1%} of its stage (most {max(waits):.1%}; aim 3 %)")


if __name__ == "__main__":
    typer.run(main)
