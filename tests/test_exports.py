"""`syned export`: other tools open what it writes, and nothing of a dataset is lost on the way."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from PIL import Image
from typer.testing import CliRunner

from pipelines.exports import webdataset
from pipelines.exports.export import LAYOUTS, export, read_export
from pipelines.exports.pairs import Placed
from syned.arrow import arrow_schema, from_batch, to_table
from syned.cli import app
from syned.dataset import open_dataset
from syned.dataset_rows import DatasetRow, RawRow
from syned.errors import SynedError
from syned.parquet import open_writer
from syned.rows import EncodedImage

Made = Callable[[str], Path]
Rows = list[dict[str, Any]]
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@pytest.fixture(scope="module")
def made(demo_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Export a run of `demo` to a layout, once; not to be changed."""
    folder = tmp_path_factory.mktemp("exports")

    def export_once(layout: str) -> Path:
        if not (folder / layout).exists():
            export(demo_run, folder / layout, layout)
        return folder / layout

    return export_once


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Any]:
    """Load as a user of `datasets` does."""
    from datasets import load_dataset

    return lambda *args, **more: load_dataset(*args, cache_dir=str(tmp_path / "cache"), **more)


def rows_of(place: Path) -> list[Placed]:
    """Return all rows of a dataset, splits by name."""
    dataset = open_dataset(place)
    return [
        (shard.split, row)
        for shard in sorted(dataset.shards, key=lambda shard: shard.split)
        for row in from_batch(pq.read_table(shard.path), DatasetRow)
    ]


def encoded(kind: str = "PNG", colour: str = "red") -> EncodedImage:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), colour).save(buffer, kind)
    return EncodedImage(buffer.getvalue())


def raw_row(row: DatasetRow, **values: Any) -> RawRow:
    own = {f.name: getattr(row, f.name) for f in fields(DatasetRow)}
    decided = {"kept": True, "reason": None, "value": None, "rank": 1}
    return RawRow(**(own | decided | values))


def write_rows(path: Path, rows: list[Any], row_type: type = RawRow) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(path, arrow_schema(row_type)) as writer:
        writer.write_table(to_table(rows, row_type))
    return path


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@every_layout
def test_rows_come_back_as_they_were(demo_run: Path, made: Made, layout: str) -> None:
    rows = rows_of(demo_run)
    assert len(rows) > 20
    assert list(read_export(made(layout))) == rows


@every_layout
def test_an_export_is_the_same_each_time_and_is_not_made_twice(
    demo_run: Path, made: Made, tmp_path: Path, layout: str
) -> None:
    first = files_in(made(layout))
    assert export(demo_run, tmp_path / "again", layout).made
    assert files_in(tmp_path / "again") == first
    there = export(demo_run, tmp_path / "again", layout)
    assert (there.made, sum(there.pairs.values())) == (False, len(rows_of(demo_run)))
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


@pytest.fixture
def odd(demo_run: Path, tmp_path: Path) -> Path:
    """Two splits of raw rows that are odd in all that a dataset allows."""
    row = rows_of(demo_run)[0][1]
    seen = [
        raw_row(row, kept=False, reason="ssim", value=-0.0, rank=None, captions=[]),
        raw_row(
            row, pair_id="../a.b/c", instruction="", license="", captions=["", "日本 \u2028\n"]
        ),
        raw_row(row, pair_id="A" * 300, ssim=0.1 + 0.2, changed_area=5e-324, caption_fit=1.7e308),
        raw_row(row, pair_id="png", image=encoded(), edited_image=encoded("WEBP")),
        raw_row(row, pair_id="path", edited_image=replace(encoded("BMP"), path="ä/b.bmp")),
        raw_row(row, pair_id="none", source=None, license=None, seed=-(2**63), inverse=True),
    ]
    write_rows(tmp_path / "odd" / "train.parquet", seen)
    filled = raw_row(row, scene="{}", guidance_scale=7.5, num_inference_steps=20)
    write_rows(tmp_path / "odd" / "test.parquet", [filled])
    return tmp_path / "odd"


@every_layout
def test_odd_rows_with_decisions_come_back(odd: Path, tmp_path: Path, layout: str) -> None:
    export(odd, tmp_path / "out", layout)
    found = list(read_export(tmp_path / "out"))
    tables = ((split, pq.read_table(odd / f"{split}.parquet")) for split in ("test", "train"))
    expected = [(split, row) for split, table in tables for row in from_batch(table, RawRow)]
    assert found == expected
    assert [str(row.value) for _, row in found[:2] if isinstance(row, RawRow)] == ["None", "-0.0"]
    assert {path.name for path in tmp_path.iterdir()} == {"odd", "out"}


def check_pictures(sample: dict[str, Any], names: tuple[str, str], row: DatasetRow) -> None:
    """Compare pictures as `datasets` decodes them."""
    for name, stored in zip(names, (row.image, row.edited_image), strict=True):
        assert sample[name].tobytes() == Image.open(io.BytesIO(stored.bytes)).tobytes()


def test_datasets_opens_the_tars(demo_run: Path, made: Made, load: Callable[..., Any]) -> None:
    row = next(row for split, row in rows_of(demo_run) if split == "train")
    files = {"train": str(made("webdataset") / "train-*.tar")}
    names = ("image.jpg", "edited_image.jpg")
    for splits in (load("webdataset", data_files=files), load(str(made("webdataset")))):
        sample = splits["train"][0]
        check_pictures(sample, names, row)
        assert sample["json"]["captions"] == row.captions
        assert len(row.captions) == 5
        assert (sample["__key__"], sample["json"]["ssim"]) == (row.pair_id, row.ssim)
    assert set(splits) == {split for split, _ in rows_of(demo_run)}


def test_datasets_opens_tars_whose_first_pairs_lack_values(
    odd: Path, tmp_path: Path, load: Callable[..., Any]
) -> None:
    """Types that `datasets` would have to guess, and pictures of several formats."""
    shutil.move(odd / "test.parquet", odd / "validation.parquet")
    export(odd, tmp_path / "out", "webdataset")
    splits = load(str(tmp_path / "out"))
    assert splits["validation"][0]["json"]["scene"] == "{}"
    assert splits["train"][0]["json"]["scene"] is None
    assert splits["train"][3]["edited_image.webp"].size == (9, 7)
    assert splits["train"][3]["edited_image.jpg"] is None


def test_datasets_opens_the_folder(
    demo_run: Path, made: Made, odd: Path, tmp_path: Path, load: Callable[..., Any]
) -> None:
    splits = load("imagefolder", data_dir=str(made("folder")))
    rows = rows_of(demo_run)
    assert set(splits) == {split for split, _ in rows}
    for split in splits:
        sample, row = splits[split][0], next(row for name, row in rows if name == split)
        check_pictures(sample, ("image", "edited_image"), row)
        assert sample["captions"] == row.captions
        assert len(row.captions) == 5
    assert set(sample) == {f.name for f in fields(DatasetRow)}
    export(odd, tmp_path / "out", "folder")
    splits = load("imagefolder", data_dir=str(tmp_path / "out"))
    assert [splits[split][0]["scene"] for split in ("train", "test")] == [None, "{}"]


def members_of(path: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(path) as tar:
        return tar.getmembers()


def test_the_members_of_a_pair_lie_together_and_shards_end_by_size(
    demo_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset, "MAX_BYTES", 40_000)
    export(demo_run, tmp_path / "out", "webdataset")
    rows = rows_of(demo_run)
    assert list(read_export(tmp_path / "out")) == rows
    shards = sorted((tmp_path / "out").glob("train-*.tar"))
    assert [path.name for path in shards[:2]] == ["train-000000.tar", "train-000001.tar"]
    members = [member for path in shards for member in members_of(path)]
    keys = [row.pair_id for split, row in rows if split == "train"]
    ends = ("image.jpg", "edited_image.jpg", "json")
    assert [m.name for m in members] == [f"{key}.{end}" for key in keys for end in ends]
    assert {(m.mtime, m.uid, m.gid, m.uname) for m in members} == {(0, 0, 0, "")}


def annotations(folder: Path, split: str) -> dict[str, Any]:
    text = (folder / "annotations" / f"captions_{split}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def test_coco_captions_are_laid_out_as_coco_does(demo_run: Path, made: Made) -> None:
    ids: dict[str, list[int]] = {"images": [], "annotations": []}
    for split in dict.fromkeys(split for split, _ in rows_of(demo_run)):
        whole = annotations(made("coco"), split)
        assert list(whole) == ["info", "images", "annotations", "licenses"]
        for name, numbers in ids.items():
            numbers.extend(entry["id"] for entry in whole[name])
        images = {image["id"]: image for image in whole["images"]}
        names = {entry["id"]: entry["name"] for entry in whole["licenses"]}
        for row in (row for name, row in rows_of(demo_run) if name == split):
            (image,) = (i for i in images.values() if i["pair_id"] == row.pair_id)
            told = [a["caption"] for a in whole["annotations"] if a["image_id"] == image["id"]]
            assert (told, names[image["license"]]) == (row.captions, row.license)
            for key, side in (("file_name", row.edited_image), ("before_file_name", row.image)):
                assert (made("coco") / split / image[key]).read_bytes() == side.bytes
            with Image.open(io.BytesIO(row.edited_image.bytes)) as picture:
                assert (image["width"], image["height"]) == picture.size
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in ids.values())


def test_score_takes_coco_captions_as_references(made: Made, tmp_path: Path, cli: Cli) -> None:
    references = made("coco") / "annotations" / "captions_train.json"
    first = {a["image_id"]: a for a in reversed(annotations(made("coco"), "train")["annotations"])}
    predictions = tmp_path / "predictions.json"
    keys = ("image_id", "caption")
    predictions.write_text(json.dumps([{k: a[k] for k in keys} for a in first.values()]))
    done = cli("score", predictions, references, "--no-meteor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["scores"]["ROUGE_L"] == 1.0
    assert (told["samples"], told["references"]) == (len(first), 5 * len(first))


def change(column: str, value: Any) -> Callable[[Rows], None]:
    return lambda rows: rows[1].update({column: value})


def rewrite(path: Path, edit: Callable[[Rows], None], schema: pa.Schema | None = None) -> None:
    table = pq.read_table(path)
    rows = table.to_pylist()
    edit(rows)
    kept = schema or table.schema
    with open_writer(path, kept) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=kept))


@pytest.fixture
def shard(demo_run: Path, tmp_path: Path) -> Path:
    """A copy of a shard."""
    source = next((demo_run / "dataset" / "data").glob("train-*.parquet"))
    return Path(shutil.copy(source, tmp_path / "train.parquet"))


def same_id(rows: Rows) -> None:
    rows[1]["pair_id"] = rows[0]["pair_id"]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (same_id, "row 1 .*same pair_id"),
        (change("pair_id", None), "no pair_id"),
        (change("captions", None), "captions are None; expected a list"),
        (change("task", "paint"), "'paint' is not a valid Task"),
        (change("image", None), "row 1 .*: image has no bytes"),
        (change("edited_image", {"bytes": b"GIF?", "path": None}), "edited_image is no picture"),
    ],
)
@pytest.mark.parametrize("layout", ["webdataset", "coco"])
def test_a_row_that_cannot_go_along_is_one_message_and_leaves_nothing(
    shard: Path, layout: str, edit: Callable[[Rows], None], told: str
) -> None:
    rewrite(shard, edit)
    with pytest.raises(SynedError, match=told):
        export(shard, shard.parent / "out", layout)
    assert list(shard.parent.iterdir()) == [shard]


def drop(shard: Path, column: str) -> None:
    schema = pq.read_schema(shard)
    rewrite(shard, lambda _rows: None, schema.remove(schema.get_field_index(column)))


def retype(shard: Path, column: str, kind: pa.DataType) -> None:
    schema = pq.read_schema(shard)
    place = schema.get_field_index(column)
    edit = lambda rows: [row.update({column: None}) for row in rows]  # noqa: E731
    rewrite(shard, edit, schema.set(place, pa.field(column, kind)))


def flip(shard: Path) -> None:
    data = bytearray(shard.read_bytes())
    data[data.index(b"\xff\xd9", len(data) // 3) - 1] ^= 1
    shard.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda shard: drop(shard, "license"), "lacks the columns license; found are pair_id"),
        (lambda shard: retype(shard, "image", pa.binary()), "image is binary, expected struct"),
        (flip, "train.parquet is damaged .*syned verify"),
        (lambda shard: shard.write_bytes(shard.read_bytes()[:-100]), "cannot be opened"),
        (lambda shard: shard.write_bytes(b"no"), "cannot be opened"),
        (lambda shard: rewrite(shard, lambda rows: rows.clear()), "holds no pairs"),
        (lambda shard: shard.rename(shard.with_name("train-00000-of-00002.parquet")), "missing"),
    ],
)
def test_a_shard_that_is_damaged_or_foreign_is_one_message(
    shard: Path, spoil: Callable[[Path], Any], told: str
) -> None:
    spoil(shard)
    (shard.parent / "there").mkdir()
    for path in shard.parent.glob("*.parquet"):
        path.rename(shard.parent / "there" / path.name)
    with pytest.raises(SynedError, match=told):
        export(shard.parent / "there", shard.parent / "out", "folder")
    assert [path.name for path in shard.parent.iterdir()] == ["there"]


def test_what_is_not_there_is_one_message(demo_run: Path, tmp_path: Path, cli: Cli) -> None:
    cases = {
        "there is no such file or folder": ("nowhere",),
        "there is no configuration 'strict'; there are: default": (demo_run, "--config", "strict"),
    }
    for told, args in cases.items():
        done = cli("export", *args, "--to", "folder", "--out", tmp_path / "out")
        assert done.returncode == 2, done.stdout
        assert done.stderr.startswith("syned:")
        assert told in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_in_the_way_is_left_alone(made: Made, demo_run: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(made("folder"), tmp_path / "changed"))
    picture = next((changed / "train" / "images").iterdir())
    picture.write_bytes(encoded().bytes)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    before = files_in(tmp_path)
    for name, told in {"changed": "not empty", "file": "is a file", "full": "not empty"}.items():
        with pytest.raises(SynedError, match=told):
            export(demo_run, tmp_path / name, "folder")
    with pytest.raises(SynedError, match="no coco export"):
        export(demo_run, made("folder"), "coco")
    with pytest.raises(SynedError, match="within the dataset"):
        export(demo_run, demo_run / "dataset" / "out", "folder")
    assert files_in(tmp_path) == before


def test_a_stop_leaves_nothing_and_an_empty_folder_is_taken(shard: Path) -> None:
    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    out = shard.parent / "deep" / "out"
    out.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt):
        export(shard, out, "webdataset", progress=stop)
    assert not list(out.iterdir())
    assert list(out.parent.iterdir()) == [out]
    assert export(shard, out, "webdataset").made
    assert {split for split, _ in read_export(out)} == {"train"}


@every_layout
def test_a_damaged_export_is_an_error(made: Made, tmp_path: Path, layout: str) -> None:
    copy = Path(shutil.copytree(made(layout), tmp_path / "copy"))
    path = next(p for p in sorted(copy.rglob("*")) if p.suffix in (".tar", ".jsonl", ".json"))
    cut = [m.offset for m in members_of(path)][6] if path.suffix == ".tar" else -30
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SynedError, match=f"cannot be read as {layout}"):
        list(read_export(copy))
    with pytest.raises(SynedError, match="is no export"):
        list(read_export(tmp_path))


def test_a_dataset_on_the_hub_and_columns_of_others(
    shard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pq.read_table(shard)
    pq.write_table(table.append_column("mine", [range(len(table))]), shard)
    asked: list[str] = []

    def download(repo: str) -> Path:
        asked.append(repo)
        return shard

    monkeypatch.setattr("syned.hub.download.download", download)
    out = shard.parent / "out"
    done = CliRunner().invoke(app, ["export", "owner/pairs", "--to", "coco", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert asked == ["owner/pairs"]
    assert f"wrote {out} (coco): train {len(table)} pairs" in done.output
    assert "left out, since no columns of syned: mine" in done.output
