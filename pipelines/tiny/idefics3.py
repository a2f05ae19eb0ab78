"""An Idefics3 (the class of SmolVLM) with untrained weights: a chat model that sees pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SEED = 20260105
SIDE = 64
"""Pixels of the longer side of the input."""
PATCH = 16
"""Side of a patch, in pixels; two by two of them are a token."""
TOKENS = (SIDE // PATCH // 2) ** 2
"""Tokens of a picture."""
MAX_TEXT = 16384
"""Tokens of a chat; a token of text is a byte."""
START, END, PAD = "<|im_start|>", "<end_of_utterance>", "<|endoftext|>"
MARKS = (START, END, "<fake_token_around_image>", "<image>", "<global-img>")
TEMPLATE = """\
{% for message in messages %}<|im_start|>{{ message['role'] }}
{% if message['content'] is string %}{{ message['content'] }}\
{% else %}{% for part in message['content'] %}\
{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}\
{% endfor %}{% endif %}<end_of_utterance>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def make(folder: Path) -> None:
    """Write model, tokenizer, chat template and processor; one layer of text, 64 wide."""
    import torch
    from transformers import Idefics3ForConditionalGeneration
    from transformers.models.idefics3.image_processing_pil_idefics3 import (
        Idefics3ImageProcessorPil,
    )

    tokenizer = _tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = Idefics3ForConditionalGeneration(_config(tokenizer))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    edge = {"longest_edge": SIDE}
    pictures = Idefics3ImageProcessorPil(size=edge, max_image_size=edge, do_image_splitting=False)
    # The processor as a whole cannot be made without torchvision; these are its files.
    pictures.save_pretrained(folder)
    _add_processor(folder)


def _add_processor(folder: Path) -> None:
    """Write how pictures and texts are put together."""
    import json

    values = {"processor_class": "Idefics3Processor", "image_seq_len": TOKENS}
    (folder / "processor_config.json").write_text(json.dumps(values))


def _config(tokenizer: Any) -> Any:
    """Return the configuration of the whole model."""
    from transformers import Idefics3Config

    size: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 2}
    # Weights as small as usual would make all pictures alike to a model that has not learned.
    size["initializer_range"] = 0.5
    text = {
        **size,
        "model_type": "llama",
        "num_hidden_layers": 1,
        "num_key_value_heads": 2,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": MAX_TEXT,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    return Idefics3Config(
        vision_config={**size, "num_hidden_layers": 2, "image_size": SIDE, "patch_size": PATCH},
        text_config=text,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=tokenizer.pad_token_id,
    )


def _tokenizer() -> Any:
    """Return a tokenizer that knows every byte and the model's marks."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), PAD]
    tokenizer = Qwen2Tokenizer(
        vocab={piece: i for i, piece in enumerate(pieces)},
        merges=[],
        additional_special_tokens=list(MARKS),
        eos_token=END,
        model_max_length=MAX_TEXT,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer
