"""A BLIP-2 from a folder or the Hub: its processor, its configuration, its weights, its device."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from syned.checkpoints import distrusted, loading_errors
from syned.errors import EngineError, MissingExtra
from trainer.recipe import ModelConfig

SMALL = "builtin:small"
"""Name of the small model that ships with syned; `make model` makes it again."""
ADAPTER = "adapter_config.json"


FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "adapter_model.bin")
"""What is fetched of a model at a revision; whole models as safetensors alone."""


def place_of(name: str) -> str:
    """Return the folder of the model that ships with syned, or of one at a revision.

    Args:
        name: A folder, a Hub id, `owner/name@revision`, or `builtin:small`; a folder and a Hub id
            are returned as they are.

    Raises:
        HubError: There is no such revision, or the Hub cannot be reached.
    """
    if name == SMALL:
        return str(resources.files("trainer") / "small")
    if "@" not in name:
        return name
    from syned.hub.commits import split_revision
    from syned.hub.download import fetch

    repo, revision = split_revision(name)
    return str(fetch(repo, revision, "model", FILES)) if revision else name


def load_processor(base: str, revision: str | None) -> Any:
    """Load the processor of a checkpoint.

    Raises:
        EngineError: There is none, or it is of another kind of model.
    """
    from transformers import Blip2Processor

    return explained(
        lambda: Blip2Processor.from_pretrained(
            place_of(base), revision=revision, trust_remote_code=False
        ),
        base,
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
    return explained(lambda: Blip2Config.from_pretrained(place_of(base), revision=revision), base)


def load_base(config: ModelConfig) -> Any:
    """Load the base model.

    Raises:
        EngineError: It is not there, is no BLIP-2, or does not fit this machine.
    """
    import torch

    from trainer.streams import class_for

    options: dict[str, Any] = {"dtype": getattr(torch, config.dtype), "revision": config.revision}
    if config.attention:
        options["attn_implementation"] = config.attention
    if config.quantize == "4bit":
        options |= _four_bits(config)
    load, place = class_for(config.join).from_pretrained, place_of(config.base)
    model = explained(lambda: load(place, **options), config.base)
    # What an adapter names as its base: no path of this machine.
    model.name_or_path = config.base
    return model


def _four_bits(config: ModelConfig) -> dict[str, Any]:
    """Return the options for a base in four bits.

    Raises:
        EngineError: There is no GPU.
        MissingExtra: bitsandbytes is not installed.
    """
    import torch
    from transformers import BitsAndBytesConfig

    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingExtra("bitsandbytes", "4bit") from error
    if device_of(config) == "cpu":
        raise EngineError("model.quantize is 4bit, but torch finds no GPU; set model.quantize=none")
    dtype = getattr(torch, config.dtype)
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        ),
        # Each process has a GPU of its own, and accelerate asks for its number.
        "device_map": {"": int(os.environ.get("LOCAL_RANK", "0"))},
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


def is_adapter(place: str) -> bool:
    """Say whether a folder or a Hub repository holds an adapter and not a whole model."""
    return file_of(place, ADAPTER) is not None


def insist_on_lora(place: str) -> None:
    """Refuse adapters of other kinds: some load further models, or modules, by names of their own.

    Raises:
        EngineError: It is one, or its configuration cannot be read.
    """
    path = file_of(place, ADAPTER)
    if path is None:
        raise EngineError(f"{place} has no {ADAPTER}")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        kind, further = values.get("peft_type"), values.get("megatron_config")
    except (ValueError, AttributeError) as error:
        raise EngineError(f"{path} is no configuration of an adapter") from error
    if kind != "LORA" or further:
        told = "asks for Megatron" if kind == "LORA" else f"is of the kind {kind!r}"
        raise EngineError(f"the adapter in {place} {told}; expected one of the kind 'LORA'")


def file_of(place: str, name: str) -> Path | None:
    """Return a file of a folder or of a Hub repository, if it has it and can be reached."""
    folder = Path(place).expanduser()
    if folder.exists() or place.count("/") != 1:
        return folder / name if (folder / name).is_file() else None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(hf_hub_download(place, name))
    except (OSError, HfHubHTTPError, HFValidationError):
        return None


def cause(error: Exception) -> str:
    """Return in one line why something cannot be loaded: the last that its library says."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = (said[-1] if said else type(error).__name__)[:200].rstrip(".")
    return distrusted(error) or last


def explained(load: Any, name: str) -> Any:
    """Load something, and say in one line why if that fails.

    Raises:
        EngineError: It fails.
    """
    try:
        return load()
    except loading_errors() as error:
        raise EngineError(
            f"cannot load {name!r} as a BLIP-2: {cause(error)}; it takes a folder or a Hub id such "
            "as Salesforce/blip2-opt-2.7b or Salesforce/blip2-flan-t5-xl"
        ) from error
