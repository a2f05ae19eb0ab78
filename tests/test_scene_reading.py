"""Drawn scenes are read from their pixels, whoever drew them, and edits of them are judged."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_background import ChangeBackground
from pipelines.edits.scene_move import MoveObject
from pipelines.edits.scene_recolour import RecolourObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.scene_resize import ResizeObject
from pipelines.scenes.draw import draw
from pipelines.scenes.make import random_scene
from pipelines.scenes.model import COLOURS, SHAPES, Ground, Scene, SceneObject
from pipelines.scenes.read import read_scene
from pipelines.world.judge import judge

GREY, NAVY = (162, 162, 164), (26, 36, 82)
RED, BLUE, YELLOW = (214, 32, 38), (30, 84, 222), (255, 222, 23)


def scene(*objects: SceneObject, pattern: str = "plain", colour: str = "grey") -> Scene:
    return Scene(ground=Ground(pattern=pattern, colour=colour), objects=objects)


def thing(shape: str, colour: str, x: int, y: int, size: str = "medium") -> SceneObject:
    return SceneObject(shape=shape, colour=colour, size=size, x=x, y=y)


def named(picture: Image.Image) -> list[tuple[str, str]]:
    return [(str(obj), obj.place) for obj in read_scene(picture).objects]


def test_a_square_and_a_disc_of_other_code_are_read():
    picture = Image.new("RGB", (120, 120), GREY)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((12, 12, 29, 29), fill=RED)
    pen.ellipse((88, 88, 116, 116), fill=BLUE)
    assert named(picture) == [
        ("medium red square", "upper left"),
        ("large blue circle", "lower right"),
    ]


def test_a_triangle_and_a_cross_of_other_code_are_read():
    picture = Image.new("RGB", (300, 300), NAVY)
    pen = ImageDraw.Draw(picture)
    pen.polygon([(150, 124), (176, 172), (124, 172)], fill=YELLOW)
    pen.rectangle((41, 226, 59, 274), fill=RED)
    pen.rectangle((26, 241, 74, 259), fill=RED)
    assert named(picture) == [
        ("medium yellow triangle", "centre"),
        ("medium red cross", "lower left"),
    ]


def test_what_has_no_name_is_seen_and_not_named():
    picture = Image.new("RGB", (200, 200), GREY)
    ImageDraw.Draw(picture).rectangle((20, 96, 180, 104), fill=(0, 255, 0))
    (seen,) = read_scene(picture).objects
    assert (seen.shapes, seen.colour) == ((), None)
    assert "unknown" in str(seen)


def test_an_empty_picture_has_a_background_alone():
    seen = read_scene(Image.new("RGB", (72, 72), NAVY))
    assert (seen.colour, seen.pattern, seen.objects) == ("navy", "plain", ())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("resolution", [72, 200])
def test_every_shape_is_read(shape, resolution):
    picture = draw(scene(thing(shape, "blue", 500, 500, "large")), resolution)
    (seen,) = read_scene(picture).objects
    assert (seen.shapes[0], seen.colour, seen.size) == (shape, "blue", "large")


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_is_read(colour):
    (seen,) = read_scene(draw(scene(thing("heart", colour, 167, 833)), 72)).objects
    assert (seen.colour, seen.place) == (colour, "lower left")


def test_every_background_is_read():
    for pattern in ("plain", "gradient", "striped", "chequered", "dotted", "speckled"):
        for variant in range(12):
            colour = ("grey", "beige", "navy", "maroon", "pale blue")[variant % 5]
            ground = Ground(pattern=pattern, colour=colour, variant=variant)
            objects = (thing("star", "orange", 500, 500),)
            seen = read_scene(draw(Scene(ground=ground, objects=objects), 192))
            assert (seen.pattern, seen.colour) == (pattern, colour), ground


def _jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    return Image.open(file)


def _noisy(picture: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 6, (*picture.size, 3))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "spoil", [_jpeg, _noisy, lambda picture: picture.filter(ImageFilter.GaussianBlur(0.8))]
)
def test_most_objects_are_read_in_pictures_that_are_not_clean(spoil):
    rng, right, all_ = random.Random(1), 0, 0
    for _ in range(20):
        truth = random_scene(rng, 1, 4, simple=True)
        seen = {obj.place: obj for obj in read_scene(spoil(draw(truth, 72))).objects}
        for obj in truth.objects:
            found = seen.get(obj.place)
            right += found is not None and obj.shape in found.shapes and obj.colour == found.colour
            all_ += 1
    assert all_ > 40
    assert right / all_ > 0.9


STAR, RING = thing("star", "red", 167, 167), thing("ring", "blue", 833, 833, "large")
BEFORE = scene(STAR, RING)


@pytest.mark.parametrize(
    "edit",
    [
        AddObject(new=thing("heart", "pink", 500, 500)),
        RemoveObject(place="upper left"),
        RecolourObject(place="upper left", colour="green"),
        ResizeObject(place="lower right", size="small"),
        MoveObject(place="upper left", to="centre"),
        ChangeBackground(ground=Ground(pattern="striped", colour="beige")),
    ],
    ids=lambda edit: edit.kind,
)
def test_an_exact_edit_is_right_and_none_is_not_done(edit):
    assert judge(BEFORE, edit.apply(BEFORE), draw(edit.apply(BEFORE), 96)).right
    verdict = judge(BEFORE, edit.apply(BEFORE), draw(BEFORE, 96))
    assert (verdict.done, verdict.kept) == (False, True)


REMOVE = RemoveObject(place="upper left")


@pytest.mark.parametrize(
    ("objects", "done", "kept", "wrong"),
    [
        ([STAR], False, False, "upper left: nothing expected, medium red star seen"),
        ([RING.but(colour="green")], True, False, "lower right: large blue ring expected"),
        ([RING, thing("cross", "black", 500, 500)], True, False, "centre: nothing expected"),
        ([RING.but(x=813)], True, True, ""),
        ([thing("ring", "blue", 801, 865, "large")], True, False, "lower right: large blue ring"),
    ],
    ids=["wrong one removed", "another changed", "one more", "hardly moved", "moved in its cell"],
)
def test_what_must_stay_is_judged(objects, done, kept, wrong):
    verdict = judge(BEFORE, REMOVE.apply(BEFORE), draw(scene(*objects), 96))
    assert (verdict.done, verdict.kept) == (done, kept)
    assert wrong in "; ".join(verdict.wrong)


def test_another_background_is_no_part_of_a_removal():
    verdict = judge(BEFORE, REMOVE.apply(BEFORE), draw(scene(RING, colour="beige"), 96))
    assert (verdict.done, verdict.kept) == (True, False)
    assert verdict.wrong == ("background: plain grey expected, plain beige seen",)


def test_a_picture_that_was_not_to_change_is_judged():
    assert judge(BEFORE, BEFORE, draw(BEFORE, 96)).right
    assert not judge(BEFORE, BEFORE, draw(scene(STAR), 96)).kept


def test_a_new_object_may_lie_anywhere_in_its_cell():
    edit = AddObject(new=thing("heart", "pink", 500, 500))
    moved = scene(STAR, RING, thing("heart", "pink", 540, 460))
    assert judge(BEFORE, edit.apply(BEFORE), draw(moved, 96)).right
    smaller = scene(STAR, RING, thing("heart", "pink", 500, 500, "small"))
    assert not judge(BEFORE, edit.apply(BEFORE), draw(smaller, 96)).done
