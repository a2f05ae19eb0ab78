"""What `syned score` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syned.errors import EngineError
from trainer.metrics.files import read_predictions, read_references
from trainer.metrics.join import ScoreError, refuse_empty
from trainer.metrics.meteor import NoMeteor, find_meteor
from trainer.metrics.scores import score
from trainer.metrics.show import as_json, print_scores, write_per_sample

if TYPE_CHECKING:
    from rich.console import Console


def score_files(
    predictions: Path,
    references: Path,
    console: Console,
    *,
    meteor: bool | None,
    allow_empty: bool,
    per_sample: Path | None,
    json: bool,
) -> None:
    """Score a file of predictions and print what it scores.

    Args:
        predictions: One caption for each id.
        references: The captions of each id.
        console: Where a table is printed.
        meteor: Whether METEOR is demanded; nothing for where it can be had.
        allow_empty: Whether predictions may say nothing.
        per_sample: Where the scores of each id are written, if anywhere.
        json: Whether to print JSON in place of a table.

    Raises:
        ScoreError: A file cannot be read or written, or the two do not fit together.
        EngineError: METEOR was demanded and cannot be had, or has failed.
    """
    if per_sample:
        _check_out(per_sample)
    engine = find_meteor() if meteor else None
    if isinstance(engine, NoMeteor):
        raise EngineError(engine.reason)
    said = read_predictions(predictions)
    if not allow_empty:
        refuse_empty(said)
    scores = score(said, read_references(references), meteor=meteor is not False)
    if per_sample:
        write_per_sample(scores, per_sample)
    if json:
        print(as_json(scores, predictions, references))  # noqa: T201
    else:
        print_scores(scores, console)


def _check_out(path: Path) -> None:
    """Say before any work that a file cannot be written."""
    if path.is_dir():
        raise ScoreError(f"{path} is a folder; give `--per-sample` the path of a file.")
    if not path.parent.is_dir():
        raise ScoreError(
            f"{path} cannot be written: there is no folder {path.parent}. Make it, or give "
            "`--per-sample` another path."
        )
