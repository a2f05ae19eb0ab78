"""Seconds of the score stage against the bare calls of CLIP for the same pictures and captions.

    python tests/benchmarks/scorer.py [PAIRS] [BATCH_SIZE] [REPEATS]

The model is a CLIP of the size of ViT-B/32, of the true class and untrained, on the CPU; the pairs
are of the recipe `demo` at its own size. The floor is what transformers alone needs: each distinct
picture decoded by Pillow and prepared by the checkpoint's own processor, each distinct caption
tokenised, then the model on both in batches of the same size, of which the last is filled up alike.
Nothing is read, compared or written there. The stage reads its parts, scores pixels and captions
too, and writes its own part. The two take turns, both warm, and the same model file is behind them.
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
from typing import Any

import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from pipelines import edit, score
from pipelines.recipe import Recipe, ScoreConfig
from pipelines.sections.scorers import ClipConfig
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


def bare(folder: Path, pairs: list[score.EditedPair], size: int) -> Callable[[], None]:
    """Return the calls of transformers that embed the pictures and captions of pairs."""
    model = CLIPModel.from_pretrained(folder).eval()
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
                    unit(model.get_image_features(pixel_values=torch.cat(batch)))
                prepared.clear()
        for batch, _ in padded_batches(texts, size):
            options: dict[str, Any] = {"padding": "max_length", "truncation": True}
            tokens = tokenizer(batch, max_length=MAX_TEXT, return_tensors="pt", **options)
            unit(model.get_text_features(**tokens))

    return embed


def unit(output: Any) -> Any:
    """Return embeddings of length 1."""
    vectors = output.pooler_output
    return (vectors / vectors.norm(dim=-1, keepdim=True)).numpy()


def stage(run: RunFolder, recipe: Recipe, parts: int, out: Path) -> Callable[[], None]:
    """Load the scorers anew, so that nothing is known, and return what scores all parts."""
    scorers = score.load_scorers(recipe.score)
    assert scorers.clip is not None
    scorers.clip.pictures.add("warm", Image.new("RGB", (64, 64)))
    scorers.clip.texts.add("warm", "warm")
    scorers.clip.pictures.vector("warm")
    scorers.clip.texts.vector("warm")

    def all_parts() -> None:
        for i in range(parts):
            rows = score.score_rows(score.edited_pairs(run, i), scorers, {})
            write_part(out, i, rows, ScoreRow, "", metadata=score.metadata(recipe))

    return all_parts


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return seconds by the clock, and of all cores together."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


def demo(folder: Path, pairs: int) -> RunFolder:
    """Make a run of the recipe `demo`."""
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", "--n", str(pairs)]
    subprocess.run([*command, "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
    return RunFolder(folder / "run")


def main() -> None:
    """Print both times and their ratio."""
    given = [int(text) for text in sys.argv[1:]]
    pairs, size, repeats = given + [64, 16, 5][len(given) :]
    prepare_torch("cpu", None, "score.clip")
    quiet_transformers()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_model(folder / "clip")
        run = demo(folder, pairs)
        clip = ClipConfig(model=str(folder / "clip"), device="cpu", batch_size=size)
        own = Recipe.model_validate(run.load_recipe())
        recipe = own.model_copy(update={"score": ScoreConfig(clip=clip)})
        parts = len(list(run.stage(edit.NAME).glob("part-*.parquet")))
        found = [pair for i in range(parts) for pair in score.edited_pairs(run, i)]
        (folder / "out").mkdir()
        floor = bare(folder / "clip", found, size)
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


if __name__ == "__main__":
    main()
