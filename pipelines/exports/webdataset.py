"""WebDataset: tar shards, in which the files of a pair lie one after another under one key.

SPLIT-000000.tar   KEY.image.EXT, KEY.edited_image.EXT, KEY.json, then those of the next pair
README.md          types of all columns for `datasets`

A column that a pair has no value for is left out of its JSON: `datasets` takes the types from the
first five pairs, and stops at a value in a column that was null in all of them. The front matter
of the README states all types, so that `datasets.load_dataset("FOLDER")` need not guess.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml

from pipelines.exports.pairs import SIDES, Pair, Placed, row_of, to_json, values_of
from syned.arrow import arrow_schema
from syned.dataset import CARD
from syned.dataset_rows import DatasetRow
from syned.parquet import front_type

DIGITS = "[0-9]" * 6
FILES = f"*-{DIGITS}.tar"
"""By these files such a folder is known."""
MAX_BYTES = 500_000_000
"""A shard is closed once it has this size."""
_NAME = re.compile(r"(?P<split>.+)-(?P<number>\d{6})\.tar")
_HOW = """
# Pairs of pictures with captions of their difference

Tar shards as WebDataset has them, made by `syned export`. Each pair is `KEY.image.*`,
`KEY.edited_image.*` and `KEY.json`; a column without a value is left out of the JSON.

```python
datasets.load_dataset(".")              # this folder; types as stated above
webdataset.WebDataset("{shard}").decode("pil")
```
"""


def write(folder: Path, pairs: Iterable[Pair], row_type: type[DatasetRow]) -> None:
    """Write pairs into an empty folder.

    Args:
        folder: The folder.
        pairs: Split by split.
        row_type: The type of their rows.
    """
    splits: list[str] = []
    pictures: dict[str, None] = {}
    for split, group in groupby(pairs, key=attrgetter("split")):
        splits.append(split)
        pictures |= _write_split(folder, split, group)
    front = yaml.safe_dump(_front(splits, pictures, row_type), sort_keys=False)
    text = f"---\n{front}---\n{_HOW.format(shard=f'{splits[0]}-000000.tar')}"
    (folder / CARD).write_text(text, encoding="utf-8")


def _write_split(folder: Path, split: str, pairs: Iterator[Pair]) -> dict[str, None]:
    """Write the shards of a split.

    Returns:
        The names that pictures have after the key, in the order in which they were met.
    """
    names: dict[str, None] = {}
    for number, first in enumerate(pairs):
        with tarfile.open(folder / f"{split}-{number:06d}.tar", "w") as tar:
            names |= _fill(tar, chain([first], pairs))
    return names


def _fill(tar: tarfile.TarFile, pairs: Iterable[Pair]) -> dict[str, None]:
    """Write pairs until the shard is full or none is left, and return the names of pictures."""
    names: dict[str, None] = {}
    for pair in pairs:
        for picture in pair.pictures:
            _add(tar, picture.name, picture.data)
            names[picture.name.partition(".")[2]] = None
        values = {k: v for k, v in values_of(pair.row).items() if v is not None}
        _add(tar, f"{pair.key}.json", to_json(values).encode())
        if tar.offset >= MAX_BYTES:
            break
    return names


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a file; that of a `TarInfo` is of no time and nobody."""
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _front(
    splits: Iterable[str], pictures: Iterable[str], row_type: type[DatasetRow]
) -> dict[str, Any]:
    """Return the front matter by which `datasets` knows splits and types."""
    columns = [f for f in arrow_schema(row_type) if f.name not in SIDES]
    features = [
        *({"name": name, "dtype": "image"} for name in pictures),
        {"name": "json", "struct": [{"name": f.name, **front_type(f.type)} for f in columns]},
        *({"name": name, "dtype": "string"} for name in ("__key__", "__url__")),
    ]
    files = [{"split": split, "path": f"{split}-{DIGITS}.tar"} for split in splits]
    return {
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"config_name": "default", "features": features},
    }


def read(folder: Path) -> Iterator[Placed]:
    """Yield the rows that were written, a pair in memory at a time, splits by name."""
    found = (_NAME.fullmatch(path.name) for path in folder.glob(FILES))
    shards = sorted((name["split"], int(name["number"]), name[0]) for name in found if name)
    for split, _, name in shards:
        with tarfile.open(folder / name, "r:") as tar:
            members = ((m.name.partition("."), m) for m in tar if m.isfile())
            for _, files in groupby(members, key=lambda member: member[0][0]):
                yield split, _row(tar, {name[2]: member for name, member in files})
            _check_end(folder / name, tar.offset)


def _check_end(path: Path, end: int) -> None:
    """Raise unless a shard ends where its last file does; `tarfile` is silent about a cut."""
    with path.open("rb") as file:
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE * 2) != bytes(tarfile.BLOCKSIZE * 2):
            raise tarfile.ReadError(f"{path.name} is cut or damaged at byte {end:,}")


def _row(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> DatasetRow:
    """Return the row of the files of one key."""
    data = {name.partition(".")[0]: _bytes(tar, member) for name, member in members.items()}
    return row_of(json.loads(data["json"]), data["image"], data["edited_image"])


def _bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None, "it is a file"
    return file.read()
