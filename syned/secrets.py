"""Passwords, keys and signed addresses: refused where they would be kept, hidden where they show.

Credentials reach syned by the environment or by files of the Hub's and the stores' own tools. An
address that holds some would be kept in recipes and cards.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from syned.errors import RunError

_USER = re.compile(r"(?<=://)[^\s/@'\"]+@")
_SIGNED = re.compile(
    r"([?&#][\w.%-]*(?:sig|token|key|secret|passw|pwd|credential|auth)[\w.%-]*=)[^\s&'\":]+",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"TOKEN|SECRET|PASSW|(API|ACCESS|PRIVATE|SIGNING)_?KEY|_KEY$")
SHORTEST = 8
"""Characters; what is shorter is no key, and would be found in words."""
HIDDEN = "***"


def has_secret(text: str) -> bool:
    """Say whether a text is an address with a password or a signature in it."""
    return "://" in text and bool(_USER.search(text) or _SIGNED.search(text))


def hidden(text: str) -> str:
    """Return a text for people without what only its owner should know.

    Hidden are what stands before the host of an address, values of its query that are called keys,
    tokens or signatures, and the values of such variables of the environment.
    """
    text = _SIGNED.sub(rf"\1{HIDDEN}", _USER.sub(f"{HIDDEN}@", text))
    for name, value in os.environ.items():
        if len(value) >= SHORTEST and _VARIABLE.search(name) and value in text:
            text = text.replace(value, f"({name})")
    return text


def refuse_secret(address: str) -> None:
    """Refuse an address that would be kept.

    Raises:
        RunError: It has a password or a signature in it.
    """
    if has_secret(address):
        raise RunError(
            f"{hidden(address)}: an address may hold no key or password; give them by the "
            "environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), a profile or a role"
        )


def secret_places(values: Any, place: str = "") -> Iterator[str]:
    """Yield the dotted keys of nested values whose texts have a secret in them."""
    if isinstance(values, str):
        if has_secret(values):
            yield place
        return
    listed = enumerate(values) if isinstance(values, list | tuple) else ()
    for name, item in values.items() if isinstance(values, dict) else listed:
        yield from secret_places(item, f"{place}.{name}" if place else str(name))
