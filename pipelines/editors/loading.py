"""Pipelines of diffusers, loaded and set up as a recipe says."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipelines.models import resolve_model
from pipelines.sections.editors import DiffusersEditor
from pipelines.torch_setup import (
    import_or_explain,
    load_or_explain,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)
from syned.errors import EngineError

WEIGHTS = (".safetensors", ".ckpt")

From = Callable[..., Any]
"""Imports a pipeline's class and loads it, given what `from_pretrained` takes."""


def load_pipeline(config: DiffusersEditor, key: str, load: From) -> Any:
    """Load a pipeline and apply attention, tiling, compilation and offloading.

    Args:
        config: What the recipe says of the editor.
        key: Where it says so, for messages.
        load: Loads it into main memory.

    Raises:
        MissingExtra: torch, diffusers or transformers is not installed.
        EngineError: There is no such device, the model cannot be loaded, or a setting does not fit
            the model or the machine.
    """
    prepare_torch(config.device, config.threads, key)
    _refuse_settings(config, key)
    return load_or_explain(
        lambda: import_or_explain(lambda: _set_up(config, key, load), config.device),
        config.model,
        f"{key}.model",
    )


def _set_up(config: DiffusersEditor, key: str, load: From) -> Any:
    """Load a pipeline, and choose how it computes."""
    pipeline = _load(config, load)
    _set_attention(pipeline, config, key)
    if config.tiling:
        pipeline.vae.enable_tiling()
        pipeline.vae.enable_slicing()
    if config.compile:
        # Shapes stay fixed while pictures have one size: batches are padded. At a second size torch
        # compiles once more, for all sizes.
        denoiser(pipeline).compile()
    return _placed(pipeline, config)


def denoiser(pipeline: Any) -> Any:
    """Return the network that a pipeline runs at each step."""
    return pipeline.components.get("unet") or pipeline.transformer


def _load(config: DiffusersEditor, load: From) -> Any:
    """Load a pipeline into main memory, without bars and advice on the terminal."""
    quiet_transformers()
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = resolve_model(config.model)
    pipeline = load(folder, revision=config.revision, dtype=torch_dtype(config.dtype))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _refuse_settings(config: DiffusersEditor, key: str) -> None:
    """Raise if a setting cannot work here, whatever the model."""
    if config.model.lower().endswith(WEIGHTS):
        raise EngineError(
            f"{key}.model is a single file of weights, {Path(config.model).name}; it takes a "
            f"folder or Hub id in the layout of diffusers. diffusers converts such a file: load it "
            f"with from_single_file of the pipeline's class, and write it with save_pretrained"
        )
    if config.offload != "none" and config.device == "cpu":
        raise EngineError(
            f"{key}.offload is {config.offload}: what waits in main memory needs a GPU to go to, "
            f"and {key}.device is cpu; set {key}.offload=none"
        )
    if config.offload != "none" and config.compile:
        raise EngineError(
            f"{key}.compile needs a denoiser that stays where it is, and {key}.offload is "
            f"{config.offload}; set one of the two back"
        )
    if config.attention == "xformers":
        _refuse_xformers(config, key)


def _refuse_xformers(config: DiffusersEditor, key: str) -> None:
    """Raise if xFormers is not installed or there is no GPU for it."""
    instead = f"set {key}.attention=default, torch's own fused attention"
    if find_spec("xformers") is None:
        raise EngineError(
            f"{key}.attention is xformers, which is not installed; pip install xformers, or "
            f"{instead}"
        )
    if config.device == "cpu":
        raise EngineError(f"{key}.attention is xformers, which needs a GPU; {instead}")


def _set_attention(pipeline: Any, config: DiffusersEditor, key: str) -> None:
    """Choose how the denoiser computes attention."""
    if config.attention == "default":
        return
    model = denoiser(pipeline)
    if config.attention == "xformers" and hasattr(model, "set_attention_slice"):
        pipeline.enable_xformers_memory_efficient_attention()
    elif config.attention == "xformers":
        model.set_attention_backend("xformers")
    elif hasattr(model, "set_attention_slice"):
        pipeline.enable_attention_slicing("max")
    else:
        raise EngineError(
            f"{key}.attention is sliced, which {type(model).__name__} has no code for; set it to "
            "default or xformers, and save memory with offload and tiling"
        )


def _placed(pipeline: Any, config: DiffusersEditor) -> Any:
    """Bring a pipeline to its device, or let accelerate bring each part as it is needed."""
    if config.offload == "model":
        pipeline.enable_model_cpu_offload(device=config.device)
        return pipeline
    if config.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=config.device)
        return pipeline
    return pipeline.to(config.device)
