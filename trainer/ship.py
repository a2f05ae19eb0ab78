"""Puts a small trained model into this package: `python -m trainer.ship TRAINING`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from trainer.base import SMALL, place_of
from trainer.captioner import load_captioner, save_settings
from trainer.recipe import ModelConfig
from trainer.setup import prepare_torch


def ship(training: Path, folder: Path) -> None:
    """Write weights in half precision, processor, settings and card of a training's model.

    Args:
        training: The folder of a training of a whole small model.
        folder: Where they go.
    """
    captioner = load_captioner(str(training), device="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    captioner.loaded.model.half().save_pretrained(folder)
    captioner.loaded.processor.save_pretrained(folder)
    config = ModelConfig(base=SMALL, tune="full", device="cpu")
    save_settings(folder, config, captioner.generate)
    card = (training / "model" / "README.md").read_text(encoding="utf-8")
    named = re.sub(r"^# .*$", f"# {SMALL}", card, count=1, flags=re.MULTILINE)
    (folder / "README.md").write_text(named, encoding="utf-8")


if __name__ == "__main__":
    prepare_torch("cpu")
    ship(Path(sys.argv[1]), Path(place_of(SMALL)))
