"""Many pictures of few photographs, for the small captioner that ships with syned."""

import json
import random

import numpy as np
from PIL import Image

from trainer.crops import random_part, write_crops


def test_a_part_is_a_square_of_the_photograph_and_half_of_them_are_mirrored():
    # Red tells the column and green the row of each pixel.
    columns, rows = np.meshgrid(np.arange(200), np.arange(100))
    photo = Image.fromarray(np.stack([columns, rows, rows * 0], 2).astype(np.uint8))
    rng = random.Random(1)
    parts = [np.asarray(random_part(photo, rng)).astype(int) for _ in range(200)]
    assert {part.shape for part in parts} == {(256, 256, 3)}
    heights = [part[-1, 128, 1] - part[0, 128, 1] + 1 for part in parts]
    widths = [abs(part[128, -1, 0] - part[128, 0, 0]) + 1 for part in parts]
    assert min(heights) >= 38
    assert max(heights) <= 100
    assert max(abs(w - h) for w, h in zip(widths, heights, strict=True)) <= 2
    mirrored = sum(part[128, 0, 0] > part[128, -1, 0] for part in parts)
    assert 70 < mirrored < 130


def test_no_photograph_is_in_both_folders_and_licences_are_kept(tmp_path):
    write_crops(tmp_path, {"train": 2, "test": 1})
    notes = {
        split: [json.loads(line) for line in (tmp_path / split / "metadata.jsonl").open()]
        for split in ("train", "test")
    }
    assert len(notes["train"]) == 2 * 7
    assert [note["file_name"] for note in notes["test"]] == [
        "cat-000.jpg",
        "galaxies-000.jpg",
        "stairs-000.jpg",
    ]
    photos = {s: {n["file_name"].split("-")[0] for n in rows} for s, rows in notes.items()}
    assert not photos["train"] & photos["test"]
    for split, rows in notes.items():
        assert {n["file_name"] for n in rows} == {p.name for p in (tmp_path / split).glob("*.jpg")}
        assert all(n["license"] for n in rows)
