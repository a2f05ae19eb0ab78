"""Pairs turned round: the way back is exact, and its captions are true of it and of it alone.

That captions of the way back are true of pictures is tested beside those of the way there.
"""

import re
from dataclasses import replace

import claims_scenes_counts  # noqa: F401  (these register rules)
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
import pytest
from claims_pictures import is_true
from claims_scenes import holds
from claims_scenes_facts import pair_of
from pictures_to_edit import PHOTOS, photo, proposals, through_jpeg
from seen_in_pictures import Pair
from test_scene_edits import pairs, small_scene

from pipelines.edits.geometry import Flip, Rotate
from pipelines.edits.registry import PICTURE_EDITS
from pipelines.edits.scene import SCENE_EDITS
from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.way_back import undo, way_back
from pipelines.engines import WriteJob
from pipelines.sections.writers import TemplatesWriter
from pipelines.writers.templates import load_templates_writer
from syned.images import encode_picture
from syned.rows import Task

SEEN = tuple(kind for kind in PICTURE_EDITS if kind.task is not Task.NONE)


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_an_edit_leads_back_to_the_very_scene_and_is_worded_for_it(kind):
    for scene, edit in pairs(kind, 60, seed="back"):
        after = edit.apply(scene)
        assert undo(edit, scene).apply(after) == scene
        turned, wording = pair_of(after.model_dump(), scene.model_dump()), way_back(edit, scene)
        assert len(set(wording.captions)) >= 8
        assert len(set(wording.instructions)) >= 3
        for caption in wording.captions:
            assert holds(caption, turned), f"{caption!r} is wrong of {edit}, undone, in {scene}"


def test_objects_are_named_as_they_are_in_the_picture_that_comes_first():
    scene = small_scene()
    back = way_back(RemoveObject(place="upper left"), scene)
    # One red circle is left, so that the one that comes back is another one.
    assert "Another red circle has appeared in the upper left corner." in back.captions
    new = scene.objects[0].but(x=500, y=500)
    back = way_back(AddObject(new=new), scene)
    # Three red circles are there, two of them small.
    assert "The small red circle in the centre is gone." in back.captions
    assert "Only two of the three red circles are left." in back.captions


@pytest.mark.parametrize("kind", SEEN, ids=lambda kind: kind.__name__)
def test_no_caption_of_the_way_back_is_true_of_the_way_there(kind):
    found = 0
    for name in PHOTOS:
        before = photo(name, 448 if kind.__name__ == "Lettering" else 256)
        for edit, after in proposals(kind, before, range(2)):
            if isinstance(edit, Flip) or edit == Rotate(degrees=180, shrunk=False):
                continue  # their own ways back
            found += 1
            pair = Pair(through_jpeg(before), through_jpeg(after))
            both = [c for c in edit.inverse_wording().captions if is_true(c, pair)]
            both += [c for c in edit.wording().captions if is_true(c, pair.turned)]
            assert both == [], f"{name}: {edit!r}"
    assert found >= 4 or kind is Flip


def test_nothing_is_said_that_only_who_knew_the_source_could_say():
    for kind in SEEN:
        for edit, _ in proposals(kind, photo(PHOTOS[1], 256), range(8)):
            wording = edit.inverse_wording()
            for text in (*wording.instructions, *wording.captions):
                assert not re.search("restored|original|undone", text), text
                assert "again" not in text or "swap" in text, text
                assert "upside down" not in text or "Compared with before" in text, text


def test_the_writer_words_the_way_back_only_if_asked():
    writer = load_templates_writer(TemplatesWriter(tasks={Task.GLOBAL: 1}))
    image = encode_picture(photo(PHOTOS[0], 256), "jpeg", 95)
    jobs = [WriteJob(image, None, Task.GLOBAL, "a picture", None, None, seed) for seed in range(12)]
    plain = writer.write(jobs)
    both = writer.write([replace(job, inverse=True) for job in jobs])
    assert {(w.inverse_instruction, w.inverse_captions) for w in plain} == {("", ())}
    # What is written of the way there does not depend on whether the way back is.
    assert [replace(w, inverse_instruction="", inverse_captions=()) for w in both] == plain
    for written in both:
        assert written.inverse_instruction
        assert len(set(written.inverse_captions)) == 5
