"""What comes from elsewhere reads no file of this machine, and writes outside of no folder."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from broken_pictures import png
from conftest import run_cli
from made_pairs import encoded, photo
from test_import import FIVE

from pipelines.exports.pairs import pack, row_of
from pipelines.exports.webdataset import write as write_tars
from pipelines.sections.sources import PairsSource, TableSource
from pipelines.sources.pairs import open_pairs
from pipelines.sources.table import open_table
from syned.dataset_rows import DatasetRow
from syned.errors import RowError, SourceError
from syned.ids import file_stem
from syned.inside import hub_caches, inside, leads_out
from syned.reasons import Reason
from trainer.readers.registry import read
from trainer.rows import CaptionedPair, Dropped, Split

PICTURE = encoded(photo("coffee", 64)).bytes
CELL = pa.struct({"bytes": pa.binary(), "path": pa.string()})
BOMB = png(60_000, 60_000, b"\0")
"""A picture of 3.6 gigapixels in some hundred bytes."""

# ---- names of files ----


@pytest.mark.parametrize("name", ["a.png", "b/../a.png", "./a.png", "b/c/a.png", "a..png"])
def test_a_dataset_names_files_of_its_folder(tmp_path, name):
    found = inside(name, (tmp_path,))
    assert found is not None
    assert tmp_path in found.parents
    assert not leads_out(name)


@pytest.mark.parametrize(
    "name", ["../a.png", "b/../../a.png", "/etc/passwd", "..", "a\0.png", "/folder/../etc/x"]
)
def test_a_dataset_names_no_file_elsewhere(tmp_path, name):
    assert inside(name, (tmp_path,)) is None
    assert leads_out(name)


def test_a_dataset_of_the_hub_names_files_of_the_caches(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    caches = hub_caches()
    picture = str(tmp_path / "hub" / "datasets--a--b" / "snapshots" / "0" / "x.png")
    assert str(inside(picture, caches)) == picture
    # The token lies beside the cache.
    assert inside(str(tmp_path / "token"), caches) is None


def named(folder: Path, *names: str) -> Path:
    """Write a table whose pictures are names of files, in a folder with one picture of its own."""
    folder.mkdir()
    (folder / "own.jpg").write_bytes(PICTURE)
    cells = pa.array([{"bytes": None, "path": name} for name in names], CELL)
    texts = ["Make it blue."] * len(cells)
    columns = {"source_img": cells, "target_img": cells, "instruction": texts}
    more = {"img_id": [str(n) for n in range(len(cells))], "turn_index": [0] * len(cells)}
    pq.write_table(pa.table(columns | more), folder / "train-00000-of-00001.parquet")
    return folder


@pytest.fixture
def elsewhere(tmp_path):
    """A picture of this machine that is none of the dataset's."""
    path = tmp_path / "private.jpg"
    path.write_bytes(PICTURE)
    return path


def test_a_table_does_not_bring_pictures_of_this_machine(tmp_path, elsewhere):
    folder = named(tmp_path / "table", "own.jpg", str(elsewhere), "../private.jpg")
    path = str(folder)
    table = open_table(TableSource(path=path, image_column="source_img"))
    pairs = open_pairs(PairsSource(path=path))
    for source in (table, pairs):
        assert source.read(0).data == PICTURE
        for number in (1, 2):
            with pytest.raises(RowError, match="outside of the dataset's folder") as caught:
                source.read(number)
            assert caught.value.reason is Reason.UNREADABLE


def test_a_reader_of_pairs_does_not_bring_them_either(tmp_path, elsewhere):
    folder = named(tmp_path / "magicbrush", "own.jpg", str(elsewhere), "../private.jpg")
    own, *others = read("magicbrush", str(folder), Split.TRAIN, None)
    assert isinstance(own, CaptionedPair)
    assert own.before.read() == PICTURE
    for other in others:
        assert isinstance(other, Dropped)
        assert "outside of the dataset's folder" in other.message


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("ier", {"uid": "1", "img0": "../../private.jpg", "img1": "a.jpg", "sents": ["It left."]}),
        ("ier", {"uid": "1", "img0": "a.jpg", "img1": "/etc/passwd", "sents": ["It left."]}),
        ("std", {"img_id": "../private", "sentences": ["It left."]}),
    ],
)
def test_annotations_do_not_name_files_elsewhere(tmp_path, name, entry):
    (tmp_path / "train.json").write_text(json.dumps([entry]))
    with pytest.raises(SourceError, match=r"entry 1: .* a path outside of the dataset's folder"):
        list(read(name, str(tmp_path), Split.TRAIN, None))


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/x", "a/b", "..", ".", "CON", "a\0b", "x" * 300, "Ü", "", "\x1b[31m"]
)
def test_an_id_is_no_way_to_another_file(name):
    assert not set(file_stem(name)) - set("0123456789abcdefghijklmnopqrstuvwxyz_-")
    assert 0 < len(file_stem(name)) <= 100
    assert file_stem(name) != file_stem(f"{name}.")


def test_tar_shards_hold_no_way_out(tmp_path):
    row = row_of({"pair_id": "../../x", "captions": ["a"] * 5, "instruction": "b"}, b"", b"")
    row = replace(
        row, image=encoded(photo("coffee", 64)), edited_image=encoded(photo("coffee", 64))
    )
    write_tars(tmp_path, [pack("train", row, "row 0")], DatasetRow)
    (shard,) = tmp_path.rglob("*.tar")
    with tarfile.open(shard) as tar:
        assert len(tar.getnames()) == 3
        for member in tar.getmembers():
            assert member.isfile()
            assert "/" not in member.name
            assert ".." not in member.name


# ---- picture bombs ----


def test_a_bomb_in_a_table_is_one_bad_row(tmp_path):
    cells = [{"bytes": data, "path": None} for data in (BOMB, PICTURE)]
    columns = {"source_img": cells, "target_img": cells[::-1], "captions": [FIVE] * 2}
    columns |= {"instruction": ["Put a dark disc on the picture."] * 2}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    done = run_cli("import", "pairs.parquet", "--writer", "given", "--out", "run", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    stages = ((tmp_path / "run" / name).glob("*.parquet") for name in ("00-scan", "01-sample"))
    (before, _), (after,) = (pq.read_table(next(files)).to_pylist() for files in stages)
    assert (before["reason"], after["reason"]) == ("too_many_pixels", "too_many_pixels")


def test_a_bomb_is_no_picture_to_caption_or_to_report(tmp_path):
    for name in ("0_before.png", "0_after.png"):
        (tmp_path / name).write_bytes(BOMB)
    from trainer.pictures import open_rgb

    with pytest.raises(RowError) as caught:
        open_rgb(BOMB)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    cells = [{"bytes": BOMB, "path": None}]
    columns = {"image": cells, "edited_image": cells, "instruction": ["Make it blue."]}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    done = run_cli("report", "pairs.parquet", "--out", "report.html", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
