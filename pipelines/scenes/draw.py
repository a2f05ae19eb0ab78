"""Draw a scene. Objects are flat and antialiased; the ground does not depend on them."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from pipelines.scenes.grounds import draw_ground
from pipelines.scenes.model import RADIUS, SIDE, Scene, SceneObject, Shape
from pipelines.scenes.palette import OBJECT_RGB

Point = tuple[float, float]

_OVERSAMPLING = 4


def _corners(count: int, radii: tuple[float, ...] = (1.0,), turn: float = -90) -> list[Point]:
    """Return points around the origin, `turn` degrees on from the right; radii take turns."""
    angles = (math.radians(turn + 360 * i / count) for i in range(count))
    reach = [radii[i % len(radii)] for i in range(count)]
    return [(r * math.cos(a), r * math.sin(a)) for r, a in zip(reach, angles, strict=True)]


def _heart() -> list[Point]:
    """Return the outline of a heart (x = 16 sin^3 t and so on, MathWorld "Heart Curve")."""
    points = []
    for t in (math.tau * i / 60 for i in range(60)):
        up = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((math.sin(t) ** 3 * 0.97, -(up + 2.5) / 15))
    return points


def _cross() -> list[Point]:
    """Return the outline of an upright cross: three corners, turned four times by a quarter."""
    bar, end = 0.34, 0.96
    quarter = [(-bar, -end), (bar, -end), (bar, -bar)]
    corners = list(quarter)
    for _ in range(3):
        quarter = [(-y, x) for x, y in quarter]
        corners += quarter
    return corners


_POLYGONS: dict[Shape, list[Point]] = {
    "square": [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)],
    "triangle": [(0, -0.94), (1, 0.82), (-1, 0.82)],
    "star": [(x, y + 0.06) for x, y in _corners(10, (1.04, 0.46))],
    "diamond": [(0, -1), (0.76, 0), (0, 1), (-0.76, 0)],
    "cross": _cross(),
    "heart": _heart(),
    "hexagon": _corners(6, turn=0),
}
"""Outlines in a square from -1 to 1, y down."""

_DISCS: dict[Shape, tuple[tuple[Point, float], ...]] = {
    "circle": (((0, 0), 0.95),),
    "ring": (((0, 0), 0.98), ((0, 0), 0.56)),
    "crescent": (((0, 0), 0.97), ((0.46, -0.14), 0.76)),
}
"""Centre and radius of a disc, and of the disc that is cut out of it."""


def stencil(shape: Shape, side: int, centre: Point, radius: float) -> Image.Image:
    """Return the antialiased mask of a shape in a square of `side` pixels, uint8 in [0, 255]."""
    mask = Image.new("L", (side * _OVERSAMPLING, side * _OVERSAMPLING))
    pen = ImageDraw.Draw(mask)
    (cx, cy), scale = (centre[0] * _OVERSAMPLING, centre[1] * _OVERSAMPLING), radius * _OVERSAMPLING
    if shape in _POLYGONS:
        pen.polygon([(cx + x * scale, cy + y * scale) for x, y in _POLYGONS[shape]], fill=255)
    for fill, ((x, y), reach) in zip((255, 0), _DISCS.get(shape, ()), strict=False):
        pen.circle((cx + x * scale, cy + y * scale), reach * scale, fill=fill)
    return mask.reduce(_OVERSAMPLING)


def _paint(canvas: Image.Image, obj: SceneObject) -> None:
    """Paint one object onto the canvas."""
    unit = canvas.width / SIDE
    radius = RADIUS[obj.size] * unit
    left, top = math.floor(obj.x * unit - radius), math.floor(obj.y * unit - radius)
    centre = (obj.x * unit - left, obj.y * unit - top)
    mask = stencil(obj.shape, math.ceil(2 * radius) + 2, centre, radius)
    canvas.paste(OBJECT_RGB[obj.colour], (left, top), mask)


def draw(scene: Scene, resolution: int) -> Image.Image:
    """Draw a scene.

    Args:
        scene: What to draw.
        resolution: The picture's side in pixels.

    Returns:
        RGB, `resolution` by `resolution`; the same pixels on every call.
    """
    canvas = draw_ground(scene.ground, resolution)
    for obj in scene.objects:
        _paint(canvas, obj)
    return canvas
