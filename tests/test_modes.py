"""The dialogue about a job in each mode, with answers that a reader can follow."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError
from written_jobs import (
    BACK,
    CAPTIONS,
    CAPTIONS_BACK,
    COMMANDS,
    JOB,
    PLAN,
    asked_fields,
    good_answer,
)

from pipelines.engines import Rejected, Written
from pipelines.sections.writers import VllmWriter
from pipelines.writers.dialogue import Reply, Request, dialogue, proceed
from pipelines.writers.prompt import prompt_version
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import EncodedImage, Task

PICTURE = EncodedImage(b"a picture")


def config(**values):
    ladder = {"model": "m", "tasks": {"color": 1}, "temperatures": (0.1, 0.5, 0.9)}
    return VllmWriter(**(ladder | values))


def hold(job, config, *bad):
    """Hold a dialogue; the first replies are the bad ones, all others good.

    Returns the requests and the outcome.
    """
    talk, asked, replies = dialogue(job, config), [], list(bad)
    outcome = proceed(talk, None)
    while isinstance(outcome, Request):
        asked.append(outcome)
        given = replies.pop(0) if replies else good_answer(outcome.schema, list(outcome.messages))
        if isinstance(given, dict):
            good = json.loads(good_answer(outcome.schema, list(outcome.messages)))
            given = json.dumps(good | given)
        outcome = proceed(talk, given if isinstance(given, RowError) else Reply(given, "stop"))
    return asked, outcome


def test_write_asks_for_a_plan_and_then_for_five_captions():
    (plan, captions), written = hold(JOB, config())
    assert asked_fields(plan.schema) == ["instruction", "edited_caption"]
    assert asked_fields(captions.schema) == list(CAPTIONS)
    question = json.loads(captions.messages[-1]["content"])
    assert question["picture"] == JOB.source_caption
    assert question["instruction"] == PLAN["instruction"]
    assert written == Written(
        task=Task.COLOR,
        instruction=PLAN["instruction"],
        captions=tuple(CAPTIONS.values()),
        source_caption=JOB.source_caption,
        edited_caption=PLAN["edited_caption"],
    )


def test_a_bad_answer_is_asked_for_again_one_rung_higher_with_another_seed():
    asked, written = hold(JOB, config(), "no JSON")
    assert [request.temperature for request in asked] == [0.1, 0.5, 0.1]
    assert len({request.seed for request in asked}) == 3
    assert written.attempts == 2


def test_what_is_good_of_a_plan_is_not_asked_again():
    asked, written = hold(JOB, config(), {"edited_caption": JOB.source_caption})
    assert [asked_fields(request.schema) for request in asked[:2]] == [
        ["instruction", "edited_caption"],
        ["edited_caption"],
    ]
    assert "Make the fox blue." in asked[1].messages[-1]["content"]
    assert isinstance(written, Written)


def test_a_copied_caption_leaves_a_choice_of_drafts():
    asked, _ = hold(JOB, config(), {"edited_caption": JOB.source_caption})
    draft = asked[1].schema["properties"]["edited_caption"]
    assert draft["enum"] == ["a photo of a blue fox sitting on a rock"]


def test_good_captions_are_kept_and_each_of_the_others_is_asked_for_by_itself():
    plan = json.dumps({name: PLAN[name] for name in ("instruction", "edited_caption")})
    bad = {"brief": "A different picture.", "after": "The fox is green now."}
    asked, written = hold(JOB, config(), plan, bad)
    assert [asked_fields(request.schema) for request in asked[2:]] == [["brief"], ["after"]]
    assert asked[2].temperature == asked[3].temperature == 0.5
    assert asked[2].seed != asked[3].seed
    assert written.captions == tuple(CAPTIONS.values())


def test_the_top_of_the_ladder_ends_a_job_with_every_answer():
    bad = ["first", '{"instruction":"second"}', "I'm sorry, I cannot do that \ud800."]
    asked, rejected = hold(JOB, config(), *bad)
    assert len(asked) == 3
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.REFUSAL
    assert rejected.attempts == 3
    assert rejected.raw_answer.splitlines() == [*bad[:2], "I'm sorry, I cannot do that ?."]


def test_an_engine_can_end_a_job():
    fault = RowError(Reason.NO_ANSWER, "the server is down")
    asked, rejected = hold(JOB, config(), "bad", fault)
    assert len(asked) == 2
    assert (rejected.reason, rejected.message) == (Reason.NO_ANSWER, "the server is down")
    assert rejected.raw_answer == "bad"


GIVEN = replace(JOB, given_instruction=' "turn the fox blue" (4 words)')


def test_paraphrase_keeps_the_instruction_and_asks_for_the_rest():
    (plan, captions), written = hold(GIVEN, config(mode="paraphrase"))
    assert asked_fields(plan.schema) == ["edited_caption"]
    assert asked_fields(captions.schema) == list(CAPTIONS)
    assert written.instruction == GIVEN.given_instruction
    assert written.captions == tuple(CAPTIONS.values())


def test_the_instruction_can_be_the_first_of_the_five():
    kept = config(mode="paraphrase", keep_instruction=True)
    (_, captions), written = hold(GIVEN, kept)
    assert asked_fields(captions.schema) == list(COMMANDS)
    assert written.captions == (GIVEN.given_instruction, *COMMANDS.values())


@pytest.mark.parametrize("instruction", [None, "", "  "])
def test_a_picture_without_an_instruction_cannot_be_paraphrased(instruction):
    asked, rejected = hold(replace(JOB, given_instruction=instruction), config(mode="paraphrase"))
    assert asked == []
    assert rejected.reason is Reason.NO_INSTRUCTION


def test_keeping_the_instruction_needs_one_that_came_with_the_picture():
    with pytest.raises(ValidationError, match="paraphrase"):
        config(keep_instruction=True)


def test_an_instruction_without_a_task_of_its_own_gets_the_right_one():
    job = replace(JOB, task=Task.ADD, given_instruction="Make the fox blue.")
    _, written = hold(job, config(mode="paraphrase"))
    assert written.task is Task.COLOR


def test_look_shows_the_picture_and_asks_what_it_shows():
    job = replace(JOB, source_caption="", image=PICTURE)
    (plan, captions), written = hold(job, config(mode="look"))
    assert asked_fields(plan.schema) == ["source_caption", "instruction", "edited_caption"]
    assert plan.image is captions.image is PICTURE
    assert "You see a picture" in plan.messages[0]["content"]
    assert written.source_caption == PLAN["source_caption"]


def test_look_keeps_a_caption_that_came_with_the_picture():
    (plan, _), written = hold(replace(JOB, image=PICTURE), config(mode="look"))
    assert asked_fields(plan.schema) == ["instruction", "edited_caption"]
    assert written.source_caption == JOB.source_caption


@pytest.mark.parametrize("mode", ["write", "paraphrase"])
def test_only_a_model_that_looks_is_sent_the_picture(mode):
    asked, _ = hold(replace(GIVEN, image=PICTURE), config(mode=mode))
    assert all(request.image is None for request in asked)


def test_the_way_back_is_asked_for_after_a_good_answer():
    asked, written = hold(replace(JOB, inverse=True), config())
    assert len(asked) == 4
    question = json.loads(asked[2].messages[-1]["content"])
    assert question["picture"] == PLAN["edited_caption"]
    assert question["edited_caption"] == JOB.source_caption
    assert question["undoes"] == PLAN["instruction"]
    assert asked_fields(asked[2].schema) == ["instruction"]
    assert written.inverse_instruction == BACK["instruction"]
    assert written.inverse_captions == tuple(CAPTIONS_BACK.values())
    assert written.attempts == 1


def test_the_way_back_is_checked_by_the_same_rules_the_other_way_round():
    """Captions of the way there are wrong on the way back: the fox does not turn blue."""
    plan = json.dumps({name: PLAN[name] for name in ("instruction", "edited_caption")})
    there, back = json.dumps(CAPTIONS), json.dumps(BACK)
    asked, written = hold(replace(JOB, inverse=True), config(), plan, there, back, there)
    assert asked_fields(asked[4].schema) == ["brief"]
    assert written.inverse_captions == tuple(CAPTIONS_BACK.values())


def test_a_pair_without_a_way_back_is_good():
    plan = json.dumps({name: PLAN[name] for name in ("instruction", "edited_caption")})
    talk = (plan, json.dumps(CAPTIONS), "no", "no", "no")
    _, written = hold(replace(JOB, inverse=True), config(), *talk)
    assert isinstance(written, Written)
    assert (written.inverse_instruction, written.inverse_captions) == ("", ())
    assert written.attempts == 1


def test_each_mode_has_its_own_version():
    modes = [("write", False), ("look", False), ("paraphrase", False), ("paraphrase", True)]
    versions = {prompt_version(mode, keep) for mode, keep in modes}
    assert len(versions) == 4
    assert prompt_version("write", False) == prompt_version("write", False)
