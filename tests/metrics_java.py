"""The reference tokenizer: the jar in the package pycocoevalcap, where there is a Java.

    python tests/metrics_java.py

asks it again about every line of `metrics_tokens.json`, and writes its answers there. The lines are
our own: odd cases, and captions made up for them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from trainer.metrics.meteor import MeteorEngine, find_meteor

TOKENS = Path(__file__).with_name("metrics_tokens.json")
OPTIONS = (
    *("-Dfile.encoding=UTF-8", "-cp", "stanford-corenlp-3.4.1.jar"),
    *("edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"),
)
PUNCTUATION = "'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split()


def missing() -> str:
    """Say what is missing to run it; nothing if all is there."""
    engine = find_meteor()
    return "" if isinstance(engine, MeteorEngine) else engine.reason


def java_tokens(captions: Sequence[str]) -> list[str]:
    """Return its tokens of captions, without punctuation, as pycocoevalcap asks for them."""
    engine = find_meteor()
    assert isinstance(engine, MeteorEngine)
    found = importlib.util.find_spec("pycocoevalcap")
    assert found
    assert found.submodule_search_locations
    folder = Path(next(iter(found.submodule_search_locations)), "tokenizer")
    done = subprocess.run(
        [engine.java, *OPTIONS],
        cwd=folder,
        input="\n".join(captions).encode(),
        capture_output=True,
        check=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    lines = done.stdout.decode().split("\n")[: len(captions)]
    return [" ".join(w for w in x.rstrip().split(" ") if w not in PUNCTUATION) for x in lines]


def main() -> None:
    """Write the answers anew."""
    lines = [line for line, _ in json.loads(TOKENS.read_text(encoding="utf-8"))]
    rows = (json.dumps(pair) for pair in zip(lines, java_tokens(lines), strict=True))
    TOKENS.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
