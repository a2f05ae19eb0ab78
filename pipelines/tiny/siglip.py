"""A SigLIP of the true classes, untrained and small enough for any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.tiny.tokenizer import SENTENCES

if TYPE_CHECKING:
    from transformers import SiglipTokenizer

SEED = 20260104
SIDE = 64
"""Pixels of the square input."""
MAX_TEXT = 64
"""Tokens of every text, as in the released SigLIP."""
PIECES = 200
"""Most pieces of words that the tokenizer knows."""


def make(folder: Path) -> None:
    """Write model, tokenizer and picture processor: 64-pixel input, 32 numbers in an embedding."""
    import torch
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(folder / "spiece.model")
    tower = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    config = SiglipConfig(
        text_config={
            **tower,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": MAX_TEXT,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**tower, "image_size": SIDE, "patch_size": 16},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = SiglipModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    SiglipImageProcessorPil(size=size).save_pretrained(folder)


def _tokenizer(path: Path) -> SiglipTokenizer:
    """Write a model of word pieces that knows a few sentences, and return its tokenizer."""
    import sentencepiece
    from transformers import SiglipTokenizer

    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES),
            model_writer=file,
            vocab_size=PIECES,
            hard_vocab_limit=False,
            pad_id=0,
            eos_id=1,
            unk_id=2,
            bos_id=-1,
            minloglevel=2,
        )
    return SiglipTokenizer(str(path))
