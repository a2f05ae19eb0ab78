"""Edits of drawn scenes: what they change, and whether every caption they can give is true."""

import random
import re

import claims_scenes_counts  # noqa: F401  (these register rules)
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
import numpy as np
import pytest
from claims_scenes import holds
from claims_scenes_facts import Unreadable, fits, pair_of
from pydantic import TypeAdapter, ValidationError

from pipelines.edits.scene import SCENE_EDITS, AnySceneEdit
from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_background import ChangeBackground
from pipelines.edits.scene_move import MoveObject
from pipelines.edits.scene_recolour import RecolourObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.scene_reshape import ReshapeObject
from pipelines.edits.scene_resize import ResizeObject
from pipelines.scenes.draw import draw
from pipelines.scenes.make import random_scene
from pipelines.scenes.model import Ground, Scene, SceneObject
from syned.rows import Task

SCENES = 400


def pairs(kind, count, seed=0):
    """Yield scenes with an edit of one kind, of all sizes and with many look-alikes."""
    rng = random.Random(f"{kind.__name__}{seed}")
    while count:
        scene = random_scene(rng, 1, 7)
        edit = kind.propose(scene, rng)
        if edit is not None:
            count -= 1
            yield scene, edit


def small_scene():
    return Scene(
        ground=Ground(pattern="plain", colour="grey"),
        objects=(
            SceneObject(shape="circle", colour="red", size="small", x=167, y=167),
            SceneObject(shape="star", colour="blue", size="medium", x=500, y=167),
            SceneObject(shape="circle", colour="red", size="large", x=833, y=833),
        ),
    )


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_every_caption_is_true(kind):
    for scene, edit in pairs(kind, SCENES):
        pair = pair_of(scene.model_dump(), edit.apply(scene).model_dump())
        for caption in edit.wording(scene).captions:
            assert holds(caption, pair), f"{caption!r} is wrong of {scene} and {edit}"


TRUE_BOTH_WAYS = re.compile(
    "The position of .* has changed|The background is (not the same|still)|The background has kept"
)


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_no_caption_is_true_of_the_pair_turned_round(kind):
    for scene, edit in pairs(kind, 60):
        pair = pair_of(edit.apply(scene).model_dump(), scene.model_dump())
        for caption in edit.wording(scene).captions:
            if not TRUE_BOTH_WAYS.match(caption):
                assert not _holds(caption, pair), caption


def _holds(caption, pair):
    try:
        return holds(caption, pair)
    except Unreadable:
        return False


@pytest.mark.parametrize(
    "caption",
    [
        "The red circle is gone.",  # there are two
        "The blue star is gone.",
        "The small blue circle is gone.",
        "There is now one object instead of three.",
        "There are now two circles instead of one.",
        "There is no circle in the picture any more.",
        "Nothing lies to the left of the blue star any more, or does it?",
        "The upper right corner is empty now.",
        "A red circle has appeared in the upper left corner.",
        "The object in the upper left corner was red and is green now.",
    ],
)
def test_the_checker_turns_false_captions_away(caption):
    scene = small_scene()
    edit = RemoveObject(place="upper left")
    assert not _holds(caption, pair_of(scene.model_dump(), edit.apply(scene).model_dump()))


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_captions_and_instructions_are_many_clean_and_distinct(kind):
    for scene, edit in pairs(kind, 100):
        wording = edit.wording(scene)
        assert len(set(wording.captions)) == len(wording.captions) >= 8
        assert len(set(wording.instructions)) == len(wording.instructions) >= 3
        for text in (*wording.captions, *wording.instructions):
            assert re.fullmatch(r"[A-Z][a-z,:; ]+\.", text), text
            assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|  | [,.;:]", text), text
            assert not re.search(r"\bone \w+ (\w+ )?\w+ses\b|\b(two|three) \w*cross\b", text), text


NAMED = re.compile(
    r"\bthe ((?:(?:small|large) )?(?:[a-z]+ )?"
    r"(?:circle|square|triangle|star|diamond|cross|ring|heart|hexagon|crescent|object)\b"
    r"(?: (?:in|at) the (?:(?:upper|lower) (?:left|right) corner|(?:top |bottom )?centre"
    r"|middle of the (?:left|right) side))?)"
)


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_instructions_name_one_object_only(kind):
    for scene, edit in pairs(kind, 100):
        things = scene.model_dump()["objects"]
        for text in edit.wording(scene).instructions:
            for noun in NAMED.findall(text):
                assert len([t for t in things if fits(noun, t)]) == 1, (text, scene)


def cells_of(scene, edit):
    """Return which of the nine cells an edit may touch, as (column, row)."""
    first, second = scene.model_dump(), edit.apply(scene).model_dump()
    touched = [o for o in first["objects"] if o not in second["objects"]]
    touched += [o for o in second["objects"] if o not in first["objects"]]
    return {(o["x"] * 3 // 1000, o["y"] * 3 // 1000) for o in touched}


@pytest.mark.parametrize("kind", [k for k in SCENE_EDITS if k is not ChangeBackground])
@pytest.mark.parametrize("side", [64, 300])
def test_pixels_change_in_the_cells_of_the_edit_and_nowhere_else(kind, side):
    for scene, edit in pairs(kind, 25):
        before, after = (np.asarray(draw(s, side)) for s in (scene, edit.apply(scene)))
        rows, columns = np.nonzero((before != after).any(axis=2))
        seen = set(zip(columns * 3 // side, rows * 3 // side, strict=True))
        assert seen == cells_of(scene, edit)


def test_a_new_background_leaves_the_objects_pixels():
    for scene, edit in pairs(ChangeBackground, 25):
        before, after = (np.asarray(draw(s, 128)).astype(int) for s in (scene, edit.apply(scene)))
        for obj in scene.objects:
            if obj.shape not in ("ring", "crescent"):
                pixel = (obj.y * 128 // 1000, obj.x * 128 // 1000)
                assert (before[pixel] == after[pixel]).all()
        corners = np.s_[::127, ::127]
        assert edit.ground.colour == scene.ground.colour or (
            (before[corners] != after[corners]).any(axis=2).all()
        )


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_an_edit_survives_json_and_gives_valid_scenes(kind):
    for scene, edit in pairs(kind, 50):
        again = TypeAdapter(AnySceneEdit).validate_json(edit.model_dump_json())
        assert again == edit
        after = again.apply(scene)
        assert Scene.model_validate(after.model_dump()) == after != scene


@pytest.mark.parametrize("kind", SCENE_EDITS)
def test_the_same_draws_give_the_same_edit(kind):
    scene = random_scene(random.Random(7), 3, 6)
    assert kind.propose(scene, random.Random(3)) == kind.propose(scene, random.Random(3))


def test_tasks_are_those_of_emu_edit():
    assert {kind.__name__: kind.task for kind in SCENE_EDITS} == {
        "AddObject": Task.ADD,
        "RemoveObject": Task.REMOVE,
        "RecolourObject": Task.COLOR,
        "ResizeObject": Task.LOCAL,
        "MoveObject": Task.LOCAL,
        "ReshapeObject": Task.LOCAL,
        "ChangeBackground": Task.BACKGROUND,
    }


def test_look_alikes_are_told_apart():
    scene = small_scene()
    assert "The small red circle is gone." in (
        RemoveObject(place="upper left").wording(scene).captions
    )
    assert "Only one of the two red circles is left." in (
        RemoveObject(place="upper left").wording(scene).captions
    )
    grown = ResizeObject(place="upper left", size="large").wording(scene).captions
    assert "The red circle in the upper left corner is now larger." in grown
    assert "The blue star is now green." in (
        RecolourObject(place="top centre", colour="green").wording(scene).captions
    )


def test_captions_of_a_move_by_hand():
    captions = MoveObject(place="top centre", to="lower left").wording(small_scene()).captions
    assert "The blue star has moved down and to the left." in captions
    assert "The blue star is now in the lower left corner instead of at the top centre." in captions


def test_captions_of_a_new_shape_and_a_new_object_by_hand():
    reshaped = ReshapeObject(place="top centre", shape="cross").wording(small_scene()).captions
    assert "The blue star has become a cross." in reshaped
    new = SceneObject(shape="star", colour="blue", size="large", x=167, y=833)
    captions = AddObject(new=new).wording(small_scene()).captions
    assert "Another blue star has appeared in the lower left corner." in captions
    assert "There are now two stars instead of one." in captions


def test_an_edit_that_cannot_be_is_not_proposed():
    rng = random.Random(0)
    lone = SceneObject(shape="ring", colour="pink", size="medium", x=500, y=500)
    scene = Scene(ground=Ground(pattern="plain", colour="navy"), objects=(lone,))
    assert RemoveObject.propose(scene, rng) is None
    assert ResizeObject.propose(scene, rng) is None
    crowd = tuple(lone.but(x=x, y=y) for x in (167, 500, 833) for y in (167, 500, 833))
    full = Scene(ground=scene.ground, objects=crowd)
    assert AddObject.propose(full, rng) is None
    assert MoveObject.propose(full, rng) is None


def test_a_small_object_too_near_to_the_border_does_not_grow():
    near = SceneObject(shape="ring", colour="pink", size="small", x=110, y=167)
    scene = Scene(ground=Ground(pattern="plain", colour="navy"), objects=(near,))
    assert ResizeObject.propose(scene, random.Random(0)) is None
    with pytest.raises(ValidationError, match="reaches out of its cell, upper left"):
        ResizeObject(place="upper left", size="large").apply(scene)
