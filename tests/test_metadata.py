"""What `metadata.jsonl` and `metadata.csv` say of pictures, and what is wrong with them."""

import json

import pytest

from pipelines.sections.sources import FolderSource
from pipelines.sources.open import open_source
from syned.errors import RowError, SourceError
from syned.reasons import Reason
from syned.rows import Task
from tests.broken_pictures import whole_files

JPEG = whole_files()["whole.jpg"]


def opened(folder, metadata, *, name="metadata.jsonl", pictures=("a.jpg", "b.jpg")):
    """Write pictures and metadata into a folder and open it."""
    for picture in pictures:
        (folder / picture).parent.mkdir(parents=True, exist_ok=True)
        (folder / picture).write_bytes(JPEG)
    (folder / name).write_bytes(metadata)
    return open_source(FolderSource(path=str(folder), license="folder licence"), seed=0)


def lines(*records):
    return "\n".join(json.dumps(record) for record in records).encode()


def by_key(source):
    return {source.key(index): source.read(index) for index in range(len(source))}


def test_every_column_is_read(tmp_path):
    record = {
        "file_name": "a.jpg",
        "caption": " A cat. ",
        "license": "cc0-1.0",
        "instruction": "make it a dog",
        "task": "Local",
        "edited_caption": "A dog.",
        "width": 96,
    }
    pictures = by_key(opened(tmp_path, lines(record)))
    cat = pictures["a.jpg"]
    assert (cat.caption, cat.license) == ("A cat.", "cc0-1.0")
    assert (cat.instruction, cat.task, cat.edited_caption) == (
        "make it a dog",
        Task.LOCAL,
        "A dog.",
    )
    other = pictures["b.jpg"]
    assert (other.caption, other.license) == ("", "folder licence")
    assert (other.instruction, other.task, other.edited_caption) == (None, None, None)


def test_csv_with_quotes_line_ends_and_an_index_column(tmp_path):
    csv = b',file_name,text\r\n0,a.jpg,"A cat, asleep\r\non a mat."\r\n1,b.jpg,\r\n'
    pictures = by_key(opened(tmp_path, csv, name="metadata.csv"))
    assert pictures["a.jpg"].caption == "A cat, asleep\r\non a mat."
    assert pictures["b.jpg"].caption == ""


def test_mark_at_the_beginning_blank_lines_null_and_equal_entries_do_no_harm(tmp_path):
    record = {"file_name": "a.jpg", "caption": "A cat.", "license": None}
    text = b"\xef\xbb\xbf" + lines(record) + b"\r\n\r\n" + lines(record, {"file_name": "./b.jpg"})
    pictures = by_key(opened(tmp_path, text))
    assert pictures["a.jpg"].caption == "A cat."
    assert list(pictures) == ["a.jpg", "b.jpg"]


def test_each_folder_may_have_its_own(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "metadata.csv").write_text(
        "file_name,caption\nc.jpg,Deep.\n../b.jpg,Up.\n"
    )
    text = lines({"file_name": "a.jpg", "caption": "Top."})
    pictures = by_key(opened(tmp_path, text, pictures=("a.jpg", "b.jpg", "deep/c.jpg")))
    assert {key: p.caption for key, p in pictures.items()} == {
        "a.jpg": "Top.",
        "b.jpg": "Up.",
        "deep/c.jpg": "Deep.",
    }


@pytest.mark.parametrize(
    "name",
    ["gone.jpg", "../../etc/passwd", "/etc/passwd", "deep", ".", "nul\0.jpg", "half\ud800.jpg"],
)
def test_entry_without_a_picture_is_turned_away_alone(tmp_path, name):
    (tmp_path / "deep").mkdir()
    source = opened(tmp_path, lines({"file_name": name, "caption": "?"}, {"file_name": "a.jpg"}))
    reasons = []
    for index in range(len(source)):
        source.key(index).encode()
        try:
            source.read(index)
        except RowError as error:
            reasons.append(error.reason)
    assert reasons == [Reason.UNREADABLE]
    assert len(source) == 3


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("metadata.jsonl", b'{"file_name": "a.jpg"}\n{"file_name": ', "line 2: not JSON"),
        ("metadata.jsonl", b'["a.jpg"]', "line 1: expected a JSON object, found a list"),
        ("metadata.jsonl", b"[" * 100_000, "line 1: not JSON"),
        ("metadata.jsonl", b'{"image": "a.jpg"}', "line 1: no `file_name`"),
        ("metadata.jsonl", b'{"file_name": ""}', "line 1: no `file_name`"),
        ("metadata.jsonl", b'{"file_name": 7}', "line 1: `file_name` must be text, found int '7'"),
        ("metadata.jsonl", b'{"file_name": "a.jpg", "caption": ["x"]}', "`caption` must be text"),
        ("metadata.jsonl", b'{"file_name": "a.jpg"}\n{"caption": "caf\xe9"}', "line 2: byte 0xe9"),
        ("metadata.jsonl", '{"file_name": "a.jpg"}'.encode("utf-16"), "line 1: byte 0xff"),
        (
            "metadata.jsonl",
            lines({"file_name": "a.jpg", "caption": "x"}, {"file_name": "a.jpg", "caption": "y"}),
            "line 2: 'a.jpg' was already listed in line 1",
        ),
        ("metadata.csv", b"image,caption\na.jpg,x\n", "line 2: no `file_name`"),
        ("metadata.csv", b"file_name,caption\na.jpg,a cat, asleep\n", "line 2: 3 cells"),
        ("metadata.csv", b'file_name,caption\na.jpg,"a cat\n', "not CSV"),
        ("metadata.csv", b"file_name,caption\na.jpg,caf\xe9\n", "line 2: byte 0xe9"),
    ],
)
def test_malformed_file_is_one_error_that_names_the_line(tmp_path, name, text, words):
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, text, name=name)
    assert words in str(caught.value)
    assert f"{tmp_path / name}" in str(caught.value)
