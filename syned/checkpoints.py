"""Why a checkpoint cannot be loaded, in words: what model libraries raise, and what they advise.

Weights are read as numbers: safetensors, or a pickle from which torch takes tensors and nothing
else (`weights_only`). Code that a checkpoint brings along is never run. Both libraries advise to
switch that off; syned does not.
"""

from __future__ import annotations

from pickle import UnpicklingError

_PICKLE = (
    "its weights are a pickle that holds more than numbers, and nothing of it was run; take a "
    "checkpoint with .safetensors, or write one with save_pretrained where you trust it"
)
_CODE = (
    "it brings code of its own, which syned does not run; take one of a class that transformers or "
    "diffusers has"
)


def loading_errors() -> tuple[type[Exception], ...]:
    """Return what model libraries raise for a checkpoint that is missing, damaged or another."""
    known = (OSError, ValueError, RuntimeError, TypeError, KeyError, EOFError, UnpicklingError)
    try:
        from safetensors import SafetensorError
    except ImportError:
        return known
    return (*known, SafetensorError)


def distrusted(error: BaseException) -> str | None:
    """Return why a checkpoint was not trusted, or nothing if it failed for another reason.

    Args:
        error: What was raised; libraries raise others in its place.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, UnpicklingError) and "weights_only" in str(link):
            return _PICKLE
        if "trust_remote_code" in str(link):
            return _CODE
        link = link.__cause__ or link.__context__
    return None
