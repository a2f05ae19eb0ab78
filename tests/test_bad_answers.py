"""Tables of real answers: which are turned away, why, and which are good."""

import json
from pathlib import Path

import pytest
import yaml

from pipelines.writers import answers
from pipelines.writers.prompt import STATEMENTS, Brief
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import Task

HERE = Path(__file__).parent
BAD = yaml.safe_load((HERE / "bad_answers.yaml").read_text("utf-8"))
GOOD = yaml.safe_load((HERE / "good_answers.yaml").read_text("utf-8"))


def brief(job):
    return Brief(
        task=Task(job["task"]),
        source_caption=job["source_caption"],
        instruction=job.get("instruction", ""),
        edited_caption=job.get("edited_caption", ""),
        seed=0,
    )


def fault_of(job, captions):
    """Put five captions before the parser and return what it finds."""
    text = json.dumps(dict(zip(STATEMENTS, captions, strict=True)))
    return answers.take_captions(text, "stop", brief(job), list(STATEMENTS), {})[1]


@pytest.mark.parametrize("name", BAD["jobs"])
def test_the_captions_beside_the_bad_ones_are_good(name):
    assert fault_of(BAD["jobs"][name], BAD["jobs"][name]["captions"]) is None


@pytest.mark.parametrize("case", BAD["captions"], ids=lambda case: case["says"][:40])
def test_a_bad_caption_is_turned_away_for_its_reason(case):
    job = BAD["jobs"][case["job"]]
    error = fault_of(job, [*job["captions"][1:], case["says"]])
    assert error is not None
    assert error.reason is Reason(case["reason"]), error.message
    assert "\n" not in error.message
    assert len(error.message) < 300


@pytest.mark.parametrize("case", BAD["plans"], ids=lambda case: case["answer"][:40])
def test_a_bad_plan_is_turned_away_for_its_reason(case):
    asked = brief({"task": case["task"], "source_caption": case["source_caption"]})
    try:
        _, error = answers.take_plan(case["answer"], case.get("finish_reason", "stop"), asked)
    except RowError as raised:
        error = raised
    assert error is not None
    assert error.reason is Reason(case["reason"]), error.message


@pytest.mark.parametrize("case", BAD["answers"], ids=lambda case: case["answer"][-40:])
def test_a_bad_set_of_captions_is_turned_away_for_its_reason(case):
    asked = brief(case)
    try:
        _, error = answers.take_captions(
            case["answer"], case.get("finish_reason", "stop"), asked, list(STATEMENTS), {}
        )
    except RowError as raised:
        error = raised
    assert error is not None
    assert error.reason is Reason(case["reason"]), error.message


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["instruction"])
def test_a_good_answer_is_taken_as_it_is(case):
    asked = brief({"task": case["task"], "source_caption": case["source_caption"]})
    plan = json.dumps({name: case[name] for name in ("instruction", "edited_caption")})
    full, error = answers.take_plan(plan, "stop", asked)
    assert error is None
    assert full.instruction == case["instruction"]
    assert full.edited_caption == case["edited_caption"]
    text = json.dumps(dict(zip(STATEMENTS, case["captions"], strict=True)))
    good, error = answers.take_captions(text, "stop", full, list(STATEMENTS), {})
    assert error is None
    assert list(good.values()) == case["captions"]
