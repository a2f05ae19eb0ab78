"""What a drawn scene is: a background and a few objects, all in whole numbers.

Lengths and places are in thousandths of the picture's side, x to the right and y down. A scene's
JSON is canonical (whole numbers, objects in reading order), so equal scenes have equal bytes.

The picture is thought of as three rows of three cells. Each cell holds at most one object, which
stays inside it; so objects never touch, and the name of a cell names one object.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Shape = Literal[
    "circle",
    "square",
    "triangle",
    "star",
    "diamond",
    "cross",
    "ring",
    "heart",
    "hexagon",
    "crescent",
]
Colour = Literal[
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
]
Size = Literal["small", "medium", "large"]
Place = Literal[
    "upper left",
    "top centre",
    "upper right",
    "middle left",
    "centre",
    "middle right",
    "lower left",
    "bottom centre",
    "lower right",
]
Pattern = Literal["plain", "gradient", "striped", "chequered", "dotted", "speckled"]
GroundColour = Literal["grey", "charcoal", "beige", "pale blue", "pale green", "navy", "maroon"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
COLOURS: tuple[Colour, ...] = get_args(Colour)
SIZES: tuple[Size, ...] = get_args(Size)
PLACES: tuple[Place, ...] = get_args(Place)
"""The nine cells in reading order."""
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
SMOOTH: tuple[Pattern, ...] = ("plain", "gradient")
"""Patterns without marks."""
GROUND_COLOURS: tuple[GroundColour, ...] = get_args(GroundColour)

SIDE = 1000
"""The picture's side."""
CELL_CENTRES = (167, 500, 833)
"""Centres of the three columns, and of the three rows."""
RADIUS: dict[Size, int] = {"small": 52, "medium": 84, "large": 124}
"""Half the side of the square that an object fits into."""
ROOM: dict[Size, int] = {"small": 66, "medium": 56, "large": 32}
"""How far an object's centre may lie from the centre of its cell, along x and along y.

Radius and room together stay below half a cell, so that objects of neighbouring cells keep a gap;
and the room is small enough that the place has its name beyond doubt.
"""


class Part(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(Part):
    """The background: a pattern in two shades of one muted colour that no object has."""

    pattern: Pattern
    colour: GroundColour
    variant: Annotated[int, Field(ge=0, le=999)] = 0
    """Chooses direction, width and grain; two grounds that differ only in it look alike."""


class SceneObject(Part):
    """One flat shape of one colour."""

    shape: Shape
    colour: Colour
    size: Size
    x: Annotated[int, Field(ge=0, le=SIDE)]
    """Centre, from the left."""
    y: Annotated[int, Field(ge=0, le=SIDE)]
    """Centre, from the top."""

    @property
    def column(self) -> int:
        """Return the column of the object's cell: 0 left, 1 centre, 2 right."""
        return min(3 * self.x // SIDE, 2)

    @property
    def row(self) -> int:
        """Return the row of the object's cell: 0 top, 1 middle, 2 bottom."""
        return min(3 * self.y // SIDE, 2)

    @property
    def place(self) -> Place:
        """Return the name of the object's cell."""
        return PLACES[3 * self.row + self.column]

    @property
    def offset(self) -> tuple[int, int]:
        """Return how far the centre lies from the centre of its cell, along x and y."""
        return self.x - CELL_CENTRES[self.column], self.y - CELL_CENTRES[self.row]

    def but(self, **changes: object) -> SceneObject:
        """Return the object with some fields changed.

        Raises:
            ValueError: It would reach out of its cell.
        """
        return SceneObject.model_validate(self.model_dump() | changes)

    @model_validator(mode="after")
    def _stays_in_its_cell(self) -> SceneObject:
        if max(map(abs, self.offset)) > ROOM[self.size]:
            raise ValueError(
                f"a {self.size} {self.shape} at ({self.x}, {self.y}) reaches out of its cell, "
                f"{self.place}; its centre may lie {ROOM[self.size]} from the cell's centre"
            )
        return self


class Scene(Part):
    """A picture of which everything is known."""

    ground: Ground
    objects: Annotated[tuple[SceneObject, ...], Field(min_length=1, max_length=9)]
    """In reading order, whatever the order they were given in."""

    @field_validator("objects")
    @classmethod
    def _one_per_cell(cls, objects: tuple[SceneObject, ...]) -> tuple[SceneObject, ...]:
        places = [obj.place for obj in objects]
        if len(set(places)) < len(places):
            raise ValueError(f"two objects share a cell; places: {', '.join(sorted(places))}")
        return tuple(sorted(objects, key=lambda obj: PLACES.index(obj.place)))

    def at(self, place: Place) -> SceneObject:
        """Return the object at a place.

        Raises:
            KeyError: The place is empty.
        """
        for obj in self.objects:
            if obj.place == place:
                return obj
        raise KeyError(place)

    @property
    def is_simple(self) -> bool:
        """Say whether small models can read it: no marks, nothing small, all in mid-cell."""
        room = min(ROOM.values())
        clear = (o.size != "small" and max(map(abs, o.offset)) <= room for o in self.objects)
        return self.ground.pattern in SMOOTH and all(clear)

    @property
    def free_places(self) -> tuple[Place, ...]:
        """Return the places without an object, in reading order."""
        taken = {obj.place for obj in self.objects}
        return tuple(place for place in PLACES if place not in taken)

    def swap(self, old: SceneObject, *new: SceneObject) -> Scene:
        """Return the scene with other objects, or none, in place of one of its own."""
        kept = (obj for obj in self.objects if obj != old)
        return Scene(ground=self.ground, objects=(*kept, *new))
