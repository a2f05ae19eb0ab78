"""What every torch engine does before and while it loads a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from syned.checkpoints import distrusted, loading_errors
from syned.errors import EngineError, MissingExtra

T = TypeVar("T")

MODEL_PACKAGES = ("torch", "transformers", "diffusers", "accelerate", "safetensors", "vllm")
"""Packages whose absence means that an extra is missing; any other is a bug."""

NO_CODE = {"trust_remote_code": False}
"""Said wherever transformers chooses a class by what a checkpoint says of itself: without it a
checkpoint with code of its own makes it ask on the terminal whether to run that."""


def prepare_torch(device: str, threads: int | None, key: str) -> None:
    """Set torch up for a device so that the same input gives the same numbers.

    Args:
        device: "cpu" or "cuda".
        threads: On a CPU, threads of torch; all cores if not given.
        key: The recipe's key of the engine, for messages.

    Raises:
        MissingExtra: torch is not installed.
        EngineError: There is no such device.
    """
    # Read when torch is imported: idle threads that spin slow down the busy ones, cuBLAS needs a
    # fixed workspace to repeat itself, and with several threads MKL rounds the rows of a matrix by
    # their place in it unless it is told not to (oneMKL developer guide, "Obtaining Numerically
    # Reproducible Results").
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
    torch = import_or_explain(lambda: __import__("torch"), device)
    if device == "cuda" and not torch.cuda.is_available():
        raise EngineError(
            f"{key}.device is cuda, but torch finds no NVIDIA GPU; run on a machine with one, or "
            f"try the model path on a CPU with --recipe tiny, or no model with --recipe demo"
        )
    if threads is not None:
        torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False


def import_or_explain(load: Callable[[], T], device: str) -> T:
    """Import what an engine needs.

    Raises:
        MissingExtra: A model library is not installed.
    """
    try:
        return load()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in MODEL_PACKAGES:
            raise
        raise MissingExtra(package, "cpu" if device == "cpu" else "gpu") from error


def load_or_explain(load: Callable[[], T], model: str, key: str) -> T:
    """Load a model, and say in one line why if that fails.

    Args:
        load: Loads it.
        model: The reference in the recipe.
        key: The recipe's key of the reference.

    Raises:
        EngineError: The model is not there, cannot be reached, is damaged or of another kind, or
            it would run code of its own.
    """
    try:
        return load()
    except loading_errors() as error:
        why = distrusted(error) or cause(error)
        raise EngineError(
            f"cannot load {key} = {model!r}: {why}; it takes a checkpoint folder or the "
            f"id of a model on the Hub, and what is set beside it must suit model and machine"
        ) from error


def cause(error: Exception, length: int = 200) -> str:
    """Return what an error says in one line, cut if need be.

    That is the last line that is not empty, and of a check of settings the first.
    """
    checked = isinstance(error, ValidationError)
    said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    line = (lines[0 if checked else -1] if lines else type(error).__name__).rstrip(".")
    return line if len(line) <= length else line[: length - 1] + "…"


def quiet_transformers() -> None:
    """Keep transformers and diffusers from printing bars and advice; errors still show."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def padded_batches(items: Sequence[T], size: int) -> Iterator[tuple[list[T], int]]:
    """Yield batches of one size, the last one filled up with copies of its last item.

    Kernels round differently for another batch size, so a fixed size is what makes the answer to
    an item the same in every run.

    Yields:
        A batch of `size` items, and how many of them are real.
    """
    for start in range(0, len(items), size):
        batch = list(items[start : start + size])
        yield batch + [batch[-1]] * (size - len(batch)), len(batch)


def torch_dtype(name: str) -> Any:
    """Return torch's type of a name such as "float16"."""
    import torch

    return getattr(torch, name)
