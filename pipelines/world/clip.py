"""The world's CLIP: pictures of scenes and what they show, trained as CLIP was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from pipelines.models import make_whole
from pipelines.world.learn import learn
from pipelines.world.pairs import SIDE, WorldPair, pictures, world_pairs
from pipelines.world.vocabulary import words_of, world_tokenizer

if TYPE_CHECKING:
    from transformers import CLIPModel, CLIPTokenizer

SEED = 2
PAIRS = 25_600
STEPS, BATCH, RATE = 400, 64, 5e-4
MAX_TEXT = 40
"""Tokens of the longest caption, both marks included."""
PATCH = SIDE // 3
"""A cell of a scene is one patch, so that one token sees a whole object."""
WIDTH = 192
MEAN = DEVIATION = [0.5, 0.5, 0.5]


def make_clip(folder: Path) -> None:
    """Train CLIP on both scenes of each pair, and write model, tokenizer and preprocessing.

    Both scenes of a pair are in one batch, so that one changed object must be told from none
    (hard negatives).
    """
    from transformers import CLIPImageProcessorPil

    if (folder / "clip").is_dir():
        return
    pairs = list(world_pairs(PAIRS, SEED))
    tokenizer = world_tokenizer(
        words_of(text for pair in pairs for text in pair.captions), MAX_TEXT
    )
    torch.manual_seed(SEED)
    model = new_clip(tokenizer)
    scenes, training = _Scenes(pairs, tokenizer), folder / "clip-training"
    learn(_Learner(model), scenes, training, steps=STEPS, batch=BATCH, rate=RATE)
    square = {"height": SIDE, "width": SIDE}
    processor = CLIPImageProcessorPil(
        size=square, do_center_crop=False, image_mean=MEAN, image_std=DEVIATION
    )
    parts = (model, tokenizer, processor)
    make_whole(folder / "clip", lambda draft: [part.save_pretrained(draft) for part in parts])


def new_clip(tokenizer: CLIPTokenizer) -> CLIPModel:
    """Return a CLIP with new weights."""
    from transformers import CLIPConfig, CLIPModel

    tower = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": 6,
        "num_hidden_layers": 3,
    }
    config = CLIPConfig(
        text_config={
            **tower,
            "num_hidden_layers": 2,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": MAX_TEXT,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**tower, "image_size": SIDE, "patch_size": PATCH},
        projection_dim=128,
    )
    return CLIPModel(config)


class _Scenes:
    """Both pictures of each pair, drawn when they are asked for, and what they show."""

    def __init__(self, pairs: list[WorldPair], tokenizer: CLIPTokenizer) -> None:
        self._pairs, self._tokenizer = pairs, tokenizer

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        pair = self._pairs[index]
        drawn = torch.from_numpy(pictures([pair.scene, pair.edit.apply(pair.scene)]))
        tokens = self._tokenizer(
            list(pair.captions), padding="max_length", truncation=True, return_tensors="pt"
        )
        return {"pixels": drawn.permute(0, 3, 1, 2), "tokens": torch.as_tensor(tokens["input_ids"])}


class _Learner(nn.Module):  # type: ignore[misc]
    """CLIP on the pictures of a batch and their texts, the two of a pair among them."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the contrastive loss.

        Args:
            pixels: uint8 (B, 2, 3, SIDE, SIDE).
            tokens: int64 (B, 2, MAX_TEXT).
        """
        shown = (pixels.flatten(0, 1).float() / 255 - MEAN[0]) / DEVIATION[0]
        result = self.model(input_ids=tokens.flatten(0, 1), pixel_values=shown)
        return {"loss": _contrastive(result.logits_per_text, tokens.flatten(0, 1))}


def _contrastive(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Return CLIP's loss; pictures that are described alike share a text's probability.

    Args:
        logits: float32 (N, N), texts by pictures.
        tokens: int64 (N, MAX_TEXT).
    """
    same = (tokens[:, None] == tokens[None]).all(-1).float()
    shares = same / same.sum(1, keepdim=True)
    cross_entropy = nn.functional.cross_entropy
    return (cross_entropy(logits, shares) + cross_entropy(logits.T, shares)) / 2
