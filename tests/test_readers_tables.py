"""Readers of datasets that are tables: Parquet as the Hub has it, and runs of syned."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syned.errors import SourceError
from tests.test_readers import TEST, TRAIN, VALIDATION, captions, encoded, split_of, write
from trainer.readers.registry import is_here, read
from trainer.rows import CaptionedPair

RED, BLUE = encoded("red"), encoded("blue")


def cell(data: bytes | None) -> dict[str, Any]:
    return {"bytes": data, "path": None}


def table(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def emu_rows(count: int, text: str, **more: Any) -> list[dict[str, Any]]:
    """Return rows as Emu Edit's generations have them."""
    pictures = {"image": cell(RED), "edited_image": cell(BLUE)} | more
    return [
        {"idx": n, "instruction": f" {text} {n}", "task": "add", "hash": f"{n:x}", **pictures}
        for n in range(count)
    ]


@pytest.fixture(scope="module", params=[("validation", "test"), ("test", "validation")])
def emu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Emu Edit in both namings of the Hub: the pool is what has 3,589 rows."""
    folder = tmp_path_factory.mktemp("emu")
    pool, test = request.param
    rows = emu_rows(3589, "pool")
    table(folder / "data" / f"{pool}-00000-of-00002-0a.parquet", rows[:2000])
    table(folder / "data" / f"{pool}-00001-of-00002-0b.parquet", rows[2000:])
    table(folder / "data" / f"{test}-00000-of-00001-0c.parquet", emu_rows(2022, "test"))
    return folder


def test_emu_is_known_by_its_rows_whatever_its_splits_are_called(emu: Path) -> None:
    test, _ = split_of("emu", emu, TEST)
    assert captions(test) == {str(n): (f"test {n}",) for n in range(2022)}
    assert (test["5"].change, test["5"].license) == ("add", "CC-BY-NC-4.0")
    assert (test["5"].before.read(), test["5"].after.read()) == (RED, BLUE)
    train, validation = (split_of("emu", emu, split)[0] for split in (TRAIN, VALIDATION))
    assert (len(train), len(validation)) == (3050, 539)
    assert train.keys() | validation.keys() == {f"pool-{n}" for n in range(3589)}
    assert all(pair.captions[0].startswith("pool ") for pair in (train | validation).values())
    assert is_here("emu", emu)


def test_emu_takes_the_split_of_the_authors(emu: Path, tmp_path: Path) -> None:
    shutil.copytree(emu / "data", tmp_path / "data")
    write(tmp_path / "splits.json", {"train": list(range(2, 3589)), "validation": [0, 1]})
    assert list(split_of("emu", tmp_path, VALIDATION)[0]) == ["pool-0", "pool-1"]
    assert len(split_of("emu", tmp_path, TRAIN)[0]) == 3587


def test_emu_that_is_not_whole_or_has_no_edited_pictures_is_told(tmp_path: Path) -> None:
    table(tmp_path / "data/validation-00000-of-00002.parquet", emu_rows(40, "pool"))
    with pytest.raises(SourceError, match=r"3,589 rows .* rows found: validation 40"):
        list(read("emu", tmp_path, TRAIN))
    assert not is_here("emu", tmp_path)
    rows = [{"idx": n, "instruction": "x", "image": cell(RED)} for n in range(2022)]
    table(tmp_path / "data/test-00000-of-00001.parquet", rows)
    with pytest.raises(SourceError, match="pairs need facebook/emu_edit_test_set_generations"):
        list(read("emu", tmp_path, TEST))


def test_magicbrush_has_a_pair_for_each_turn(tmp_path: Path) -> None:
    rows = [
        {
            "img_id": "242679 ",
            "turn_index": turn,
            "source_img": cell(RED),
            "mask_img": cell(RED),
            "instruction": text,
            "target_img": cell(after),
        }
        for turn, text, after in ((1, "add a dog ", BLUE), (2, "", BLUE), (3, "a hat", None))
    ]
    table(tmp_path / "data/dev-00000-of-00001.parquet", rows)
    pairs, dropped = split_of("magicbrush", tmp_path, VALIDATION)
    assert captions(pairs) == {"242679-1": ("add a dog",)}
    assert dropped == [("242679-2", "no_caption"), ("242679-3", "no_picture")]
    assert pairs["242679-1"].license == "CC-BY-4.0"
    with pytest.raises(SourceError, match="no Parquet files of the split train"):
        list(read("magicbrush", tmp_path, TRAIN))


def test_ip2p_has_training_pairs_alone(tmp_path: Path) -> None:
    rows = [
        {
            "original_prompt": "a hill",
            "original_image": cell(RED),
            "edit_prompt": "make it night",
            "edited_prompt": "a hill at night",
            "edited_image": cell(BLUE),
        }
    ]
    for shard in (0, 1):
        table(tmp_path / f"data/train-0000{shard}-of-00002-1f.parquet", rows)
    pairs, _ = split_of("ip2p", tmp_path, TRAIN)
    assert captions(pairs) == {"0": ("make it night",), "1": ("make it night",)}
    with pytest.raises(SourceError, match="training pairs alone"):
        list(read("ip2p", tmp_path, TEST))


def syned_row(number: int, scene: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a row of a shard."""
    texts = ["A dog came. ", "", "There is\na dog."]
    pictures = {"image": cell(RED), "edited_image": cell(BLUE)}
    row = {"pair_id": f"p{number}", "captions": texts, "task": "add", "scene": scene}
    return row | {"source": "demo", "license": "CC0-1.0"} | pictures | more


@pytest.mark.parametrize("place", ["", "data", "dataset/data"])
def test_syned_shards_in_a_folder_and_in_a_run(tmp_path: Path, place: str) -> None:
    rows = [syned_row(1), syned_row(2, scene="{}"), syned_row(3, captions=None)]
    table(tmp_path / place / "train-00000-of-00001.parquet", rows)
    table(tmp_path / place / "test.parquet", [syned_row(4, source=None, license=None, task=None)])
    pairs, dropped = split_of("syned", tmp_path, TRAIN)
    assert captions(pairs) == dict.fromkeys(("p1", "p2"), ("A dog came.", "There is a dog."))
    assert dropped == [("p3", "no_caption")]
    assert [(p.source, p.license, p.change) for p in pairs.values()] == [
        ("demo", "CC0-1.0", "add")
    ] * 2
    assert list(split_of("scenes", tmp_path, TRAIN)[0]) == ["p2"]
    (other,) = split_of("syned", tmp_path, TEST)[0].values()
    assert (other.source, other.license, other.change) == ("syned", "unknown", "")
    with pytest.raises(SourceError, match="no Parquet files of the split validation"):
        list(read("syned", tmp_path, VALIDATION))
    assert is_here("syned", tmp_path)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"image": True}, "no_picture"),
        ({"edited_image": {"bytes": "text", "path": None}}, "no_picture"),
        ({"edited_image": {"bytes": None, "path": 7}}, "no_picture"),
        ({"captions": False}, "no_caption"),
        ({"captions": [3.5]}, "no_caption"),
    ],
)
def test_cells_of_another_kind_cost_their_row(
    tmp_path: Path, odd: dict[str, Any], reason: str
) -> None:
    table(tmp_path / "train.parquet", [syned_row(1, **odd)])
    assert split_of("syned", tmp_path, TRAIN) == ({}, [("p1", reason)])


def test_a_single_file_stands_for_its_split(tmp_path: Path) -> None:
    shard, other = tmp_path / "test-00000-of-00001.parquet", tmp_path / "mine.parquet"
    table(shard, [syned_row(1)])
    table(other, [syned_row(1)])
    assert list(split_of("syned", shard, TEST)[0]) == ["p1"]
    with pytest.raises(SourceError, match="no Parquet files of the split train"):
        list(read("syned", shard, TRAIN))
    assert list(split_of("syned", other, TRAIN)[0]) == list(split_of("syned", other, TEST)[0])


def test_syned_reads_what_syned_writes(demo_run: Path) -> None:
    splits = [s for s in (TRAIN, VALIDATION, TEST) if [*demo_run.rglob(f"{s}-*.parquet")]]
    entries = [entry for split in splits for entry in read("syned", demo_run, split)]
    assert entries
    assert all(isinstance(entry, CaptionedPair) for entry in entries)
    assert {len(entry.captions) for entry in entries} == {5}
    assert len({entry.pair_id for entry in entries}) == len(entries)
    hashes = {hashlib.sha256(entry.after.read()).hexdigest() for entry in entries}
    assert len(hashes) == len(entries)


def test_syned_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    table(tmp_path / "x.parquet", [syned_row(1), syned_row(2)])
    whole = datasets.Dataset.from_parquet(str(tmp_path / "x.parquet"), cache_dir=str(tmp_path))
    whole = whole.cast_column("image", datasets.Image())

    def load(path: str, split: str, revision: str | None) -> datasets.Dataset:
        if (path, split) != ("me/shards", "train") or revision not in (None, "v1"):
            raise ValueError("Unknown split")
        return whole

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.chdir(tmp_path)
    pairs, _ = split_of("syned", "me/shards", TRAIN)
    assert list(pairs) == ["p1", "p2"]
    assert (pairs["p1"].before.read(), pairs["p1"].after.read()) == (RED, BLUE)
    assert list(split_of("syned", "me/shards@v1", TRAIN)[0]) == ["p1", "p2"]
    for place, split in (("me/shards", TEST), ("me/shards@v2", TRAIN)):
        with pytest.raises(SourceError, match="neither a folder nor a dataset on the Hub"):
            list(read("syned", place, split))


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: pytest.fail("asked the Hub"))
    with pytest.raises(SourceError, match="data/syned: there is no such file or folder"):
        list(read("syned", "data/syned", TRAIN))


@pytest.fixture
def released(emu: Path, tmp_path: Path) -> Path:
    """What the authors of the paper released: keys with a space, defects in the paraphrases."""
    (tmp_path / "emu").symlink_to(emu)
    pool = "".join(f"{n} <INSTRUCT>  Make it {n}\n" for n in range(3589))
    (tmp_path / "instructions_with_idx_train_split.txt").write_text(pool, encoding="utf-8")
    test = "0 <INSTRUCT> Add a goat.\n\n7 <INSTRUCT> Remove the hat \n9000 <INSTRUCT> Add a cat\n"
    (tmp_path / "instructions_with_idx_test_split.txt").write_text(test, encoding="utf-8")
    write(tmp_path / "splits.json", {"train": [5, 3], "validation": [4]})
    texts = ['"Place a goat', "ADD A GOAT", "", "As an AI language model, I cannot."]
    write(tmp_path / "gt_augmented_test_clean.json", {"0 ": texts, "7 ": []})
    return tmp_path


def test_authors_release_is_cleaned_and_counted(released: Path) -> None:
    pairs, dropped = split_of("syned-authors", released, TEST)
    assert captions(pairs) == {"0": ("Add a goat.", "Place a goat"), "7": ("Remove the hat",)}
    assert pairs["0"].cleaned == ("quotes", "copy", "empty", "refusal")
    assert dropped == [("9000", "no_picture")]
    alone, _ = split_of("syned-authors", released, TEST, "instructions")
    assert captions(alone) == {"0": ("Add a goat.",), "7": ("Remove the hat",)}
    assert is_here("syned-authors", released)


def test_authors_splits(released: Path) -> None:
    pairs, _ = split_of("syned-authors", released, TRAIN)
    assert captions(pairs) == {"pool-3": ("Make it 3",), "pool-5": ("Make it 5",)}
    assert list(split_of("syned-authors", released, VALIDATION)[0]) == ["pool-4"]
