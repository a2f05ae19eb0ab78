"""The words for flips, turns and tilts."""

from __future__ import annotations

from pipelines.edits.base import Wording
from pipelines.edits.words import without

MIRRORED = Wording(
    instructions=(
        "Mirror the picture left to right.",
        "Flip the image horizontally.",
        "Swap left and right.",
        "Show the picture as it would look in a mirror.",
    ),
    captions=(
        "The image has been mirrored, so left and right are swapped.",
        "What was on the left is now on the right, and the other way round.",
        "The second picture is a mirror image of the first, reversed from side to side.",
        "Left and right have changed places.",
        "The picture is flipped horizontally.",
        "A horizontal flip turns everything around the vertical middle line, while top and bottom "
        "stay where they were.",
        "After the edit, the picture is as it would appear in a mirror on the wall.",
        "The left edge of the first image has become the right edge of the second.",
        "Nothing is missing or new, but the whole layout is reversed from side to side.",
        "To get the first picture back, one would have to swap left and right again.",
    ),
    change="mirrored left to right",
)

UPENDED = Wording(
    instructions=(
        "Flip the picture vertically.",
        "Mirror the image from top to bottom.",
        "Swap top and bottom, but leave left and right as they are.",
        "Show the picture as if it were reflected in still water.",
    ),
    captions=(
        "The image has been flipped vertically.",
        "Top and bottom have changed places, while left and right stay the same.",
        "What was at the top of the picture is now at the bottom.",
        "The second picture looks like the first one reflected in still water.",
        "Everything is upside down, mirrored across the horizontal middle line.",
        "The upper edge of the first image has become the lower edge of the second.",
        "A vertical flip has been applied, so the whole picture is upside down.",
        "After the edit, the whole layout is reversed between top and bottom.",
        "Compared with before, the content is upside down, yet left and right are not swapped.",
        "To get the first picture back, one would have to swap top and bottom again.",
    ),
    change="flipped upside down",
)

HALF_TURN = Wording(
    instructions=(
        "Rotate the picture by 180 degrees.",
        "Turn the image upside down by half a turn.",
        "Give the picture half a turn.",
        "Turn the whole image around so that its top is at the bottom and its left on the right.",
    ),
    captions=(
        "The image has been rotated by 180 degrees.",
        "The picture is upside down after half a turn.",
        "What was in the upper left corner is now in the lower right corner.",
        "Everything is upside down, and left and right are swapped as well.",
        "The second image shows the first one turned by 180 degrees.",
        "A half turn is all that separates the two pictures.",
        "Top and bottom as well as left and right have changed places.",
        "The same content is seen the other way up, like a sheet of paper that has been "
        "turned around on a table.",
        "After a rotation of 180 degrees, the old upper edge lies at the bottom.",
        "One would have to turn the second picture by half a turn to get the first one back.",
    ),
    change="turned upside down by 180 degrees",
)

QUARTER_TURN = Wording(
    instructions=(
        "Rotate the picture by 90 degrees {way}.",
        "Give the image a quarter turn {way}.",
        "Turn the picture on its side, {way}.",
        "Turn the whole image so that its top points to the {top}.",
    ),
    captions=(
        "The image has been rotated by 90 degrees {way}{fit}.",
        "What was at the top of the first image is now on the {top}.",
        "A quarter turn {way} has been applied to the whole picture{bars}.",
        "Compared with before, everything lies on its side, with the old bottom facing {bottom}.",
        "The second picture shows the first one turned on its side, {way}.",
        "Only a turn {back} by 90 degrees would bring the picture back to how it was.",
        "What pointed up in the first image points to the {top} in the second.",
        "What ran across the first picture runs up and down in the second, which has been given "
        "a quarter turn {way}.",
        "Turned by 90 degrees {way}, the same content is seen sideways{between}.",
        "Everything has been turned sideways, so that its upper part is now on the {top} and its "
        "lower part on the {bottom}.",
    ),
    change="rotated by 90 degrees {way}",
)

TILTED = Wording(
    instructions=(
        "Tilt the picture {way}.",
        "Rotate the image by about {degrees} degrees {way}.",
        "Turn the picture a little {way} and enlarge it so that it fills the frame.",
        "Lean the whole image to the {side}.",
    ),
    captions=(
        "The image is tilted {way}.",
        "The whole picture leans to the {side}.",
        "Everything has been rotated by about {degrees} degrees {way} and enlarged.",
        "The second image shows the first one at an angle, turned {way}.",
        "A tilt of {degrees} degrees {way} has been given to the picture.",
        "What was level at first now slopes down towards the {side}.",
        "The picture is askew now, as if its frame had slipped {way} on the wall.",
        "To straighten the second picture, one would have to turn it {back} by {degrees} degrees.",
        "Anything that stood upright in the first image leans to the {side} in the second.",
        "The same content is seen at a slant, turned {way} and cut off at the edges.",
    ),
    change="tilted {way}",
)

UPENDED_BACK = Wording(
    UPENDED.instructions,
    # What comes second is as it was found.
    captions=(
        *without(UPENDED.captions, "Everything is upside down", "picture is upside down"),
        "A reflection across the horizontal middle line has been applied to the whole picture.",
    ),
    change="",
)

HALF_TURN_BACK = Wording(
    without(HALF_TURN.instructions, "upside down"),
    captions=(
        *without(HALF_TURN.captions, "upside down"),
        "Apart from half a turn, nothing about the picture has changed.",
    ),
    change="",
)

QUARTER_TURN_BACK = Wording(
    instructions=(
        "Rotate the picture by 90 degrees {way}{fill}.",
        "Give the image a quarter turn {way}.",
        "Turn the whole picture {way} by a right angle.",
        "Turn everything so that what points up comes to point to the {top}.",
    ),
    captions=(
        "The image has been rotated by 90 degrees {way}{fit}.",
        "A quarter turn {way} has been applied to the whole picture{bars}.",
        "What pointed up in the first image points to the {top} in the second.",
        "What ran across the first picture runs up and down in the second, which has been given "
        "a quarter turn {way}.",
        "Only a turn {back} by 90 degrees would bring the picture back to how it was.",
        "The second picture shows the first one turned by a right angle, {way}{between}.",
        "Everything has been turned, so that its upper part is now on the {top} and its lower "
        "part on the {bottom}.",
        "To look like the first picture, the second would have to be turned {back} by 90 degrees"
        "{barred}.",
        "Going from the first picture to the second, everything makes a quarter turn {way}.",
    ),
    change="",
)

# What comes second may be at a slant of its own: only the angle between the two is sure.
TILTED_BACK = Wording(
    instructions=(
        "Rotate the image by about {degrees} degrees {way} and show more of it.",
        "Take a tilt of {degrees} degrees to the {side} out of the picture.",
        "Turn the picture {way}, so that it leans less to the {side}.",
    ),
    captions=(
        "The picture no longer leans as far to the {side}.",
        "The first image is tilted to the {side} compared with the second.",
        "Everything has been rotated by about {degrees} degrees {way}, and more of it is shown.",
        "The second image shows the first one turned {way}, in a wider view.",
        "A tilt of {degrees} degrees to the {side} has been taken out of the picture.",
        "What is level in the second image sloped down towards the {side} before.",
        "It looks as if somebody had turned the frame {way} on the wall.",
        "To get the first picture back, one would have to turn the second one {back} by "
        "{degrees} degrees.",
        "Anything that stands upright in the second image leans to the {side} in the first.",
        "The same content is seen turned {way}, with more of it along the edges.",
    ),
    change="",
)
