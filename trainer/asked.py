"""The pairs of pictures that `syned caption` is asked for."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from syned.errors import SourceError
from syned.images import READERS

BEFORE = ("before", "image", "img0", "a", "0")
AFTER = ("after", "edited_image", "img1", "b", "1")
"""Columns of a CSV file, and endings of names in a folder, that tell which picture comes first."""
_ENDING = re.compile(r"^(?P<stem>.*?)[-_. ](?P<which>before|after|a|b|0|1|2)$", re.IGNORECASE)
_FIRST = frozenset("before a 0 1".split())


@dataclass(frozen=True, slots=True)
class AskedPair:
    """Two files to caption."""

    name: str
    before: Path
    after: Path


def asked_pairs(paths: Sequence[str]) -> list[AskedPair]:
    """Return the pairs that a command names: two pictures, a folder, or a CSV file.

    Raises:
        SourceError: There are none, or they are not clear.
    """
    places = [Path(path).expanduser() for path in paths]
    for place in places:
        if not place.exists():
            raise SourceError(f"{place}: there is no such file or folder")
    if len(places) == 2 and all(place.is_file() for place in places):
        return [AskedPair(places[1].stem, *places)]
    if len(places) == 1 and places[0].is_dir():
        return _of_folder(places[0])
    if len(places) == 1 and places[0].suffix.lower() in (".csv", ".tsv"):
        return list(_of_csv(places[0]))
    raise SourceError(
        "expected two pictures (BEFORE AFTER), a folder of pairs, or a CSV file with the columns "
        f"before and after; found {', '.join(map(str, places))}"
    )


def _of_csv(path: Path) -> Iterator[AskedPair]:
    """Yield the pairs of a CSV file; paths are relative to it."""
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=separator)
            rows, names = list(reader), list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: cannot be read as CSV: {error}") from error
    first = next((name for name in BEFORE if name in names), None)
    second = next((name for name in AFTER if name in names), None)
    if first is None or second is None:
        found = ", ".join(names) or "no rows"
        raise SourceError(f"{path}: expected the columns before and after; found {found}")
    for number, row in enumerate(rows, 2):
        files = [path.parent / (row[column] or "") for column in (first, second)]
        missing = [str(file) for file in files if not file.is_file()]
        if missing:
            raise SourceError(f"{path}, line {number}: no picture {missing[0]}")
        yield AskedPair(str(row.get("id") or number - 1), *files)


def _of_folder(folder: Path) -> list[AskedPair]:
    """Return the pairs of a folder: `NAME_before` and `NAME_after`, or `before/` and `after/`.

    Raises:
        SourceError: A picture has no partner, or there are none.
    """
    if (folder / "before").is_dir() and (folder / "after").is_dir():
        return _matched(folder, _stems(folder / "before"), _stems(folder / "after"))
    sides: tuple[dict[str, Path], dict[str, Path]] = ({}, {})
    others: dict[str, Path] = {}
    for stem, path in _stems(folder).items():
        match = _ENDING.match(stem)
        if match is None:
            others[stem] = path
        else:
            sides[match["which"].lower() not in _FIRST][match["stem"]] = path
    # Spot-the-Diff calls its pictures `7.png` and `7_2.png`.
    for stem in list(sides[0]):
        if stem in others and stem not in sides[1]:
            sides[1][stem] = sides[0].pop(stem)
    sides[0].update({stem: path for stem, path in others.items() if stem in sides[1]})
    return _matched(folder, *sides)


def _stems(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by name without ending."""
    endings = _endings()
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
    return {path.stem: path for path in files}


def _endings() -> frozenset[str]:
    """Return the endings of the files that are pictures."""
    from PIL import Image

    return frozenset(e for e, kind in Image.registered_extensions().items() if kind in READERS)


def _matched(folder: Path, first: dict[str, Path], second: dict[str, Path]) -> list[AskedPair]:
    """Return the pairs of equal names.

    Raises:
        SourceError: A picture has no partner, or there are none.
    """
    alone = sorted(path.name for stem, path in first.items() if stem not in second)
    alone += sorted(path.name for stem, path in second.items() if stem not in first)
    if alone or not first:
        told = f"no partner for {', '.join(alone[:5])}" if alone else "no pairs"
        raise SourceError(
            f"{folder}: {told}; expected NAME_before.png with NAME_after.png (any format), or the "
            "same names in folders before/ and after/"
        )
    return [AskedPair(stem, first[stem], second[stem]) for stem in sorted(first)]
