"""What 30 thousand, 3 million and 300 million pairs of the recipe `default` take, from rates.

    python tests/benchmarks/scale.py [RATES]

RATES is a YAML file of rates, each with where it is from: measured with a command, or reported by
others; `data_cards/scale.yaml` if not given. Prints the table of `data_cards/scale.md`. GPUs are
taken so that the longest stage ends within a week; hours are those of the stage, all GPUs busy.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

SIZES = (30_000, 3_000_000, 300_000_000)
CANDIDATES = 4
INSTRUCTIONS_PER_PICTURE = 4
WEEK = 7 * 24
LARGEST_PART = 4096
FEW_PARTS = 20_000
"""Parts of a stage up to which the usual size of 256 pairs is kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what it says, and a cell for each size."""

    what: str
    cells: tuple[str, ...]


def read_rates(path: Path) -> dict[str, float]:
    """Return the rates of a file by their names."""
    return {name: float(rate["value"]) for name, rate in yaml.safe_load(path.read_text()).items()}


def part_size(pairs: int) -> int:
    """Return pairs in a part: 256, or more where there would be too many parts."""
    return 256 if pairs / 256 <= FEW_PARTS else LARGEST_PART


def hours(seconds: float) -> str:
    """Return a time as a person says it."""
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:,.0f} h"


def size(gigabytes: float) -> str:
    """Return gigabytes, or terabytes where there are many."""
    return f"{short(gigabytes)} GB" if gigabytes < 2000 else f"{gigabytes / 1000:,.0f} TB"


def short(number: float) -> str:
    """Return a number with no more digits than it deserves."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def rows(rates: dict[str, float]) -> list[Row]:
    """Return the table."""
    table: dict[str, list[str]] = {}

    def put(what: str, cell: str) -> None:
        table.setdefault(what, []).append(cell)

    for pairs in SIZES:
        instructions = pairs / CANDIDATES
        pictures = instructions / INSTRUCTIONS_PER_PICTURE
        edit = pairs * rates["edit_seconds"] / 3600
        write = instructions / rates["instructions_per_second"] / 3600
        score = pairs / rates["scored_pairs_per_second"] / 3600
        gpus = max(1, math.ceil(edit / WEEK))
        parts = math.ceil(pairs / part_size(pairs))
        put("source pictures", f"{pictures:,.0f}")
        put("GPU hours: write, edit, score", ", ".join(map(short, (write, edit, score))))
        put("GPUs, so that editing ends within a week", f"{gpus:,}")
        put(
            "hours on them: write, edit, score",
            ", ".join(hours(3600 * h / gpus) for h in (write, edit, score)),
        )
        put("scan, one process", hours(pictures * rates["scan_ms"] / 1000))
        put("sample, core hours", short(pictures * rates["sample_ms"] / 3.6e6))
        put("parts of a stage", f"{parts:,} of {part_size(pairs):,} pairs")
        put("objects written in a store", f"{2 * 4 * parts:,}")
        put("storage of the run", size(pairs * rates["run_kb"] / 1e6))
        put("filter", hours(pairs / 1e6 * rates["filter_seconds_per_million"]))
        put("memory of the filter", size(pairs / 1e6 * rates["filter_gb_per_million"]))
    return [Row(what, tuple(cells)) for what, cells in table.items()]


def main() -> None:
    """Print the table in Markdown."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data_cards/scale.yaml")
    print(f"| | {' | '.join(f'{pairs:,} pairs' for pairs in SIZES)} |")
    print(f"|---|{'---|' * len(SIZES)}")
    for row in rows(read_rates(path)):
        print(f"| {row.what} | {' | '.join(row.cells)} |")


if __name__ == "__main__":
    main()
