"""The words for blur, sharpening and noise."""

from __future__ import annotations

from pipelines.edits.base import Wording

BLURRED = Wording(
    instructions=(
        "Blur the picture.",
        "Make the image look out of focus.",
        "Soften everything until the details are gone.",
        "Apply a strong blur to the whole image.",
    ),
    captions=(
        "The image is blurred.",
        "Fine details have been smoothed away.",
        "The second picture looks out of focus.",
        "Edges that were crisp at first have become soft.",
        "Everything is still in its place, but it is seen as if through frosted glass.",
        "A strong blur has been applied to the whole picture.",
        "Compared with the edited version, the first image is much sharper.",
        "After the edit, anything small is hard to make out.",
        "Before, the picture was in focus; now it is not.",
        "The whole image has lost its sharpness.",
    ),
    change="blurred",
)

SHARPENED = Wording(
    instructions=(
        "Sharpen the picture.",
        "Make the edges crisper.",
        "Bring out the fine details strongly.",
        "Apply a strong sharpening filter to the whole image.",
    ),
    captions=(
        "The image is sharper.",
        "Edges have become crisper.",
        "The second picture shows its fine details with more emphasis.",
        "A strong sharpening filter has been applied to the whole image.",
        "Compared with the edited version, the first image looks soft.",
        "Outlines and textures stand out harder than they did before.",
        "Everything is in its place, but each contour is drawn more harshly.",
        "What makes the pictures differ is sharpness, of which the second has more.",
        "Before the edit, the details were smoother.",
        "The picture now looks over-sharpened, with thin bright and dark lines along its edges.",
    ),
    change="strongly sharpened",
)

NOISY = Wording(
    instructions=(
        "Add noise to the picture.",
        "Make the image grainy.",
        "Cover everything with a coarse film grain.",
        "Make it look like bad reception on an old television.",
    ),
    captions=(
        "The image is noisy.",
        "Grain has been added all over the picture.",
        "The second picture is covered with random specks.",
        "A coarse grain, like that of old film, lies over the same content.",
        "Compared with the edited version, the first image is far cleaner.",
        "What was smooth at first has become rough and grainy.",
        "Strong noise makes the picture look rough from edge to edge.",
        "Everything is still in its place, but a layer of grain lies over it.",
        "The graininess of the second picture is missing from the first.",
        "It looks like a television picture with heavy static.",
    ),
    change="with heavy grain",
)

BLURRED_BACK = Wording(
    instructions=(
        "Remove the blur.",
        "Bring the image into focus.",
        "Make the blurred details clear.",
    ),
    captions=(
        "The blur is gone.",
        "Fine details that had been smoothed away can be made out.",
        "Compared with the second picture, the first one looks out of focus.",
        "Edges that were soft at first have become crisper.",
        "Everything is still in its place, but it is no longer seen as if through frosted glass.",
        "A strong blur lies over the whole of the first picture, but not of the second.",
        "After the edit, anything small is easier to make out.",
        "Before, the picture was blurred; now it is much sharper.",
        "The whole image has gained sharpness.",
        "It looks as if somebody had turned the lens until the same view was in better focus.",
    ),
    change="",
)

SHARPENED_BACK = Wording(
    instructions=(
        "Make the picture softer.",
        "Draw the contours less harshly.",
        "Reduce the sharpness of the whole image.",
    ),
    captions=(
        "The image is softer.",
        "Edges have become less harsh.",
        "The first picture shows its fine details with more emphasis.",
        "A strong sharpening filter seems to have been taken off the whole image.",
        "Compared with the edited version, the first image looks over-sharpened.",
        "Outlines and textures stand out less hard than they did before.",
        "Everything is in its place, but each contour is drawn more gently.",
        "What makes the pictures differ is sharpness, of which the second has less.",
        "Before the edit, the details were rougher.",
        "The thin bright and dark lines that ran along edges have faded.",
    ),
    change="",
)

NOISY_BACK = Wording(
    instructions=(
        "Remove the noise.",
        "Take the coarse grain out of the picture.",
        "Clean the image of the random specks.",
    ),
    captions=(
        "The noise is gone.",
        "Grain has been removed all over the picture.",
        "The first picture is covered with random specks that the second one lacks.",
        "The same content is shown without the coarse grain, like that of old film, that lay "
        "over it.",
        "Compared with the first image, the edited version is far cleaner.",
        "What was rough and grainy at first has become smoother.",
        "Strong noise makes the first picture look rough from edge to edge, unlike the second.",
        "Everything is still in its place, but a layer of grain has been lifted off it.",
        "The graininess of the first picture is missing from the second.",
        "Before, it looked like a television picture with heavy static.",
    ),
    change="",
)
