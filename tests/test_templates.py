"""The `templates` writer and the `procedural` editor together."""

import collections
import itertools
import random
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from claims_pictures import is_true
from PIL import Image
from seen_in_pictures import Pair

from pipelines.editors.procedural import load_procedural_editor
from pipelines.edits.base import PictureEdit, SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.engines import Edited, EditJob, Rejected, WriteJob, Written
from pipelines.scenes.describe import describe
from pipelines.scenes.draw import draw
from pipelines.scenes.make import random_scene
from pipelines.scenes.model import Scene
from pipelines.sections.editors import ProceduralEditor
from pipelines.sections.writers import TemplatesWriter
from pipelines.writers.templates import load_templates_writer
from syned.images import encode_picture, load_picture, normalise
from syned.reasons import Reason
from syned.rows import Task

ALL = TemplatesWriter(tasks=dict.fromkeys(Task, 1.0))


@cache
def encoded(name: str):
    picture = Image.open(Path(skimage.data.data_dir) / name).convert("RGB")
    return encode_picture(normalise(picture, 448), "jpeg", 95)


def job(image, task, seed=0, scene=None, caption=""):
    return WriteJob(image, scene, task, caption, None, None, seed, inverse=True)


def wrong_claims(written, pair):
    wrong = [caption for caption in written.captions if not is_true(caption, pair)]
    return wrong + [c for c in written.inverse_captions if not is_true(c, pair.turned)]


def scene_job(number, task, seed=0):
    scene = random_scene(random.Random(number), 2, 6)
    image = encode_picture(draw(scene, 256), "jpeg", 95)
    return scene, job(image, task, seed, scene.model_dump_json())


def edited(written, image, scene=None):
    order = EditJob(
        load_picture(image), scene, written.task, written.instruction, written.edit, seed=0
    )
    return load_procedural_editor(ProceduralEditor()).edit([order])[0]


def photo_jobs(count):
    names = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")
    tasks = (Task.GLOBAL, Task.COLOR, Task.STYLE, Task.TEXT, Task.ADD, Task.NONE)
    return [
        job(encoded(names[seed % 4]), tasks[seed % 6], seed, caption="a photo of a thing")
        for seed in range(count)
    ]


def test_what_is_written_is_true_of_what_is_edited():
    jobs = photo_jobs(72)
    for asked, written in zip(jobs, load_templates_writer(ALL).write(jobs), strict=True):
        assert isinstance(written, Written)
        answer = edited(written, asked.image)
        assert isinstance(answer, Edited), f"{written.edit}: {answer}"
        after = load_picture(encode_picture(answer.image, "jpeg", 95))
        pair = Pair(load_picture(asked.image), after)
        assert wrong_claims(written, pair) == [], written.edit


def test_each_row_has_five_captions_that_differ_and_the_task_that_was_asked_for():
    jobs = photo_jobs(60)
    for asked, written in zip(jobs, load_templates_writer(ALL).write(jobs), strict=True):
        assert written.task is asked.task
        assert parse_edit(written.edit).task is asked.task
        for captions in (written.captions, written.inverse_captions):
            bags = [frozenset(re.findall(r"\w+", c.lower())) for c in captions]
            assert len(bags) == len(set(bags)) == 5
            for one, other in itertools.combinations(bags, 2):
                assert len(one & other) / len(one | other) < 0.65, captions


def test_the_same_job_gets_the_same_answer_whatever_is_beside_it():
    jobs = photo_jobs(12)
    writer = load_templates_writer(ALL)
    together = writer.write(jobs)
    alone = [load_templates_writer(ALL).write([one])[0] for one in reversed(jobs)]
    assert together == alone[::-1]


def test_one_picture_seldom_gets_the_same_instruction_twice():
    writer = load_templates_writer(ALL)
    for task, least in ((Task.ADD, 19), (Task.TEXT, 19), (Task.GLOBAL, 13)):
        jobs = [job(encoded("coffee.png"), task, seed) for seed in range(20)]
        assert len({written.instruction for written in writer.write(jobs)}) >= least


def test_all_kinds_of_a_task_are_drawn():
    jobs = [job(encoded("coffee.png"), Task.GLOBAL, seed) for seed in range(80)]
    kinds = collections.Counter(
        parse_edit(written.edit).kind for written in load_templates_writer(ALL).write(jobs)
    )
    assert set(kinds) == {"brightness", "contrast", "rotate", "tilt", "flip", "crop", "border"}
    assert min(kinds.values()) >= 3


def test_captions_of_both_pictures_say_what_is_new():
    asked = job(encoded("coffee.png"), Task.TEXT, 3, caption="A cup of coffee.")
    written = load_templates_writer(ALL).write([asked])[0]
    edit = parse_edit(written.edit)
    assert written.source_caption == "A cup of coffee."
    assert written.edited_caption.startswith(f'A cup of coffee, with the word "{edit.word}" ')
    assert written.edited_caption.endswith(".")
    unnamed = load_templates_writer(ALL).write([job(encoded("coffee.png"), Task.NONE)])[0]
    assert (unnamed.source_caption, unnamed.edited_caption) == ("a picture", "a picture")


def test_a_task_that_does_not_fit_gives_way_to_one_that_the_recipe_wants():
    config = TemplatesWriter(tasks={Task.REMOVE: 1, Task.STYLE: 2, Task.COLOR: 0, Task.TEXT: 1})
    jobs = [job(encoded("coffee.png"), Task.REMOVE, seed) for seed in range(60)]
    tasks = collections.Counter(w.task for w in load_templates_writer(config).write(jobs))
    assert set(tasks) == {Task.STYLE, Task.TEXT}
    # Two to one: 40 of 60, and less than three standard deviations (3.7 each) away from it.
    assert 29 <= tasks[Task.STYLE] <= 51


def test_a_picture_that_nothing_fits_is_rejected():
    plain = encode_picture(Image.new("RGB", (256, 192), (128, 128, 128)), "jpeg", 95)
    config = TemplatesWriter(tasks={Task.REMOVE: 1, Task.LOCAL: 1})
    answer = load_templates_writer(config).write([job(plain, Task.REMOVE)])[0]
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.NO_EDIT_FITS


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (128, 128, 128)])
def test_flat_pictures_get_edits_that_show_on_them(colour):
    plain = encode_picture(Image.new("RGB", (512, 384), colour), "jpeg", 95)
    jobs = [job(plain, task, seed) for task in Task for seed in range(4)]
    for written in load_templates_writer(ALL).write(jobs):
        answer = edited(written, plain)
        pair = Pair(load_picture(plain), load_picture(encode_picture(answer.image, "jpeg", 95)))
        assert wrong_claims(written, pair) == [], written.edit


def test_scenes_get_edits_of_objects_and_of_pixels():
    seen = set()
    for number in range(40):
        scene, asked = scene_job(number, list(Task)[number % len(Task)], number)
        written = load_templates_writer(ALL).write([asked])[0]
        edit = parse_edit(written.edit)
        seen.add(isinstance(edit, SceneEdit))
        assert len(set(written.captions)) == 5
        assert written.source_caption == describe(scene)
        answer = edited(written, asked.image, asked.scene)
        assert isinstance(answer, Edited), written
        assert answer.image.size == (256, 256)
        if isinstance(edit, SceneEdit):
            assert written.edited_caption == describe(edit.apply(scene))
            assert answer.image.tobytes() == draw(edit.apply(scene), 256).tobytes()
    assert seen == {True, False}


def test_what_the_caption_of_an_edited_scene_names_can_still_be_seen():
    kinds = collections.Counter()
    for number in range(120):
        task = (Task.GLOBAL, Task.TEXT, Task.STYLE, Task.COLOR)[number % 4]
        scene, asked = scene_job(number, task, number)
        edit = parse_edit(load_templates_writer(ALL).write([asked])[0].edit)
        kinds[edit.kind] += 1
        if edit.kind in ("border", "lettering"):
            before = draw(scene, 256)
            changed = np.asarray(edit.apply(before)) != np.asarray(before)
            empty = draw(Scene(ground=scene.ground, objects=scene.objects[:1]), 256)
            objects = np.asarray(before) != np.asarray(empty)
            assert not (changed.any(axis=2) & objects.any(axis=2)).any(), edit
    colours_or_places_change = {"tint", "saturation", "sepia", "black_and_white", "brightness"}
    assert not set(kinds) & (colours_or_places_change | {"contrast", "crop", "tilt", "sticker"})
    assert min(kinds["border"], kinds["lettering"], kinds["flip"], kinds["noise"]) >= 3


def test_at_most_two_of_five_captions_are_brief():
    jobs = photo_jobs(60) + [scene_job(n, list(Task)[n % len(Task)], n)[1] for n in range(60)]
    for written in load_templates_writer(ALL).write(jobs):
        if written.task is not Task.NONE:
            for captions in (written.captions, written.inverse_captions):
                lengths = sorted(len(caption.split()) for caption in captions)
                assert lengths[2] > 7, captions


def test_nothing_is_pasted_over_a_scene():
    for number in range(12):
        _, asked = scene_job(number, Task.ADD, number)
        written = load_templates_writer(ALL).write([asked])[0]
        assert parse_edit(written.edit).kind == "add_object"


def test_the_editor_applies_the_edit_that_was_written():
    asked = photo_jobs(1)[0]
    written = load_templates_writer(ALL).write([asked])[0]
    edit = parse_edit(written.edit)
    assert isinstance(edit, PictureEdit)
    expected = edit.apply(load_picture(asked.image))
    assert edited(written, asked.image).image.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("edit", "reason", "message"),
    [
        (None, Reason.BAD_JSON, "found the kind None"),
        ("{", Reason.BAD_JSON, "cannot be read"),
        ('{"kind": "explode"}', Reason.BAD_JSON, "expected one of: brightness"),
        ('{"kind": "sepia", "more": 1}', Reason.BAD_JSON, "more"),
        ('{"kind": "black_and_white"}', Reason.NO_VISIBLE_CHANGE, "black_and_white"),
    ],
)
def test_an_edit_that_cannot_be_made_is_a_rejected_row(edit, reason, message):
    grey = Image.fromarray(np.full((192, 256, 3), 90, np.uint8))
    order = EditJob(grey, None, Task.STYLE, "Do it.", edit, 0)
    answer = load_procedural_editor(ProceduralEditor()).edit([order])[0]
    assert isinstance(answer, Rejected)
    assert answer.reason is reason
    assert message in answer.message


def test_an_edit_of_objects_without_a_scene_is_a_rejected_row():
    _, asked = scene_job(1, Task.REMOVE)
    written = load_templates_writer(ALL).write([asked])[0]
    answer = edited(written, asked.image, scene=None)
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.NO_EDIT_FITS
