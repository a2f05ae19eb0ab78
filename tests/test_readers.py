"""Readers of datasets that are files: small copies of their true formats, with made pictures."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from trainer.readers.base import MissingPictures
from trainer.readers.registry import dataset, datasets, is_here, read
from trainer.rows import CaptionedPair, Dropped, Split

TRAIN, VALIDATION, TEST = Split


def encoded(color: object, kind: str = "PNG") -> bytes:
    """Return an encoded picture of one color."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(buffer, kind)
    return buffer.getvalue()


def put(folder: Path, *names: str) -> None:
    """Write pictures, each of a color of its own."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        number = sum(ord(ch) * 7**place for place, ch in enumerate(reversed(name)))
        path.write_bytes(encoded((number % 256, number // 256 % 256, number // 65536 % 256)))


def write(path: Path, content: object) -> None:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def split_of(name: str, path: Path | str, split: Split, protocol: str | None = None):
    """Return the pairs by id, and what is dropped as (key, reason)."""
    entries = list(read(name, path, split, protocol))
    pairs = {entry.pair_id: entry for entry in entries if isinstance(entry, CaptionedPair)}
    dropped = [(entry.key, entry.reason) for entry in entries if isinstance(entry, Dropped)]
    assert len(pairs) + len(dropped) == len(entries)
    return pairs, dropped


def captions(pairs: dict[str, CaptionedPair]) -> dict[str, tuple[str, ...]]:
    return {name: pair.captions for name, pair in pairs.items()}


@pytest.fixture
def std(tmp_path: Path) -> Path:
    """Spot-the-Diff: two entries of one pair, empty sentences, a picture that is not there."""
    write(
        tmp_path / "train.json",
        [
            {"img_id": "76 ", "sentences": ["the red  car is gone ", ""]},
            {"img_id": "235", "sentences": ["a man\nhas come"]},
            {"img_id": "76", "sentences": ["no car now"]},
            {"img_id": "3", "sentences": ["", " "]},
            {"img_id": "4", "sentences": ["a dog sits"]},
            {"img_id": "4", "sentences": [""]},
        ],
    )
    write(tmp_path / "val.json", [{"img_id": "9", "sentences": ["x"]}])
    write(tmp_path / "test.json", [])
    put(
        tmp_path / "resized_images",
        *(f"{n}{s}.png" for n in ("76", "235", "3") for s in ("", "_2")),
    )
    put(tmp_path / "resized_images", "4.png")
    return tmp_path


def test_std_a_merges_the_entries_of_a_pair(std: Path) -> None:
    pairs, dropped = split_of("std", std, TRAIN)
    assert captions(pairs) == {
        "76": ("the red car is gone", "no car now"),
        "235": ("a man has come",),
    }
    assert dropped == [("3", "no_caption"), ("4", "no_picture")]
    assert pairs["76"].before.read() == (std / "resized_images/76.png").read_bytes()
    assert pairs["76"].after.read() == (std / "resized_images/76_2.png").read_bytes()
    assert (pairs["76"].source, pairs["76"].license) == ("spot-the-diff", "unknown")


def test_std_b_has_an_item_for_each_entry(std: Path) -> None:
    pairs, dropped = split_of("std", std, TRAIN, "B")
    assert captions(pairs) == {
        "76#0": ("the red car is gone",),
        "235#1": ("a man has come",),
        "76#2": ("no car now",),
    }
    assert dropped == [("3#3", "no_caption"), ("4#4", "no_picture"), ("4#5", "no_caption")]


def test_std_c_joins_all_sentences(std: Path) -> None:
    pairs, _ = split_of("std", std, TRAIN, "C")
    assert captions(pairs) == {
        "76": ("the red car is gone no car now",),
        "235": ("a man has come",),
    }


def test_a_missing_picture_is_named(std: Path) -> None:
    (entry,) = read("std", std, VALIDATION)
    assert isinstance(entry, MissingPictures)
    assert entry.files == tuple(str(std / "resized_images" / name) for name in ("9.png", "9_2.png"))


def test_std_in_the_folders_of_its_repository_with_jpeg(tmp_path: Path) -> None:
    write(tmp_path / "data/annotations/test.json", [{"img_id": 5, "sentences": ["x"]}])
    put(tmp_path / "images", "5.jpg", "5_2.jpg")
    assert is_here("std", tmp_path)
    assert list(split_of("std", tmp_path, TEST)[0]) == ["5"]
    assert not is_here("std", tmp_path / "images")


def test_ier_has_a_pair_for_each_entry(tmp_path: Path) -> None:
    entries = [
        {"img0": "a.jpg", "img1": "b.jpg", "sents": ["Making dark color "], "uid": "Zhopped_2 "},
        {"img0": "a.jpg", "img1": "b.jpg", "sents": ["darker", "make it dark", ""], "uid": "R_3"},
        {"img0": "a.jpg", "img1": "c.gif", "sents": ["crop"], "uid": "R_4"},
    ]
    write(tmp_path / "valid.json", entries)
    write(tmp_path / "test.json", [])
    put(tmp_path / "images", "a.jpg", "b.jpg")
    pairs, dropped = split_of("ier", tmp_path, VALIDATION)
    assert captions(pairs) == {
        "Zhopped_2": ("Making dark color",),
        "R_3": ("darker", "make it dark"),
    }
    assert dropped == [("R_4", "no_picture")]
    assert pairs["R_3"].source == "image-editing-request"
    assert is_here("ier", tmp_path)


@pytest.fixture
def clevr(tmp_path: Path) -> Path:
    """CLEVR-Change: three scenes, one of another split, one without a picture."""
    write(tmp_path / "splits.json", {"train": [2, 0], "val": [1], "test": []})
    write(
        tmp_path / "change_captions.json",
        {
            "CLEVR_semantic_000000.png": ["the cube moved", "it moved"],
            "CLEVR_semantic_000001.png": ["the ball is red"],
            "CLEVR_semantic_000002.png": ["a cone was added"],
        },
    )
    same = {f"CLEVR_nonsemantic_00000{n}.png": ["no change"] for n in (0, 1, 2)}
    write(tmp_path / "no_change_captions.json", same)
    types = {"move": ["000000.png"], "color": ["000001.png"], "add": ["000002.png"]}
    write(tmp_path / "type_mapping.json", types)
    for folder, kind in (("images", "default"), ("sc_images", "semantic")):
        put(tmp_path / folder, *(f"CLEVR_{kind}_00000{n}.png" for n in (0, 1, 2)))
    put(tmp_path / "nsc_images", "CLEVR_nonsemantic_000000.png", "CLEVR_nonsemantic_000001.png")
    return tmp_path


def test_clevr_changes(clevr: Path) -> None:
    pairs, dropped = split_of("clevr", clevr, TRAIN, "change")
    assert [(n, p.captions, p.change) for n, p in pairs.items()] == [
        ("000002", ("a cone was added",), "add"),
        ("000000", ("the cube moved", "it moved"), "move"),
    ]
    assert dropped == []
    after = clevr / "sc_images/CLEVR_semantic_000000.png"
    assert pairs["000000"].after.read() == after.read_bytes()


def test_clevr_without_a_change(clevr: Path) -> None:
    pairs, dropped = split_of("clevr", clevr, TRAIN, "no-change")
    assert [(n, p.captions, p.change) for n, p in pairs.items()] == [
        ("000000_n", ("no change",), "none")
    ]
    assert dropped == [("000002_n", "no_picture")]
    after = clevr / "nsc_images/CLEVR_nonsemantic_000000.png"
    assert pairs["000000_n"].after.read() == after.read_bytes()


def test_clevr_total_is_both_and_its_types_may_be_missing(clevr: Path) -> None:
    (clevr / "type_mapping.json").unlink()
    pairs, _ = split_of("clevr", clevr, VALIDATION)
    assert [(n, p.change) for n, p in pairs.items()] == [("000001", "change"), ("000001_n", "none")]


@pytest.mark.parametrize(
    ("texts", "numbers", "before", "after", "shape"),
    [
        ("captions.json", "split.json", "bef", "aft", "{}"),
        ("change_captions.json", "splits.json", "images", "sc_images", "{:06d}.png"),
    ],
)
def test_dc_in_both_namings(
    tmp_path: Path, texts: str, numbers: str, before: str, after: str, shape: str
) -> None:
    told = {shape.format(7): ["the ball moved"], shape.format(11): ["no change"]}
    write(tmp_path / texts, told)
    write(tmp_path / numbers, {"train": [11, 7, 12], "val": [], "test": []})
    for folder in (before, after):
        put(tmp_path / folder, *(f"{n:06d}.png" if "0" in shape else f"{n}.png" for n in (7, 11)))
    pairs, dropped = split_of("dc", tmp_path, TRAIN)
    assert captions(pairs) == {"11": ("no change",), "7": ("the ball moved",)}
    assert dropped == [("12", "no_caption")]
    assert is_here("dc", tmp_path)


def test_what_is_known_is_whole() -> None:
    for info in datasets().values():
        assert info.sizes.keys() <= info.protocols.keys()
        assert all(set(counts) <= set(info.splits) for counts in info.sizes.values())
        assert info.home.startswith("https://")
        assert "ROOT" in info.get
        assert all(len(line) <= 80 for line in info.get.splitlines())
    assert dataset("std").default_protocol == "A"
