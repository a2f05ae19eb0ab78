"""Datasets whose files are wrong: one message each, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_data_cli import run
from tests.test_readers import write
from tests.test_readers_tables import syned_row, table
from trainer.readers.registry import datasets

WRONG = [{"id": 1, "text": "x"}]


@pytest.mark.parametrize(
    ("name", "files", "told"),
    [
        ("std", {"train.json": WRONG}, "entry 1: expected a list of entries with img_id"),
        ("std", {"train.json": {"a": 1}}, "expected a list of entries with img_id"),
        ("std", {"train.json": [{"img_id": "1", "sentences": "x"}]}, "sentences, a list of texts"),
        ("ier", {"train.json": [{"uid": "1", "img0": "a", "img1": "b", "sents": [1]}]}, "entry 1"),
        ("ier", {"train.json": "x"}, "expected a list of entries with uid, img0, img1 and sents"),
        ("clevr", {"splits.json": [1]}, "expected train, val and test with lists of numbers"),
        ("clevr", {"splits.json": {"train": ["a"]}}, "'train': expected train, val and test"),
        (
            "clevr",
            {"splits.json": {"train": [1]}, "change_captions.json": WRONG},
            "expected names of pictures with lists of captions",
        ),
        (
            "clevr",
            {"splits.json": {"train": [1]}, "change_captions.json": {"x.png": []}},
            "'x.png' is no picture of CLEVR-Change",
        ),
        ("dc", {"captions.json": [["x"]]}, "expected numbers with lists of captions"),
        ("dc", {"captions.json": {}, "split.json": {"a": []}}, "expected train, val and test"),
        (
            "syned-authors",
            {"instructions_with_idx_train_split.txt": "Add a goat"},
            "line 1: expected ROW <INSTRUCT> TEXT",
        ),
        ("magicbrush", {"data/train-00000-of-00001.parquet": "x"}, "cannot be read as Parquet"),
        ("syned", {"train.parquet": "x"}, "cannot be read as Parquet"),
        ("ip2p", {}, "no Parquet files of the split train"),
        ("emu", {}, "rows found: none"),
        ("std", {}, "no train.json or annotations/train.json"),
    ],
)
def test_wrong_files_are_one_message(
    tmp_path: Path, name: str, files: dict[str, object], told: str
) -> None:
    for file, content in files.items():
        write(tmp_path / file, content)
        if file.endswith(".txt"):
            (tmp_path / file).write_text(str(content), encoding="utf-8")
    output = run("check", name, tmp_path, code=2)
    assert output.startswith("syned: ")
    assert told in output


@pytest.mark.parametrize("name", ["std", "clevr", "dc"])
def test_damaged_json_is_one_message(tmp_path: Path, name: str) -> None:
    for file in ("train.json", "val.json", "test.json", "splits.json", "captions.json"):
        (tmp_path / file).write_bytes(b'[{"img_id": "\xff')
    assert "cannot be read as JSON" in run("check", name, tmp_path, code=2)


def test_other_columns_are_told(tmp_path: Path) -> None:
    table(tmp_path / "data/train-00000-of-00001.parquet", [{"a": 1, "edit_prompt": "x"}])
    output = run("check", "ip2p", tmp_path, code=2)
    assert "no column original_image, edited_image; found a, edit_prompt" in output


@pytest.mark.parametrize("name", list(datasets()))
def test_a_folder_that_is_not_there_is_one_message(tmp_path: Path, name: str) -> None:
    output = run("check", name, tmp_path / "nowhere", code=2)
    assert f"{tmp_path}/nowhere: there is no such" in output
    assert "syned data list" in output


def test_a_set_without_a_pair_is_no_success(tmp_path: Path) -> None:
    table(tmp_path / "train-00000-of-00001.parquet", [syned_row(1)])
    assert "there is no pair at all" in run("check", "scenes", tmp_path, code=3)
