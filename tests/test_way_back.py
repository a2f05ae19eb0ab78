"""Pairs turned round: every caption of the way back is true of the pictures in their new order."""

import re
from dataclasses import replace

import claims_scenes_counts  # noqa: F401  (these register rules)
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
import numpy as np
import pytest
from claims_pictures import is_true
from claims_scenes import holds
from claims_scenes_facts import pair_of
from pictures_to_edit import PHOTOS, photo, proposals, through_jpeg
from seen_in_pictures import Pair
from test_scene_edits import pairs

from pipelines.edits.border import Border
from pipelines.edits.geometry import Flip, Rotate
from pipelines.edits.lettering import Lettering
from pipelines.edits.monochrome import BlackAndWhite
from pipelines.edits.nothing import Recompress
from pipelines.edits.registry import PICTURE_EDITS
from pipelines.edits.scene import SCENE_EDITS
from pipelines.edits.sticker import Sticker
from pipelines.edits.tone import Brightness
from pipelines.edits.way_back import way_back
from pipelines.engines import WriteJob
from pipelines.sections.writers import TemplatesWriter
from pipelines.writers.templates import load_templates_writer
from syned.images import encode_picture
from syned.rows import Task

SAME_WORDS = (Flip, Rotate, Recompress, Brightness)
"""Kinds whose way back is said in words that the checks of forward captions know."""
TAKEN_AWAY = (Border, Lettering, Sticker)


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_scenes_turned_round(kind):
    found = 0
    for scene, edit in pairs(kind, 60, seed="back"):
        wording = way_back(edit, scene)
        if wording is None:
            continue
        found += 1
        turned = pair_of(edit.apply(scene).model_dump(), scene.model_dump())
        for caption in wording.captions:
            assert holds(caption, turned), f"{caption!r} is wrong of {scene} and {edit}"
    assert found >= 50


@pytest.mark.parametrize("kind", SAME_WORDS)
def test_pictures_turned_round(kind):
    found = 0
    for name in PHOTOS:
        before = photo(name, 256)
        for edit, after in proposals(kind, before, range(4)):
            wording = way_back(edit, None)
            turned = Pair(through_jpeg(after), through_jpeg(before))
            for caption in wording.captions if wording else ():
                found += 1
                assert is_true(caption, turned), f"{name}: {edit!r}: {caption}"
    assert found >= 30


@pytest.mark.parametrize("kind", TAKEN_AWAY)
def test_what_was_put_on_a_picture_is_said_to_be_gone(kind):
    """The words name what the forward words name, and only ever as something that is gone."""
    edit, _ = next(proposals(kind, photo(PHOTOS[0], 448), range(20)))
    forward, back = " ".join(edit.wording().captions), way_back(edit, None).captions
    assert len(back) >= 8
    for caption in back:
        gone = r"gone|removed|without|not\b|no longer|lacks|disappeared|missing|[Nn]o |taken|again"
        assert re.search(rf"{gone}|Before,|Nobody|none there|Erased", caption), caption
        named = re.findall(r'"(\w+)"', caption)
        assert all(f'"{word}"' in forward for word in named)
        assert not re.search(r"has been (added|put|written)|now bears", caption)


def test_colour_comes_back_to_pictures_without_any():
    edit = BlackAndWhite()
    assert all(re.search("(?i)colour", text) for text in way_back(edit, None).captions)


def test_where_nothing_sure_can_be_said_nothing_is():
    without = {
        kind for kind in PICTURE_EDITS if way_back.dispatch(kind) is way_back.dispatch(object)
    }
    assert {"Tilt", "Crop", "Noise", "Sepia"} <= {kind.__name__ for kind in without}
    assert way_back(Rotate(degrees=90, shrunk=False), None) is None
    assert way_back(Rotate(degrees=180, shrunk=False), None) is not None


def test_the_writer_words_the_way_back_only_if_asked():
    writer = load_templates_writer(TemplatesWriter(tasks={Task.GLOBAL: 1}))
    image = encode_picture(photo(PHOTOS[0], 256), "jpeg", 95)
    job = WriteJob(image, None, Task.GLOBAL, "a picture", None, None, seed=3)
    plain = writer.write([job])[0]
    assert (plain.inverse_instruction, plain.inverse_captions) == ("", ())
    answers = writer.write([replace(job, seed=seed, inverse=True) for seed in range(12)])
    # What is written of the way there does not depend on whether the way back is.
    assert answers[3].captions == plain.captions
    assert answers[3].instruction == plain.instruction
    worded = [a for a in answers if a.inverse_instruction]
    assert worded
    assert all(len(set(a.inverse_captions)) == 5 for a in worded)
    assert not set(worded[0].inverse_captions) & set(worded[0].captions)


def test_wordings_of_the_way_back_are_clean_and_different():
    for kind in (*TAKEN_AWAY, BlackAndWhite):
        edit, _ = next(proposals(kind, photo(PHOTOS[0], 448), range(20)))
        texts = [*way_back(edit, None).instructions, *way_back(edit, None).captions]
        words = [set(re.findall(r"\w+", text.lower())) for text in texts]
        shared = [len(a & b) / len(a | b) for i, a in enumerate(words) for b in words[:i]]
        assert np.mean(shared) < 0.35
        for text in texts:
            assert re.fullmatch(r"[A-Z\"][^{}]*[^ .]\.", text), text
            assert not re.search(r"\b(a [aeiou]|an [^aeiou])", text), text
