"""Many pictures of few photographs: `python -m trainer.crops FOLDER`, for `make model`."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

HELD_OUT = ("cat", "galaxies", "stairs")
"""Photographs that are for tests alone."""
EACH = {"train": 400, "test": 40}
"""Parts of each photograph."""
SMALLEST = 0.4
"""Side of a part at least, of the photograph's shorter side."""
SIDE = 256
"""Of what is written, in pixels."""


def write_crops(folder: Path, each: Mapping[str, int] = EACH, seed: int = 71) -> None:
    """Write square parts of the photographs that ship with syned, half of them mirrored.

    Args:
        folder: Gets the imagefolders `train` and `test`; no photograph is in both.
        each: Parts of each photograph, by folder.
        seed: Of places and sizes.
    """
    photos = Path(str(resources.files("pipelines") / "photos"))
    notes: dict[str, list[dict[str, Any]]] = {split: [] for split in each}
    for line in (photos / "metadata.jsonl").read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        stem = Path(note["file_name"]).stem
        split = "test" if stem in HELD_OUT else "train"
        names = _write_parts(photos / note["file_name"], folder / split, each[split], seed)
        notes[split] += [{"file_name": name, "license": note["license"]} for name in names]
    for split, rows in notes.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / split / "metadata.jsonl").write_text(text, encoding="utf-8")


def _write_parts(path: Path, folder: Path, count: int, seed: int) -> list[str]:
    """Write parts of a photograph, and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{seed} {path.stem}")
    names = [f"{path.stem}-{number:03}.jpg" for number in range(count)]
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    for name in names:
        random_part(photo, rng).save(folder / name, quality=92)
    return names


def random_part(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return a square part of a photograph, mirrored or not, `SIDE` pixels wide."""
    side = round(rng.uniform(SMALLEST, 1) * min(photo.size))
    x, y = rng.randint(0, photo.width - side), rng.randint(0, photo.height - side)
    part = photo.crop((x, y, x + side, y + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return ImageOps.mirror(part) if rng.random() < 1 / 2 else part


if __name__ == "__main__":
    write_crops(Path(sys.argv[1]))
