"""The filter over a million pairs: seconds, memory, and how both grow.

    python tests/benchmarks/filter.py [--n 1000000] [--out /tmp/million]

Makes parts of made-up words and scores, as four candidates of each instruction and two instructions
of each picture, with repeated instructions and copies of pairs among them, and decides with every
rule on: bounds, calibrated bounds, duplicates, near-duplicates, repeats, top-k. The floor it is
held against is reading the same columns with pyarrow and doing nothing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import typer

from pipelines import edit, instruct, score
from pipelines.decisions import decide_run, save_decisions, words_of_kept
from pipelines.funnel import make_funnel
from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from pipelines.scored import read_scores
from syned.arrow import arrow_schema
from syned.parquet import open_writer
from syned.parts import part_path
from syned.rows import EditRow, InstructRow, ScoreRow
from syned.run import RunFolder

PART = 256
CANDIDATES = 4
RULES = (
    "direction=-0.5",
    "max_clip_sim_image=1.0",
    "keep_rate=0.8",
    "near_duplicate_distance=4",
    "max_instruction_repeats=50",
    "top_k=1",
)
VERBS = "Add Remove Replace Paint Move Turn Put Make".split()
LOOKS = "red green blue tiny huge wooden golden striped old shiny".split()
THINGS = [f"{a}{b}" for a in "cat dog tree house boat lamp chair bird".split() for b in range(50)]
PLACES = ("on the left", "on the right", "in the sky", "near the door", "behind the wall", "below")


def recipe_of(n: int) -> Recipe:
    """Return the recipe `default` with every rule of the filter on."""
    return resolve("default", "scenes", n, [f"filter.{rule}" for rule in RULES])


def hexes(values: np.ndarray) -> list[str]:
    """Return uint64 numbers as 16 hex digits."""
    return [f"{value:016x}" for value in values.tolist()]


def part_of(index: int, n: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return made-up columns of one part: of what was written, edited and scored."""
    rng = np.random.default_rng(index)
    count = min(PART, n - index * PART)
    number = np.arange(count) + index * PART
    asked = number // CANDIDATES
    ids = [f"pair-{i:015d}" for i in number]
    draw = [np.random.default_rng(int(a)).integers(0, 1 << 30, 5) for a in np.unique(asked)]
    text = [
        f"{VERBS[a % 8]} a {LOOKS[b % 10]} {THINGS[c % 400]} {PLACES[d % 6]}"
        for a, b, c, d, _ in draw
    ]
    words = [text[i] for i in asked - asked[0]]
    seen = rng.integers(0, 2**63, count, dtype=np.uint64)
    source = np.array([hash(int(a) // 2) & (2**63 - 1) for a in asked], dtype=np.uint64)
    copies = rng.random(count) < 0.02
    seen[copies] = seen[np.maximum(np.flatnonzero(copies) - 1, 0)] ^ np.uint64(1)
    written = {
        "pair_id": ids,
        "instruction_id": [f"asked-{i:013d}" for i in asked],
        "image_id": [f"image-{i // 2:013d}" for i in asked],
        "instruction_index": (asked % 2).tolist(),
        "candidate_index": (number % CANDIDATES).tolist(),
        "task": [("add", "remove", "color", "none")[i % 4] for i in asked],
        "instruction": words,
        "captions": [[f"{w}, told {i}" for i in range(5)] for w in words],
    }
    similarities = {
        name: rng.normal(0.3, 0.1, count).tolist()
        for name in ("clip_sim_image", "clip_sim_0", "clip_sim_1", "clip_sim_dir", "clip_sim_gain")
    }
    scored = {
        "pair_id": ids,
        "changed_area": rng.random(count).tolist(),
        "ssim": rng.random(count).tolist(),
        "phash": hexes(source),
        "edited_phash": hexes(seen),
        "edited_id": [f"edited-{i}" for i in number],
        "caption_overlap": rng.random(count).tolist(),
        "caption_fit": rng.random(count).tolist(),
        "caption_defects": [0.0] * count,
        **similarities,
    }
    return written, {"pair_id": ids}, scored


def write(folder: Path, index: int, columns: dict[str, Any], row_type: type) -> None:
    """Write one part; a column that is not given is empty."""
    schema = arrow_schema(row_type)
    count = len(columns["pair_id"])
    columns = {"status": ["ok"] * count} | columns
    empty = {pa.string(): ""}
    arrays = [
        pa.array(columns.get(f.name, [empty.get(f.type)] * count), type=f.type) for f in schema
    ]
    nothing = {"reason", "message", "edit", "into", "raw_answer"}
    arrays = [
        pa.nulls(count, f.type) if f.name in nothing else array
        for f, array in zip(schema, arrays, strict=True)
    ]
    with open_writer(part_path(folder, index), schema) as writer:
        writer.write_table(pa.table(arrays, schema=schema))


def make(run: RunFolder, n: int) -> int:
    """Write the parts of a run that are not there, and return how many it has."""
    parts = -(-n // PART)
    for stage in (instruct.NAME, edit.NAME, score.NAME):
        (run.local / stage).mkdir(parents=True, exist_ok=True)
    for index in range(parts):
        if part_path(run.local / score.NAME, index).exists():
            continue
        written, edited, scored = part_of(index, n)
        write(run.local / instruct.NAME, index, written, InstructRow)
        write(run.local / edit.NAME, index, edited, EditRow)
        write(run.local / score.NAME, index, scored, ScoreRow)
    return parts


def measure(run: RunFolder, parts: int, recipe: Recipe) -> dict[str, float]:
    """Decide, and return the seconds of each step."""
    steps: dict[str, float] = {}
    start = time.perf_counter()
    read_scores(run, parts)
    steps["read"] = time.perf_counter() - start
    start = time.perf_counter()
    table, thresholds = decide_run(run, parts, recipe)
    steps["decide, reading included"] = time.perf_counter() - start
    start = time.perf_counter()
    words = words_of_kept(run, parts, table)
    funnel = make_funnel(recipe, [], table, thresholds, words)
    steps["count words"] = time.perf_counter() - start
    start = time.perf_counter()
    save_decisions(run, table, funnel, "mark")
    steps["save"] = time.perf_counter() - start
    steps["kept"] = funnel.kept
    steps["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return steps


def main(
    n: Annotated[list[int] | None, typer.Option(help="Pairs; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="Where the made-up runs lie.")] = Path("/tmp/million"),
    one: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Measure; each size in a process of its own, for its memory."""
    for count in n or [100_000, 1_000_000]:
        run = RunFolder(out / str(count))
        parts = make(run, count)
        if one:
            print(json.dumps(measure(run, parts, recipe_of(count))))
            return
        command = [sys.executable, __file__, "--n", str(count), "--out", str(out), "--one"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        told = ", ".join(f"{name} {value:,.1f}" for name, value in found.items())
        total = sum(v for k, v in found.items() if k.startswith(("decide", "count", "save")))
        print(f"{count:,} pairs: {total:.1f} s ({told})")


if __name__ == "__main__":
    typer.run(main)
