"""Folders of pictures, drawn scenes, and telling which source a path names."""

import json
import os
import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.edits.scene_add import AddObject
from pipelines.scenes.model import Scene
from pipelines.sections.sources import EmuEditSource, FolderSource, ScenesSource, TableSource
from pipelines.sources.detect import source_for
from pipelines.sources.open import open_source
from syned.errors import RowError, SourceError
from syned.images import decode_picture
from syned.reasons import Reason
from tests.broken_pictures import SIZE, whole_files, write_broken_folder

WHOLE = whole_files()
EMU = ("input_caption", "output_caption")
JPEG, PNG = WHOLE["whole.jpg"], WHOLE["whole.png"]


def fill(folder, files):
    """Write files into a folder and open it."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return open_source(FolderSource(path=str(folder)), seed=0)


def keys(source):
    return [source.key(index) for index in range(len(source))]


def decode(data):
    return decode_picture(data, max_pixels=10**8, min_side=32, max_aspect=4)


def reason_of(source, index):
    """Return why a picture is turned away; nothing if it is not."""
    try:
        decode(source.read(index).data)
    except RowError as error:
        return error.reason
    return None


# --- folders


def test_nested_pictures_are_found_in_an_order_of_their_own(tmp_path):
    names = ["b.jpg", "a/z.PNG", "a/b/c.Jpeg", "z/a.webp", "10.jpg", "9.jpg"]
    source = fill(tmp_path, dict.fromkeys(names, JPEG))
    assert keys(source) == sorted(names)
    assert source.name == f"folder:{tmp_path.name}"
    picture = source.read(0)
    assert (picture.data, picture.key, picture.caption) == (JPEG, "10.jpg", "")


def test_other_files_and_hidden_ones_are_left_out(tmp_path):
    others = ["notes.txt", "a.json", ".hidden.jpg", ".git/a.jpg", "a.pdf", "README"]
    source = fill(tmp_path, {"a.jpg": JPEG} | dict.fromkeys(others, b"text"))
    assert keys(source) == ["a.jpg"]


def test_pictures_without_a_suffix_are_known_by_their_first_bytes(tmp_path):
    named = {"one": JPEG, "two": PNG, "three": WHOLE["whole.webp"], "four": WHOLE["whole.gif"]}
    source = fill(tmp_path, named | {"LICENSE": b"text", "nothing": b""})
    assert keys(source) == sorted(named)


def test_damaged_folder_gives_one_reason_for_each_bad_file(tmp_path):
    expected = write_broken_folder(tmp_path)
    source = open_source(FolderSource(path=str(tmp_path)), seed=0)
    found = {source.key(index): reason_of(source, index) for index in range(len(source))}
    assert found == expected | {"sound/whole.png": None}


def test_links_to_folders_outside_are_followed_once(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.jpg").write_bytes(JPEG)
    near = tmp_path / "near"
    near.mkdir()
    (near / "one").symlink_to(tmp_path / "far")
    (near / "two").symlink_to(tmp_path / "far")
    (near / "up").symlink_to(tmp_path)
    (near / "b.jpg").symlink_to(tmp_path / "far" / "a.jpg")
    source = open_source(FolderSource(path=str(near)), seed=0)
    assert keys(source) == ["b.jpg", "one/a.jpg"]
    assert source.read(0).data == source.read(1).data == JPEG


def test_file_that_vanished_is_turned_away(tmp_path):
    source = fill(tmp_path, {"a.jpg": JPEG, "b.jpg": JPEG})
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(RowError, match="No such file") as caught:
        source.read(0)
    assert caught.value.reason is Reason.UNREADABLE
    assert source.read(1).data == JPEG


def test_file_beyond_a_gibibyte_is_not_read(tmp_path):
    source = fill(tmp_path, {"a.tif": b""})
    os.truncate(tmp_path / "a.tif", 2**30 + 1)
    assert reason_of(source, 0) is Reason.UNREADABLE


def test_names_of_any_bytes_are_read_and_become_valid_text(tmp_path):
    odd = [b"caf\xe9.jpg", b"two\nlines.jpg", "\N{CAT}.jpg".encode(), b"100%.jpg"]
    for name in odd:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(JPEG)
    source = open_source(FolderSource(path=str(tmp_path)), seed=0)
    assert pa.array(keys(source), pa.string()).to_pylist() == keys(source)
    assert set(keys(source)) >= {"two\nlines.jpg", "\N{CAT}.jpg", "100%.jpg"}
    assert [source.read(index).data for index in range(4)] == [JPEG] * 4


def test_single_picture_is_a_folder_of_one(tmp_path):
    fill(tmp_path, {"a.jpg": JPEG, "b.jpg": PNG})
    source = open_source(FolderSource(path=str(tmp_path / "b.jpg"), license="mine"), seed=0)
    assert keys(source) == ["b.jpg"]
    assert source.name == "folder:b.jpg"
    assert (source.read(0).data, source.read(0).license) == (PNG, "mine")


@pytest.mark.parametrize(
    ("files", "path", "words"),
    [
        ({}, "", "empty"),
        (
            {"a.heic": b"x", "b.HEIC": b"x", "c.txt": b"x"},
            "",
            r"3 files: \.heic \(2\), \.txt \(1\)",
        ),
        ({"a.txt": b"x"}, "a.txt", "not a picture"),
        ({"a.txt": b"x"}, "nowhere", "no such folder"),
    ],
)
def test_folder_without_pictures_is_one_error(tmp_path, files, path, words):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=words):
        open_source(FolderSource(path=str(tmp_path / path)), seed=0)


def test_shipped_photographs_have_captions_licences_and_decode():
    source = open_source(FolderSource(path="builtin:photos"), seed=0)
    assert source.name == "builtin:photos"
    pictures = [source.read(index) for index in range(len(source))]
    assert len(pictures) == 10
    assert all(p.caption.endswith(".") for p in pictures)
    assert {p.license for p in pictures} == {"cc0-1.0", "public-domain"}
    sizes = [decode(p.data).size for p in pictures]
    assert all(max(size) <= 640 for size in sizes)
    assert sum(len(p.data) for p in pictures) < 900_000
    with pytest.raises(SourceError, match="builtin:photos"):
        open_source(FolderSource(path="builtin:pictures"), seed=0)


# --- scenes


def test_scenes_follow_from_seed_and_number_alone():
    config = ScenesSource(min_objects=3, max_objects=4)
    source, again, other = (open_source(config, seed) for seed in (7, 7, 8))
    late = again.read(5)
    assert source.read(5) == late
    assert source.read(5).data != source.read(6).data
    assert source.read(5).data != other.read(5).data
    assert late.is_scene
    assert late.license == "cc0-1.0"
    assert 3 <= len(Scene.model_validate_json(late.data).objects) <= 4
    assert len(source) == sys.maxsize


def test_simple_scenes_have_no_marks_and_nothing_small_and_edits_leave_them_so():
    source = open_source(ScenesSource(simple=True), seed=3)
    for index in range(40):
        scene = Scene.model_validate_json(source.read(index).data)
        assert scene.ground.pattern in ("plain", "gradient")
        assert {obj.size for obj in scene.objects} <= {"medium", "large"}
        assert max(abs(step) for obj in scene.objects for step in obj.offset) <= 32
        added = AddObject.propose(scene, random.Random(index))
        assert added is not None
        assert added.apply(scene).is_simple
    drawn = open_source(ScenesSource(), seed=3)
    plain = [Scene.model_validate_json(drawn.read(i).data).is_simple for i in range(40)]
    assert sum(plain) < 10


# --- which source a path names


def table(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: ["x"] for name in columns}), path)
    return path


def test_words_and_names():
    assert source_for("scenes") == ScenesSource()
    assert source_for("builtin:photos") == FolderSource(path="builtin:photos")
    assert source_for("owner/some-data_set.v2") == TableSource(path="owner/some-data_set.v2")


def test_folders_and_files(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fill(tmp_path / "mixed", {"a.jpg": JPEG, "deep/b.txt": b""})
    table(tmp_path / "mixed" / "a.parquet", ["image"])
    plain = table(tmp_path / "plain" / "data" / "a.parquet", ["image", "caption"])
    emu = table(tmp_path / "emu" / "a.parquet", ["image", "instruction", "task", *EMU])
    assert source_for("~/mixed") == FolderSource(path=str(tmp_path / "mixed"))
    assert source_for("~/mixed/a.jpg") == FolderSource(path=str(tmp_path / "mixed" / "a.jpg"))
    assert source_for("~/plain") == TableSource(path=str(tmp_path / "plain"))
    assert source_for(str(plain)) == TableSource(path=str(plain))
    assert source_for("~/emu") == EmuEditSource(path=str(tmp_path / "emu"))
    assert source_for(str(emu)) == EmuEditSource(path=str(emu))


def test_nothing_of_that_name_is_one_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for name in ("nowhere", "/no/where/else", "./a/b", "~/no", "pictures/holliday", "", "a\ud800b"):
        with pytest.raises(SourceError, match="no such file or folder"):
            source_for(name)
    (tmp_path / "bad.parquet").write_bytes(b"not Parquet at all")
    with pytest.raises(SourceError, match="not a Parquet file"):
        source_for("bad.parquet")
    with pytest.raises(SourceError, match="no such built-in folder"):
        source_for("builtin:x")


def test_captions_come_from_metadata(tmp_path):
    records = [{"file_name": "a.jpg", "caption": "A cat."}]
    text = "\n".join(json.dumps(record) for record in records)
    source = fill(tmp_path, {"a.jpg": JPEG, "b.jpg": PNG, "metadata.jsonl": text.encode()})
    assert [source.read(index).caption for index in range(2)] == ["A cat.", ""]
    assert decode(source.read(0).data).size == SIZE
