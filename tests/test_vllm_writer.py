"""The vLLM writer on a real small language model and real captions."""

import io
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec

import pytest
from PIL import Image
from skimage import data

from pipelines.engines import Rejected, WriteJob, Written
from pipelines.recipe import Recipe, builtin_recipes
from pipelines.sections.writers import VllmWriter
from pipelines.writers.prompt import prompt_version
from pipelines.writers.vllm import engine_arguments
from syned.reasons import Reason
from syned.recipes import check, read_yaml
from syned.rows import EncodedImage, Task

# Not imported: each process of these tests reads this file, and vLLM takes long to import.
if find_spec("vllm") is None:
    pytest.skip("the vLLM writer needs the extra `cpu` or `gpu`", allow_module_level=True)

pytestmark = [pytest.mark.models, pytest.mark.slow]

CAPTIONS = {
    Task.TEXT: "A horse drawn carriage parked on the street.",
    Task.REMOVE: "a cup of coffee on a wooden table",
    Task.COLOR: "a motorcycle in a workshop",
}
JOBS = tuple(
    WriteJob(
        image=EncodedImage(b""),
        scene=None,
        task=task,
        source_caption=caption,
        given_instruction=None,
        given_edited_caption=None,
        seed=number,
    )
    for number, (task, caption) in enumerate(CAPTIONS.items())
)
GIVEN = replace(JOBS[1], given_instruction="Remove the cup.", seed=11)
IMPOSSIBLE = replace(JOBS[1], source_caption="", task=Task.REMOVE)
LONG = replace(JOBS[0], source_caption="a very long way " * 400)
TOO_LONG = replace(JOBS[0], source_caption="雪" * 400)
OTHERS = (IMPOSSIBLE, GIVEN, LONG, TOO_LONG)


def tiny_writer(**changes) -> VllmWriter:
    """The writer of the recipe `tiny`, with two attempts and less room."""
    path = builtin_recipes()["tiny"]
    writer = check(Recipe, read_yaml(path), path.name).instruct.writer
    assert isinstance(writer, VllmWriter)
    less = {"temperatures": (0.1, 0.5), "max_model_len": 1500, "max_num_seqs": 16}
    return writer.model_copy(update=less | changes)


def run_writer(config):
    """Load the writer and ask it all jobs, then two of them again in two parts at once."""
    from pipelines.writers.vllm import load_vllm_writer

    writer = load_vllm_writer(config)
    jobs = [*JOBS, *OTHERS]
    once = writer.write(jobs)
    with ThreadPoolExecutor(2) as lanes:
        again = [answer for (answer,) in lanes.map(writer.write, [[JOBS[0]], [GIVEN]])]
    vllm = writer.engine.llm_engine.vllm_config
    used = (vllm.scheduler_config.max_num_seqs, vllm.cache_config.enable_prefix_caching)
    return writer.name, writer.prompt_version, once, again, used


def in_own_process(function, *args):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *args).result()


@pytest.fixture(scope="module")
def ran():
    return in_own_process(run_writer, tiny_writer())


def test_the_writer_is_named_after_the_recipe(ran):
    name, version, *_ = ran
    assert name == "vllm:builtin:smollm2-135m"
    assert version == prompt_version("write", False)


def test_each_job_has_an_answer_and_what_is_written_is_clean(ran):
    answers = ran[2]
    assert len(answers) == len(JOBS) + len(OTHERS)
    written = [answer for answer in answers[: len(JOBS)] if isinstance(answer, Written)]
    assert written, "a real model gets at least one of them right"
    for answer in written:
        assert len(set(answer.captions)) == 5
        assert answer.instruction
        assert answer.edited_caption != answer.source_caption


def test_what_is_turned_away_has_a_reason_and_the_models_own_words(ran):
    answers = ran[2]
    for answer in answers[: len(JOBS)]:
        if isinstance(answer, Rejected):
            assert answer.message
            assert answer.attempts >= len(tiny_writer().temperatures)
            first, *_ = answer.raw_answer.splitlines()
            assert list(json.loads(first)) == ["instruction", "edited_caption"]


def test_a_job_that_no_model_can_do_is_not_asked(ran):
    answer = ran[2][len(JOBS)]
    assert isinstance(answer, Rejected)
    assert (answer.reason, answer.raw_answer) == (Reason.NO_EDIT_FITS, None)


def test_a_given_instruction_is_kept(ran):
    answer = ran[2][len(JOBS) + 1]
    if isinstance(answer, Written):
        assert answer.instruction == "Remove the cup."
    else:
        assert '"instruction"' not in answer.raw_answer.splitlines()[0]


def test_a_long_caption_is_no_error(ran):
    assert isinstance(ran[2][len(JOBS) + 2], Written | Rejected)


def test_the_same_jobs_give_the_same_answers_whatever_was_asked_before(ran):
    _, _, once, again, _ = ran
    assert [once[0], once[len(JOBS) + 1]] == again


def test_a_prompt_that_leaves_no_room_is_rejected_and_not_an_error(ran):
    answer = ran[2][len(JOBS) + 3]
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.PROMPT_TOO_LONG
    assert "max_model_len (1500)" in answer.message


def test_vllm_is_set_as_the_recipe_says(ran):
    assert ran[4] == (16, True)
    config = tiny_writer(
        model="folder",
        quantization="fp8",
        enable_prefix_caching=False,
        tensor_parallel_size=2,
        gpu_memory_utilization=0.5,
        dtype="float16",
        revision="v1",
        mode="look",
    )
    expected = {
        "model": "folder",
        "revision": "v1",
        "dtype": "float16",
        "quantization": "fp8",
        "max_model_len": 1500,
        "max_num_seqs": 16,
        "tensor_parallel_size": 2,
        "gpu_memory_utilization": 0.5,
        "enforce_eager": True,
        "enable_prefix_caching": False,
        "limit_mm_per_prompt": {"image": 1},
    }
    assert expected.items() <= engine_arguments(config).items()


def run_look(jobs):
    """Show pictures to a vision model with untrained weights."""
    from pipelines.writers.vllm import load_vllm_writer

    config = tiny_writer(model="builtin:tiny-idefics3", mode="look", max_model_len=8192)
    return load_vllm_writer(config).write(jobs)


def test_a_vision_model_is_shown_the_picture():
    """Its words are noise and differ, since the pictures do and nothing else does."""
    jobs = [replace(JOBS[2], source_caption="", image=png(p)) for p in (data.cat(), data.rocket())]
    answers = in_own_process(run_look, jobs)
    assert all(isinstance(answer, Rejected) for answer in answers)
    assert all(answer.raw_answer.startswith('{"source_caption":"') for answer in answers)
    assert answers[0].raw_answer != answers[1].raw_answer


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return EncodedImage(buffer.getvalue())
