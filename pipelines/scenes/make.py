"""Make up scenes at random."""

from __future__ import annotations

import random

from pipelines.scenes.model import (
    CELL_CENTRES,
    GROUND_COLOURS,
    PATTERNS,
    PLACES,
    ROOM,
    SHAPES,
    SIZES,
    SMOOTH,
    Colour,
    Ground,
    GroundColour,
    Place,
    Scene,
    SceneObject,
    Shape,
    Size,
)
from pipelines.scenes.palette import colours_seen_on

_TWIN = 0.12
"""Share of objects that have the shape and colour of an earlier one: only size or place tells."""
_SAME_COLOUR = 0.15
"""Share of objects that have the colour of an earlier one."""
_CENTRED = 0.5
"""Share of objects that lie as near to the middle of their cell as a large one must."""


def random_ground(rng: random.Random, *, simple: bool = False) -> Ground:
    """Return a background of any pattern and colour; a simple one has no marks."""
    pattern = rng.choice(SMOOTH if simple else PATTERNS)
    return Ground(pattern=pattern, colour=rng.choice(GROUND_COLOURS), variant=rng.randrange(1000))


def centre_of(place: Place) -> tuple[int, int]:
    """Return x and y of the middle of a place."""
    row, column = divmod(PLACES.index(place), 3)
    return CELL_CENTRES[column], CELL_CENTRES[row]


def random_centre(
    place: Place, size: Size, rng: random.Random, *, simple: bool = False
) -> tuple[int, int]:
    """Return x and y of a centre that suits an object of this size at this place."""
    room = min(ROOM.values()) if rng.random() < _CENTRED or simple else ROOM[size]
    x, y = centre_of(place)
    return x + rng.randint(-room, room), y + rng.randint(-room, room)


def random_look(
    earlier: list[SceneObject], ground: GroundColour, rng: random.Random
) -> tuple[Shape, Colour]:
    """Return a shape and a colour, at times those of an earlier object."""
    draw = rng.random()
    twin = rng.choice(earlier) if earlier else None
    if twin and draw < _TWIN:
        return twin.shape, twin.colour
    colour = rng.choice(colours_seen_on(ground))
    if twin and draw < _TWIN + _SAME_COLOUR:
        colour = twin.colour
    return rng.choice(SHAPES), colour


def random_object(
    earlier: list[SceneObject],
    place: Place,
    ground: GroundColour,
    rng: random.Random,
    *,
    simple: bool = False,
) -> SceneObject:
    """Return an object for a free place; a simple one is not small and lies in the middle."""
    shape, colour = random_look(earlier, ground, rng)
    size = rng.choice(SIZES[1:] if simple else SIZES)
    x, y = random_centre(place, size, rng, simple=simple)
    return SceneObject(shape=shape, colour=colour, size=size, x=x, y=y)


def random_scene(
    rng: random.Random, min_objects: int, max_objects: int, *, simple: bool = False
) -> Scene:
    """Return a scene of `min_objects` to `max_objects` objects.

    Args:
        rng: The source of every random draw.
        min_objects: At least one.
        max_objects: At most nine, one for each place.
        simple: Whether it is easy to see (`Scene.is_simple`).
    """
    ground = random_ground(rng, simple=simple)
    objects: list[SceneObject] = []
    for place in rng.sample(PLACES, rng.randint(min_objects, max_objects)):
        objects.append(random_object(objects, place, ground.colour, rng, simple=simple))
    return Scene(ground=ground, objects=tuple(objects))
