"""Peak memory of a `demo` run at two sizes: it should not grow with the number of pairs.

    python tests/benchmarks/memory.py [SMALL] [LARGE]

Sums the resident memory of the command and its workers, twenty times a second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import psutil


def family_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a process and all that it started."""
    total = 0
    try:
        for member in [process, *process.children(recursive=True)]:
            total += member.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return total


def peak(pairs: int) -> tuple[int, float]:
    """Return the peak memory and the seconds of a run over drawn scenes and photographs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo"]
        settings = ["--set", "image.resolution=128", "--out", str(Path(folder) / "run")]
        start = time.perf_counter()
        process = psutil.Popen([*command, "--n", str(pairs), *settings], stdout=-3)
        highest = 0
        while process.poll() is None:
            highest = max(highest, family_bytes(process))
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"syned ended with {process.returncode}")
        return highest, time.perf_counter() - start


def main() -> None:
    """Print both peaks and their ratio."""
    sizes = [int(text) for text in sys.argv[1:]] or [1000, 20000]
    peaks = []
    for pairs in sizes:
        highest, seconds = peak(pairs)
        peaks.append(highest)
        print(f"{pairs:6d} pairs: peak {highest / 2**20:.0f} MiB, {seconds:.0f} s")
    print(f"ratio {peaks[-1] / peaks[0]:.2f}")


if __name__ == "__main__":
    main()
