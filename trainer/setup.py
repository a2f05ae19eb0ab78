"""What is done before a model library is used."""

from __future__ import annotations

import logging
import os
import warnings
from importlib.util import find_spec

from syned.errors import MissingExtra

PACKAGES = ("torch", "transformers", "peft", "accelerate")


def rank() -> int:
    """Return the number of this process among those that train together; 0 writes and speaks."""
    return int(os.environ.get("RANK", "0"))


def prepare_torch(device: str) -> None:
    """Look whether the libraries are there, and set torch up to repeat itself.

    Args:
        device: `auto`, `cpu` or `cuda`.

    Raises:
        MissingExtra: A library is not installed.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MissingExtra(package, "train")
    # Read when torch is imported: threads that wait should not spin beside those that load
    # pictures, and cuBLAS needs a fixed workspace to repeat itself.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    # A Hub that cannot be reached is told once, and not at each of its retries.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    # peft looks on the Hub for the vocabulary of a base that is not there; ours never changes.
    warnings.filterwarnings("ignore", message="Could not find a config file in")
    if device == "cpu":
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    elif "WORLD_SIZE" not in os.environ:
        # Else `Trainer` spreads each batch over all GPUs of one process (DataParallel), and batches
        # are so many times as large as the recipe says. Several GPUs are for `accelerate launch`.
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        os.environ["CUDA_VISIBLE_DEVICES"] = seen.split(",")[0]
