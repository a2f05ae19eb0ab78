"""`syned data`: what there is, and whether a download is what it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from syned.cli import app
from tests.conftest import Cli
from tests.test_readers import put, write
from tests.test_readers_tables import cell, encoded, syned_row, table
from trainer import data_bar
from trainer.data_check import check
from trainer.readers.registry import datasets
from trainer.rows import Split


def run(*args: str | Path, code: int = 0, width: int = 80) -> str:
    """Run `syned data` and return what it says."""
    done = CliRunner().invoke(app, ["data", *map(str, args)], env={"COLUMNS": str(width)})
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done.output


def report(*args: str | Path, code: int = 0) -> dict[str, Any]:
    """Return the JSON object of `syned data check`."""
    told: dict[str, Any] = json.loads(run("check", *args, "--json", code=code))
    return told


def test_list_fits_a_terminal_and_knows_what_is_here(tmp_path: Path) -> None:
    write(tmp_path / "std/test.json", [{"img_id": "1", "sentences": ["x"]}])
    put(tmp_path / "std/resized_images", "1.png", "1_2.png")
    write(tmp_path / "ier/test.json", [{"uid": "1", "img0": "a", "img1": "b", "sents": ["x"]}])
    write(tmp_path / "clevr/splits.json", [])
    table = run("list", "--root", tmp_path).splitlines()[:-1]
    assert max(map(len, table)) <= 80
    for name in datasets():
        assert sum(line.split()[:1] == [name] for line in table) == 1
    (std,) = (line.split() for line in table if line.split()[:1] == ["std"])
    assert std == ["std", "Spot-the-Diff", "unknown", "8,566", "1,493", "1,270", "here"]
    assert any(line.split() == ["pictures"] for line in table)
    told = json.loads(run("list", "--root", tmp_path, "--json"))["datasets"]
    presence = {card["name"]: card["presence"] for card in told}
    assert presence == dict.fromkeys(datasets(), "absent") | {
        "std": "here",
        "ier": "no pictures",
        "clevr": "damaged",
    }


@pytest.mark.parametrize("name", list(datasets()))
def test_list_tells_all_of_one(tmp_path: Path, name: str) -> None:
    output = run("list", name, "--root", tmp_path, width=200)
    info = datasets()[name]
    assert info.home in output
    assert info.license in output
    assert f"{tmp_path}/{name}" in output
    assert "ROOT" not in output
    assert all(protocol in output and what in output for protocol, what in info.protocols.items())
    told = json.loads(run("list", name, "--root", tmp_path, "--json"))
    assert told["get"] == info.get.replace("ROOT", str(tmp_path))
    assert [p["name"] for p in told["protocols"]] == list(info.protocols)


def std_folder(folder: Path) -> Path:
    """Write a Spot-the-Diff of four pairs: 1 and 2, 3, and 4."""
    write(
        folder / "train.json",
        [{"img_id": "1", "sentences": ["a", "b"]}, {"img_id": "2", "sentences": [""]}],
    )
    write(folder / "val.json", [{"img_id": "3", "sentences": ["c"]}])
    write(folder / "test.json", [{"img_id": "4", "sentences": ["d"]}])
    put(folder / "resized_images", *(f"{n}{s}.png" for n in (1, 3, 4) for s in ("", "_2")))
    return folder


@pytest.fixture
def std(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole Spot-the-Diff of four pairs, with sizes that say so."""
    sizes = {Split.TRAIN: 2, Split.VALIDATION: 1, Split.TEST: 1}
    monkeypatch.setitem(datasets()["std"].sizes, "A", sizes)
    return std_folder(tmp_path)


def test_a_whole_set_is_as_expected(std: Path) -> None:
    output = run("check", "std", std)
    assert "All is as expected." in output
    assert "train, no pair, no_caption: 2" in output
    told = report("std", std)
    assert told["problems"] == told["leaks"] == []
    train, *_ = told["splits"]
    assert (train["entries"], train["expected"], train["pairs"], train["references"]) == (
        2,
        2,
        1,
        2,
    )
    assert train["dropped"] == {"no_caption": {"count": 1, "examples": ["2"]}}


def test_other_sizes_are_told(std: Path) -> None:
    (line,) = (
        found
        for found in report("std", std, "--protocol", "B", code=3)["problems"]
        if "train" in found
    )
    assert line.startswith("train: 2 entries instead of 9,524")
    assert "syned data list std" in line


def test_missing_and_broken_pictures_are_told_once(std: Path) -> None:
    pictures = std / "resized_images"
    (pictures / "3.png").unlink()
    (pictures / "3_2.png").unlink()
    (pictures / "4.png").write_bytes(b"no picture")
    whole = (pictures / "1.png").read_bytes()
    (pictures / "1.png").write_bytes(whole[: len(whole) // 2])
    told = report("std", std, code=3)
    train, validation, test = told["splits"]
    assert validation["missing_pictures"] == {
        "count": 2,
        "examples": ["resized_images/3.png", "resized_images/3_2.png"],
    }
    assert validation["dropped"]["no_picture"] == {"count": 1, "examples": ["3"]}
    assert test["broken_pictures"]["count"] == train["broken_pictures"]["count"] == 1
    assert test["broken_pictures"]["examples"][0].startswith("resized_images/4.png (")
    assert [line.partition(";")[0] for line in told["problems"]] == [
        "train: 1 picture cannot be decoded, `syned train` leaves them out",
        "validation: 2 pictures are missing",
        "test: 1 picture cannot be decoded, `syned train` leaves them out",
    ]
    assert "problem: validation: 2 pictures are missing" in run("check", "std", std, code=3)


def test_leaks_between_splits_are_told(std: Path) -> None:
    pictures = std / "resized_images"
    for name in ("", "_2"):
        (pictures / f"4{name}.png").write_bytes((pictures / f"1{name}.png").read_bytes())
    (pictures / "3.png").write_bytes((pictures / "1.png").read_bytes())
    write(std / "val.json", [{"img_id": "1", "sentences": ["c"]}])
    leaks = {
        (leak["kind"], *leak["splits"]): leak["found"]["count"]
        for leak in report("std", std, code=3)["leaks"]
    }
    assert leaks == {
        ("ids", "train", "validation"): 1,
        ("pairs", "train", "validation"): 1,
        ("pictures", "train", "validation"): 2,
        ("pairs", "train", "test"): 1,
        ("pictures", "train", "test"): 2,
        ("pairs", "validation", "test"): 1,
        ("pictures", "validation", "test"): 2,
    }
    output = run("check", "std", std, code=3)
    assert "problem: train and validation share 1 id of a pair" in output
    assert "train and test, same pairs:\n  resized_images/1.png with resized_images/1_2.png" in (
        output.replace("pairs: ", "pairs:\n  ")
    )


def test_a_split_that_is_missing_or_damaged_leaves_the_others(std: Path) -> None:
    (std / "train.json").unlink()
    (std / "val.json").write_text("[{", encoding="utf-8")
    told = report("std", std, code=3)
    train, validation, test = told["splits"]
    assert train["absent"]
    assert not validation["absent"]
    assert "cannot be read as JSON" in validation["error"]
    assert test["pairs"] == 1
    assert len(told["problems"]) == 2


def test_many_examples_are_five_and_a_number(std: Path) -> None:
    entries = [{"img_id": str(n), "sentences": [""]} for n in range(10, 18)]
    write(std / "test.json", [*entries, {"img_id": "4", "sentences": ["d"]}])
    dropped = report("std", std, code=3)["splits"][2]["dropped"]["no_caption"]
    assert dropped == {"count": 8, "examples": ["10", "11", "12", "13", "14"]}
    assert "test, no pair, no_caption: 10, 11, 12, 13, 14 and 3 more" in run(
        "check", "std", std, code=3
    )


def test_shards_without_all_splits_are_fine(tmp_path: Path) -> None:
    other = {"image": cell(encoded("green")), "edited_image": cell(encoded("gray"))}
    table(tmp_path / "train-00000-of-00001.parquet", [syned_row(1), syned_row(2, **other)])
    told = report("syned", tmp_path)
    assert [split["absent"] for split in told["splits"]] == [False, True, True]
    assert told["splits"][0]["pairs"] == 2
    assert "validation: not here" in run("check", "syned", tmp_path)
    table(tmp_path / "test-00000-of-00001.parquet", [syned_row(3), syned_row(3)])
    told = report("syned", tmp_path, code=3)
    assert told["splits"][2]["repeated_ids"] == {"count": 1, "examples": ["p3"]}
    assert [leak["found"]["examples"] for leak in told["leaks"]] == [
        ["pair p1 with pair p1"],
        ["pair p1", "pair p1"],
    ]
    assert len(report("syned", tmp_path / "train-00000-of-00001.parquet")["splits"]) == 1


def test_unknown_names_are_told(tmp_path: Path) -> None:
    for args in (("check", "stdd", tmp_path), ("list", "stdd")):
        output = run(*args, code=2)
        assert "there is no dataset 'stdd'; known are syned, scenes, std" in output
    output = run("check", "std", tmp_path, "--protocol", "D", code=2)
    assert "std has no protocol 'D'; known are A" in output


def test_as_a_program(tmp_path: Path, cli: Cli) -> None:
    done = cli("data", "check", "std", tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("syned: ")
    assert len(done.stderr.splitlines()) == 1
    folder = std_folder(tmp_path / "std")
    done = cli("data", "check", "std", folder, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["splits"][0]["pairs"] == 1
    assert done.stderr == ""


def test_every_entry_is_told_to_the_bar(std: Path) -> None:
    from syned.terminal import Terminal

    told: list[object] = []

    def on_split(split: Split, count: int | None):
        told.append((split, count))
        return lambda: told.append(split)

    check("std", str(std), on_split=on_split)
    assert told == [
        ("train", 2),
        "train",
        "train",
        ("validation", 1),
        "validation",
        ("test", 1),
        "test",
    ]
    terminal = Terminal(force_terminal=True, width=80, file=(std / "bar").open("w"))
    with data_bar.bar(terminal) as shown:
        check("std", str(std), on_split=shown)
    assert "reading test" in (std / "bar").read_text()
