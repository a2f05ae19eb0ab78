"""METEOR in a Java that is missing, killed, late or strange, and in one that works."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from syned.errors import EngineError
from trainer.metrics import MeteorEngine, NoMeteor, find_meteor, score


def engine(folder: Path, script: str, seconds: float | None = None) -> MeteorEngine:
    """Return METEOR run by a shell script in place of Java."""
    java = folder / "java"
    java.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    java.chmod(0o755)
    return MeteorEngine(java, folder / "meteor-1.5.jar", seconds)


def test_a_java_that_hangs_is_stopped(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"longer than 0\.5 seconds"):
        engine(tmp_path, "exec sleep 60", seconds=0.5).score(["a"], [["a"]])
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "script", ["exit 3", "read line; kill -9 $$", "read line; echo 1.0; exit 1"]
)
def test_a_java_that_dies_is_told(tmp_path: Path, script: str) -> None:
    with pytest.raises(EngineError, match="ended before it had answered"):
        engine(tmp_path, script).score(["a"] * 50_000, [["a b c d"]] * 50_000)


def test_a_java_that_talks_nonsense_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="something else than numbers"):
        engine(tmp_path, "while read line; do echo nonsense; echo more; done").score(["a"], [["a"]])


def test_a_java_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = MeteorEngine(tmp_path / "java", tmp_path / "meteor-1.5.jar")
    with pytest.raises(EngineError, match="cannot be started"):
        missing.score(["a"], [["a"]])


def test_the_interpreter_ends_after_a_failure(tmp_path: Path) -> None:
    engine(tmp_path, "exec sleep 60")
    code = (
        "from pathlib import Path\nfrom trainer.metrics import MeteorEngine\n"
        f"here = Path({str(tmp_path)!r})\n"
        "MeteorEngine(here / 'java', here / 'x.jar', 0.5).score(['a'], [['a']])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert "longer than 0.5 seconds" in done.stderr


def working() -> MeteorEngine:
    found = find_meteor()
    if isinstance(found, NoMeteor):
        pytest.skip(f"METEOR NOT TESTED: {found.reason}")
    return found


@pytest.mark.slow
def test_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    working()
    # With a German Java the jar would write and read decimal commas.
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=de -Duser.country=DE")
    found = score(
        {"a": "a dog runs", "b": "", "c": "the cat ||| sat"},
        {"a": ["a dog runs"], "b": ["a kite"], "c": ["a cat sat", "the kitten sits"]},
    )
    assert found.per_sample["METEOR"][:2].tolist() == [1, 0]
    assert 0 < found.per_sample["METEOR"][2] < 1
    assert 0 < (found.corpus["METEOR"] or 0) < 1
    assert found.missing == {}


@pytest.mark.slow
def test_meteor_equals_that_of_pycocoevalcap() -> None:
    ours = working()
    gts = {i: [f"a {word} dog runs", f"the {word} dog"] for i, word in enumerate(["red", "big"])}
    res = {0: ["a red puppy running"], 1: ["the dog is large"]}
    corpus, each = ours.score([res[0][0], res[1][0]], [gts[0], gts[1]])
    code = (
        "from pycocoevalcap.meteor.meteor import Meteor\n"
        f"corpus, each = Meteor().compute_score({gts!r}, {res!r})\n"
        "print(corpus, *each)"
    )
    path = f"{ours.java.parent}:/usr/bin:/bin"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={"PATH": path},
    )
    assert [corpus, *each] == pytest.approx([float(x) for x in done.stdout.split()], abs=1e-9)
