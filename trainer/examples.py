"""What each step of a training sees: a pair, one of its captions, and how they are batched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syned.ids import seed_for
from trainer.augment import augment
from trainer.captions import IGNORED, CaptionEncoder, Tokens, pad_right
from trainer.mix import Part
from trainer.pictures import InputShape, Pixels

ALL_PASSES = 1 << 32
"""Numbers that one pass may have: a number tells the pass and the example."""


@dataclass(frozen=True, slots=True)
class Example:
    """One pair, and one of its captions or any of them."""

    part: int
    row: int
    caption: int | None


def examples_of(parts: Sequence[Part], captions: str) -> list[Example]:
    """Return what one pass consists of, component after component.

    Args:
        parts: The components of a phase.
        captions: Which captions of a pair are taken (see `MixConfig.captions`).
    """
    found: list[Example] = []
    for number, part in enumerate(parts):
        for row in part.draws:
            told = part.store.rows[row].captions
            found += [Example(number, row, which) for which in _which(told, captions)]
    return found


def _which(captions: Sequence[str], way: str) -> list[int | None]:
    """Return the numbers of the captions that are taken in one pass; nothing for any."""
    if way == "all":
        return list(range(len(captions)))
    if way == "first":
        return [0]
    if way == "shortest":
        return [min(range(len(captions)), key=lambda i: (len(captions[i]), i))]
    return [None]


@dataclass(frozen=True, slots=True)
class TrainingPairs:
    """A map-style dataset of torch. What it gives depends on its numbers alone.

    A number holds the pass and the example (see `ALL_PASSES`), so neither workers, processes nor a
    resume change what is drawn.
    """

    parts: Sequence[Part]
    examples: Sequence[Example]
    encoder: CaptionEncoder
    shape: InputShape
    kinds: tuple[str, ...]
    seed: int

    def __len__(self) -> int:
        """Return the examples of one pass."""
        return len(self.examples)

    def __getitem__(self, number: int) -> tuple[Pixels, Tokens]:
        """Return joined pictures and the tokens of their caption."""
        turn, index = divmod(number, ALL_PASSES)
        example = self.examples[index]
        store = self.parts[example.part].store
        captions, pixels = store.rows[example.row].captions, store.pixels[example.row]
        rng = np.random.default_rng([self.seed, turn, index])
        which = int(rng.integers(len(captions))) if example.caption is None else example.caption
        caption = captions[which]
        if self.kinds:
            pixels, caption = augment(pixels, caption, self.kinds, self.shape, rng)
        return pixels, self.encoder.encode(caption)


@dataclass(slots=True)
class Order:
    """The numbers of one pass after the other: torch's sampler."""

    count: int
    shuffled: bool
    seed: int
    turn: int = 0

    def __len__(self) -> int:
        """Return the numbers of one pass."""
        return self.count

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of this pass."""
        rng = np.random.default_rng(seed_for(self.seed, "order", str(self.turn)))
        places = rng.permutation(self.count) if self.shuffled else np.arange(self.count)
        return (self.turn * ALL_PASSES + int(i) for i in places)

    def set_epoch(self, turn: int) -> None:
        """Go to a pass, as accelerate asks for it."""
        self.turn = turn


@dataclass(frozen=True, slots=True)
class Collate:
    """Makes a batch of examples."""

    encoder: CaptionEncoder
    mean: tuple[float, ...]
    std: tuple[float, ...]
    extra: dict[str, Any]
    """More arguments of the model."""

    def __call__(self, rows: Sequence[tuple[Pixels, Tokens]]) -> dict[str, Any]:
        """Return tensors: pictures float32 (B, 3, H, W), tokens, mask and labels int64 (B, T)."""
        import torch

        tokens = [row[1] for row in rows]
        inputs = pad_right([t.input_ids for t in tokens], self.encoder.pad)
        mask = pad_right([[1] * len(t.input_ids) for t in tokens], 0)
        labels = pad_right([t.labels for t in tokens], IGNORED)
        return {
            "pixel_values": pixel_values(np.stack([row[0] for row in rows]), self.mean, self.std),
            "input_ids": torch.tensor(inputs),
            "attention_mask": torch.tensor(mask),
            "labels": torch.tensor(labels),
            **self.extra,
        }


def pixel_values(pixels: NDArray[np.uint8], mean: Sequence[float], std: Sequence[float]) -> Any:
    """Return pictures as the vision model takes them: the processor's rescaling and its numbers.

    Args:
        pixels: uint8 (B, H, W, 3).
        mean: Of each channel, in [0, 1].
        std: Of each channel.

    Returns:
        float32 (B, 3, H, W).
    """
    import torch

    whole = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)
    # Channel after channel in memory: subtracting from mixed ones takes six times as long.
    values = whole.to(torch.float32, memory_format=torch.contiguous_format)
    middle = torch.tensor(mean).view(1, 3, 1, 1) * 255
    spread = torch.tensor(std).view(1, 3, 1, 1) * 255
    return values.sub_(middle).div_(spread)
