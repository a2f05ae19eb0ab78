"""A trained captioner: loading it, and captions of joined pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from syned import __version__
from syned.checkpoints import loading_errors
from syned.errors import EngineError
from syned.storage import write_whole
from trainer.base import (
    ADAPTER,
    cause,
    device_of,
    file_of,
    insist_on_lora,
    is_adapter,
    load_base,
    load_config,
    load_processor,
    place_of,
)
from trainer.examples import pixel_values
from trainer.model import Loaded, ready
from trainer.pictures import InputShape
from trainer.recipe import GenerateSection, ModelConfig, Section

SETTINGS = "captioner.json"
"""Beside the weights: how pictures and prompt were prepared, so that they are again."""


class Settings(Section):
    """How a captioner was trained to see and to speak."""

    model: ModelConfig
    generate: GenerateSection
    syned: str
    """Version that trained it."""


@dataclass(frozen=True, slots=True)
class Captioner:
    """A model on its device, ready to caption."""

    name: str
    loaded: Loaded
    generate: GenerateSection
    device: str

    @property
    def shape(self) -> InputShape:
        """How pictures are joined for it."""
        return self.loaded.shape

    def caption(self, pixels: NDArray[np.uint8]) -> Iterator[str]:
        """Yield a caption of each input, in batches of one size.

        Args:
            pixels: uint8 (N, H, W, 3), joined pictures.
        """
        size = self.generate.batch_size
        for start in range(0, len(pixels), size):
            yield from captions_of(
                self.loaded, pixels[start : start + size], self.generate, self.device
            )


def captions_of(
    loaded: Loaded, pixels: NDArray[np.uint8], config: GenerateSection, device: str
) -> list[str]:
    """Caption one batch: greedily or with beams, never drawn.

    A batch is filled up to its full size, since kernels round differently for another one.
    """
    import torch

    count = len(pixels)
    filled = np.concatenate([pixels, np.repeat(pixels[-1:], config.batch_size - count, axis=0)])
    inputs = _inputs(loaded, filled, device)
    with torch.inference_mode():
        ids = loaded.model.generate(
            **inputs,
            max_new_tokens=config.max_new_tokens,
            num_beams=config.num_beams,
            do_sample=False,
            eos_token_id=loaded.encoder.end,
            pad_token_id=loaded.encoder.pad,
        )
    # What a decoder-only model was given may come back before what it says.
    given = inputs["input_ids"].shape[1] if loaded.encoder.decoder_only else 0
    said = ids[:count].tolist()
    lead = inputs["input_ids"][0].tolist()
    return [loaded.encoder.decode(row[given:] if row[:given] == lead else row) for row in said]


def _inputs(loaded: Loaded, pixels: NDArray[np.uint8], device: str) -> dict[str, Any]:
    """Return what a model needs to caption a batch."""
    import torch

    lead = torch.tensor([loaded.encoder.lead()] * len(pixels), device=device)
    images = loaded.processor.image_processor
    values = pixel_values(pixels, images.image_mean, images.image_std).to(device)
    weights = next(p for p in loaded.model.parameters() if p.is_floating_point())
    return {
        "pixel_values": values.to(weights.dtype),
        "input_ids": lead,
        "attention_mask": torch.ones_like(lead),
        **more_arguments(loaded.shape),
    }


def more_arguments(shape: InputShape) -> dict[str, Any]:
    """Return the further arguments of the model for inputs of a shape."""
    return {"interpolate_pos_encoding": True} if shape.join == "native" else {}


def save_settings(folder: Path, model: ModelConfig, generate: GenerateSection) -> None:
    """Write how a captioner sees and speaks beside its weights."""
    settings = Settings(model=model, generate=generate, syned=__version__)
    write_whole(folder / SETTINGS, settings.model_dump_json(indent=1))


def load_captioner(
    reference: str,
    base: str | None = None,
    *,
    paper: bool = False,
    batch_size: int | None = None,
    device: str = "auto",
) -> Captioner:
    """Load a captioner.

    Args:
        reference: The folder of a training, of an adapter or of a whole model, a Hub id, alone or
            with `@revision`, or `builtin:small`.
        base: The base of an adapter, where it is not what the adapter names; a whole model is its
            own.
        paper: Whether pictures are prepared as in the paper's release, for models that do not say.
        batch_size: Pairs at once; as in training if not given.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        EngineError: It cannot be loaded.
    """
    folder = Path(reference).expanduser()
    place = str(folder / "model") if (folder / "model").is_dir() else place_of(reference)
    settings = _settings(place, paper=paper)
    adapter = is_adapter(place)
    named = (base or _base_of(place)) if adapter else place
    # The revision that a captioner tells is that of what it was trained on.
    revision = settings.model.revision if named == settings.model.base else None
    changed = {"base": named, "revision": revision, "device": device}
    model = settings.model.model_copy(update=changed)
    where = device_of(model)
    if where == "cpu":
        model = model.model_copy(update={"quantize": "none"})
    load_config(named, revision)
    own = file_of(place, "processor_config.json") is not None
    processor = load_processor(place, None) if own else load_processor(named, revision)
    weights = load_base(model)
    if adapter:
        weights = _adapted(weights, place)
    if model.quantize == "none":
        weights = weights.to(where)
    loaded = ready(weights.eval(), processor, model)
    generate = settings.generate
    if batch_size is not None:
        generate = generate.model_copy(update={"batch_size": batch_size})
    return Captioner(reference, loaded, generate, where)


def _settings(place: str, *, paper: bool) -> Settings:
    """Return how a captioner sees and speaks; the usual way if it does not say.

    Raises:
        EngineError: Its settings cannot be read.
    """
    path = file_of(place, SETTINGS)
    if path is None:
        tokens = {"max_caption_tokens": 30} if paper else {}
        model = ModelConfig.model_validate({"paper": paper, **tokens})
        return Settings(model=model, generate=GenerateSection(), syned="")
    try:
        return Settings.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} cannot be read as the settings of a captioner") from error


def _base_of(place: str) -> str:
    """Return the base that an adapter names.

    Raises:
        EngineError: It names none.
    """
    path = file_of(place, ADAPTER)
    if path is None:
        raise EngineError(f"{place} has no {ADAPTER}")
    try:
        named = json.loads(path.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError) as error:
        raise EngineError(f"{path} is no configuration of an adapter") from error
    if not named:
        raise EngineError(f"{path} names no base model; give one with --base")
    return str(named)


def _adapted(model: Any, place: str) -> Any:
    """Return a model with an adapter from a folder, safetensors or the older `.bin`.

    Raises:
        EngineError: There are no weights, or they do not fit.
    """
    from peft import PeftModel

    insist_on_lora(place)
    try:
        return PeftModel.from_pretrained(model, place)
    except loading_errors() as error:
        raise EngineError(
            f"the adapter in {place} does not fit the base model: {cause(error)}"
        ) from error
