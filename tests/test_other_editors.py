"""FLUX.1 Kontext and Qwen-Image-Edit of the true classes, and the stage with several editors."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from edit_jobs import TINY, apart, distractor, job, picture, pixels, with_decoder
from PIL import Image

from pipelines import edit, instruct, sample
from pipelines.engines import Rejected
from pipelines.models import resolve_model
from pipelines.recipe import Recipe
from pipelines.sections.editors import KontextEditor, QwenEditor
from syned.errors import EngineError
from syned.images import encode_picture, load_picture
from syned.parts import write_part
from syned.reasons import Reason, Status
from syned.rows import InstructRow, SampleRow, Task
from syned.run import RunFolder

torch = pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
pytest.importorskip("diffusers", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

IP2P = "builtin:tiny-instruct-pix2pix"
KONTEXT = "builtin:tiny-flux-kontext"
QWEN = "builtin:tiny-qwen-image-edit"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def load_kontext(model=KONTEXT, **changes):
    from pipelines.editors.flow_matching import load_flux_kontext

    return load_flux_kontext(KontextEditor(model=model, **(TINY | changes)), "edit.routes.add")


def load_qwen(**changes):
    from pipelines.editors.flow_matching import load_qwen_image_edit

    return load_qwen_image_edit(QwenEditor(model=QWEN, **(TINY | changes)))


def values(image):
    """Return a picture as a tensor (1, 3, H, W) in [-1, 1]."""
    return torch.tensor(np.asarray(image)).permute(2, 0, 1)[None] / 127.5 - 1


def levels(tensor):
    """Return a tensor (1, 3, H, W) in [-1, 1] as pixels."""
    return ((tensor[0] / 2 + 0.5).clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()


# --- FLUX.1 Kontext


def kontext_by_hand(given, guidance):
    from diffusers import FluxKontextPipeline

    pipeline = FluxKontextPipeline.from_pretrained(resolve_model(KONTEXT))
    pipeline.set_progress_bar_config(disable=True)
    width, height = given.image.size
    return pipeline(
        given.image,
        given.instruction,
        width=width,
        height=height,
        max_area=width * height,
        _auto_resize=False,
        guidance_scale=guidance,
        num_inference_steps=3,
        generator=torch.Generator("cpu").manual_seed(given.seed),
    ).images[0]


@pytest.fixture(scope="module")
def kontext():
    return load_kontext(batch_size=3)


def kontext_jobs():
    return [
        job(picture("coffee"), "make the cup red", 1),
        job(picture("astronaut", 64, 40), "make it night", 2),
        distractor(picture("chelsea", 56, 72)),
        job(picture("chelsea"), "give the cat a hat", 3),
    ]


def test_kontext_answers_in_order_at_each_pictures_own_size(kontext):
    answers = kontext.edit(kontext_jobs())
    assert [a.image.size for a in answers] == [j.image.size for j in kontext_jobs()]
    settings = [(a.guidance_scale, a.image_guidance_scale, a.num_inference_steps) for a in answers]
    assert settings == [(2.5, None, 3), (2.5, None, 3), (None, None, None), (2.5, None, 3)]
    assert kontext.name == "flux_kontext:builtin:tiny-flux-kontext"
    for place, single in enumerate(kontext_jobs()):
        assert np.array_equal(pixels(kontext.edit([single])[0]), pixels(answers[place]))


def test_kontext_makes_what_diffusers_makes(kontext):
    given = kontext_jobs()[0]
    assert apart(pixels(kontext.edit([given])[0]), kontext_by_hand(given, 2.5)) <= 1


def test_a_side_that_kontext_cannot_take_is_filled_up_and_cut_again(kontext):
    given = kontext_jobs()[1]
    full = np.pad(np.asarray(given.image), ((0, 8), (0, 0), (0, 0)), mode="edge")
    whole = kontext_by_hand(job(Image.fromarray(full), given.instruction, given.seed), 2.5)
    assert apart(pixels(kontext.edit([given])[0]), np.asarray(whole)[:40]) <= 1


def test_kontext_draws_guidance_for_each_candidate():
    jobs = [job(picture("coffee"), "make the cup red", seed) for seed in (1, 2)]
    answers = load_kontext(guidance_scale=(2, 40), batch_size=2).edit(jobs)
    assert answers[0].guidance_scale != answers[1].guidance_scale
    for given, answer in zip(jobs, answers, strict=True):
        assert 2 <= answer.guidance_scale <= 40
        assert apart(pixels(answer), kontext_by_hand(given, answer.guidance_scale)) <= 1
        assert apart(pixels(answer), kontext_by_hand(given, 2.5)) > 1


def test_a_distractor_of_kontext_is_its_autoencoders_round_trip(kontext):
    source = picture("chelsea", 64, 80)
    vae = kontext.pipeline.vae
    with torch.no_grad():
        back = vae.decode(vae.encode(values(source)).latent_dist.mean).sample
    answer = kontext.edit([distractor(source)])[0]
    assert apart(pixels(answer), levels(back)) <= 1


def test_what_kontext_makes_is_judged(tmp_path):
    black = load_kontext(with_decoder(KONTEXT, tmp_path / "model", 0.0, -1.0))
    for answer in black.edit([job(picture("coffee")), distractor(picture("coffee"))]):
        assert isinstance(answer, Rejected)
        assert answer.reason is Reason.BLACK_IMAGE


def test_sliced_attention_that_a_transformer_has_not_is_one_line():
    with pytest.raises(EngineError, match=r"edit\.routes\.add\.attention is sliced, which Flux"):
        load_kontext(attention="sliced")


def test_a_checkpoint_of_another_pipeline_is_one_line():
    with pytest.raises(EngineError, match=r"edit\.routes\.add\.model .* FluxKontextPipeline is ne"):
        load_kontext(model=IP2P)


# --- Qwen-Image-Edit


@pytest.fixture
def small_area(monkeypatch):
    """Have the pipeline work at a sixteenth of its area, where a picture takes under a second."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as module

    real = module.calculate_dimensions
    monkeypatch.setattr(module, "calculate_dimensions", lambda area, ratio: real(area // 16, ratio))


@pytest.mark.usefixtures("small_area")
def test_qwen_edits_at_its_own_size_and_answers_at_the_pictures():
    qwen = load_qwen(num_inference_steps=2, guidance_scale=(2, 30), batch_size=2)
    jobs = [job(picture("coffee", 72, 56), "make it red", seed) for seed in (4, 5)]
    answers = qwen.edit([*jobs, distractor(picture("chelsea", 72, 56))])
    assert [a.image.size for a in answers] == [(72, 56)] * 3
    assert [a.num_inference_steps for a in answers] == [2, 2, None]
    assert [a.guidance_scale is None for a in answers] == [False, False, True]
    assert 2 <= answers[0].guidance_scale != answers[1].guidance_scale <= 30
    for given, answer in zip(jobs, answers, strict=False):
        # Pillow clips between its two passes, and torch does not.
        assert apart(pixels(answer), qwen_by_hand(qwen, given, answer.guidance_scale)) <= 6
        assert apart(pixels(answer), qwen_by_hand(qwen, given, 4.0)) > 12


def qwen_by_hand(qwen, given, guidance):
    """Edit one picture by one call of diffusers, and scale it back with Pillow."""
    made = qwen.pipeline(
        given.image,
        given.instruction,
        negative_prompt=" ",
        true_cfg_scale=guidance,
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(given.seed),
    ).images[0]
    assert made.size == (288, 224), "a sixteenth of a megapixel, in multiples of 32"
    return made.resize(given.image.size, Image.Resampling.BICUBIC)


@pytest.mark.usefixtures("small_area")
def test_a_distractor_of_qwen_is_its_autoencoders_round_trip_at_its_own_size():
    qwen, source = load_qwen(), picture("chelsea", 72, 56)
    large = source.resize((288, 224), Image.Resampling.LANCZOS)
    with torch.no_grad():
        latents = qwen.pipeline.vae.encode(values(large)[:, :, None]).latent_dist.mean
        back = levels(qwen.pipeline.vae.decode(latents).sample[:, :, 0])
    expected = Image.fromarray(back.astype(np.uint8)).resize((72, 56), Image.Resampling.BICUBIC)
    assert apart(pixels(qwen.edit([distractor(source)])[0]), expected) <= 6


# --- the stage


def recipe(**editing):
    return Recipe.model_validate(
        {
            "name": "several",
            "n": 8,
            "sample": {"sources": [{"kind": "scenes"}]},
            "instruct": {"writer": {"engine": "openai", "model": "m", "tasks": {"style": 1}}},
            "edit": editing,
        }
    )


def diffusion(model, engine="instruct_pix2pix", **changes):
    return {"engine": engine, "model": model, **TINY, "num_inference_steps": 1, **changes}


LOST = diffusion("./no/such/folder")
PROCEDURAL = {"engine": "procedural"}


def order(candidate, task=Task.STYLE, instruction="make it night", image="coffee"):
    encoded = encode_picture(picture(image, 128, 96), "png", 90)
    pair = f"{image}-{task}-{candidate}"
    row = InstructRow(
        pair_id=pair,
        instruction_id=f"{image}-{task}",
        image_id=image,
        instruction_index=0,
        candidate_index=candidate,
        task=task,
        instruction=instruction,
        writer="w",
        prompt_version="1",
    )
    source = SampleRow(
        image_id=image,
        image=encoded,
        source="s",
        key="k",
        first_number=0,
        first_instruction=0,
        num_instructions=1,
    )
    return edit.Order(row, source)


def edited(orders, settings):
    [groups] = edit.edit_rows([orders], edit.Editors(settings), settings)
    assert all(len(group) == 1 for group in groups)
    return [group[0] for group in groups]


def test_candidates_take_turns_and_tasks_go_their_own_way():
    settings = recipe(
        editor=diffusion(IP2P),
        more_editors=[diffusion(KONTEXT, "flux_kontext")],
        routes={"text": PROCEDURAL, "add": diffusion(IP2P, guidance_scale=[5, 9])},
        candidates=3,
    )
    orders = [
        order(0),
        order(1),
        order(2),
        order(0, Task.TEXT, 'Write "HI" at the top'),
        order(1, Task.TEXT, 'Write "HI" on the cup'),
        order(1, Task.ADD, "add a spoon"),
        order(1, Task.NONE, image="chelsea"),
    ]
    rows = edited(orders, settings)
    ip2p, kontext = f"instruct_pix2pix:{IP2P}", f"flux_kontext:{KONTEXT}"
    names = [ip2p, kontext, ip2p, "procedural", "procedural", ip2p, kontext]
    assert [row.editor for row in rows] == names
    assert [row.pair_id for row in rows] == [o.instruct.pair_id for o in orders]
    assert [row.reason for row in rows] == [None] * 4 + [Reason.NO_EDIT_FITS] + [None] * 2
    sizes = {load_picture(r.edited_image).size for r in rows if r.status is Status.OK}
    assert sizes == {(128, 96)}
    assert rows[0].guidance_scale == 7.5
    assert 5 <= rows[5].guidance_scale <= 9
    assert rows[5].guidance_scale != 7.5
    assert len({row.seed for row in rows}) == len(rows)


def test_order_and_company_change_no_row():
    settings = recipe(
        editor=diffusion(IP2P, guidance_scale=[5, 9]),
        more_editors=[diffusion(KONTEXT, "flux_kontext")],
        candidates=4,
    )
    orders = [order(i) for i in range(4)] + [order(i, image="chelsea") for i in range(4)]
    rows = edited(orders, settings)
    assert edited(orders[::-1], settings)[::-1] == rows
    assert edited(orders[2:3], settings) == rows[2:3]


def test_equal_entries_are_one_editor():
    same = diffusion(IP2P)
    settings = recipe(editor=same, more_editors=[same], routes={"add": same})
    editors = edit.Editors(settings)
    first = editors.of(Task.STYLE, 0)
    assert editors.of(Task.STYLE, 1) is first
    assert editors.of(Task.ADD, 0) is first


def started(tmp_path, settings, orders):
    """Start the stage on a run whose part 0 holds these orders, and return the part's rows."""
    run = RunFolder(tmp_path)
    for stage in (sample.NAME, instruct.NAME):
        run.stage(stage).mkdir()
    pictures = list({o.picture.image_id: o.picture for o in orders}.values())
    write_part(run.stage(sample.NAME), 0, pictures, SampleRow, "mark")
    write_part(run.stage(instruct.NAME), 0, [o.instruct for o in orders], InstructRow, "mark")
    return list(edit.start(run, recipe=settings)(0, {}))


def test_an_editor_that_no_pair_needs_is_not_loaded(tmp_path):
    settings = recipe(editor=LOST, more_editors=[LOST], routes={"text": PROCEDURAL})
    rows = started(tmp_path, settings, [order(0, Task.TEXT, 'Add the word "TEA" at the bottom')])
    assert [(row.status, row.editor) for row in rows] == [(Status.OK, "procedural")]


def test_an_editor_that_a_pair_needs_is_loaded_as_the_stage_starts(tmp_path):
    settings = recipe(editor=diffusion(IP2P), more_editors=[LOST])
    with pytest.raises(EngineError, match=r"edit\.more_editors\.0\.model = '\./no/such/folder'"):
        started(tmp_path, settings, [order(0), order(1)])


@pytest.mark.skipif(find_spec("xformers") is not None, reason="xFormers is installed")
def test_a_message_names_the_entry_of_the_recipe():
    settings = recipe(editor=diffusion(IP2P), routes={"add": diffusion(IP2P, attention="xformers")})
    with pytest.raises(EngineError, match=r"edit\.routes\.add\.attention is xformers"):
        edit.Editors(settings).of(Task.ADD, 0)
