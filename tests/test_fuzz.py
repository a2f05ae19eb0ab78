"""Bad input of every kind: each case is a row with a reason or one message, and none hangs.

The quick part tries some of each kind, always the same. The long one tries 21,000 and more, others
each time, and prints what became of them: `pytest -m long -s tests/test_fuzz.py`.
"""

from __future__ import annotations

import io
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
import yaml
from fuzzing import ODD, Kind, aliased, attempt, damaged, damaged_json, of_file, outcome, try_all
from hypothesis import strategies as st
from made_pairs import photo

from pipelines.recipe import builtin_recipes
from pipelines.resolve import resolve
from pipelines.sections.sources import FolderSource, TableSource
from pipelines.sources.open import open_source
from syned.errors import RowError
from syned.images import decode_picture
from trainer.asked import asked_pairs
from trainer.metrics.files import read_predictions, read_references
from trainer.readers.registry import read
from trainer.resolve import resolve as resolve_training

LIMITS = {"max_pixels": 20_000_000, "min_side": 8, "max_aspect": 8.0}
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "TGA", "ICO", "AVIF", "JPEG2000")
MOST_BYTES = 4 * 2**30


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    small = photo("coffee", 48)
    small.save(buffer, kind)
    return buffer.getvalue()


def decode(data: bytes, folder: Path) -> Iterator[str]:  # noqa: ARG001
    yield outcome(lambda: decode_picture(data, **LIMITS))


@st.composite
def mixed_pictures(draw: st.DrawFn) -> bytes:
    """Return the beginning of one format and the end of another, or a damaged one."""
    one, other = (PICTURES[draw(st.sampled_from(FORMATS))] for _ in range(2))
    if draw(st.integers(0, 4)):
        return draw(damaged(one))
    at = draw(st.integers(1, 64))
    return one[:at] + other[at:]


def read_folder(files: dict[str, bytes], folder: Path) -> Iterator[str]:
    """Read a folder with a table of notes: a row for each picture, whatever the table says."""
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(PICTURES["JPEG"])
    for name, data in files.items():
        (folder / name).write_bytes(data)
    yield outcome(lambda: all_of(FolderSource(path=str(folder)), 2))


def all_of(config: FolderSource | TableSource, expected: int) -> None:
    """Read every picture of a source; those that cannot be have a reason."""
    source = open_source(config, seed=0)
    assert len(source) >= expected, "a row is lost"
    for index in range(len(source)):
        with suppress(RowError):
            source.read(index)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Return a table of pictures whose cells are of any kind."""
    rows = draw(st.integers(1, 6))
    right: dict[str, Any] = {"image": {"bytes": PICTURES["JPEG"], "path": None}, "text": "a cup"}
    columns = {}
    for name, value in right.items():
        cells = [draw(st.sampled_from((value, value, None))) for _ in range(rows)]
        if draw(st.integers(0, 2)) == 0:
            odd = draw(st.sampled_from([o for o in ODD if _is_arrow(o)]))
            cells = [odd] * rows
        if draw(st.integers(0, 9)):
            columns[name] = pa.array(cells)
    return pa.table(columns)


def _is_arrow(value: Any) -> bool:
    try:
        pq.write_table(pa.table({"x": pa.array([value])}), io.BytesIO())
    except (pa.ArrowException, OverflowError, UnicodeError):
        return False
    return True


def read_table(table: pa.Table, folder: Path) -> Iterator[str]:
    pq.write_table(table, folder / "t.parquet")
    found = outcome(lambda: all_of(TableSource(path=str(folder / "t.parquet")), len(table)))
    yield from [found] * len(table)


def read_damaged_table(data: bytes, folder: Path) -> Iterator[str]:
    (folder / "t.parquet").write_bytes(data)
    config = TableSource(path=str(folder / "t.parquet"))
    yield outcome(lambda: [open_source(config, seed=0).read(0)])


def annotations(name: str) -> Callable[[Path], Any]:
    return lambda path: list(read(name, path.parent, "train"))


def table_bytes() -> bytes:
    buffer = io.BytesIO()
    cell = {"bytes": PICTURES["JPEG"], "path": None}
    pq.write_table(pa.table({"image": [cell] * 3, "text": ["a", "b", "c"]}), buffer)
    return buffer.getvalue()


PICTURES = {kind: picture(kind) for kind in FORMATS}
RECIPE = yaml.safe_load(builtin_recipes()["demo"].read_text())
TRAINING = yaml.safe_load(
    (Path(__file__).parents[1] / "trainer/recipes/scratch.yaml").read_text(encoding="utf-8")
)
NOTES = [{"file_name": "a.jpg", "text": "a cup"}, {"file_name": "b.jpg", "text": "two cups"}]
LINES = "".join(json.dumps(note) + "\n" for note in NOTES).encode()
CSV = b'file_name,text\na.jpg,a cup\nb.jpg,"two, cups"\n'
STD = [{"img_id": "1", "sentences": ["a car is gone", "the car has left"]}]
IER = [{"uid": "1", "img0": "a.jpg", "img1": "b.jpg", "sents": ["make it dark"]}]
CAPTIONS = [{"image_id": 1, "caption": "a cup"}, {"image_id": 2, "caption": "no cup"}]
COCO = {"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1, "caption": "a cup"}]}
ASKED = b"before,after,id\na.jpg,b.jpg,1\n"
KINDS = (
    Kind("pictures", mixed_pictures(), decode, 9000),
    Kind("metadata.jsonl", damaged(LINES).map(lambda b: {"metadata.jsonl": b}), read_folder),
    Kind("metadata.csv", damaged(CSV).map(lambda b: {"metadata.csv": b}), read_folder),
    Kind("tables", tables(), read_table, 800),
    Kind("damaged tables", damaged(table_bytes()), read_damaged_table),
    Kind(
        "recipes",
        st.one_of(damaged_json(RECIPE), aliased(RECIPE)),
        of_file("r.yaml", lambda path: resolve(str(path), None, 8, [])),
        2500,
    ),
    Kind(
        "recipes of trainings",
        damaged_json(TRAINING),
        of_file("t.yaml", lambda path: resolve_training(str(path), None, None, {}, [])),
        1500,
    ),
    Kind("predictions", damaged_json(CAPTIONS), of_file("p.json", read_predictions), 1500),
    Kind("references", damaged_json(COCO), of_file("r.json", read_references), 1500),
    Kind("pairs to caption", damaged(ASKED), of_file("p.csv", lambda p: asked_pairs([str(p)]))),
    Kind("annotations of std", damaged_json(STD), of_file("train.json", annotations("std"))),
    Kind("annotations of ier", damaged_json(IER), of_file("train.json", annotations("ier"))),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_bad_input_is_told(kind: Kind, tmp_path: Path) -> None:
    assert attempt(kind, tmp_path, 40, random=False).total() >= 40


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_thousand_cases(tmp_path: Path) -> None:
    total = try_all(KINDS, tmp_path)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    typer.echo(f"{total:,} cases; {used / 2**20:,.0f} MiB at the peak")
    assert total >= 20_000
    assert used < MOST_BYTES
