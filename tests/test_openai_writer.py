"""The writer behind a server: real HTTP on loopback, with faults put in."""

import base64
import io
import json
import socket
import time
from dataclasses import replace

import numpy as np
import pytest
from completions_server import completion, drop, reply, serving, status
from PIL import Image
from skimage import data
from written_jobs import CAPTIONS, JOB, PLAN, good_answer

from pipelines.engines import Rejected, Written
from pipelines.sections.writers import OpenAIWriter
from pipelines.writers.openai import load_openai_writer
from syned.errors import EngineError
from syned.reasons import Reason, Status, status_of
from syned.rows import EncodedImage, Task

KEY = "sk-very-secret-0123456789"


def answer(body):
    schema = body["response_format"]["json_schema"]["schema"]
    return good_answer(schema, body["messages"])


def writer(url, **values):
    config = {"model": "m", "base_url": url, "tasks": {"color": 1}, "max_retries": 2}
    return load_openai_writer(OpenAIWriter(**(config | values)))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def test_a_job_is_answered_in_two_requests():
    with serving(answer) as server:
        (written,) = writer(server.url).write([JOB])
    assert isinstance(written, Written)
    assert written.instruction == PLAN["instruction"]
    assert written.edited_caption == PLAN["edited_caption"]
    assert written.captions == tuple(CAPTIONS.values())
    assert written.attempts == 1
    plan, captions = server.bodies
    assert plan["response_format"]["json_schema"]["strict"] is True
    assert list(plan["response_format"]["json_schema"]["schema"]["properties"]) == [
        "instruction",
        "edited_caption",
    ]
    assert "Make the fox blue." in captions["messages"][-1]["content"]
    assert plan["seed"] != captions["seed"]
    assert server.keys == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize(
    "faults",
    [
        [status(429, Retry_After="1")],
        [status(500), status(503)],
        [drop],
        [lambda handler: reply(handler, 200, "<html>busy</html>")],
        [lambda handler: reply(handler, 200, '{"choices": []}')],
        [lambda _: time.sleep(1.5)],
    ],
    ids=["429", "5xx", "dropped", "html", "no choice", "slow"],
)
def test_a_fault_of_the_server_is_survived(faults):
    with serving(answer, *faults) as server:
        (written,) = writer(server.url, timeout_seconds=1.0).write([JOB])
    assert isinstance(written, Written)
    assert written.attempts == 1, "a fault of the server is no bad answer"
    assert len(server.bodies) == 2 + len(faults)


def test_the_server_says_how_long_to_wait():
    with serving(answer, status(429, Retry_After="1")) as server:
        begun = time.monotonic()
        writer(server.url).write([JOB])
    assert time.monotonic() - begun >= 1


def test_a_job_whose_requests_never_succeed_failed_and_can_be_repeated():
    with serving(answer, status(500, f"broken, {KEY}")) as server:
        failed, written = writer(server.url, max_retries=0, concurrency=1).write([JOB, JOB])
    assert isinstance(written, Written)
    assert isinstance(failed, Rejected)
    assert failed.reason is Reason.NO_ANSWER
    assert status_of(failed.reason) is Status.FAILED
    assert "broken" in failed.message
    assert KEY not in failed.message
    assert "\n" not in failed.message


def test_a_bad_answer_is_asked_for_again_hotter_and_with_another_seed():
    bad = completion("I'm sorry, I can't help with that.")
    with serving(answer, lambda handler: reply(handler, 200, bad)) as server:
        (written,) = writer(server.url, temperatures=[0.2, 0.9]).write([JOB])
    assert isinstance(written, Written)
    assert written.attempts == 2
    first, second, _ = server.bodies
    assert (first["temperature"], second["temperature"]) == (0.2, 0.9)
    assert first["seed"] != second["seed"]


def test_a_row_without_a_good_answer_keeps_every_answer():
    cut = completion('{"instruction":"Make the f', "length")
    refusal = completion("I'm sorry, but I cannot help with that.")
    faults = [lambda h: reply(h, 200, cut), lambda h: reply(h, 200, refusal)]
    with serving(answer, *faults) as server:
        (rejected,) = writer(server.url, temperatures=[0.2, 0.9]).write([JOB])
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.REFUSAL
    assert rejected.attempts == 2
    assert rejected.raw_answer.splitlines() == [
        '{"instruction":"Make the f',
        "I'm sorry, but I cannot help with that.",
    ]


def test_only_so_many_requests_are_open_at_once():
    def slow(body):
        time.sleep(0.05)
        return answer(body)

    jobs = [replace(JOB, seed=seed) for seed in range(8)]
    with serving(slow) as server:
        answers = writer(server.url, concurrency=3).write(jobs)
    assert all(isinstance(a, Written) for a in answers)
    assert server.most_open == 3


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_ends_the_run_with_what_to_do(code):
    with (
        serving(answer, *[status(code, f"bad key {KEY}")] * 9) as server,
        pytest.raises(EngineError, match="OPENAI_API_KEY") as caught,
    ):
        writer(server.url).write([JOB] * 4)
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_unknown_model_ends_the_run_with_what_to_do():
    with (
        serving(answer, *[status(404)] * 9) as server,
        pytest.raises(EngineError, match=r"no model 'm'.*instruct\.writer\.model"),
    ):
        writer(server.url).write([JOB] * 4)


def test_a_server_that_is_not_there_ends_the_run_with_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://user:hidden@127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(EngineError, match=r"no server answers.*writer\.base_url") as e:
        writer(url, max_retries=0).write([JOB] * 4)
    assert "hidden" not in str(e.value)


def test_a_model_that_looks_is_sent_the_picture_itself():
    pixels = data.astronaut()[::8, ::8]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    job = replace(JOB, image=EncodedImage(buffer.getvalue()), source_caption="", task=Task.COLOR)
    with serving(answer) as server:
        (written,) = writer(server.url, mode="look").write([job])
    assert isinstance(written, Written)
    assert written.source_caption == PLAN["source_caption"]
    for body in server.bodies:
        picture, text = body["messages"][-1]["content"]
        head, _, sent = picture["image_url"]["url"].partition(",")
        assert head == "data:image/png;base64"
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(sent)))), pixels)
        assert json.loads(text["text"])["task"]


def test_a_picture_that_cannot_be_sent_is_one_bad_row():
    job = replace(JOB, image=EncodedImage(b"no picture"))
    with serving(answer) as server:
        (rejected,) = writer(server.url, mode="look").write([job])
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.UNREADABLE
    assert server.bodies == []


def test_a_key_that_cannot_be_sent_is_one_line(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-é")
    with pytest.raises(EngineError, match="OPENAI_API_KEY") as caught:
        writer("http://127.0.0.1:1/v1")
    assert "sk-" not in str(caught.value)
