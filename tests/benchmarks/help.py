"""Seconds until `syned --help` has answered.

python tests/benchmarks/help.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    """Print the median and the range of eleven tries, after one to warm up."""
    command = [sys.executable, "-m", "syned", "--help"]
    seconds = []
    for _ in range(12):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    low, median, high = min(seconds[1:]), statistics.median(seconds[1:]), max(seconds[1:])
    print(f"syned --help: median {median:.3f} s ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
