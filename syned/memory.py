"""Telling a machine that has no memory left from data that asks for too much of it."""

from __future__ import annotations

import errno

_SAID = ("can't start new thread", "allocate memory", "failed to map segment")
"""What libraries say that raise something else than MemoryError."""


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that the system gave no more memory."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError | OSError | ImportError) and any(
        said in str(error) for said in _SAID
    )


def has_room(count: int) -> bool:
    """Say whether this process would get so many bytes now."""
    try:
        bytearray(count)
    except MemoryError:
        return False
    return True
