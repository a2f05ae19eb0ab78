"""Model libraries stay in the leaves: what must be quick loads none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "vllm", "transformers", "diffusers", "datasets", "skimage", "pandas", "pyarrow")
MODELS = HEAVY[:4]


def loaded(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running code."""
    tell = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


COMMANDS = ("", "generate", "filter", "preview", "doctor", "verify", "publish", "import", "export")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_heavy(command: str) -> None:
    args = [command, "--help"] if command else ["--help"]
    code = f"from syned.cli import app\ntry: app({args!r})\nexcept SystemExit: pass"
    assert not loaded(code) & {*HEAVY, "numpy", "PIL"}


@pytest.mark.parametrize(
    "module",
    ["syned.runner", "pipelines.plan", "pipelines.generate", "pipelines.preview.look"],
)
def test_the_pipeline_loads_no_model_library(module: str) -> None:
    assert not loaded(f"import {module}") & set(MODELS)
