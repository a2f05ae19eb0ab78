"""A connection to a Ray cluster, and what must be the same on all of its machines."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syned.errors import MissingExtra, RunError
from syned.parquet import cause_of
from syned.temporary import folder_of_sockets

LONGEST = 43
"""Characters of the folder of a cluster's session; Ray's sockets, far below it, may have 107."""


@contextmanager
def connected(address: str | None) -> Iterator[dict[str, float]]:
    """Join a Ray cluster, or start one on this machine for as long as it is needed.

    Args:
        address: Of the cluster's head, or `auto` for the one that this machine belongs to; nothing
            for one of this machine alone.

    Yields:
        What the cluster has, as Ray tells it: `CPU`, `GPU` and more.

    Raises:
        MissingExtra: Ray is not installed.
        RunError: There is no cluster at that address.
    """
    # Else Ray, under `uv run`, sends the working folder, runs and all, to its workers, and has uv
    # make an environment anew there; it reads this when it is imported.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtra("ray", "ray") from error
    # Else it warns of what a later release will do with actors that take no GPU.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address is not None:
        _refuse_nobody(address)
        with _joined(ray, address) as found:
            yield found
        return
    # Without word of how to prove who one is, Ray 2.60 writes a token for all later clusters of
    # this user; one that only this machine can reach needs none.
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    # Ray itself would keep the folder of each session for ever.
    with folder_of_sockets("ray", LONGEST) as folder:
        own: dict[str, Any] = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        with _joined(ray, "local", _temp_dir=str(folder), **own) as found:
            yield found


@contextmanager
def _joined(ray: Any, address: str, **settings: Any) -> Iterator[dict[str, float]]:
    """Be a part of a cluster; as `connected`."""
    try:
        _join(ray, address, settings)
        yield ray.cluster_resources()
    finally:
        # Interrupted within, or left as it is half begun, Ray ends the process by a fault.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        ray.shutdown()
        signal.signal(signal.SIGINT, handler)


def _join(ray: Any, address: str, settings: Mapping[str, Any]) -> None:
    """Join a cluster, or start one.

    Raises:
        RunError: There is none, or it does not start.
    """
    try:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, **settings)
    # Ray raises plain exceptions too: of a process of it that was killed while it started.
    except Exception as error:
        raise _nobody(address, cause_of(error)) from error
    except SystemExit:
        # What Ray makes of SIGTERM, once it has put a handler of its own in place.
        raise KeyboardInterrupt from None
    # Ray has put its own in place, which ends the process without a word.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _refuse_nobody(address: str) -> None:
    """Raise if nobody listens at an address; Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise _nobody(address, str(error.strerror or error)) from error


def _nobody(address: str, cause: str) -> RunError:
    """Return the error for a cluster that is not there, or did not start."""
    if address == "local":
        return RunError(
            f"Ray did not start on this machine ({cause}). Give the same command again to go on; "
            "if that does not help, leave out --engine ray, or see which memory and ports are free."
        )
    return RunError(
        f"no Ray cluster at {address} ({cause}). Start one with `ray start --head`, give --address "
        "HOST:PORT, or leave it out for one of this machine alone; RAY_AUTH_MODE must be the same "
        "on all machines."
    )


def version() -> str:
    """Return what must be the same on all machines."""
    from importlib import metadata

    python = ".".join(map(str, sys.version_info[:2]))
    return f"syned {metadata.version('syned')} on Python {python}"


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
