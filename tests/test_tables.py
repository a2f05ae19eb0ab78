"""Parquet with pictures, and the layout of Emu Edit, read through `datasets`."""

import datasets
import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sections.sources import EmuEditSource, TableSource
from pipelines.sources.open import open_source
from syned.arrow import IMAGE_TYPE
from syned.errors import RowError, SourceError
from syned.reasons import Reason
from syned.rows import Task
from tests.broken_pictures import whole_files

JPEG, PNG = (whole_files()[name] for name in ("whole.jpg", "whole.png"))


@pytest.fixture(autouse=True)
def _own_cache_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def structs(*cells):
    return pa.array(cells, IMAGE_TYPE)


def written(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def table(path, columns, **options):
    return open_source(TableSource(path=str(written(path, columns)), **options), seed=0)


def test_pictures_as_structs_or_as_bytes(tmp_path):
    columns = {
        "struct.parquet": structs({"bytes": JPEG, "path": None}, {"bytes": PNG, "path": "b.png"}),
        "bytes.parquet": pa.array([JPEG, PNG]),
        "large.parquet": pa.array([JPEG, PNG], pa.large_binary()),
    }
    for name, column in columns.items():
        source = table(tmp_path / name, {"n": [1, 2], "picture": column, "caption": ["A", None]})
        assert source.name == f"table:{name}"
        assert len(source) == 2
        assert [source.key(index) for index in range(2)] == ["0", "1"]
        assert [source.read(index).data for index in range(2)] == [JPEG, PNG]
        assert [source.read(index).caption for index in range(2)] == ["A", ""]


def test_image_feature_of_datasets_is_not_decoded(tmp_path):
    features = datasets.Features(
        {
            "img": datasets.Image(),
            "blob": datasets.Value("binary"),
            "label": datasets.Value("int64"),
        }
    )
    rows = {"img": [{"bytes": JPEG, "path": None}], "blob": [b"x"], "label": [3]}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(tmp_path / "a.parquet")
    source = open_source(TableSource(path=str(tmp_path / "a.parquet"), license="mit"), seed=0)
    assert source.read(0).data == JPEG
    assert source.read(0).license == "mit"


def test_cells_without_a_picture_are_turned_away_alone(tmp_path):
    (tmp_path / "beside.png").write_bytes(PNG)
    cells = structs(
        {"bytes": JPEG, "path": None},
        None,
        {"bytes": None, "path": None},
        {"bytes": None, "path": "gone.jpg"},
        {"bytes": None, "path": "beside.png"},
        {"bytes": b"", "path": "a.jpg"},
    )
    source = table(tmp_path / "a.parquet", {"image": cells})
    for index in (1, 2, 3):
        with pytest.raises(RowError) as caught:
            source.read(index)
        assert caught.value.reason is Reason.UNREADABLE
    assert [source.read(index).data for index in (0, 4, 5)] == [JPEG, PNG, b""]


def test_folder_of_parquet_is_read_in_order_whatever_the_names(tmp_path):
    for number, name in enumerate(["data/train-0.parquet", "data/x [1].parquet", "b.parquet"]):
        written(tmp_path / name, {"image": pa.array([JPEG]), "text": [str(number)]})
    source = open_source(TableSource(path=str(tmp_path)), seed=0)
    assert [source.read(index).caption for index in range(3)] == ["2", "0", "1"]


def test_split_of_a_folder(tmp_path):
    for split in ("train", "test"):
        written(tmp_path / f"{split}-0.parquet", {"image": pa.array([JPEG]), "text": [split]})
    source = open_source(TableSource(path=str(tmp_path), split="test"), seed=0)
    assert [source.read(index).caption for index in range(len(source))] == ["test"]


def test_chosen_columns_and_lists_of_captions(tmp_path):
    columns = {
        "before": pa.array([JPEG]),
        "after": pa.array([PNG]),
        "sentences": [["first", "second"]],
    }
    options = {"image_column": "after", "caption_column": "sentences"}
    picture = table(tmp_path / "a.parquet", columns, **options).read(0)
    assert (picture.data, picture.caption) == (PNG, "first")


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        ({"a": ["x"], "n": [1]}, {}, "no image column; found the columns a (string), n (int64)"),
        ({"a": [b"x"], "b": [b"x"]}, {}, "several image columns (a, b); name one"),
        ({"a": [b"x"]}, {"image_column": "b"}, "no image column `b`; found the columns a (binary)"),
        ({"a": [b"x"], "b": [1]}, {"image_column": "b"}, "no image column `b`"),
        ({"a": [b"x"], "b": [1]}, {"caption_column": "b"}, "no text column `b`"),
        ({"a": [b"x"]}, {"split": "tset"}, "tset"),
    ],
)
def test_unclear_columns_are_one_error(tmp_path, columns, options, words):
    with pytest.raises(SourceError) as caught:
        table(tmp_path / "a.parquet", columns, **options)
    assert words in str(caught.value)


def test_what_is_no_table_is_one_error(tmp_path, capfd):
    (tmp_path / "bad.parquet").write_bytes(b"not Parquet")
    (tmp_path / "none").mkdir()
    for path, words in {
        str(tmp_path / "bad.parquet"): "cannot be read as a table",
        str(tmp_path / "none"): "no .parquet file",
        "owner/nothing": "nor is there a file or folder of that name here",
    }.items():
        with pytest.raises(SourceError) as caught:
            open_source(TableSource(path=path), seed=0)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


EMU = {
    "instruction": ["Add a hat", "make it snow", None],
    "task": ["Add", "global", "mystery"],
    "input_caption": ["a dog", "a street", "a cup"],
    "output_caption": ["a dog with a hat", "a snowy street", ""],
    "hash": ["1", "2", "3"],
}


def test_emu_edit_layout(tmp_path):
    cells = structs(*[{"bytes": JPEG, "path": None}] * 3)
    path = written(tmp_path / "emu.parquet", {"image": cells, **EMU})
    source = open_source(EmuEditSource(path=str(path)), seed=0)
    first, second, third = (source.read(index) for index in range(3))
    assert (first.data, first.caption, first.license) == (JPEG, "a dog", "cc-by-nc-4.0")
    assert (first.instruction, first.task) == ("Add a hat", Task.ADD)
    assert first.edited_caption == "a dog with a hat"
    assert second.task is Task.GLOBAL
    assert (third.instruction, third.task, third.edited_caption) == (None, None, None)


def test_emu_edit_without_its_columns_is_one_error(tmp_path):
    path = written(tmp_path / "a.parquet", {"image": structs(None), "task": ["add"]})
    with pytest.raises(SourceError, match="no column instruction, input_caption, output_caption"):
        open_source(EmuEditSource(path=str(path)), seed=0)
