"""What a second worker saves a run of `demo` on Ray: the stages, and the whole command.

    python tests/benchmarks/ray_workers.py [PAIRS] [FOLDER]

Each stage that makes parts has one actor, and then two, of one core each, on this machine. Stages
are timed from the first part that is begun to the last one that is there; the whole command also
starts Ray, looks at the sources, filters and exports, which one process does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STAGES = ("sample", "instruct", "edit", "score")


def generate(out: Path, pairs: int, images: str, workers: int) -> float:
    """Run `syned generate` on Ray and return its seconds."""
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", "--engine", "ray"]
    command += ["--images", images, "--n", str(pairs), "--out", str(out)]
    command += [word for stage in STAGES for word in ("--size", f"{stage}={workers}x1cpu")]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def stage_seconds(run: Path, stage: str) -> float:
    """Return the seconds from the first part's beginning to the last part's end."""
    sidecars = sorted(run.glob(f"0?-{stage}/part-*.json"))
    ends = [path.stat().st_mtime for path in sidecars]
    took = [json.loads(path.read_text())["seconds"] for path in sidecars]
    return max(ends) - min(end - own for end, own in zip(ends, took, strict=True))


def main() -> None:
    """Print seconds with one and two workers, and their ratios."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    images = sys.argv[2] if len(sys.argv) > 2 else "builtin:photos"
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            run = Path(folder) / f"run-{workers}"
            whole = generate(run, pairs, images, workers)
            for stage in STAGES:
                found.setdefault(stage, []).append(stage_seconds(run, stage))
            found.setdefault("command", []).append(whole)
    stages = [sum(found[stage][i] for stage in STAGES) for i in (0, 1)]
    for name, (one, two) in {**found, "all four stages": stages}.items():
        print(f"{name:16} one {one:7.1f} s   two {two:7.1f} s   {one / two:.2f} times")


if __name__ == "__main__":
    main()
