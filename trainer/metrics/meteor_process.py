"""METEOR's Java while it runs: what it is asked and tells, and its end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from syned.errors import EngineError
from trainer.metrics.ngrams import Floats

LOAD_SECONDS = 180.0
"""Java reads its 62 MB of paraphrases in 5 to 20 seconds; a busy disk may take much longer."""
SECONDS_PER_SAMPLE = 0.1
"""About a hundred times what a sample with five references takes."""
SHOWN = 60
"""How many characters of a strange answer a message shows."""
_FIELD = " ||| "
_NUMBERS = re.compile("[-+.0-9eE ]+")


class RunningMeteor:
    """METEOR in a Java that has read its tables once it has been asked something.

    Args:
        start: Starts it.
        seconds: Time limit for all samples of a set; by their number if left out.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], seconds: float | None) -> None:
        self._start, self._seconds = start, seconds
        self._java: subprocess.Popen[bytes] | None = None

    def score(
        self, predictions: Sequence[str], references: Sequence[Sequence[str]]
    ) -> tuple[float, Floats]:
        """Return METEOR of the corpus, and of each sample, float64 (samples,); all in [0, 1].

        That of the corpus comes from the sums of the samples' counts; it is not their mean.

        Args:
            predictions: One tokenized caption for each sample, without line breaks.
            references: Tokenized captions of each sample.

        Raises:
            EngineError: Java cannot be started, ended early, took too long or gave no numbers.
        """
        lines = [_score_line(*pair) for pair in zip(predictions, references, strict=True)]
        limit = self._seconds or LOAD_SECONDS + SECONDS_PER_SAMPLE * len(lines)
        with self._process(limit) as process:
            counts = _ask(process, lines, len(lines))
            told = _ask(process, [_FIELD.join(("EVAL", *counts))], len(lines) + 1)
        *each, corpus = map(_score, told)
        return corpus, np.array(each, dtype=np.float64)

    @contextlib.contextmanager
    def _process(self, limit: float) -> Iterator[subprocess.Popen[bytes]]:
        """Ask Java within a time; say so if it was the clock that ended it."""
        process = self._java = self._java or self._start()
        late = threading.Event()
        clock = threading.Timer(limit, _stop, (process, late))
        clock.daemon = True
        clock.start()
        try:
            yield process
        except _Ended as error:
            raise EngineError(_why(process, limit, late=late.is_set())) from error
        finally:
            clock.cancel()

    def end(self) -> None:
        """End Java, whatever it does."""
        if self._java is not None:
            _end(self._java)


class _Ended(Exception):
    """Java gave fewer lines than it was asked for."""


def _score_line(prediction: str, references: Sequence[str]) -> str:
    fields = (text.replace("|||", "").replace("  ", " ") for text in (*references, prediction))
    return _FIELD.join(("SCORE", *fields))


def _ask(process: subprocess.Popen[bytes], lines: Sequence[str], answers: int) -> list[str]:
    """Send lines while reading the answers, since either side waits when a pipe is full."""
    writer = threading.Thread(target=_send, args=(process, lines), daemon=True)
    writer.start()
    assert process.stdout is not None
    told = [_checked(process.stdout.readline()) for _ in range(answers)]
    writer.join()
    return told


def _checked(line: bytes) -> str:
    """Return a line that Java told, without its end: one number or many."""
    if not line.endswith(b"\n"):
        raise _Ended
    told = line.decode(errors="replace").strip()
    if not _NUMBERS.fullmatch(told):
        raise _strange(told)
    return told


def _score(told: str) -> float:
    """Return a score that Java told."""
    try:
        value = float(told)
    except ValueError as error:
        raise _strange(told) from error
    if not 0 <= value <= 1:
        raise _strange(told)
    return value


def _strange(told: str) -> EngineError:
    return EngineError(
        f"METEOR's Java gave {told[:SHOWN]!r}, expected numbers, and scores from 0 to 1. Look "
        "whether another program is called `java`, or score without it (`--no-meteor`)."
    )


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has not been waited for, and what it started: `java` may be a script."""
    if process.returncode is not None:
        return
    if os.name == "nt":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _send(process: subprocess.Popen[bytes], lines: Iterable[str]) -> None:
    assert process.stdin is not None
    # A process that has ended shows in what it did not answer.
    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            process.stdin.write(f"{line}\n".encode(errors="replace"))
        process.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            assert pipe is not None
            pipe.close()


def _why(process: subprocess.Popen[bytes], limit: float, *, late: bool) -> str:
    if late:
        return (
            f"METEOR took longer than {limit:g} seconds and was stopped; score without it "
            "(`--no-meteor`), or when the machine is less busy."
        )
    _kill(process)
    return (
        f"METEOR's Java ended before it had answered (exit code {process.wait()}); it needs 2 GB "
        "of memory. Score without it (`--no-meteor`) or free some."
    )
