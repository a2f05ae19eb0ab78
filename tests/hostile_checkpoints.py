"""Checkpoints as a stranger might give them: weights that are a program, code of their own."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

PWNED = "pwned"
"""The file that a hostile checkpoint makes if anything of it is run."""


class _Payload:
    """Unpickles by making a file."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / PWNED)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def program(folder: Path, path: Path) -> None:
    """Write a file that torch loads as a pickle, which makes a folder when it is run."""
    import torch

    torch.save({"weight": _Payload(folder)}, path)


def as_program(model: Path, folder: Path) -> Path:
    """Return a copy of a checkpoint whose weights are programs instead of safetensors."""
    copy = Path(shutil.copytree(model, folder / f"{model.name}-bin"))
    for weights in list(copy.rglob("*.safetensors")):
        weights.unlink()
        name = {"model": "pytorch_model"}.get(weights.stem, weights.stem)
        program(folder, weights.with_name(f"{name}.bin"))
    return copy


def with_code(model: Path, folder: Path) -> Path:
    """Return a copy of a checkpoint that brings code of its own for its classes."""
    copy = Path(shutil.copytree(model, folder / f"{model.name}-code"))
    code = f"import os\nos.mkdir({str(folder / PWNED)!r})\nEvil = object\n"
    kinds = ("AutoConfig", "AutoModel", "AutoProcessor")
    own = dict.fromkeys(kinds, "evil.Evil") | {"AutoTokenizer": ["evil.Evil", None]}
    for name in ("config.json", "tokenizer_config.json", "processor_config.json"):
        if (copy / name).is_file():
            _change(copy / name, auto_map=own, model_type="evil")
    (copy / "evil.py").write_text(code)
    if (copy / "model_index.json").is_file():
        # A pipeline of diffusers names the module and the class of each part.
        _change(copy / "model_index.json", unet=["evil", "Evil"])
        (copy / "unet" / "evil.py").write_text(code)
    return copy


def _change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
