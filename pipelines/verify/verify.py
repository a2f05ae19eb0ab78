"""Verifies a dataset on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.verify.card import look_at_card
from pipelines.verify.known import Known
from pipelines.verify.layout import look_at_files
from pipelines.verify.parts import look_at_parts
from pipelines.verify.pictures import PictureLook, Seen
from pipelines.verify.report import Ledger, Verified
from pipelines.verify.rows import Rows
from syned.dataset import is_run, open_dataset

Progress = Callable[[int, int], None]
"""Told of rows that were read, and of all that there are."""


def verify(
    place: Path,
    *,
    name: str | None = None,
    known: Known | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Verified:
    """Read all of a dataset once and check it.

    Args:
        place: A run, a folder as it is on the Hub, or one Parquet file.
        name: What it is called, if not by its place.
        known: Pictures that nothing may come close to.
        progress: Told of the work.

    Raises:
        RunError: A run has no dataset yet.
        SourceError: There is no such folder, or no Parquet file in it.
    """
    dataset, ledger = open_dataset(place), Ledger()
    opened = look_at_files(dataset, ledger)
    total = sum(metadata.num_rows for metadata in opened.values())

    def compare(seen: Seen, where: str) -> None:
        if known is not None:
            known.look_at(seen, where, ledger)

    rows = Rows(ledger, PictureLook(hashes=known is not None), compare)
    rows.read(dataset, opened, lambda count: progress(count, total))
    if not any(count for splits in rows.counts.values() for count in splits.values()):
        ledger.add("files", "there is no row that can be read", name or str(place))
    if is_run(place):
        look_at_parts(place, ledger)
    if place.is_dir():
        look_at_card(dataset, rows.counts, ledger)
    if known is not None:
        known.tell_unread(ledger)
    return Verified(
        path=name or str(place),
        rows={config: dict(splits) for config, splits in rows.counts.items()},
        bytes=sum(shard.path.stat().st_size for shard in dataset.shards),
        checks=ledger.checks(against=known is not None, card=place.is_dir(), run=is_run(place)),
        unscreened=rows.screen.told(),
    )
