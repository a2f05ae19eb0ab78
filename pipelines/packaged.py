"""Weights that a package ships, found without importing it; only the known ones are taken."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from syned.errors import EngineError, MissingExtra

EXTRA = "safety"
"""The extra that brings the packages."""


def packaged_file(package: str, name: str, sha256: str) -> Path:
    """Return a file that lies in a package.

    Args:
        package: The one that ships it.
        name: Its path within the package.
        sha256: Of its bytes.

    Raises:
        MissingExtra: The package is not installed.
        EngineError: The file is not there, or is another one.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(package, EXTRA)
    path = Path(spec.submodule_search_locations[0]) / name
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
    if found != sha256:
        raise EngineError(
            f"{path}: expected the weights with the SHA-256 {sha256[:12]}…, found {found[:12]}; "
            f"another version of {package} ships others: install the one of syned's constraints.txt"
        )
    return path
