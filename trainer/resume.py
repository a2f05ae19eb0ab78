"""A training that goes on: from which checkpoint, and with the pairs that it began with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from syned.errors import RunError
from syned.ids import fingerprint
from syned.run import RunFolder
from syned.storage import write_whole
from trainer.mix import Part
from trainer.setup import rank

FILE = "data.json"
STATE = "trainer_state.json"
"""What `transformers.Trainer` writes last into a checkpoint."""


def has_begun(run: RunFolder) -> bool:
    """Say whether anything was trained that another recipe or other pairs would spoil."""
    return any(run.path.glob("phase-*/checkpoint-*")) or any(run.path.glob("phase-*/done.json"))


def insist_on_same_data(
    run: RunFolder, phases: Sequence[Sequence[Part]], validation: Part | None
) -> None:
    """Keep what marks the pairs of a new training; compare with it where one goes on.

    Pairs that came into the test set since are left out of the phases, so they are seen here, too.

    Args:
        run: The training's folder.
        phases: The components of each phase.
        validation: The pairs that choose the best weights.

    Raises:
        RunError: The training began with other pairs.
    """
    named = [(f"phase {n + 1}, {p.name}", p) for n, parts in enumerate(phases) for p in parts]
    named += [("validation", validation)] if validation else []
    marks = [[name, len(part.store.rows), _mark(part)] for name, part in named]
    path = run.path / FILE
    if has_begun(run) and path.is_file():
        _compare(run, json.loads(path.read_text(encoding="utf-8")), marks)
    elif rank() == 0:
        write_whole(path, json.dumps(marks, indent=1))


def _mark(part: Part) -> str:
    """Return a hash of pictures, captions and draws of a component."""
    rows = part.store.rows
    told = [[r.pair_id, r.before_hash, r.after_hash, list(r.captions)] for r in rows]
    return fingerprint([told, list(part.draws)])


def _compare(run: RunFolder, then: list[list[object]], now: list[list[object]]) -> None:
    """Insist that all components are as they were.

    Raises:
        RunError: One is not.
    """
    other = [
        f"{new[0]}: {old[1]:,} pairs then, {new[1]:,} now"
        + (" (of other pictures or captions)" if old[1] == new[1] else "")
        for old, new in zip(then, now, strict=True)
        if old != new
    ]
    if other:
        raise RunError(
            f"{run.path} was begun with other pairs:\n"
            + "\n".join(f"  - {line}" for line in other)
            + "\nNothing was changed. Name another folder with --out, or bring the pairs back."
        )


def last_whole(folder: Path) -> str | None:
    """Return the last checkpoint that was written to its end; its state is written last."""
    for path in sorted(folder.glob("checkpoint-*"), key=lambda p: -int(p.name.split("-")[1])):
        try:
            json.loads((path / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return str(path)
    return None
