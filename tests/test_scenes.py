"""Drawn scenes: what they hold, how they are named, and whether the picture shows it."""

import random
from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab

from pipelines.scenes.describe import a, amount, at, describe, direction, name, relation
from pipelines.scenes.draw import draw
from pipelines.scenes.grounds import draw_ground
from pipelines.scenes.make import random_scene
from pipelines.scenes.model import (
    COLOURS,
    GROUND_COLOURS,
    PATTERNS,
    PLACES,
    SHAPES,
    SIZES,
    Ground,
    Scene,
    SceneObject,
)
from pipelines.scenes.palette import GROUND_RGB, OBJECT_RGB, colours_seen_on

PLAIN = Ground(pattern="plain", colour="grey")


def scenes(count, low=2, high=6, seed=0):
    rng = random.Random(seed)
    return [random_scene(rng, low, high) for _ in range(count)]


def thing(shape="circle", colour="red", size="medium", x=500, y=500):
    return SceneObject(shape=shape, colour=colour, size=size, x=x, y=y)


def blobs(picture, colour):
    """Return the pixel counts of the connected areas of one object colour."""
    near = np.abs(np.asarray(picture).astype(int) - OBJECT_RGB[colour]).max(axis=2) <= 6
    labels, number = ndimage.label(near, structure=np.ones((3, 3)))
    return [int((labels == i + 1).sum()) for i in range(number)]


def test_the_words_are_rich_enough():
    assert len(SHAPES) >= 8
    assert len(COLOURS) >= 8
    assert len(PLACES) == 9
    assert {s.ground.pattern for s in scenes(200)} == set(PATTERNS)
    assert {o.shape for s in scenes(200) for o in s.objects} == set(SHAPES)
    assert {o.colour for s in scenes(200) for o in s.objects} == set(COLOURS)
    assert {len(s.objects) for s in scenes(200)} == {2, 3, 4, 5, 6}


def test_the_picture_shows_as_many_areas_of_a_colour_as_the_scene_has_objects():
    for scene in scenes(60):
        picture = draw(scene, 160)
        for colour in COLOURS:
            assert len(blobs(picture, colour)) == sum(o.colour == colour for o in scene.objects)


def test_the_centre_of_an_object_has_its_colour():
    for scene in scenes(80):
        pixels = np.asarray(draw(scene, 200))
        for obj in scene.objects:
            if obj.shape not in ("ring", "crescent"):
                assert tuple(pixels[obj.y // 5, obj.x // 5]) == OBJECT_RGB[obj.colour]


def test_a_ring_has_a_hole_that_shows_the_background():
    ring = Scene(ground=PLAIN, objects=(thing("ring", size="large"),))
    assert draw(ring, 100).getpixel((50, 50)) == GROUND_RGB["grey"][0]


@pytest.mark.parametrize("shape", SHAPES)
def test_sizes_differ_plainly_and_objects_stay_inside_their_cell(shape):
    areas = []
    for size in SIZES:
        picture = draw(Scene(ground=PLAIN, objects=(thing(shape, size=size),)), 300)
        assert np.array_equal(
            np.asarray(picture)[np.r_[:101, 199:300]],
            np.asarray(draw_ground(PLAIN, 300))[np.r_[:101, 199:300]],
        )
        areas += blobs(picture, "red")
    assert areas[1] > 2 * areas[0]
    assert areas[2] > 1.8 * areas[1]


def test_objects_keep_a_gap():
    for scene in scenes(40):
        ground, picture = (
            np.asarray(p) for p in (draw_ground(scene.ground, 512), draw(scene, 512))
        )
        touched = (ground != picture).any(axis=2)
        _, number = ndimage.label(touched, structure=np.ones((3, 3)))
        assert number == len(scene.objects)
        assert not touched[[0, -1]].any()
        assert not touched[:, [0, -1]].any()


def test_json_round_trip_and_order():
    for scene in scenes(50):
        assert Scene.model_validate_json(scene.model_dump_json()) == scene
        shuffled = list(scene.objects)
        random.Random(1).shuffle(shuffled)
        again = Scene(ground=scene.ground, objects=tuple(shuffled))
        assert again.model_dump_json() == scene.model_dump_json()
        assert "." not in scene.model_dump_json()


def test_a_bad_scene_says_what_is_wrong():
    with pytest.raises(ValidationError, match="a large star at \\(60, 500\\) reaches out"):
        thing("star", size="large", x=60)
    with pytest.raises(ValidationError, match="two objects share a cell; places: centre, centre"):
        Scene(ground=PLAIN, objects=(thing(), thing("star")))
    with pytest.raises(ValidationError, match="extra"):
        Scene.model_validate({"ground": PLAIN, "objects": (thing(),), "mood": "gay"})


def test_the_same_draws_give_the_same_scene_and_pixels():
    first, second = scenes(10, seed=4), scenes(10, seed=4)
    assert first == second
    for one, other in zip(first, second, strict=True):
        assert draw(one, 128).tobytes() == draw(other, 128).tobytes()


@pytest.mark.parametrize("side", [32, 64, 100, 512, 1024])
def test_any_resolution(side):
    for scene in scenes(6):
        picture = draw(scene, side)
        assert picture.size == (side, side)
        assert picture.mode == "RGB"


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("colour", GROUND_COLOURS)
def test_a_background_lies_between_its_two_shades(pattern, colour):
    low, high = np.sort(np.array(GROUND_RGB[colour]), axis=0)
    for variant in range(12):
        ground = Ground(pattern=pattern, colour=colour, variant=variant)
        pixels = np.asarray(draw_ground(ground, 96))
        assert (pixels >= low).all()
        assert (pixels <= high).all()
        shades = (pixels == GROUND_RGB[colour][1]).all(axis=2).mean()
        assert (shades > 0) == (pattern != "plain")


def distance(one, other):
    """Return the CIEDE2000 distance of two colours; about 1 is a just noticeable difference."""
    one, other = (rgb2lab(np.array(c) / 255) for c in (one, other))
    return float(deltaE_ciede2000(one, other))


def test_no_two_object_colours_are_alike():
    for one, other in combinations(COLOURS, 2):
        assert distance(OBJECT_RGB[one], OBJECT_RGB[other]) > 20


def test_objects_stand_out_against_both_shades_of_their_background():
    for scene in scenes(200):
        assert {o.colour for o in scene.objects} <= set(colours_seen_on(scene.ground.colour))
    for ground in GROUND_COLOURS:
        assert len(colours_seen_on(ground)) >= 8
        for colour in colours_seen_on(ground):
            for shade in GROUND_RGB[ground]:
                assert distance(OBJECT_RGB[colour], shade) > 20, (colour, ground)


def test_places_are_the_nine_cells_in_reading_order():
    at_places = [thing(x=x, y=y).place for y in (167, 500, 833) for x in (167, 500, 833)]
    assert at_places == list(PLACES)
    assert thing(x=167, y=833).place == "lower left"
    assert at("lower left") == "in the lower left corner"
    assert at("middle right") == "in the middle of the right side"


def test_articles_and_numbers():
    assert a("orange ring") == "an orange ring"
    assert a("yellow ring") == "a yellow ring"
    assert amount(1, "red cross") == "one red cross"
    assert amount(3, "red cross") == "three red crosses"
    assert amount(2, "small hexagon") == "two small hexagons"


def test_relations_and_directions():
    centre, corner = thing(), thing(x=833, y=167)
    assert relation(corner, centre) == "above and to the right of"
    assert relation(thing(x=167), centre) == "to the left of"
    assert direction(centre, corner) == "up and to the right"
    assert direction(corner, thing(x=833, y=833)) == "down"


def test_names_fit_one_object_only():
    near, far, big = thing(x=167), thing(x=833), thing(size="large", y=167)
    star = thing("star", "blue", y=833)
    scene = Scene(ground=PLAIN, objects=(near, far, big, star))
    assert name(star, scene) == "the blue star"
    assert name(big, scene) == "the large red circle"
    assert name(near, scene) == "the red circle in the middle of the left side"
    for scene in scenes(300, 2, 9):
        names = [name(obj, scene) for obj in scene.objects]
        assert len(set(names)) == len(names)


def test_a_whole_scene_in_one_sentence():
    objects = (
        thing(x=167, y=167),
        thing("star", "blue", "small", x=500, y=167),
        thing("square", "orange", "large"),
        thing("star", "blue", "small", x=833),
    )
    scene = Scene(ground=Ground(pattern="striped", colour="pale blue"), objects=objects)
    assert describe(scene) == (
        "A red circle, two small blue stars and a large orange square "
        "on a striped pale blue background."
    )
    lone = Scene(ground=Ground(pattern="gradient", colour="navy"), objects=(objects[2],))
    assert describe(lone) == "A large orange square on a navy gradient background."
