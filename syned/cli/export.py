"""`syned export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syned.cli.common import console
from syned.told import told

if TYPE_CHECKING:
    from pipelines.exports.export import Exported


class To(StrEnum):
    """The layouts; `pipelines.exports.export.LAYOUTS` has them by these names."""

    WEBDATASET = "webdataset"
    FOLDER = "folder"
    COCO = "coco"


def export(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PATH|REPO",
            help="A run, a folder of shards or a Parquet file, here or in a store (s3://, gs://); "
            "or a dataset `owner/name` on the Hub.",
        ),
    ],
    *,
    to: Annotated[To, typer.Option(help="The layout.")],
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where it goes; empty, or not there yet."),
    ],
    config: Annotated[
        str, typer.Option(metavar="NAME", help="Which configuration, such as `raw_scored`.")
    ] = "default",
) -> None:
    """Turn a dataset into tar shards, a folder of pictures, or COCO captions.

    `webdataset`: tar shards SPLIT-000000.tar of about 500 MB, for each pair KEY.image.EXT,
    KEY.edited_image.EXT and KEY.json. A README states the types, for `load_dataset("OUT")`.

    `folder`: pictures in SPLIT/images, and SPLIT/metadata.parquet, with which
    `load_dataset("imagefolder", data_dir="OUT")` gives both pictures; SPLIT/pairs.jsonl says the
    same in plain text.

    `coco`: annotations/captions_SPLIT.json and pictures in SPLIT. An image is a pair: `file_name`
    is its edited picture, `before_file_name` the one before. `syned score PREDICTIONS` takes the
    file as REFERENCES; predictions name a pair by the `id` of its image.

    All columns of syned go along, and pictures are copied byte for byte; KEY is the `pair_id`. The
    folder appears once it is whole. If the same export is there already, it stays, and that is
    said; anything else is left alone.

    Exit codes: 0 it is there, 2 the dataset or the folder does not allow it.

    Examples:

        syned export runs/demo --to webdataset --out demo-tars

        syned export owner/name --to coco --out name-coco

        syned export runs/mine/publish --config raw_scored --to folder --out mine-raw
    """
    with told("Give the same command again."):
        from pipelines.exports.export import export as export_dataset
        from syned.bars import bar
        from syned.hub.download import download, is_repo
        from syned.mirror import on_this_machine

        place = download(what) if is_repo(what) else on_this_machine(what)
        with bar("exporting") as progress:
            found = export_dataset(
                place, out.expanduser(), to.value, config=config, progress=progress
            )
        _print(found, out, to)


def _print(found: Exported, out: Path, to: To) -> None:
    """Say what there is now."""
    splits = ", ".join(f"{split} {count:,}" for split, count in found.pairs.items())
    begin = f"wrote {out}" if found.made else f"{out} is there already, and the same"
    lines = [f"{begin} ({to}): {splits} pairs"]
    if found.left_out:
        lines.append(f"left out, since no columns of syned: {', '.join(found.left_out)}")
    for line in lines:
        console().print(line, highlight=False, soft_wrap=True)
