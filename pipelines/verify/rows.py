"""Reads every row of a dataset once and checks it, alone and against the others."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from pipelines.scorers.captions import LIMITS
from pipelines.verify.pictures import PictureLook, Seen
from pipelines.verify.read import batches
from pipelines.verify.report import Ledger
from pipelines.verify.screen import Screen
from pipelines.writers.rules import check_text
from syned.dataset import Dataset, Shard
from syned.errors import RowError
from syned.rows import NUM_CAPTIONS, SCORE_NAMES, Task

_COSINES = (-1.0, 1.0)
_SHARES = (0.0, 1.0)
RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(SCORE_NAMES, _COSINES),
    **dict.fromkeys(
        ("changed_area", "caption_overlap", "caption_fit", "nsfw_0", "nsfw_1"), _SHARES
    ),
    "clip_sim_gain": (-2.0, 2.0),
    "caption_defects": (0.0, math.inf),
}
"""What each score can be (meanings: `syned.rows.ScoreRow`)."""
_ROUNDING = 1e-3
NO_LICENCE = frozenset(("", "unknown", "none", "null", "n/a", "na", "?", "-", "todo", "tbd"))
"""Words in the place of a licence that state none."""

OnRows = Callable[[int], None]


@dataclass(slots=True)
class Rows:
    """Checks rows one after another, and remembers what has to differ or to agree.

    Attributes:
        ledger: Where problems are noted.
        look: Decodes pictures.
        counts: Rows by configuration and split.
        screen: What models said of what pictures show.
    """

    ledger: Ledger
    look: PictureLook
    on_picture: Callable[[Seen, str], None] = lambda _seen, _where: None
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    screen: Screen = field(default_factory=Screen)
    _ids: dict[tuple[str, str], str] = field(default_factory=dict)
    _splits: dict[str | bytes, str] = field(default_factory=dict)
    _pictures: dict[str, bytes] = field(default_factory=dict)
    _pairs: dict[Any, tuple[str, Any]] = field(default_factory=dict)

    def read(
        self, dataset: Dataset, opened: Mapping[Shard, pq.FileMetaData], on_rows: OnRows
    ) -> None:
        """Read all shards that could be opened."""
        for shard in dataset.shards:
            rows = self.counts.setdefault(shard.config, Counter())
            rows[shard.split] += 0
            for first, batch in batches(shard, opened.get(shard), self.ledger):
                self._check(shard, first, batch)
                rows[shard.split] += len(batch)
                on_rows(len(batch))

    def _check(self, shard: Shard, first: int, batch: Sequence[dict[str, Any]]) -> None:
        """Check some rows of a shard."""
        places = [f"{shard.name} row {first + i}{_named(r)}" for i, r in enumerate(batch)]
        for where, row in zip(places, batch, strict=True):
            self._identity(shard, row, where)
            if row.get("kept", True):
                self._words(row, where)
            self._values(row, where)
            self.screen.add(row)
        sides = [(_bytes(row, "image"), _bytes(row, "edited_image")) for row in batch]
        seen = self.look([data for pair in sides for data in pair])
        for number, (where, row) in enumerate(zip(places, batch, strict=True)):
            self._both(shard, row, (seen[2 * number], seen[2 * number + 1]), where)

    def _identity(self, shard: Shard, row: dict[str, Any], where: str) -> None:
        """Check the ids of a row; a column that is missing is told with the schema."""
        for name in ("pair_id", "image_id"):
            if name in row and not (row[name] or "").strip():
                self.ledger.add("ids", f"a pair has no {name}", where)
        pair_id, image_id = row.get("pair_id"), row.get("image_id")
        first = self._ids.setdefault((shard.config, pair_id), where) if pair_id else where
        if first != where:
            self.ledger.add("ids", "a pair_id is there more than once", f"{where}; first: {first}")
        if image_id and self._splits.setdefault(image_id, shard.split) != shard.split:
            self._leak("an image_id is in two splits", image_id, where)

    def _leak(self, kind: str, mark: str | bytes, where: str) -> None:
        self.ledger.add("splits", kind, f"{where}; first in {self._splits[mark]}")

    def _words(self, row: dict[str, Any], where: str) -> None:
        """Check captions and instruction."""
        if "instruction" in row:
            self._text("instruction", row["instruction"], where)
        if "captions" not in row:
            return
        captions = row["captions"] or ()
        if len(captions) != NUM_CAPTIONS:
            self.ledger.add("captions", f"not {NUM_CAPTIONS} captions", f"{where}: {len(captions)}")
        if len({_told(caption) for caption in captions}) < len(captions):
            self.ledger.add("captions", "two captions of a pair are the same", where)
        for caption in captions:
            self._text("caption", caption, where)

    def _text(self, name: str, text: Any, where: str) -> None:
        """Check one text."""
        fault = _fault(f"the {name}", text)
        if fault:
            article = "an" if name[0] in "aeiou" else "a"
            self.ledger.add("captions", f"{article} {name} is not clean", f"{where}: {fault}")

    def _values(self, row: dict[str, Any], where: str) -> None:
        """Check task, scores and licence."""
        if "task" in row and row["task"] not in list(Task):
            self.ledger.add("values", "a task is not known", f"{where}: {row['task']!r}")
        for name, (low, high) in RANGES.items():
            value = row.get(name)
            if value is not None and not low - _ROUNDING <= value <= high + _ROUNDING:
                told = f"{name} is out of its range, {low:g} to {high:g}"
                self.ledger.add("values", told, f"{where}: {value}")
        licence = row.get("license", "?") or ""
        if "license" in row and licence.strip().lower() in NO_LICENCE:
            self.ledger.add("licences", "a row states no licence", where)

    def _both(self, shard: Shard, row: dict[str, Any], seen: tuple[Seen, Seen], where: str) -> None:
        """Check the two pictures of a row."""
        if not {"image", "edited_image"} <= row.keys():
            return
        for name, one in zip(("image", "edited_image"), seen, strict=True):
            if one.fault:
                self.ledger.add(
                    "pictures", "a picture does not decode", f"{where}, {name}: {one.fault}"
                )
            else:
                self.on_picture(one, f"{where}, {name}")
        if seen[0].size and seen[1].size and seen[0].size != seen[1].size:
            sizes = " and ".join(f"{w}x{h}" for w, h in (seen[0].size, seen[1].size))
            self.ledger.add(
                "pictures", "the pictures of a pair differ in size", f"{where}: {sizes}"
            )
        if not any(one.fault for one in seen):
            self._pair(shard, row, seen, where)
        self._source(shard, row, seen[1 if row.get("inverse") else 0], where)

    def _pair(self, shard: Shard, row: dict[str, Any], seen: tuple[Seen, Seen], where: str) -> None:
        """Check that the pictures of a row differ, and that no other row has them and its words."""
        if not row.get("kept", True):
            return
        if seen[0].digest == seen[1].digest and row.get("task") != Task.NONE:
            kind = "the pictures of a pair are the same, and its task is not none"
            self.ledger.add("pictures", kind, where)
        mark = (shard.config, seen[0].digest, seen[1].digest, row.get("instruction"))
        first, pair_id = self._pairs.setdefault(mark, (where, row.get("pair_id")))
        if first != where and pair_id != row.get("pair_id"):
            told = f"{where}; first: {first}"
            self.ledger.add("ids", "a pair is there again under another id", told)

    def _source(self, shard: Shard, row: dict[str, Any], seen: Seen, where: str) -> None:
        """Check that a source picture is the one of its id, and in one split only."""
        if seen.fault:
            return
        if self._splits.setdefault(seen.digest, shard.split) != shard.split:
            self._leak("a source picture is in two splits", seen.digest, where)
        image_id = row.get("image_id")
        if image_id and self._pictures.setdefault(image_id, seen.digest) != seen.digest:
            self.ledger.add(
                "pictures", "one image_id stands for two pictures", f"{where}: {image_id}"
            )


def _named(row: dict[str, Any]) -> str:
    """Return the id of a row for a message."""
    pair_id = row.get("pair_id")
    return f" ({pair_id[:40]})" if isinstance(pair_id, str) and pair_id else ""


def _bytes(row: dict[str, Any], name: str) -> bytes:
    """Return the bytes of a picture; none where there is none."""
    value = row.get(name)
    data = value.get("bytes") if isinstance(value, dict) else value
    return data if isinstance(data, bytes) else b""


def _told(caption: Any) -> str:
    """Return what tells a caption from others: its words and marks, whatever their case."""
    return re.sub(r"[\W_]+", " ", str(caption)).strip().casefold()


def _fault(name: str, text: Any) -> str:
    """Say what is wrong with a text; nothing if it is clean."""
    if not isinstance(text, str):
        return f"{name} is {text!r}"
    if text != text.strip():
        return f"{name} has white space at its ends: {text[:80]!r}"
    try:
        check_text(name, text, LIMITS)
    except RowError as error:
        return error.message
    return ""
