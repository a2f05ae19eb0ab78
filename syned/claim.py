"""A run folder is for one syned process at a time, on this machine or another.

On a file system the system's lock on `.lock` is the claim, and it ends with the process. A store
has no locks. There the claim is an object, `.claim/00001.json`, that only one process can create;
its owner rewrites it every few seconds. A claim that stands still is dead, and is taken over by
creating the next number, which again only one process can. Clocks of machines are not compared.
"""

from __future__ import annotations

import fcntl
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from syned.errors import RunError
from syned.owner import Owner, this_process
from syned.storage import Place, read_files, sizes

BEAT = 5.0
"""Seconds between two signs of life."""
PATIENCE = 30.0
"""Seconds without a sign of life after which a claim on another machine is dead."""

Say = Callable[[str], None]


@contextmanager
def claimed(folder: Place, say: Say) -> Iterator[None]:
    """Hold a folder for this process.

    Args:
        folder: It is there, or in a store.
        say: Told what is waited for.

    Raises:
        RunError: Another process works on it, or took it over.
    """
    with _locked(folder) if isinstance(folder, Path) else _kept(folder, say):
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder by the system's lock, with a note of who holds it."""
    with (folder / ".lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise _busy(folder, _parsed(lock.read().encode())) from error
        lock.truncate(0)
        lock.write(this_process().model_dump_json())
        lock.flush()
        yield


def _busy(folder: Place, owner: Owner | None) -> RunError:
    """Return the error for a folder that another process holds."""
    who = f" ({owner.who()})" if owner else ""
    return RunError(
        f"another syned process is working on {folder}{who}; "
        "wait for it, or name another folder with --out."
    )


def _parsed(data: bytes | None) -> Owner | None:
    """Return what a claim says, unless it cannot be read."""
    try:
        return Owner.model_validate_json(data or b"")
    except ValidationError:
        return None


@contextmanager
def _kept(folder: Place, say: Say) -> Iterator[None]:
    """Hold a folder of a store by a claim that shows signs of life."""
    claims, me = folder / ".claim", this_process()
    number = _take(claims, me, say)
    stop = threading.Event()
    lost: list[str] = []
    thread = threading.Thread(
        target=_show_life, args=(claims, number, me, stop, lost), name="claim", daemon=True
    )
    thread.start()
    try:
        yield
    except KeyboardInterrupt:
        if lost:
            raise RunError(f"stopped: {folder} was taken over by {lost[0]}.") from None
        raise
    finally:
        stop.set()
        thread.join()
        if not lost:
            _give_up(claims)


def _take(claims: Place, me: Owner, say: Say) -> int:
    """Claim a folder, and return the number of the claim."""
    while True:
        number, owner = _latest(claims)
        if owner is not None and not owner.is_gone():
            _outwait(claims, number, owner, say)
        try:
            _create(claims, number + 1, me)
        except FileExistsError:
            # It may be our own, if the answer was lost and the request repeated.
            latest, owner = _latest(claims)
            if latest != number + 1 or owner is None or owner.nonce != me.nonce:
                continue
        return number + 1


def _latest(claims: Place) -> tuple[int, Owner | None]:
    """Return the number of the latest claim, 0 if there is none, and who made it."""
    names = [name for name in sizes(claims) if name.endswith(".json")]
    if not names:
        return 0, None
    latest = max(names)
    return int(latest.removesuffix(".json")), _parsed(read_files(claims, [latest]).get(latest))


def _outwait(claims: Place, number: int, owner: Owner, say: Say) -> None:
    """Return once a claim has stood still for long enough.

    Raises:
        RunError: Its owner is alive.
    """
    if owner.is_here():
        raise _busy(claims.parent, owner)
    say(f"{claims.parent} was claimed by {owner.who()}; looking whether that one is alive")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(BEAT / 2)
        now, current = _latest(claims)
        if now != number or current != owner:
            if current is None:
                return
            raise _busy(claims.parent, current)


def _name(number: int) -> str:
    return f"{number:05d}.json"


def _create(claims: Place, number: int, owner: Owner) -> None:
    """Create a claim.

    Raises:
        FileExistsError: Another process was faster.
    """
    assert not isinstance(claims, Path), "claims are for stores"
    path = f"{claims.path}/{_name(number)}"
    claims.fs.pipe_file(path, owner.model_dump_json().encode(), mode="create")


def _show_life(
    claims: Place, number: int, me: Owner, stop: threading.Event, lost: list[str]
) -> None:
    """Rewrite a claim every few seconds; interrupt this process if another one took over."""
    beat = 0
    while not stop.wait(BEAT):
        beat += 1
        # The store may be away for a while; stages meet that themselves.
        with suppress(Exception):
            latest, owner = _latest(claims)
            if latest > number:
                lost.append(owner.who() if owner else "another process")
                # Wakes the main thread from whatever it waits for; commands take it for Ctrl-C,
                # which a shell may have had them ignore.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                return
            sign = me.model_copy(update={"beat": beat})
            (claims / _name(number)).write_text(sign.model_dump_json())


def _give_up(claims: Place) -> None:
    """Remove all claims, the oldest first, so that no dead one comes to life."""
    for name in sorted(sizes(claims)):
        with suppress(FileNotFoundError):
            (claims / name).unlink()
