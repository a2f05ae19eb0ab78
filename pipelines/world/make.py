"""Trains the world's models and puts them into this package: `python -m pipelines.world.make`.

What is done already is not done again, and an interrupted training goes on where it was.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.models import shipped_folder
from pipelines.world.clip import make_clip
from pipelines.world.editor import make_editor


def make_world(folder: Path, into: Path) -> None:
    """Train editor and CLIP, and write them in half precision.

    Args:
        folder: Where checkpoints and finished models lie.
        into: Where the models are put, each into a folder of its name.
    """
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline
    from transformers import AutoTokenizer, CLIPImageProcessorPil, CLIPModel

    make_editor(folder)
    make_clip(folder)
    editor = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        folder / "editor", safety_checker=None, requires_safety_checker=False
    )
    editor.to(dtype=torch.float16).save_pretrained(into / "world-editor", safe_serialization=True)
    CLIPModel.from_pretrained(folder / "clip").half().save_pretrained(into / "world-clip")
    for part in (AutoTokenizer, CLIPImageProcessorPil):
        part.from_pretrained(folder / "clip").save_pretrained(into / "world-clip")


if __name__ == "__main__":
    make_world(Path(sys.argv[1]), shipped_folder())
