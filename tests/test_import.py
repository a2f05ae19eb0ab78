"""`syned import`: pairs that somebody else has made become a run like any other."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from completions_server import serving
from conftest import Cli
from made_pairs import brighter, encoded, photo, with_disc
from PIL import Image, ImageStat
from written_jobs import COMMANDS, good_answer

from pipelines.imports import importables, pairs_of
from pipelines.sources.pairs import open_pairs
from syned.rows import NUM_CAPTIONS

FIVE = [
    "A dark disc now lies on the picture.",
    "The second picture has a round spot that was not there before.",
    "Something round and dark was laid over the scene.",
    "There is a disc in the later picture, and none in the earlier one.",
    "A black circle covers a part of what was seen.",
]
SMALL = ("--set", "image.resolution=96")


def cell(picture: Image.Image) -> dict[str, Any]:
    return {"bytes": encoded(picture).bytes, "path": None}


COFFEE, CAT = photo("coffee", 96), photo("chelsea", 96)
TURNS = [
    (COFFEE, "put a disc on it", with_disc(COFFEE, (20, 15, 60, 55))),
    (CAT, "Make the fox blue.", brighter(CAT)),
    (COFFEE, "brighten the cup", brighter(COFFEE)),
    (COFFEE, "", brighter(COFFEE)),
]
"""As in MagicBrush: several edits of one picture, not one after another; one has no words."""


@pytest.fixture
def magicbrush(tmp_path: Path) -> Path:
    """A folder in the layout of MagicBrush."""
    columns = {
        "source_img": [cell(before) for before, _, _ in TURNS],
        "instruction": [words for _, words, _ in TURNS],
        "target_img": [cell(after) for _, _, after in TURNS],
    }
    folder = tmp_path / "magicbrush" / "data"
    folder.mkdir(parents=True)
    table = pa.table(columns)
    pq.write_table(table.slice(0, 1), folder / "dev-00000-of-00001.parquet")
    pq.write_table(table.slice(1), folder / "train-00000-of-00001.parquet")
    return folder.parent


def rows(run: Path) -> list[dict[str, Any]]:
    table = pq.read_table(run / "dataset" / "data", partitioning=None)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def stage(run: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a stage's only part."""
    found: list[dict[str, Any]] = pq.read_table(run / name / "part-00000.parquet").to_pylist()
    return found


def mean(picture: Image.Image) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(picture.convert("RGB")).mean)


def same(stored: dict[str, Any], picture: Image.Image) -> bool:
    """Say whether a stored picture has the colours of one, on the whole."""
    held = mean(Image.open(io.BytesIO(stored["bytes"])))
    return all(abs(a - b) < 6 for a, b in zip(held, mean(picture), strict=True))


def test_pairs_with_five_captions_are_taken_as_they_are(
    demo_run: Path, cli: Cli, tmp_path: Path
) -> None:
    as_they_are = ("image.resolution=64", "filter.drop_duplicates=false",
                   "filter.min_changed_area=null")  # fmt: skip
    more = [word for value in as_they_are for word in ("--set", value)]
    done = cli("import", demo_run / "dataset", "--writer", "given", "--out", "run", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = ("captions", "task", "license", "source_caption", "edited_caption")
    words, again = (
        sorted(json.dumps([row[name] for name in kept]) for row in rows(run))
        for run in (demo_run, tmp_path / "run")
    )
    assert words == again
    assert cli("verify", "run").returncode == 0


def test_a_model_writes_the_captions_that_are_missing(
    magicbrush: Path, cli: Cli, tmp_path: Path
) -> None:
    def answer(body: dict[str, Any]) -> str:
        schema = body["response_format"]["json_schema"]["schema"]
        return good_answer(schema, body["messages"])

    with serving(answer) as server:
        writer = {"engine": "openai", "model": "m", "base_url": server.url}
        writer |= {"mode": "paraphrase", "keep_instruction": True, "tasks": {"local": 1}}
        more = (*SMALL, "--set", f"instruct.writer={json.dumps(writer)}")
        done = cli("import", "magicbrush", magicbrush, "--out", "run", *more, OPENAI_API_KEY="k")
    assert server.bodies, done.stderr
    (row,) = rows(tmp_path / "run")
    assert row["captions"] == ["Make the fox blue.", *COMMANDS.values()]
    assert (row["writer"], row["editor"]) == ("openai:m", "given")
    assert same(row["edited_image"], brighter(CAT))
    pictures = stage(tmp_path / "run", "01-sample")
    assert {row["into"] for row in pictures} == {"train", "validation"}
    scan = stage(tmp_path / "run", "00-scan")
    assert [row["reason"] for row in scan if row["status"] != "ok"] == ["no_instruction"]


def test_each_edit_of_a_picture_keeps_its_own_edited_picture(
    magicbrush: Path, cli: Cli, tmp_path: Path
) -> None:
    """Captions come along in one more column, named on the command line."""
    folder = magicbrush / "data"
    for path in folder.iterdir():
        table = pq.read_table(path)
        pq.write_table(table.append_column("told", pa.array([FIVE] * len(table))), path)
    done = cli("import", "magicbrush", magicbrush, "--out", "run", *SMALL, "--writer", "given",
               "--column", "captions=told", "--set", "filter.drop_duplicates=false",
               "--set", "export.license=mit")  # fmt: skip
    assert done.returncode in (0, 3), done.stdout + done.stderr
    found = {row["instruction"]: row for row in rows(tmp_path / "run")}
    assert set(found) == {words for _, words, _ in TURNS if words}
    for before, words, after in TURNS[:3]:
        assert same(found[words]["image"], before)
        assert same(found[words]["edited_image"], after)
        assert len(found[words]["captions"]) == NUM_CAPTIONS
        assert (found[words]["writer"], found[words]["editor"]) == ("given", "given")
    assert found["put a disc on it"]["license"] == "cc-by-4.0"
    assert found["put a disc on it"]["task"] == "add"
    assert cli("verify", "run").returncode == 3, "a picture of theirs is in both of their splits"


def test_what_cannot_be_used_is_a_row_with_a_reason(
    magicbrush: Path, cli: Cli, tmp_path: Path
) -> None:
    path = magicbrush / "data" / "dev-00000-of-00001.parquet"
    table = pq.read_table(path)
    wide = [cell(photo("coffee", 96).crop((0, 0, 96, 40)))]
    pq.write_table(table.set_column(2, "target_img", pa.array(wide)), path)
    done = cli("import", "magicbrush", magicbrush, "--out", "run", *SMALL, "--writer", "given")
    assert "Traceback" not in done.stderr
    pictures = stage(tmp_path / "run", "01-sample")
    assert [row["reason"] for row in pictures if row["status"] != "ok"] == ["other_shape"]
    written = stage(tmp_path / "run", "02-instruct")
    assert {row["reason"] for row in written} == {"wrong_count"}
    assert "0 good captions came with it" in written[0]["message"]


LAYOUTS = {
    "original_image edit_prompt edited_image original_prompt edited_prompt": "ip2p",
    "source_image edit_prompt edited_image source_caption target_caption": "ultraedit",
    "source_img instruction target_img": "magicbrush",
    "image instruction edited_image input_caption output_caption task": "emu",
    "input_image edit output_image input output": "hq-edit",
}
"""Columns as the datasets' own cards have them: picture, instruction, edited picture, captions."""


@pytest.mark.parametrize("columns", LAYOUTS)
def test_every_known_dataset_is_read_by_its_columns(tmp_path: Path, columns: str) -> None:
    before, after = cell(COFFEE), cell(brighter(COFFEE))
    values = (before, "brighten it", after, "a cup", "a bright cup", "global")
    row = dict(zip(columns.split(), values, strict=False))
    (tmp_path / "data").mkdir()
    for split in ("train", "test"):
        table = pa.Table.from_pylist([row])
        pq.write_table(table, tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    name = LAYOUTS[columns]
    sources = {source.split: source for source in pairs_of(name, str(tmp_path), [])}
    assert set(sources) == {"train", "test"}
    assert sources["train"].license == importables()[name].license
    found = open_pairs(sources["train"]).read(0)
    assert (found.data, found.edited) == (before["bytes"], after["bytes"])
    assert found.instruction == "brighten it"
    told = ("a cup", "a bright cup") if len(row) > 3 else ("", None)
    assert (found.caption, found.edited_caption) == told


def test_the_sets_of_emu_edit_are_known_by_their_sizes(tmp_path: Path) -> None:
    row = {"image": cell(COFFEE), "edited_image": cell(COFFEE), "instruction": "brighten it"}
    for split, count in (("validation", 2022), ("test", 3)):
        table = pa.Table.from_pylist([row] * count)
        pq.write_table(table, tmp_path / f"{split}-00000-of-00001.parquet")
    into = {source.split: source.into for source in pairs_of("emu", str(tmp_path), [])}
    assert into == {"validation": "test", "test": "train"}


def requests(folder: Path, ids: str) -> None:
    """Write pairs in the layout of Image-Editing-Request, all with the pictures of the first."""
    (folder / "images").mkdir(parents=True)
    for name, picture in (("a", COFFEE), ("b", brighter(COFFEE))):
        picture.save(folder / "images" / f"{name}.png")
    entries = [
        {"uid": i, "img0": "a.png", "img1": "b.png", "sents": [f"make it {i} times brighter"]}
        for i in ids
    ]
    (folder / "train.json").write_text(json.dumps(entries))


def test_a_dataset_with_a_reader_is_written_out_anew_when_it_changes(
    cli: Cli, tmp_path: Path
) -> None:
    requests(tmp_path / "one", "12")
    requests(tmp_path / "two", "345")
    (tmp_path / "two" / "images" / "b.png").rename(tmp_path / "two" / "images" / "c.png")
    plan = ("--out", "run", "--dry-run", "--writer", "given")
    done = cli("import", "ier", "one", *plan)
    assert "2 before filtering" in done.stdout, done.stderr
    done = cli("import", "ier", "two", *plan)
    assert done.returncode == 2
    assert "no entry gives a pair" in done.stderr
    (tmp_path / "two" / "images" / "c.png").rename(tmp_path / "two" / "images" / "b.png")
    assert "3 before filtering" in cli("import", "ier", "two", *plan).stdout
    (tmp_path / "two" / "valid.json").write_text("[")
    done = cli("import", "ier", "two", *plan)
    assert done.returncode == 2
    assert "cannot be read as JSON" in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere.parquet",), "cannot be read"),
        (("std",), "name its folder"),
        (("std", "nowhere"), "nowhere"),
        (("pairs.parquet", "--writer", "given"), "which columns hold both pictures"),
        (("pairs.parquet", "--column", "image"), "expected FIELD=COLUMN"),
        (("pairs.parquet", "--writer", "me"), "expected given"),
    ],
)
def test_what_cannot_be_imported_is_one_message(
    cli: Cli, tmp_path: Path, args: tuple[str, ...], words: str
) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "pairs.parquet")
    done = cli("import", *args, HF_HUB_OFFLINE="1")
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
