"""Pairs per second of the recipe `demo` against what Pillow alone needs for the same pictures.

    python tests/benchmarks/throughput.py [PAIRS] [FOLDER]

The floor is a process on each core that decodes both pictures of every pair and encodes both again,
as the run stored them; all at once, since cores that share a cache, or are threads of one, are
slower together. The run is timed as a user sees it, start of every process included: by the clock,
and by the processor time of all cores together, which other programs on the machine disturb less.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from PIL import Image

from pipelines.requirements import cores


def generate(out: Path, pairs: int, images: str) -> tuple[float, float]:
    """Run `syned generate` and return its seconds on the clock and on all cores together."""
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo"]
    settings = ["--images", images, "--n", str(pairs), "--out", str(out)]
    start, used = time.perf_counter(), 0.0
    process = psutil.Popen([*command, *settings], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        used = max(used, family_seconds(process))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"syned ended with {process.returncode}")
    return time.perf_counter() - start, used


def family_seconds(process: psutil.Process) -> float:
    """Return the processor time of a process and all that it started, ended ones included."""
    try:
        family = [process, *process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:4]) for member in family)
    except psutil.NoSuchProcess:
        return 0.0


def pictures(run: Path) -> Iterator[bytes]:
    """Yield the encoded pictures of every pair of a run, source and edited."""
    for shard in sorted((run / "dataset" / "data").glob("*.parquet")):
        for batch in pq.ParquetFile(shard).iter_batches(64, columns=["image", "edited_image"]):
            for row in batch.to_pylist():
                yield row["image"]["bytes"]
                yield row["edited_image"]["bytes"]


def recode(encoded: Sequence[bytes]) -> float:
    """Decode and encode pictures; return the seconds of processor time."""
    start = time.process_time()
    for data in encoded:
        image = Image.open(io.BytesIO(data))
        image.load()
        image.save(io.BytesIO(), "JPEG", quality=95, subsampling="4:2:0")
    return time.process_time() - start


def pillow(run: Path) -> tuple[int, float, float]:
    """Recode every picture of a run; return how many, and the seconds on the clock and of cores."""
    encoded, number = list(pictures(run)), cores()
    with ProcessPoolExecutor(number, mp_context=get_context("spawn")) as pool:
        list(pool.map(recode, [encoded[:1]] * number))
        start = time.perf_counter()
        used = sum(pool.map(recode, [encoded[first::number] for first in range(number)]))
        return len(encoded), time.perf_counter() - start, used


def stage_seconds(run: Path) -> dict[str, float]:
    """Return the seconds of each stage, models' loading left out."""
    found: dict[str, float] = {}
    for sidecar in sorted(run.glob("0*/part-*.json")):
        stage = sidecar.parent.name
        found[stage] = found.get(stage, 0.0) + json.loads(sidecar.read_text())["seconds"]
    return found


def main() -> None:
    """Print both rates and their ratio."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    images = sys.argv[2] if len(sys.argv) > 2 else "builtin:photos"
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        wall, used = generate(run, pairs, images)
        count, *floor = pillow(run)
        stages = stage_seconds(run)
    floor_wall, floor_used = (seconds * pairs / (count / 2) for seconds in floor)
    print(f"{pairs} pairs of {images}; of Pillow {count} pictures decoded and encoded")
    for stage, seconds in stages.items():
        print(f"  {stage:12} {seconds:6.2f} s  {1000 * seconds / pairs:6.2f} ms per pair")
    for name, own, least in (("clock", wall, floor_wall), ("per core", used, floor_used)):
        rates = f"{pairs / own:8.1f} pairs/s, Pillow {pairs / least:8.1f}"
        print(f"{name:8} {rates}: {least / own:.2f} of Pillow")


if __name__ == "__main__":
    main()
