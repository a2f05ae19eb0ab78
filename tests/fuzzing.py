"""Damaged input: bytes that are cut, flipped and mixed, and values where others are expected."""

from __future__ import annotations

import copy
import json
import math
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syned.errors import RowError, SynedError
from syned.told import ENVIRONMENT_ERRORS

SECONDS = 30
"""After which a case counts as one that hangs."""
LONG = "x" * 10_000_000
BYTES = (b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b'"', b"{" * 5000, b"[" * 100_000)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**400, 1e308, math.nan, math.inf, "", " ", "\0", "\ud800", "a\nb", "é"),
    *([], {}, [[]], {"": None}, [None, 1, "x"], "../../etc/passwd", "${HOME}", "<b>", LONG),
)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Return bytes that were cut, flipped, doubled, mixed with others or encoded otherwise."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 64)))
        data = draw(st.sampled_from(DAMAGES))(draw, data, at, to)
    return data


def _flip(draw: st.DrawFn, data: bytes, at: int, to: int) -> bytes:  # noqa: ARG001
    bit = 1 << draw(st.integers(0, 7))
    return data[:at] + bytes(byte ^ bit for byte in data[at : at + 1]) + data[at + 1 :]


def _encode(draw: st.DrawFn, data: bytes, at: int, to: int) -> bytes:  # noqa: ARG001
    return data.decode("latin-1").encode(draw(st.sampled_from(("utf-16", "utf-8"))))


Damage = Callable[[st.DrawFn, bytes, int, int], bytes]
DAMAGES: tuple[Damage, ...] = (
    _flip,
    _encode,
    lambda _, data, at, to: data[:at],  # noqa: ARG005
    lambda _, data, at, to: data[:at] + data[to:],
    lambda _, data, at, to: data[:to] + data[at:],
    lambda draw, data, at, to: data[:at] + draw(st.sampled_from(BYTES)) + data[to:],
    lambda draw, data, at, to: data[:at] + draw(st.binary(max_size=64)) + data[to:],
)


@st.composite
def misvalued(draw: st.DrawFn, value: Any) -> Any:
    """Return nested values of which some are of another kind, gone, or under another name."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(value))
        if not places:
            return copy.deepcopy(draw(st.sampled_from(ODD)))
        owner, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(("odd", "odd", "gone", "renamed")))
        if kind == "odd" or isinstance(owner, list):
            owner[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        else:
            moved = owner.pop(key)
            if kind == "renamed":
                owner[draw(st.sampled_from((f"{key}s", "", "id", "\n")))] = moved
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = (
        range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


@st.composite
def damaged_json(draw: st.DrawFn, value: Any) -> bytes:
    """Return JSON, which is YAML too, with wrong values, a doubled key or damaged bytes."""
    if draw(st.booleans()):
        return draw(damaged(json.dumps(value).encode()))
    text = json.dumps(draw(misvalued(value)))
    if draw(st.integers(0, 9)) == 0:
        text = text.replace("{", '{"n": 1, "n": 2, ', 1)
    return text.encode()


@st.composite
def aliased(draw: st.DrawFn, value: dict[str, Any]) -> bytes:
    """Return YAML that stands for far more than it holds: aliases of aliases, or of themselves."""
    depth, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    is_list = draw(st.booleans())
    lines = ["_0: &_0 [x]"]
    for level in range(1, depth):
        items = ", ".join(f"{'' if is_list else f'k{n}: '}*_{level - 1}" for n in range(width))
        lines.append(f"_{level}: &_{level} " + (f"[{items}]" if is_list else f"{{{items}}}"))
    endless = ("own: &own [*own]", "own: &own {own: *own}", "<<: *_0", f"own: *_{depth}")
    lines += draw(st.lists(st.sampled_from(endless), max_size=1))
    key = draw(st.sampled_from(sorted(value)))
    plain = json.dumps({k: v for k, v in value.items() if k != key})[1:-1]
    return f"{{{plain}, {', '.join(lines)}, {key}: *_{depth - 1}}}".encode()


@contextmanager
def no_hang(seconds: int = SECONDS) -> Iterator[None]:
    """Raise if a case takes too long."""

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise AssertionError(f"it hangs: no answer within {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(read: Callable[[], Any]) -> str:
    """Return what became of a case: taken, or turned away with a message a person can read."""
    with no_hang():
        try:
            read()
        except (SynedError, RowError) as error:
            _judge(str(error))
            return "told"
        except OSError as error:
            if error.errno not in ENVIRONMENT_ERRORS:
                raise
            return "told"
    return "taken"


def _judge(message: str) -> None:
    assert message.strip(), "a message that says nothing"
    assert "Traceback" not in message


class Counts:
    """What became of the cases of each kind."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, result: str, count: int = 1) -> None:
        """Count cases."""
        self._found[kind, result] += count

    def total(self) -> int:
        """Return how many cases there were."""
        return self._found.total()

    def table(self) -> str:
        """Return a line for each kind and outcome."""
        return "\n".join(f"{k}: {n:,} {what}" for (k, what), n in sorted(self._found.items()))


def of_file(name: str, use: Callable[[Path], Any]) -> Callable[[bytes, Path], Iterator[str]]:
    def attempt(data: bytes, folder: Path) -> Iterator[str]:
        (folder / name).write_bytes(data)
        yield outcome(lambda: use(folder / name))

    return attempt


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        cases: Strategy of its cases.
        try_: Tries one in an empty folder; returns outcomes, one for each case in it.
        many: How many examples the long part tries.
    """

    name: str
    cases: st.SearchStrategy[Any]
    try_: Callable[[Any, Path], Iterator[str]]
    many: int = 1000


def attempt(kind: Kind, folder: Path, examples: int, *, random: bool) -> Counts:
    """Try cases of a kind, each in a folder of its own."""
    counts, number = Counts(), iter(range(10**9))

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=not random,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(kind.cases)
    def run(case: Any) -> None:
        place = folder / str(next(number))
        place.mkdir()
        for result in kind.try_(case, place):
            counts.add(kind.name, result)

    run()
    return counts


def try_all(kinds: Sequence[Kind], folder: Path) -> int:
    """Try as many cases of each kind as it is to have, other ones each time, and print a table.

    Returns:
        How many there were.
    """
    total = 0
    for kind in kinds:
        place = folder / kind.name
        place.mkdir()
        found = attempt(kind, place, kind.many, random=True)
        typer.echo(f"\n{found.table()}")
        total += found.total()
    return total
