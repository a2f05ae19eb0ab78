"""Where a model comes from: a checkpoint folder, a Hub id, or one that comes with syned.

`builtin:NAME` is never downloaded: it lies in this package, or is made once on each machine, in a
cache folder. An engine only ever sees a folder or a Hub id.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path

from syned.errors import EngineError
from syned.folders import CACHE_VARIABLE, cache_folder

BUILTIN_PREFIX = "builtin:"

_MAKERS = {
    "smollm2-135m": ("pipelines.tiny.smollm2", 1),
    "tiny-instruct-pix2pix": ("pipelines.tiny.instruct_pix2pix", 1),
    "tiny-flux-kontext": ("pipelines.tiny.flux_kontext", 1),
    "tiny-qwen-image-edit": ("pipelines.tiny.qwen_image_edit", 1),
    "tiny-idefics3": ("pipelines.tiny.idefics3", 1),
    "tiny-clip": ("pipelines.tiny.clip", 1),
    "tiny-siglip": ("pipelines.tiny.siglip", 1),
    "tiny-dinov2": ("pipelines.tiny.dinov2", 1),
    "tiny-nsfw": ("pipelines.tiny.nsfw", 1),
}
"""Module whose `make(folder)` writes the checkpoint, and the version of what it writes."""

_SHIPPED = ("world-clip", "world-editor")
"""Trained models that lie in this package; `make world` makes them."""


def builtin_models() -> tuple[str, ...]:
    """Return the references of the models that come with syned."""
    return tuple(BUILTIN_PREFIX + name for name in (*_MAKERS, *_SHIPPED))


def shipped_folder() -> Path:
    """Return the folder of the trained models of this package."""
    return Path(__file__).parent / "world" / "weights"


def resolve_model(reference: str) -> str:
    """Return a checkpoint folder or Hub id that a model library can load.

    Args:
        reference: A folder, a Hub id, or `builtin:NAME`, which is made first if need be.

    Raises:
        EngineError: There is no such built-in model, or the cache cannot be written.
        MissingExtra: A package that the model is made with is not installed.
    """
    if not reference.startswith(BUILTIN_PREFIX):
        return reference
    if reference not in builtin_models():
        known = ", ".join(builtin_models())
        raise EngineError(f"there is no model {reference!r} in syned; known are {known}")
    name = reference.removeprefix(BUILTIN_PREFIX)
    if name in _SHIPPED:
        return str(shipped_folder() / name)
    module, version = _MAKERS[name]
    folder = cache_folder() / f"{name}-v{version}"
    if not folder.is_dir():
        make_whole(folder, lambda target: import_module(module).make(target))
    return str(folder)


def make_whole(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder under another name and rename it, so that it is there whole or not at all.

    Args:
        folder: What is to be there.
        make: Writes what belongs into it, to the folder that it is given.

    Raises:
        EngineError: The folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise EngineError(
            f"cannot write models to {folder.parent} ({error.strerror}); "
            f"set {CACHE_VARIABLE} to a folder that can be written"
        ) from error
    try:
        with redirect_stderr(io.StringIO()):  # progress bars
            make(draft)
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, folder: Path) -> None:
    """Rename a finished draft, unless another process was faster with the same model."""
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
