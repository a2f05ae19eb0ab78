"""`syned score` on files as other programs write them, and on files that are wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from syned import __version__
from syned.cli import app
from tests.conftest import Cli

PREDICTIONS = [{"image_id": 7, "caption": "red kite"}, {"image_id": "8 ", "caption": "blue boat"}]
REFERENCES = [
    {"image_id": 7, "caption": "red kite", "id": 1},
    {"image_id": 8, "caption": "green tree", "id": 2},
    {"image_id": 8, "caption": "blue boat", "id": 3},
]
LINES = '{"id": "7", "caption": "red kite"}\n\n{"id": 8, "caption": "blue boat"}\n'
GROUPS = (
    '{"id": 7, "captions": ["red kite"]}\n{"id": "8", "captions": ["green tree", "blue boat"]}\n'
)
COCO = json.dumps({"info": {}, "annotations": REFERENCES, "images": []})


def write(folder: Path, name: str, content: object) -> str:
    """Write text as it is, bytes as they are, and anything else as JSON; return the file's path."""
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return str(path)


def run(*args: str, code: int = 0) -> str:
    """Run `syned score` and return what it says."""
    done = CliRunner().invoke(app, ["score", *args])
    assert done.exit_code == code, done.output
    return done.output


def scores(*args: str) -> dict[str, Any]:
    """Return the JSON object of `syned score --json`."""
    told: dict[str, Any] = json.loads(run(*args, "--json", "--no-meteor"))
    return told


@pytest.mark.parametrize(
    "predictions", [PREDICTIONS, LINES, "\ufeff" + LINES.replace("\n", "\r\n")]
)
@pytest.mark.parametrize(
    "references", [COCO, GROUPS, [json.loads(line) for line in GROUPS.splitlines()]]
)
def test_all_formats_give_the_same(tmp_path: Path, predictions: object, references: object) -> None:
    told = scores(write(tmp_path, "p", predictions), write(tmp_path, "r", references))
    assert told["scores"]["Bleu_2"] == pytest.approx(1, abs=1e-8)
    # Words and pairs of "red kite" equal: 5. "blue boat" equals one of its two references: 2.5.
    assert told["scores"]["CIDEr"] == pytest.approx((5 + 2.5) / 2)
    assert (told["samples"], told["references"]) == (2, 3)


def test_json_tells_all_that_a_comparison_needs(tmp_path: Path) -> None:
    told = scores(write(tmp_path, "p", LINES), write(tmp_path, "r.jsonl", GROUPS))
    assert told["references_file"] == {
        "name": "r.jsonl",
        "sha256": hashlib.sha256(GROUPS.encode()).hexdigest(),
    }
    assert told["tokenizer"] == "syned-ptb-1"
    assert told["syned"] == __version__
    assert told["scores"]["METEOR"] is None
    assert told["missing"] == {"METEOR": "METEOR was left out."}


def test_the_table_is_times_100(tmp_path: Path) -> None:
    output = run(write(tmp_path, "p", LINES), write(tmp_path, "r", GROUPS), "--no-meteor")
    assert "score x 100" in output
    assert "375.00" in output
    assert "2 samples, 3 references" in output


def test_scores_of_each_id(tmp_path: Path) -> None:
    out = tmp_path / "each.jsonl"
    files = write(tmp_path, "p", LINES), write(tmp_path, "r", GROUPS)
    run(*files, "--no-meteor", "--per-sample", str(out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["7", "8"]
    assert [row["CIDEr"] for row in rows] == [pytest.approx(5), pytest.approx(2.5)]
    assert list(rows[0]) == ["id", "Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr"]


def test_meteor_that_is_missing_is_null_with_a_way_to_get_it(tmp_path: Path, cli: Cli) -> None:
    # A package of this name without the jar stands before one that may be installed.
    (tmp_path / "pycocoevalcap").mkdir()
    (tmp_path / "pycocoevalcap" / "__init__.py").touch()
    files = write(tmp_path, "p", LINES), write(tmp_path, "r", GROUPS)
    done = cli("score", *files, "--json", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["scores"]["METEOR"] is None
    assert "pip install 'syned[meteor]'" in told["missing"]["METEOR"]
    demanded = cli("score", *files, "--meteor", PYTHONPATH=str(tmp_path))
    assert demanded.returncode == 2
    assert "pip install 'syned[meteor]'" in demanded.stderr


@pytest.mark.parametrize(
    ("predictions", "references", "told"),
    [
        (COCO, LINES, "is a file of references: it has `annotations`"),
        (GROUPS, LINES, "line 1: has `captions`, as references do; give the predictions first"),
        (LINES, PREDICTIONS, "entry 1: has one `caption`, as predictions do"),
        (REFERENCES, GROUPS, "entry 3: a second caption for id '8'"),
        (LINES + LINES, GROUPS, "line 4: a second caption for id '7'"),
        (LINES, GROUPS + GROUPS, "line 3: a second entry for id '7'"),
        ([{"id": 1, "text": "x"}], GROUPS, "entry 1: `caption` is missing, not text"),
        ([{"name": 1, "caption": "x"}], GROUPS, "keys: 'name', 'caption'"),
        ([{"id": True, "caption": "x"}], GROUPS, "entry 1: has no `image_id` or `id`"),
        ([{"id": 1.5, "caption": "x"}], GROUPS, "entry 1: has no `image_id` or `id`"),
        ([{"id": " ", "caption": "x"}], GROUPS, "entry 1: has no `image_id` or `id`"),
        ([{"id": 1, "caption": ["x"]}], GROUPS, "entry 1: `caption` is a list, not text"),
        (["x"], GROUPS, "entry 1: is text, not an object"),
        (LINES, [{"id": 1, "captions": "x"}], "entry 1: `captions` is text, not a list of texts"),
        (LINES, [{"id": 1, "captions": [1]}], "entry 1: `captions` is a list, not a list of texts"),
        (LINES, {"annotations": 3}, "without a list of `annotations`"),
        (LINES, {"7": ["red kite"]}, "without a list of `annotations` (keys: '7')"),
        (LINES, {"annotations": []}, "holds no captions"),
        (LINES + "{", GROUPS, "is not JSON (line 4)"),
        ('[{"id": 1,\n"caption": }]', GROUPS, "is not JSON (line 2)"),
        ("7,red kite\n", GROUPS, "holds no JSON list or object: it begins with '7,red kite"),
        ("", GROUPS, "is empty"),
        ("[]", GROUPS, "holds no captions"),
        (LINES.encode("utf-16"), GROUPS, "is not UTF-8 (line 1)"),
        (LINES.encode() + b"\xff", GROUPS, "is not UTF-8 (line 4)"),
        ("[" * 100_000, GROUPS, "is not JSON"),
        (LINES, GROUPS.splitlines()[0], "1 of 2 predictions have no references: '8'"),
        (LINES.splitlines()[0], GROUPS, "1 of 2 ids have no prediction: '8'"),
    ],
)
def test_a_wrong_file_is_one_message(
    tmp_path: Path, predictions: object, references: object, told: str
) -> None:
    files = write(tmp_path, "p", predictions), write(tmp_path, "r", references)
    output = run(*files, "--no-meteor", code=2)
    assert told in output
    assert "Traceback" not in output


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    references = write(tmp_path, "r", GROUPS)
    missing = str(tmp_path / "nowhere.json")
    assert f"{missing} cannot be read: No such file" in run(missing, references, code=2)
    assert "cannot be read: Is a directory" in run(str(tmp_path), references, code=2)


def test_where_nothing_can_be_written_is_told_first(tmp_path: Path) -> None:
    files = write(tmp_path, "p", LINES), write(tmp_path, "r", GROUPS)
    out = str(tmp_path / "nowhere" / "each.jsonl")
    assert f"there is no folder {tmp_path / 'nowhere'}" in run(
        *files, "--no-meteor", "--per-sample", out, code=2
    )
    told = run(*files, "--no-meteor", "--per-sample", str(tmp_path), code=2)
    assert "is a folder; give `--per-sample` the path of a file" in told


def test_many_faults_are_counted(tmp_path: Path) -> None:
    predictions = [{"id": number} for number in range(40)]
    output = run(write(tmp_path, "p", predictions), write(tmp_path, "r", GROUPS), code=2)
    assert "entry 5:" in output
    assert "entry 6:" not in output
    assert "and 35 more" in output


def test_empty_predictions_and_blank_references_are_counted(tmp_path: Path) -> None:
    predictions = [{"id": 7, "caption": ""}, {"id": 8, "caption": "blue\nboat"}]
    references = GROUPS.replace("green tree", " ")
    files = write(tmp_path, "p", predictions), write(tmp_path, "r", references)
    told = run(*files, code=2)
    assert "1 of 2 predictions are empty: '7'" in told
    notes = scores(*files, "--allow-empty")["notes"]
    assert notes == [
        "1 blank references were left out: '8'.",
        "1 predictions hold no words, and score next to 0: '7'.",
        "1 captions had line breaks, which were read as spaces: '8'.",
    ]
