"""What a new model learns before captions: which words the captions of a pair have.

A new BLIP-2 that begins with captions learns the language, and its Q-Former soon says the same of
every picture: what the language model needs first is a constant. Words have no order to learn, so
their loss reaches the pictures at once. Words as classes of pictures are SuperClass's idea
(arXiv 2411.03313). The layer that names them is thrown away afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.examples import ALL_PASSES, pixel_values
from trainer.mix import Part
from trainer.pictures import Pixels

LEAST = 1 / 500
"""Share of the pairs that have a word, at least; rarer ones are not asked for."""
MARGIN = 1e-3
"""Shares of pairs are held this far from 0 and 1 where the logarithm of their odds is taken."""


def words_in(captions: Sequence[str]) -> set[str]:
    """Return the words of captions, in small letters."""
    return set(re.findall(r"[^\W\d_]+", " ".join(captions).lower()))


@dataclass(frozen=True, slots=True)
class WordPairs:
    """Pairs with the words of all their captions; a dataset of torch.

    Args:
        parts: The components of a phase.
        words: The vocabulary, in order.
    """

    parts: Sequence[Part]
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    """Component and row of each pair of a pass."""

    def __len__(self) -> int:
        """Return the pairs of one pass."""
        return len(self.places)

    def __getitem__(self, number: int) -> tuple[Pixels, NDArray[np.float32]]:
        """Return joined pictures, and for each word of the vocabulary 1 or 0."""
        part, row = self.places[number % ALL_PASSES]
        store = self.parts[part].store
        has = words_in(store.rows[row].captions)
        return store.pixels[row], np.array([word in has for word in self.words], np.float32)

    def shares(self) -> list[float]:
        """Return for each word the share of pairs that have it."""
        found = _counted(self.parts)
        rows = sum(len(part.store.rows) for part in self.parts)
        return [found[word] / rows for word in self.words]


def word_pairs(parts: Sequence[Part]) -> WordPairs:
    """Return the pairs of a phase with a vocabulary of the words that are not rare."""
    rows = sum(len(part.store.rows) for part in parts)
    words = sorted(word for word, count in _counted(parts).items() if LEAST * rows < count < rows)
    places = ((number, row) for number, part in enumerate(parts) for row in part.draws)
    return WordPairs(parts, tuple(words), tuple(places))


def _counted(parts: Sequence[Part]) -> Counter[str]:
    """Count the pairs that have each word."""
    return Counter(w for part in parts for row in part.store.rows for w in words_in(row.captions))


@dataclass(frozen=True, slots=True)
class WordCollate:
    """Makes a batch of pairs with words."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, rows: Sequence[tuple[Pixels, NDArray[np.float32]]]) -> dict[str, Any]:
        """Return tensors: pictures float32 (B, 3, H, W) and words float32 (B, words), 0 or 1."""
        pixels = np.stack([row[0] for row in rows])
        return {
            "pixel_values": pixel_values(pixels, self.mean, self.std),
            "words": torch.from_numpy(np.stack([row[1] for row in rows])),
        }


class WordReader(nn.Module):  # type: ignore[misc]
    """The vision tower and the Q-Former of a model, and a layer that names words.

    Args:
        model: A `Blip2ForConditionalGeneration`; these parts of it are trained in place.
        shares: How often each word comes; the layer begins by saying just that of every pair.
        interpolate: Whether position embeddings are interpolated.
    """

    def __init__(self, model: Any, shares: Sequence[float], *, interpolate: bool) -> None:
        super().__init__()
        self.vision, self.qformer, self.queries = (
            model.vision_model,
            model.qformer,
            model.query_tokens,
        )
        self.interpolate = interpolate
        seen = model.config.num_query_tokens * model.config.qformer_config.hidden_size
        self.names = nn.Sequential(nn.LayerNorm(seen), nn.Linear(seen, len(shares)))
        nn.init.zeros_(self.names[1].weight)
        chance = torch.tensor(shares).clamp(MARGIN, 1 - MARGIN)
        self.names[1].bias.data = torch.log(chance / (1 - chance))

    def forward(self, pixel_values: Any, words: Any) -> dict[str, Any]:
        """Return the loss: binary cross-entropy, summed over words, mean over pairs, in nats."""
        seen = self.vision(
            pixel_values=pixel_values, interpolate_pos_encoding=self.interpolate
        ).last_hidden_state
        queries = self.queries.expand(len(pixel_values), -1, -1)
        told = self.qformer(query_embeds=queries, encoder_hidden_states=seen).last_hidden_state
        named = self.names(told.flatten(1))
        loss = nn.functional.binary_cross_entropy_with_logits(named, words, reduction="sum")
        return {"loss": loss / len(words), "logits": named}
