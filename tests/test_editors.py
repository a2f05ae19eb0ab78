"""The InstructPix2Pix editor, truly run with untrained weights; what comes back is judged."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from edit_jobs import TINY, apart, distractor, job, picture, pixels, with_decoder
from PIL import Image

from pipelines.editors.guidance import PerRow, draw
from pipelines.editors.judge import judged
from pipelines.engines import Edited, Rejected
from pipelines.models import resolve_model
from pipelines.sections.editors import InstructPix2PixEditor
from syned.errors import EngineError
from syned.reasons import Reason

torch = pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
pytest.importorskip("diffusers", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

MODEL = "builtin:tiny-instruct-pix2pix"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def load_editor(model=MODEL, **changes):
    from pipelines.editors.instruct_pix2pix import load_instruct_pix2pix

    return load_instruct_pix2pix(InstructPix2PixEditor(model=model, **(TINY | changes)))


def stock():
    """Return diffusers' own pipeline, with nothing of ours."""
    from diffusers import StableDiffusionInstructPix2PixPipeline

    folder = resolve_model(MODEL)
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def by_hand(pipeline, given, **scales):
    """Edit one picture by one call of diffusers."""
    return pipeline(
        given.instruction,
        given.image,
        num_inference_steps=3,
        generator=torch.Generator("cpu").manual_seed(given.seed),
        **scales,
    ).images[0]


@pytest.fixture(scope="module")
def editor():
    return load_editor()


# --- batches, seeds, sizes


def mixed_jobs():
    return [
        job(picture("astronaut"), "make it night", 1),
        job(picture("coffee", 64, 40), "make the cup red", 2),
        job(picture("chelsea", 56, 64), "give the cat a hat", 3),
        distractor(picture("astronaut")),
        job(picture("astronaut"), "make it night", 4),
        job(picture("coffee", 64, 40), "remove the spoon", 5),
    ]


def test_answers_come_in_order_and_each_of_its_pictures_size(editor):
    answers = editor.edit(mixed_jobs())
    assert [answer.image.size for answer in answers] == [j.image.size for j in mixed_jobs()]
    first = answers[0]
    assert first.image.mode == "RGB"
    settings = (first.num_inference_steps, first.guidance_scale, first.image_guidance_scale)
    assert settings == (3, 7.5, 1.5)
    assert editor.name == "instruct_pix2pix:builtin:tiny-instruct-pix2pix"


def test_a_picture_does_not_depend_on_its_neighbours_or_on_padding(editor):
    together = editor.edit(mixed_jobs())
    again = editor.edit(mixed_jobs()[::-1])[::-1]
    for place, single in enumerate(mixed_jobs()):
        assert np.array_equal(pixels(again[place]), pixels(together[place]))
        assert np.array_equal(pixels(editor.edit([single])[0]), pixels(together[place]))


def test_seed_instruction_and_picture_all_count(editor):
    source = picture("astronaut")
    base = job(source, "make it night", 1)
    others = [
        job(source, "make it night", 2),
        job(source, "turn the suit green", 1),
        job(picture("chelsea"), "make it night", 1),
    ]
    answer, *changed = editor.edit([base, *others])
    assert not any(np.array_equal(pixels(answer), pixels(other)) for other in changed)


# --- guidance


def test_each_candidate_draws_both_scales_from_its_own_seed():
    ranged = load_editor(guidance_scale=(5, 9), image_guidance_scale=(1.2, 1.8), batch_size=3)
    jobs = [job(picture("chelsea"), "make it snow", seed) for seed in range(8)]
    answers = ranged.edit(jobs)
    text = [answer.guidance_scale for answer in answers]
    image = [answer.image_guidance_scale for answer in answers]
    assert len(set(text)) == len(set(image)) == 8
    assert 5 <= min(text) < 6.5 < max(text) <= 9
    assert 1.2 <= min(image) < max(image) <= 1.8
    assert abs(np.corrcoef(text, image)[0, 1]) < 0.9, "the two are drawn apart"
    alone = ranged.edit([jobs[6]])[0]
    assert (alone.guidance_scale, alone.image_guidance_scale) == (text[6], image[6])
    assert np.array_equal(pixels(alone), pixels(answers[6]))


def test_a_row_of_a_mixed_batch_is_what_diffusers_makes_alone_with_its_scales():
    jobs = [job(picture(name), "make it snow", 7 + i) for i, name in enumerate(("chelsea",) * 4)]
    answers = load_editor(guidance_scale=(2, 14), image_guidance_scale=(1, 3)).edit(jobs)
    pipeline = stock()
    for given, answer in zip(jobs, answers, strict=True):
        scales = {
            "guidance_scale": answer.guidance_scale,
            "image_guidance_scale": answer.image_guidance_scale,
        }
        assert apart(pixels(answer), by_hand(pipeline, given, **scales)) <= 1
        other = by_hand(pipeline, given, guidance_scale=7.5, image_guidance_scale=1.5)
        assert apart(pixels(answer), other) > 1, "the scales have an effect"


def test_one_scale_for_all_is_exactly_what_diffusers_makes():
    given = job(picture("chelsea"), "make it snow", 7)
    answer = load_editor(batch_size=1, image_guidance_scale=1.2).edit([given])[0]
    expected = by_hand(stock(), given, guidance_scale=7.5, image_guidance_scale=1.2)
    assert np.array_equal(pixels(answer), np.asarray(expected))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_rows_are_multiplied_as_torch_multiplies_by_one_number(dtype):
    rows = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    rows = rows.to(getattr(torch, dtype))
    scales = [1.0, 7.123, 12.5]
    product = PerRow(scales) * rows
    assert product.dtype == rows.dtype
    for row, scale, found in zip(rows, scales, product, strict=True):
        assert torch.equal(found, scale * row)


def test_a_scale_is_drawn_evenly_from_its_range():
    drawn = [draw((5, 9), seed, "text") for seed in range(2000)]
    assert np.mean(drawn) == pytest.approx(7, abs=0.1)
    assert np.std(drawn) == pytest.approx(4 / 12**0.5, abs=0.05)
    assert draw(7.5, 1, "text") == 7.5


# --- distractors


def test_a_distractor_is_the_round_trip_through_the_autoencoder(editor):
    source = picture("coffee", 64, 40)
    answer = editor.edit([distractor(source)])[0]
    vae = stock().vae
    values = torch.tensor(np.asarray(source)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        back = vae.decode(vae.encode(values).latent_dist.mean).sample[0]
    expected = ((back / 2 + 0.5).clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()
    assert apart(pixels(answer), expected) <= 1
    assert apart(pixels(answer), source) > 10, "an untrained autoencoder is far from exact"
    settings = (answer.guidance_scale, answer.image_guidance_scale, answer.num_inference_steps)
    assert settings == (None, None, None)
    other_seed = editor.edit([distractor(source, seed=99)])[0]
    assert np.array_equal(pixels(other_seed), pixels(answer)), "nothing is drawn"


# --- what a model's picture is judged by


@pytest.mark.parametrize(
    ("weight", "bias", "reason"),
    [
        (float("nan"), 0.0, Reason.NOT_FINITE),
        (0.0, float("nan"), Reason.NOT_FINITE),
        (0.0, -1.0, Reason.BLACK_IMAGE),
        (0.0, 0.0, Reason.EMPTY_IMAGE),
        (0.0, float("inf"), Reason.EMPTY_IMAGE),
    ],
)
def test_a_picture_that_is_none_is_rejected(tmp_path, weight, bias, reason):
    """A decoder that always gives no numbers, black, grey, or white (infinity is clipped)."""
    bad = load_editor(with_decoder(MODEL, tmp_path / "model", weight, bias))
    for given in (job(picture("chelsea")), distractor(picture("chelsea"))):
        answer = bad.edit([given])[0]
        assert isinstance(answer, Rejected)
        assert answer.reason is reason


@pytest.fixture(scope="module")
def one_picture(tmp_path_factory):
    """An editor whose decoder makes the same picture of everything, and that picture."""
    from diffusers import AutoencoderKL

    folder = shutil.copytree(resolve_model(MODEL), tmp_path_factory.mktemp("same") / "model")
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    vae.post_quant_conv.weight.data.zero_()
    vae.save_pretrained(folder / "vae")
    same = load_editor(str(folder))
    return same, same.edit([job(picture("chelsea"))])[0].image


def test_an_edit_that_changes_nothing_is_rejected_and_its_neighbours_are_not(one_picture):
    same, made = one_picture
    answers = same.edit([job(made), job(picture("coffee")), job(made, seed=6)])
    assert [type(answer) for answer in answers] == [Rejected, Edited, Rejected]
    assert answers[0].reason is answers[2].reason is Reason.NO_VISIBLE_CHANGE


def test_a_distractor_may_be_the_same_as_its_source(one_picture):
    same, made = one_picture
    assert apart(pixels(same.edit([distractor(made)])[0]), made) <= 1


def fading(levels):
    """A plain sky that fades by so many levels from top to bottom."""
    column = 120 + np.linspace(0, levels, 64).round()
    return np.tile(column[:, None, None], (1, 64, 3))


def speck(share):
    """A white picture with a dark thing on a share of it."""
    values = np.full((100, 100, 3), 250.0)
    values[: round(100 * share**0.5), : round(100 * share**0.5)] = 150
    return values


def rough(levels):
    """Grey with a pattern of so many levels up and down."""
    return 128.0 + np.random.default_rng(1).integers(-levels, levels + 1, (64, 64, 3))


def barred():
    """A photograph with white bars over three quarters of its height."""
    values = np.asarray(picture("chelsea", 64, 64)).astype(float)
    values[:24] = values[-24:] = 255
    return values


@pytest.mark.parametrize(
    ("values", "empty"),
    [
        (rough(0), True),
        (rough(2), True),
        (fading(2), True),
        (rough(5), False),
        (fading(10), False),
        (speck(0.01), False),
        (speck(0.001), False),
        (barred(), False),
    ],
    ids=["flat", "noise", "fades by 2", "grain", "sky", "a thing", "a speck", "bars"],
)
def test_only_a_picture_of_one_colour_is_empty(values, empty):
    source = Image.new("RGB", values.shape[1::-1], "red")
    answer = judged(source, (values / 255).astype(np.float32), edited=True)
    assert isinstance(answer, Rejected) is empty
    if isinstance(answer, Rejected):
        assert answer.reason is Reason.EMPTY_IMAGE


# --- settings of the recipe that take effect

SCHEDULERS = {
    "ddim": "DDIMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "lms": "LMSDiscreteScheduler",
    "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler",
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_scheduler_is_the_one_of_diffusers(name):
    import diffusers

    given = job(picture("coffee"), "make the cup red", 3)
    answer = load_editor(scheduler=name, batch_size=1).edit([given])[0]
    pipeline = stock()
    kind = getattr(diffusers, SCHEDULERS[name])
    skip = {"skip_prk_steps": True} if name == "pndm" else {}
    pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **skip)
    expected = by_hand(pipeline, given, guidance_scale=7.5, image_guidance_scale=1.5)
    assert np.array_equal(pixels(answer), np.asarray(expected))


def test_steps_that_a_scheduler_cannot_take_are_one_line():
    with pytest.raises(EngineError, match=r"num_inference_steps = 2000 does not suit DDIM"):
        load_editor(scheduler="ddim", num_inference_steps=2000)


def test_the_type_of_the_weights_is_the_recipes():
    coarse = load_editor(dtype="bfloat16")
    assert {p.dtype for p in coarse.pipeline.unet.parameters()} == {torch.bfloat16}
    answer = coarse.edit([job(picture("coffee"))])[0]
    assert np.isfinite(pixels(answer)).all()


def test_sliced_attention_gives_the_same_picture(editor):
    sliced = load_editor(attention="sliced")
    kinds = {type(p).__name__ for p in sliced.pipeline.unet.attn_processors.values()}
    assert kinds == {"SlicedAttnProcessor"}
    given = job(picture("coffee"))
    assert apart(pixels(sliced.edit([given])[0]), pixels(editor.edit([given])[0])) <= 1


def test_tiling_works_on_pictures_larger_than_a_tile(editor):
    """The small autoencoder's tiles are of 64 pixels."""
    tiled = load_editor(tiling=True)
    small, large = distractor(picture("coffee")), distractor(picture("coffee", 128, 128))
    # Another path through the same numbers: some processors round a level apart.
    assert apart(pixels(tiled.edit([small])[0]), pixels(editor.edit([small])[0])) <= 1
    difference = apart(pixels(tiled.edit([large])[0]), pixels(editor.edit([large])[0]))
    assert difference > 0


def test_the_denoiser_is_compiled_if_the_recipe_says_so(editor):
    """Compiling takes a minute on a CPU, so torch is told to refuse it."""
    given = [job(picture("coffee"))]
    with torch.compiler.set_stance("fail_on_recompile"):
        assert isinstance(editor.edit(given)[0], Edited)
        with pytest.raises(RuntimeError, match="Detected recompile"):
            load_editor(compile=True).edit(given)


# --- what cannot be: one line that says what to do


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"offload": "model"}, r"edit\.editor\.offload is model: .* needs a GPU"),
        ({"offload": "sequential"}, r"edit\.editor\.offload is sequential: .* needs a GPU"),
        ({"model": "weights/ip2p.safetensors"}, r"single file of weights, ip2p\.safetensors"),
        ({"model": "ip2p.ckpt"}, "save_pretrained"),
    ],
)
def test_settings_that_cannot_work_here_are_one_line(changes, message):
    with pytest.raises(EngineError, match=message) as caught:
        load_editor(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(find_spec("xformers") is not None, reason="xFormers is installed")
def test_xformers_that_is_not_installed_is_one_line():
    with pytest.raises(EngineError, match="xformers, which is not installed; pip install xformers"):
        load_editor(attention="xformers")


def test_a_model_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(EngineError, match=r"cannot load edit\.editor\.model") as caught:
        load_editor(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_model_of_another_kind_is_one_line():
    with pytest.raises(EngineError, match=r"cannot load edit\.editor\.model") as caught:
        load_editor(resolve_model("builtin:tiny-clip"))
    assert "\n" not in str(caught.value)


def test_a_model_that_makes_pictures_of_words_alone_is_one_line(tmp_path):
    from diffusers import UNet2DConditionModel

    folder = Path(shutil.copytree(resolve_model(MODEL), tmp_path / "model"))
    config = UNet2DConditionModel.load_config(folder / "unet")
    UNet2DConditionModel.from_config(config, in_channels=4).save_pretrained(folder / "unet")
    with pytest.raises(EngineError, match=r"no InstructPix2Pix: .* takes 4 channels and not 8"):
        load_editor(str(folder))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_message_names_what_runs_here():
    with pytest.raises(EngineError, match=r"edit\.editor\.device is cuda.*--recipe demo"):
        load_editor(device="cuda")
