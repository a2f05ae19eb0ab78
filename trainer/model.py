"""BLIP2IDC: a BLIP-2 on two joined pictures, with low-rank adapters on its attention.

The adapted matrices are those of the paper's release (arXiv 2412.15939; adapter_config.json of
github.com/gautierevn/BLIP2IDC): the joint query-key-value matrix of the vision model; of the
Q-Former all keys and values, and the queries of cross-attention; queries, keys and values of the
language model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.base import (
    device_of,
    explained,
    insist_on_lora,
    is_adapter,
    load_base,
    load_processor,
    place_of,
)
from trainer.captions import CaptionEncoder
from trainer.pictures import InputShape
from trainer.recipe import LoraSection, ModelConfig
from trainer.scratch import new_model, new_processor

VISION = r"vision_model\..*\.qkv"
QFORMER = (
    r"qformer\..*\.(crossattention\.attention\.(query|key|value)|attention\.attention\.(key|value))"
)
LANGUAGE = r"language_model\..*\.(self_attn\.(q|k|v)_proj|(SelfAttention|EncDecAttention)\.(q|k|v))"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and what prepares its inputs.

    Attributes:
        model: `Blip2ForConditionalGeneration`, or a `PeftModel` of one.
        processor: `Blip2Processor`, for its tokenizer and its numbers.
        shape: Of the joined pictures.
        encoder: Of the captions.
    """

    model: Any
    processor: Any
    shape: InputShape
    encoder: CaptionEncoder


def targets(config: LoraSection) -> str:
    """Return the regular expression of the matrices that are adapted."""
    parts = {VISION: config.vision, QFORMER: config.qformer, LANGUAGE: config.language}
    return ".*(" + "|".join(part for part, wanted in parts.items() if wanted) + ")"


def adapted(model: Any, config: LoraSection) -> Any:
    """Return a model with new adapters; nothing else of it is trained."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(
        model,
        LoraConfig(
            r=config.r,
            lora_alpha=config.alpha or 2 * config.r,
            lora_dropout=config.dropout,
            bias="none",
            target_modules=targets(config),
        ),
    )


def load(config: ModelConfig, captions: Iterable[str], seed: int) -> Loaded:
    """Load what is to be trained.

    Args:
        config: Which model, and what of it is trained.
        captions: Of the training pairs; a new model learns its vocabulary from them.
        seed: Of new weights.

    Raises:
        EngineError: The base or the adapter cannot be loaded, or there is no GPU.
    """
    import torch

    device_of(config)
    torch.manual_seed(seed)
    if config.base == "scratch":
        processor = new_processor(captions, config.scratch)
        model = new_model(processor, config.scratch, seed, config.join)
    else:
        processor = load_processor(config.base, config.revision)
        model = load_base(config)
    if config.tune == "lora":
        model = _with_adapter(model, config)
    return ready(model, processor, config)


def _with_adapter(model: Any, config: ModelConfig) -> Any:
    """Return a model with the adapter of the recipe, new or to go on from."""
    from peft import PeftModel, prepare_model_for_kbit_training

    if config.quantize != "none":
        # `Trainer` switches checkpointing on where the recipe wants it.
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    if config.adapter is None:
        return adapted(model, config.lora)
    name = place_of(config.adapter)
    insist_on_lora(name)
    return explained(lambda: PeftModel.from_pretrained(model, name, is_trainable=True), name)


def ready(model: Any, processor: Any, config: ModelConfig) -> Loaded:
    """Return a model with what prepares its inputs."""
    settings = model.config
    if settings.image_token_index is None:
        # Checkpoints of before 2025 have no `<image>` token; the processor has added one.
        settings.image_token_index = processor.tokenizer.convert_tokens_to_ids("<image>")
    encoder = CaptionEncoder(
        tokenizer=processor.tokenizer,
        image_token=settings.image_token_index,
        queries=settings.num_query_tokens,
        decoder_only=settings.use_decoder_only_language_model,
        prompt=config.prompt,
        most=config.max_caption_tokens,
    )
    shape = InputShape(settings.vision_config.image_size, config.join, config.paper)
    return Loaded(model, processor, shape, encoder)


def trainable_share(model: Any) -> tuple[int, int]:
    """Return how many numbers of a model are trained, and how many it has."""
    sizes = [(_numbers(p), p.requires_grad) for p in model.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)


def _numbers(weight: Any) -> int:
    """Return how many numbers a weight has; bitsandbytes holds two of four bits in a byte."""
    packed = getattr(weight, "quant_state", None)
    return int((packed.shape if packed is not None else weight.shape).numel())


def load_weights(model: Any, folder: Path) -> None:
    """Take on the weights that `save_pretrained` wrote of the same model.

    Raises:
        EngineError: They are damaged or others.
    """
    if is_adapter(str(folder)):
        from peft import set_peft_model_state_dict
        from peft.utils import load_peft_weights

        held = explained(lambda: load_peft_weights(str(folder), device="cpu"), str(folder))
        set_peft_model_state_dict(model, held)
        return
    held = explained(lambda: type(model).from_pretrained(folder).state_dict(), str(folder))
    model.load_state_dict(held)
