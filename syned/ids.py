"""Ids and seeds. Both belong to the row, so neither workers, batches nor a resume change them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

ID_DIGITS = 20
"""Hex digits of an id: 80 bits, so that a billion ids collide with probability below 1e-6."""

_FILE_STEM = re.compile(r"[0-9a-z_-]{1,100}")


def digest(*parts: str | bytes | int) -> str:
    """Return an id of the given parts; the borders between parts count.

    Returns:
        `ID_DIGITS` hex digits of the SHA-256 of all parts, each preceded by its length.
    """
    hasher = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()[:ID_DIGITS]


def file_stem(name: str) -> str:
    """Return a name as that of a file; the hash of one that could mean another folder or file.

    The same on systems where capital and small letters are one, and for names that begin alike.
    """
    return name if _FILE_STEM.fullmatch(name) else digest(name)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(values: Any) -> str:
    """Return an id of a JSON-like value; the order of keys does not count."""
    return digest(json.dumps(values, sort_keys=True, ensure_ascii=True, default=str))


def seed_for(run_seed: int, stage: str, row_id: str) -> int:
    """Return the seed of one row in one stage, an integer in [0, 2**32)."""
    return int(digest(run_seed, stage, row_id)[:8], 16)
