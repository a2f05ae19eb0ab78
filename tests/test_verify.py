"""`syned verify` finds what is wrong with shards, and nothing where nothing is."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import SMALL, Cli
from PIL import Image

from pipelines.verify.known import Known, pictures_at
from pipelines.verify.verify import verify
from syned.dataset import open_dataset, split_in_name
from syned.errors import SourceError
from syned.parquet import open_writer

Rows = list[dict[str, Any]]


@pytest.fixture
def folder(demo_run: Path, tmp_path: Path) -> Path:
    """A copy of the dataset of a run of `demo`."""
    return Path(shutil.copytree(demo_run / "dataset", tmp_path / "dataset"))


def shard(folder: Path, split: str = "train") -> Path:
    return next((folder / "data").glob(f"{split}-*.parquet"))


def rewrite(path: Path, change: Callable[[Rows], Rows | None], schema: Any = None) -> None:
    """Change the rows of a shard; all else stays as syned writes it."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows = change(rows) or rows
    kept = table.schema if schema is None else schema
    with open_writer(path, kept) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=kept), row_group_size=10)


def found(folder: Path, **more: Any) -> dict[str, list[str]]:
    """Return the kinds of problems of each check that failed."""
    verified = verify(folder, **more)
    return {c.name: [p.kind for p in c.problems] for c in verified.checks if not c.ok}


def test_a_finished_run_passes_every_check(demo_run: Path, cli: Cli) -> None:
    done = cli("verify", demo_run, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True), done.stdout + done.stderr
    shards = (demo_run / "dataset" / "data").glob("*.parquet")
    counts = {path.name.split("-")[0]: pq.read_metadata(path).num_rows for path in shards}
    assert told["rows"] == {"default": counts}
    assert [check["name"] for check in told["checks"]][:3] == ["files", "parts", "schema"]


def test_what_is_wrong_is_told_with_its_place_and_an_exit_code(folder: Path, cli: Cli) -> None:
    def change(rows: Rows) -> None:
        rows[3]["captions"] = rows[3]["captions"][:4]

    rewrite(shard(folder), change)
    done = cli("verify", folder)
    assert done.returncode == 3
    assert "not 5 captions" in done.stdout
    assert "train-00000-of-00001.parquet row 3" in done.stdout
    assert "1 of 10 checks failed." in done.stdout


def test_a_place_without_shards_is_one_message(tmp_path: Path, cli: Cli) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        done = cli("verify", place)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("syned:")


def changed(**values: Any) -> Callable[[Rows], None]:
    """Return what gives the second row other values."""
    return lambda rows: rows[1].update(values)


def captions(*words: str) -> Callable[[Rows], None]:
    return lambda rows: rows[1].update(captions=[*rows[1]["captions"][: 5 - len(words)], *words])


SAME = ("captions", "two captions of a pair are the same")
UNCLEAN = ("captions", "a caption is not clean")
BROKEN = ("pictures", "a picture does not decode")
RANGE = ("values", "ssim is out of its range, -1 to 1")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (captions(""), UNCLEAN),
        (captions(' "The hat is gone.'), UNCLEAN),
        (changed(captions=None), ("captions", "not 5 captions")),
        (changed(captions=["The hat is gone."] * 5), SAME),
        (captions("The hat is gone", "the hat is gone."), SAME),
        (captions("The hat, in red, is gone.", "the hat in red is gone"), SAME),
        (changed(instruction=""), ("captions", "an instruction is not clean")),
        (changed(pair_id=""), ("ids", "a pair has no pair_id")),
        (changed(image_id=None), ("ids", "a pair has no image_id")),
        (changed(license="n/a"), ("licences", "a row states no licence")),
        (changed(license=""), ("licences", "a row states no licence")),
        (changed(task="paint"), ("values", "a task is not known")),
        (changed(ssim=7.0), RANGE),
        (changed(ssim=float("nan")), RANGE),
        (changed(image=None), BROKEN),
        (changed(edited_image={"bytes": b"", "path": "x.jpg"}), BROKEN),
        (changed(edited_image={"bytes": b"GIF89a", "path": None}), BROKEN),
    ],
)
def test_a_row_that_is_wrong_is_found(
    folder: Path, change: Callable[[Rows], None], problem: tuple[str, str]
) -> None:
    rewrite(shard(folder), change)
    assert found(folder) == {problem[0]: [problem[1]]}


def test_a_cut_picture_and_one_of_another_size_are_found(folder: Path) -> None:
    def change(rows: Rows) -> None:
        rows[0]["edited_image"]["bytes"] = rows[0]["edited_image"]["bytes"][:-60]
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "PNG")
        rows[1]["edited_image"]["bytes"] = buffer.getvalue()

    rewrite(shard(folder), change)
    kinds = ["a picture does not decode", "the pictures of a pair differ in size"]
    assert found(folder) == {"pictures": kinds}


def test_parts_of_a_run_that_are_not_as_they_were_written_are_found(
    demo_run: Path, cli: Cli, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(demo_run, tmp_path / "run"))
    flipped, lost = (run / f"{stage}/part-00001.parquet" for stage in ("03-edit", "04-score"))
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    lost.unlink()
    cut = run / "01-sample/part-00000.json"
    cut.write_text(cut.read_text()[:-20])
    (run / "02-instruct/part-00000.json").unlink()
    assert found(run) == {
        "parts": [
            "the .json beside a part cannot be read",
            "a part is not finished: it has no .json beside it",
            "a part is not as it was written",
            "a part is not there",
        ]
    }
    done = cli("verify", "run")
    assert done.returncode == 3
    assert "03-edit/part-00001.parquet" in done.stdout
    # As it is told: once both are removed, the run's command makes the part again.
    for path in (flipped, flipped.with_suffix(".json"), cut):
        path.unlink()
    args = ("--recipe", "demo", "--n", "40", "--out", "run", *SMALL, "--set", "part_size=16")
    assert cli("generate", *args).returncode == 0
    assert found(run) == {}


def test_pairs_twice_and_pictures_in_two_splits_are_found(folder: Path) -> None:
    stolen = pq.read_table(shard(folder)).to_pylist()[0]
    rewrite(shard(folder, "test"), lambda rows: rows[0].update(stolen))
    assert found(folder) == {
        "ids": ["a pair_id is there more than once"],
        "splits": ["an image_id is in two splits", "a source picture is in two splits"],
    }


def test_the_same_picture_under_another_id_is_found(folder: Path) -> None:
    stolen = pq.read_table(shard(folder)).to_pylist()[0]
    pictures = {name: stolen[name] for name in ("image", "edited_image")}
    rewrite(shard(folder, "test"), lambda rows: rows[0].update(pictures, image_id="another"))
    assert found(folder) == {"splits": ["a source picture is in two splits"]}


def test_swapped_pictures_are_found(folder: Path) -> None:
    """All pairs of a source picture hold the same bytes of it."""

    def swap(rows: Rows) -> None:
        again = [r for r in rows if sum(o["image_id"] == r["image_id"] for o in rows) > 1]
        row = next(r for r in again if r["image"] != r["edited_image"])
        row["image"], row["edited_image"] = row["edited_image"], row["image"]

    rewrite(shard(folder), swap)
    assert found(folder)["pictures"] == ["one image_id stands for two pictures"]


def test_a_flipped_byte_is_found_even_where_the_picture_decodes(folder: Path) -> None:
    path = shard(folder)
    data = bytearray(path.read_bytes())
    place = data.index(b"\xff\xd9", len(data) // 3) - 1
    data[place] ^= 1
    path.write_bytes(data)
    assert found(folder)["files"] == ["a row group cannot be read"]


def test_a_cut_and_a_missing_shard_are_found(folder: Path) -> None:
    path = shard(folder)
    path.write_bytes(path.read_bytes()[:-100])
    kinds = found(folder)
    assert kinds["files"] == ["a shard cannot be opened"]
    assert kinds["card"] == ["a count is not that of the shards"] * len(kinds["card"])
    path.rename(path.with_name("train-00000-of-00002.parquet"))
    assert found(folder)["files"][0] == "a shard is missing"


def test_a_damaged_footer_never_ends_the_command(folder: Path) -> None:
    """Some damage makes pyarrow abort; three flipped bits do in one of some forty tries."""
    whole = shard(folder).read_bytes()
    for seed in range(10):
        data, draw = bytearray(whole), random.Random(seed)
        for _ in range(3):
            data[draw.randrange(len(data) - 9000, len(data) - 8)] ^= 1 << draw.randrange(8)
        shard(folder).write_bytes(data)
        verify(folder)
    shard(folder).write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    assert "a shard cannot be opened" in found(folder)["files"]


def test_a_shard_that_the_card_does_not_name_is_found(folder: Path) -> None:
    shutil.copy(shard(folder, "test"), folder / "more.parquet")
    assert found(folder) == {"files": ["a Parquet file belongs to no split of the card"]}


def test_another_schema_is_found(folder: Path) -> None:
    schema = pq.read_schema(shard(folder, "test"))
    place = schema.get_field_index("ssim")
    rewrite(
        shard(folder, "test"), lambda _: None, schema.set(place, pa.field("ssim", pa.float32()))
    )
    kinds = ["ssim is float, not double", "shards have different columns"]
    assert found(folder) == {"schema": kinds}
    rewrite(shard(folder, "test"), lambda _: None, schema.remove(schema.get_field_index("license")))
    kinds = found(folder)
    assert kinds["schema"] == ["there is no column license", "shards have different columns"]
    plain = schema.remove_metadata()
    rewrite(shard(folder, "test"), lambda _: None, plain)
    assert found(folder)["schema"][0].startswith("the metadata does not say that")


def retyped(schema: pa.Schema, name: str, kind: pa.DataType) -> pa.Schema:
    return schema.set(schema.get_field_index(name), pa.field(name, kind))


def test_columns_of_another_type_are_found_and_the_rest_is_checked(folder: Path) -> None:
    schema = pq.read_schema(shard(folder))
    for name, kind, value in (
        ("ssim", pa.string(), "0.5"),
        ("captions", pa.int64(), 5),
        ("image_id", pa.list_(pa.string()), ["a"]),
        ("image", pa.binary(), b"x"),
    ):
        path = Path(shutil.copytree(folder, folder.with_name(name)))
        table = pq.read_table(shard(path))
        cells = pa.array([value] * len(table), kind)
        place = schema.get_field_index(name)
        rows = table.set_column(place, pa.field(name, kind), cells)
        with open_writer(shard(path), retyped(schema, name, kind)) as writer:
            writer.write_table(rows.cast(retyped(schema, name, kind)))
        kinds = found(path)
        assert list(kinds) == ["schema"]
        assert kinds["schema"][0].startswith(f"{name} is ")


def test_a_pair_under_two_ids_and_one_without_a_change_are_found(folder: Path) -> None:
    def change(rows: Rows) -> Rows:
        edit = next(r for r in rows if r["task"] != "none")
        again = {**rows[0], "pair_id": "another"}
        same = {**edit, "pair_id": "third", "edited_image": edit["image"]}
        return [*rows, again, same]

    rewrite(shard(folder), change)
    kinds = found(folder)
    assert kinds["ids"] == ["a pair is there again under another id"]
    assert kinds["pictures"] == ["the pictures of a pair are the same, and its task is not none"]


def test_a_file_alone_and_one_without_rows(folder: Path, tmp_path: Path) -> None:
    verified = verify(shard(folder))
    assert verified.ok
    assert "card" not in [check.name for check in verified.checks]
    empty = tmp_path / "empty.parquet"
    shutil.copy(shard(folder), empty)
    rewrite(empty, lambda rows: rows.clear())
    assert found(empty) == {"files": ["there is no row that can be read"]}


def test_a_file_without_a_page_index_is_found(folder: Path) -> None:
    table = pq.read_table(shard(folder))
    pq.write_table(table, shard(folder))
    assert found(folder) == {"viewer": ["a row group has no page index"]}


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
