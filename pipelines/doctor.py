"""`syned doctor`: what this machine has, and which recipes can run on it."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

import syned
from pipelines.recipe import Recipe, builtin_recipes
from pipelines.requirements import Lack, cores, gpus, missing
from syned.recipes import check, read_yaml

GIB = 1 << 30
BASE = "base"
"""What is called an extra here and is always installed."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that an extra brings."""

    name: str
    version: str | None
    """The version that is installed, or nothing."""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What this machine has."""

    syned: str
    python: str
    system: str
    cores: int
    """That this process may use."""
    memory_gib: float
    disk_free_gib: float
    """In the current folder."""
    gpus: tuple[str, ...]
    extras: dict[str, tuple[Package, ...]]
    recipes: dict[str, tuple[Lack, ...]]
    """What each recipe that ships with syned lacks here; nothing if it can run."""


def report() -> DoctorReport:
    """Look at this machine."""
    return DoctorReport(
        syned=syned.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=cores(),
        memory_gib=round(psutil.virtual_memory().total / GIB, 1),
        disk_free_gib=round(shutil.disk_usage(Path.cwd()).free / GIB, 1),
        gpus=gpus(),
        extras=_extras(),
        recipes={name: _lacks(path) for name, path in builtin_recipes().items()},
    )


def _lacks(path: Path) -> tuple[Lack, ...]:
    """Return what a recipe lacks here."""
    return tuple(missing(check(Recipe, read_yaml(path), path.name)))


def _extras() -> dict[str, tuple[Package, ...]]:
    """Return the packages of each extra, as the installed syned declares them."""
    about = metadata.metadata("syned")
    declared = [Requirement(line) for line in metadata.requires("syned") or []]
    names = [BASE, *(about.get_all("Provides-Extra") or [])]
    return {extra: _packages(declared, extra) for extra in names}


def _packages(declared: list[Requirement], extra: str) -> tuple[Package, ...]:
    """Return the packages that one extra adds, and whether they are there."""
    return tuple(Package(need.name, _version(need.name)) for need in declared if _adds(extra, need))


def _adds(extra: str, need: Requirement) -> bool:
    """Say whether it is this extra that brings a requirement on this machine."""
    always = need.marker is None or need.marker.evaluate({"extra": ""})
    if extra == BASE:
        return always
    return not always and need.marker is not None and need.marker.evaluate({"extra": extra})


def _version(name: str) -> str | None:
    """Return the installed version of a distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def print_report(found: DoctorReport, console: Console) -> None:
    """Print what this machine has, as tables."""
    console.print(_machine(found), _packages_table(found), _recipes(found), sep="\n")


def _machine(found: DoctorReport) -> Table:
    """Return the machine in a few lines."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column()
    table.add_row("syned", f"{found.syned} on Python {found.python}, {found.system}")
    table.add_row("cores", str(found.cores))
    table.add_row("memory", f"{found.memory_gib} GiB")
    table.add_row("disk", f"{found.disk_free_gib} GiB free here")
    table.add_row("GPU", ", ".join(found.gpus) or "none that can be used")
    return table


def _packages_table(found: DoctorReport) -> Table:
    """Return what each extra brings and what of it is there."""
    table = _table("Packages", "extra", "installed", "not installed")
    for extra, packages in found.extras.items():
        there = [f"{p.name} {p.version}" for p in packages if p.version]
        absent = [p.name for p in packages if not p.version]
        table.add_row(extra, ", ".join(there), ", ".join(absent))
    return table


def _recipes(found: DoctorReport) -> Table:
    """Return which recipes can run, and what the others lack."""
    table = _table("Recipes", "recipe", "here", "what it lacks", "what to do")
    for name, lacks in found.recipes.items():
        if not lacks:
            table.add_row(name, Text("runs", style="green"), "", "")
        for number, lack in enumerate(lacks):
            first = (name, Text("no", style="red")) if number == 0 else ("", "")
            table.add_row(*first, lack.what, lack.fix)
    return table


def _table(title: str, *columns: str) -> Table:
    """Return an empty table."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
