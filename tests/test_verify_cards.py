"""`syned verify` holds a dataset against its card, and against evaluation sets."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from verifying import found, rewrite, shard

from pipelines.verify.known import Known, pictures_at
from pipelines.verify.verify import verify
from syned.dataset import open_dataset, split_in_name
from syned.errors import SourceError


def test_counts_that_are_not_those_of_the_shards_are_found(folder: Path) -> None:
    rewrite(shard(folder), lambda rows: rows[:-1])
    verified = verify(folder)
    (card,) = [c for c in verified.checks if not c.ok]
    rows = verified.rows["default"]["train"]
    assert card.problems[0].count == 2, "in the front matter, and in the table"
    assert f"{rows + 1} in the card, {rows} in the shards" in card.problems[0].examples[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, "there is no card"),
        ("# Pairs\n", "the card cannot be read by the Hub"),
        ("---\nlicense: [\n---\n", "the card cannot be read by the Hub"),
        ("---\ndate: 2024-02-30\n---\n", "the card cannot be read by the Hub"),
        (f"---\na: {'[' * 3000}\n---\n", "the card cannot be read by the Hub"),
        ("---\nlicense: mit\n---\n", "the card does not say which files are which split"),
    ],
)
def test_a_card_that_is_missing_or_damaged_is_found(
    folder: Path, text: str | None, kind: str
) -> None:
    card = folder / "README.md"
    card.unlink() if text is None else card.write_text(text)
    assert found(folder)["card"][0] == kind


def test_pictures_of_an_evaluation_set_are_found(folder: Path, tmp_path: Path) -> None:
    row = pq.read_table(shard(folder)).to_pylist()[0]
    known = tmp_path / "known"
    known.mkdir()
    (known / "same.jpg").write_bytes(row["image"]["bytes"])
    kinds = found(folder, known=Known(pictures_at(str(known))))
    assert "a picture is one of an evaluation set" in kinds["against"]
    (known / "cut.jpg").write_bytes(row["image"]["bytes"][:400])
    kinds = found(folder, known=Known(pictures_at(str(known))))
    assert "a picture of an evaluation set cannot be read" in kinds["against"]
    (known / "cut.jpg").unlink()
    # The same picture, stored anew and a little brighter.
    brighter = Image.open(io.BytesIO(row["image"]["bytes"])).point(lambda v: min(255, v + 9))
    brighter.save(known / "same.jpg", quality=60)
    kinds = found(folder, known=Known(pictures_at(str(known))))
    assert kinds == {"against": ["a picture is close to one of an evaluation set"]}


def test_an_evaluation_set_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"none")
    with pytest.raises(SourceError, match="can be decoded"):
        Known(pictures_at(str(tmp_path)))


def test_cards_name_files_in_many_ways(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "data").iterdir())
    shards = [f"data/{name}" for name in names]
    for config, expected in (
        ("data_files: data/**", shards),
        ("data_files: '**.parquet'", []),
        ("data_files: .", []),
        ("data_files: /etc/*", []),
        ("data_files: ../*", []),
        ("data_dir: data", shards),
        ("data_dir: data\n  data_files: '*.parquet'", shards),
    ):
        card = f"\n---\nlicense: mit\nconfigs:\n- config_name: default\n  {config}\n---\n"
        (folder / "README.md").write_text(card, encoding="utf-8-sig")
        dataset = open_dataset(folder)
        assert not dataset.card.fault
        assert sorted(s.name for s in dataset.shards) == (expected or shards), config


def test_splits_are_read_from_names_where_there_is_no_card(tmp_path: Path) -> None:
    names = {"data/train-00000-of-00001.parquet": "train", "val.parquet": "validation",
             "test/part.parquet": "test", "pairs.parquet": "train"}  # fmt: skip
    for name, split in names.items():
        assert split_in_name(name) == split
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"a": [1]}), tmp_path / name)
    assert {s.name: s.split for s in open_dataset(tmp_path).shards} == names


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("license: mit\nlicense: mit", "the key 'license' is given twice, in line 2"),
        ("a: &a [*a]", "a value refers to itself"),
        ("- x\n" * 300_000, "it has more than 1,000,000 characters"),
    ],
)
def test_a_card_that_would_keep_its_reader_busy_is_named(
    folder: Path, front: str, words: str
) -> None:
    (folder / "README.md").write_text(f"---\n{front}\n---\nPairs.\n", encoding="utf-8")
    (card,) = (check for check in verify(folder).checks if check.name == "card")
    assert words in card.problems[0].examples[0]
