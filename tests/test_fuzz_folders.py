"""Bad folders: odd names, what is no file, annotations of datasets, runs with damaged files.

As in `test_fuzz.py`; the long part is `pytest -m long -s tests/test_fuzz_folders.py`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from fuzzing import (
    SECONDS,
    Kind,
    attempt,
    damaged,
    damaged_json,
    misvalued,
    no_hang,
    outcome,
    try_all,
)
from hypothesis import strategies as st
from made_pairs import encoded, photo
from typer.testing import CliRunner

from pipelines.sections.sources import FolderSource
from pipelines.sources.open import open_source
from syned.cli import app
from syned.errors import RowError
from trainer.readers.registry import read
from trainer.rows import CaptionedPair, Split

JPEG = encoded(photo("coffee", 48)).bytes
NAMES = st.binary(min_size=1, max_size=120).map(
    lambda name: name.replace(b"\0", b"\1").replace(b"/", b"\\")
)
"""Each byte that Linux allows in a name."""
KNOWN = (b"", b".jpg", b".jpeg", b".png")
"""Suffixes of pictures among them; what has none is looked into."""


# --- folders of pictures


@st.composite
def odd_folders(draw: st.DrawFn) -> list[tuple[bytes, str]]:
    """Return names, and what is under each."""
    kinds = st.sampled_from(("picture", "picture", "picture", *MAKE))
    endings = st.sampled_from((b".jpg", b".PNG", b"", b".jpg.", b"\xff.jpeg"))
    entries = draw(st.lists(st.tuples(NAMES, endings, kinds), min_size=1, max_size=6))
    return [(name + ending, kind) for name, ending, kind in entries]


def bind(path: str) -> None:
    """Make a socket; its address is short, its name is not."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        os.rename(f"{folder}/s", path)


MAKE: dict[str, Callable[[str], object]] = {
    "pipe": os.mkfifo,
    "socket": bind,
    "folder": os.mkdir,
    "link to itself": lambda path: os.symlink(os.path.basename(path), path),
    "link to nothing": lambda path: os.symlink("not there", path),
    "link to a device": lambda path: os.symlink("/dev/zero", path),
    "link to its folder": lambda path: os.symlink(".", path),
    "empty": lambda path: Path(path).touch(),
}


def read_odd(entries: list[tuple[bytes, str]], folder: Path) -> Iterator[str]:
    """Read a folder in which only some names are those of pictures; each of them is a row."""
    Path(folder, "plain.jpg").write_bytes(JPEG)
    pictures = 1
    for name, kind in entries:
        path = os.fsencode(folder) + b"/" + name
        if os.path.lexists(path):
            continue
        if kind != "picture":
            MAKE[kind](os.fsdecode(path))
        else:
            Path(os.fsdecode(path)).write_bytes(JPEG)
            suffix = os.path.splitext(name)[1].lower()
            pictures += name[:1] != b"." and suffix in KNOWN
    yield outcome(lambda: all_pictures(folder, pictures))


def all_pictures(folder: Path, expected: int) -> None:
    source = open_source(FolderSource(path=str(folder)), seed=0)
    found = 0
    for index in range(len(source)):
        source.key(index).encode("utf-8")
        with contextlib.suppress(RowError):
            found += source.read(index).data == JPEG
    assert found >= expected, "a picture is lost"


# --- annotations


NUMBERS = {"train": [0, 1], "val": [1], "test": []}
CLEVR: dict[str, Any] = {
    "splits.json": NUMBERS,
    "change_captions.json": {f"CLEVR_semantic_00000{n}.png": ["it moved"] for n in (0, 1)},
    "no_change_captions.json": {"CLEVR_nonsemantic_000000.png": ["no change"]},
    "type_mapping.json": {"move": ["000000.png"], "color": ["000001.png"]},
}
DC: dict[str, Any] = {"captions.json": {"0": ["it moved"], "1": ["no"]}, "split.json": NUMBERS}
CELL = {"bytes": JPEG, "path": None}
TABLES: dict[str, dict[str, Any]] = {
    "magicbrush": {
        "img_id": "1 ",
        "turn_index": 1,
        "instruction": "add a dog",
        "source_img": CELL,
        "mask_img": CELL,
        "target_img": CELL,
    },
    "ip2p": {
        "original_prompt": "a hill",
        "edit_prompt": "make it night",
        "original_image": CELL,
        "edited_prompt": "a hill at night",
        "edited_image": CELL,
    },
    "syned": {
        "pair_id": "p1",
        "captions": ["A dog came."],
        "task": "add",
        "scene": None,
        "source": "demo",
        "license": "CC0-1.0",
        "image": CELL,
        "edited_image": CELL,
    },
}
EMU = {"idx": 1, "instruction": "add", "image": CELL, "edited_image": CELL}
LINES = b"0 <INSTRUCT> Make it red\n1 <INSTRUCT> Add a cat\n"


@st.composite
def one_damaged(draw: st.DrawFn, files: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a folder of annotations, of which one is wrong."""
    wrong = draw(st.sampled_from(sorted(files)))
    return {
        name: draw(damaged_json(value)) if name == wrong else json.dumps(value).encode()
        for name, value in files.items()
    }


def read_annotations(name: str) -> Callable[[dict[str, bytes], Path], Iterator[str]]:
    def attempt(files: dict[str, bytes], folder: Path) -> Iterator[str]:
        for file, data in files.items():
            (folder / file).write_bytes(data)
        for aside in ("images", "sc_images", "nsc_images", "bef", "aft"):
            (folder / aside).mkdir()
        yield outcome(lambda: list(read(name, folder, Split.TRAIN)))

    return attempt


@st.composite
def odd_shards(draw: st.DrawFn, row: dict[str, Any]) -> bytes:
    """Return a shard with damaged bytes, or with cells of another kind."""
    rows = [row] * 2 if draw(st.booleans()) else [draw(misvalued(row))] * 2
    buffer = io.BytesIO()
    try:
        pq.write_table(pa.Table.from_pylist(rows), buffer)
    except (pa.ArrowException, OverflowError, UnicodeError, TypeError):
        pq.write_table(pa.Table.from_pylist([row]), buffer)
    return draw(st.one_of(st.just(buffer.getvalue()), damaged(buffer.getvalue())))


def read_pictures(name: str, folder: Path) -> None:
    for pair in read(name, folder, Split.TRAIN):
        if isinstance(pair, CaptionedPair):
            pair.before.read()


def read_shard(name: str) -> Callable[[bytes, Path], Iterator[str]]:
    def attempt(data: bytes, folder: Path) -> Iterator[str]:
        (folder / "data").mkdir()
        (folder / "data/train-00000-of-00001.parquet").write_bytes(data)
        yield outcome(lambda: read_pictures(name, folder))

    return attempt


def read_instructions(data: bytes, folder: Path) -> Iterator[str]:
    (folder / "emu/data").mkdir(parents=True)
    (folder / "instructions_with_idx_train_split.txt").write_bytes(data)
    (folder / "splits.json").write_text(json.dumps({"train": [0, 1], "validation": [2]}))
    pq.write_table(pa.Table.from_pylist([EMU]), folder / "emu/data/test.parquet")
    yield outcome(lambda: list(read("syned-authors", folder, Split.TRAIN)))


# --- runs and datasets, through the commands


COMMANDS = (
    *(("filter", "run", "--preset", "calibrated"), ("filter", "run", "--set", "max_ssim=0.9")),
    *(("preview", "run"), ("report", "run"), ("card", "run", "--repo", "a/b"), ("verify", "run")),
    *(("export", "run", "--to", "webdataset", "--out", "out"), ("verify", "run/dataset")),
    ("data", "check", "syned", "run"),
    ("import", "run/dataset", "--writer", "given", "--dry-run"),
)


@cache
def finished() -> dict[str, bytes]:
    """Return the files of a small finished run."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        small = ("--set", "image.resolution=48", "--set", "part_size=3")
        args = ("generate", "--recipe", "demo", "--n", "6", "--out", str(run), *small)
        done = CliRunner().invoke(app, args)
        assert done.exit_code == 0, done.output
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in run.rglob("*")
            if path.is_file() and path.suffix in (".parquet", ".json", ".yaml", ".md")
        }


@st.composite
def damaged_runs(draw: st.DrawFn) -> tuple[str, bytes | None, tuple[str, ...]]:
    """Return a file of a run, its bytes (nothing if it is lost), and a command."""
    name = draw(st.sampled_from(sorted(finished())))
    data = finished()[name]
    if draw(st.integers(0, 5)) == 0:
        return name, None, draw(st.sampled_from(COMMANDS))
    is_json = name.endswith(".json")
    wrong = draw(damaged_json(json.loads(data)) if is_json else damaged(data))
    return name, wrong, draw(st.sampled_from(COMMANDS))


def use_run(case: tuple[str, bytes | None, tuple[str, ...]], folder: Path) -> Iterator[str]:
    """Give a command a damaged run: it ends with a message, and by itself."""
    wrong, data, command = case
    for name, held in finished().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)
    (folder / wrong).unlink() if data is None else (folder / wrong).write_bytes(data)
    with no_hang(4 * SECONDS), contextlib.chdir(folder):
        done = CliRunner().invoke(app, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise AssertionError(f"{command} with a damaged {wrong}") from done.exception
    assert done.exit_code in (0, 2, 3), done.output
    assert done.output.strip(), command
    assert "Traceback" not in done.output
    shutil.rmtree(folder)
    yield f"{command[0]}: {done.exit_code}"


KINDS = (
    Kind("names", odd_folders(), read_odd, 2000),
    Kind("annotations of clevr", one_damaged(CLEVR), read_annotations("clevr")),
    Kind("annotations of dc", one_damaged(DC), read_annotations("dc")),
    *(Kind(f"shards of {n}", odd_shards(row), read_shard(n), 500) for n, row in TABLES.items()),
    Kind("instructions of the authors", damaged(LINES), read_instructions, 500),
    Kind("damaged runs", st.deferred(damaged_runs), use_run, 1000),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_bad_folders_are_told(kind: Kind, tmp_path: Path) -> None:
    assert attempt(kind, tmp_path, 40, random=False).total() >= 40


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_folders(tmp_path: Path) -> None:
    typer.echo(f"{try_all(KINDS, tmp_path):,} cases")
