"""BLIP2IDC: a BLIP-2 on two joined pictures, with low-rank adapters on its attention.

The adapted matrices are those of the paper's release (arXiv 2412.15939; adapter_config.json of
github.com/gautierevn/BLIP2IDC): the joint query-key-value matrix of the vision model; of the
Q-Former all keys and values, and the queries of cross-attention; queries, keys and values of the
language model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from syned.errors import EngineError, MissingExtra
from trainer.captions import CaptionEncoder
from trainer.pictures import InputShape
from trainer.recipe import LoraSection, ModelConfig
from trainer.scratch import new_model, new_processor

SMALL = "builtin:small"
"""Name of the small model that ships with syned; `make model` makes it again."""
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


def place_of(name: str) -> str:
    """Return the folder of the model that ships with syned for its name, and other names as is."""
    return str(resources.files("trainer") / "small") if name == SMALL else name


def load_processor(base: str, revision: str | None) -> Any:
    """Load the processor of a checkpoint.

    Raises:
        EngineError: There is none, or it is of another kind of model.
    """
    from transformers import Blip2Processor

    return _explained(
        lambda: Blip2Processor.from_pretrained(place_of(base), revision=revision), base
    )


def load_config(base: str, revision: str | None) -> Any:
    """Load the configuration of a checkpoint.

    Raises:
        EngineError: There is none, or it is of another kind of model.
    """
    from transformers import Blip2Config

    if not Path(place_of(base)).expanduser().exists() and base.count("/") != 1:
        raise EngineError(
            f"there is no folder {base}; expected a folder, or a Hub id such as "
            f"Salesforce/blip2-opt-2.7b, or {SMALL}"
        )
    return _explained(lambda: Blip2Config.from_pretrained(place_of(base), revision=revision), base)


def load_base(config: ModelConfig) -> Any:
    """Load the base model.

    Raises:
        EngineError: It is not there, is no BLIP-2, or does not fit this machine.
    """
    import torch
    from transformers import Blip2ForConditionalGeneration

    options: dict[str, Any] = {"dtype": getattr(torch, config.dtype), "revision": config.revision}
    if config.attention:
        options["attn_implementation"] = config.attention
    if config.quantize == "4bit":
        options |= _four_bits(config)
    load, place = Blip2ForConditionalGeneration.from_pretrained, place_of(config.base)
    model = _explained(lambda: load(place, **options), config.base)
    # What an adapter names as its base: no path of this machine.
    model.name_or_path = config.base
    return model


def _four_bits(config: ModelConfig) -> dict[str, Any]:
    """Return the options for a base in four bits; raises MissingExtra."""
    import torch
    from transformers import BitsAndBytesConfig

    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingExtra("bitsandbytes", "4bit") from error
    dtype = getattr(torch, config.dtype)
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        ),
        "device_map": {"": device_of(config)},
    }


def device_of(config: ModelConfig) -> str:
    """Return the device to run on.

    Raises:
        EngineError: A GPU is asked for and there is none.
    """
    import torch

    there = torch.cuda.is_available()
    if config.device == "cuda" and not there:
        raise EngineError(
            "model.device is cuda, but torch finds no GPU; set model.device=cpu for a small model"
        )
    return "cuda" if there and config.device != "cpu" else "cpu"


def load(config: ModelConfig, captions: Iterable[str], seed: int) -> Loaded:
    """Load what is to be trained.

    Args:
        config: Which model, and what of it is trained.
        captions: Of the training pairs; a new model learns its vocabulary from them.
        seed: Of new weights.

    Raises:
        EngineError: The base or the adapter cannot be loaded.
    """
    import torch

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
        model = prepare_model_for_kbit_training(model)
    if config.adapter is None:
        return adapted(model, config.lora)
    name = config.adapter
    return _explained(lambda: PeftModel.from_pretrained(model, name, is_trainable=True), name)


def ready(model: Any, processor: Any, config: ModelConfig) -> Loaded:
    """Return a model with what prepares its inputs."""
    settings = model.config
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
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)


def load_weights(model: Any, folder: Path) -> None:
    """Take on the weights that `save_pretrained` wrote of the same model."""
    if is_adapter(str(folder)):
        from peft import set_peft_model_state_dict
        from peft.utils import load_peft_weights

        set_peft_model_state_dict(model, load_peft_weights(str(folder), device="cpu"))
        return
    model.load_state_dict(type(model).from_pretrained(folder).state_dict())


def is_adapter(path: str) -> bool:
    """Say whether a folder holds an adapter and not a whole model."""
    return (Path(path) / "adapter_config.json").is_file()


def _explained(load: Any, name: str) -> Any:
    """Load something, and say in one line why if that fails.

    Raises:
        EngineError: It fails.
    """
    try:
        return load()
    except (OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = (said[-1] if said else type(error).__name__)[:200].rstrip(".")
        raise EngineError(
            f"cannot load {name!r} as a BLIP-2: {cause}; it takes a folder or a Hub id such as "
            "Salesforce/blip2-opt-2.7b or Salesforce/blip2-flan-t5-xl"
        ) from error
