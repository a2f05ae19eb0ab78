"""What a dataset card says of engines in words: how they work, and where they fall short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from pipelines.markdown import code
from pipelines.recipe import Recipe
from pipelines.sections.editors import InstructPix2PixEditor
from pipelines.sections.writers import VllmWriter

CITATIONS = {
    "syned": """@inproceedings{evennou2025reframing,
  title = {Reframing Image Difference Captioning with {BLIP2IDC} and Synthetic Augmentation},
  author = {Evennou, Gautier and Chaffin, Antoine and Chappelier, Vivien and Kijak, Ewa},
  booktitle = {IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)},
  year = {2025},
  note = {arXiv:2412.15939}
}""",
    "instruct_pix2pix": """@inproceedings{brooks2023instructpix2pix,
  title = {{InstructPix2Pix}: Learning to Follow Image Editing Instructions},
  author = {Brooks, Tim and Holynski, Aleksander and Efros, Alexei A.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year = {2023},
  note = {arXiv:2211.09800}
}""",
}
UNTRAINED = "builtin:tiny-"
"""What the names of models with untrained weights begin with."""


def models_of(recipe: Recipe) -> list[tuple[str, str | None]]:
    """Return each model that a recipe names, and its revision."""
    sections = (recipe.instruct.writer, recipe.edit.editor, recipe.score.clip)
    named = [(getattr(s, "model", None), getattr(s, "revision", None)) for s in sections]
    return [(model, revision) for model, revision in named if model is not None]


def untrained_models(recipe: Recipe) -> list[str]:
    """Return the models that have not learned anything."""
    return [model for model, _ in models_of(recipe) if model.startswith(UNTRAINED)]


def steps(
    recipe: Recipe, prompt_version: str, clip: Mapping[str, str]
) -> Iterator[dict[str, str | Markup]]:
    """Yield what each step of a run did, in order.

    Args:
        recipe: The run's recipe.
        prompt_version: Version of the prompt or of the templates.
        clip: The definition of the CLIP scores.
    """
    kinds = {"folder": "a folder of pictures", "scenes": "drawn scenes of coloured shapes"}
    kinds |= {"table": "a table of pictures", "emu_edit": "pictures and instructions of Emu Edit"}
    sources = ", ".join(dict.fromkeys(kinds[source.kind] for source in recipe.sample.sources))
    size, form = recipe.image.resolution, recipe.image.format
    yield {
        "name": "pictures",
        "text": Markup(f"{sources}; longer side {size} pixels, encoded once as {form}"),
    }
    writer, editor = recipe.instruct.writer, recipe.edit.editor
    version = Markup(f", prompt version {code(prompt_version)}")
    yield {"name": "instruction and captions", "text": _engine(writer) + version}
    yield {"name": "edited picture", "text": _engine(editor) + _guidance(recipe)}
    yield {"name": "scores", "text": Markup("changed area and SSIM") + _clip(recipe, clip)}


def _engine(section: object) -> Markup:
    """Return an engine and its model."""
    engine = code(getattr(section, "engine", "clip"))
    model, revision = getattr(section, "model", None), getattr(section, "revision", None)
    if model is None:
        return engine
    at = Markup(f" at revision {code(revision)}") if revision else Markup("")
    return Markup(f"{engine} with {code(_name(model))}") + at


def _name(model: str) -> str:
    """Return a model's name without the folder that it lay in."""
    return model.rstrip("/").rpartition("/")[2] if model.startswith(("/", ".", "~")) else model


def _guidance(recipe: Recipe) -> Markup:
    """Return the settings of a diffusion editor."""
    editor = recipe.edit.editor
    if not isinstance(editor, InstructPix2PixEditor):
        return Markup("")
    return Markup(
        f", {editor.num_inference_steps} steps, text guidance {editor.guidance_scale}, image "
        f"guidance {editor.image_guidance_scale}; candidates per instruction: "
        f"{recipe.edit.candidates}"
    )


def _clip(recipe: Recipe, definition: Mapping[str, str]) -> Markup:
    """Return which CLIP the scores are of."""
    if recipe.score.clip is None:
        return Markup("; no CLIP scores")
    told = "; ".join(f"{key} {code(value)}" for key, value in definition.items())
    return Markup(", and ") + _engine(recipe.score.clip) + Markup(f" ({told})" if told else "")


def limitations(recipe: Recipe) -> Iterator[str]:
    """Yield what a user of the data should know, from what made it."""
    if isinstance(recipe.instruct.writer, VllmWriter):
        yield (
            "Instructions and captions were written by a language model. The captions tell the "
            "edit that was asked for; that the editor did exactly this was not checked by a person."
        )
        yield "Where a language model words things wrongly or with a bias, rules do not see it."
    else:
        yield (
            "Captions are worded from the parameters of each edit, so they are right by "
            "construction, but their language is that of templates and narrower than people's."
        )
        yield (
            "Edits are exact operations on pixels or on drawn shapes. They are simpler than what "
            "people do to pictures, and a model that knows only them will not know those."
        )
    if isinstance(recipe.edit.editor, InstructPix2PixEditor):
        yield (
            "The editor can do nothing, too much or something else, and leaves traces of its own, "
            "so that an edited picture may be told from a source picture by its texture alone."
        )
    if recipe.score.clip is not None:
        yield (
            "CLIP scores are a weak stand-in for a person's judgement: pairs that pass them can be "
            "wrong, and good ones were turned away."
        )
    yield "The source pictures were not searched for people, private matters or offensive content."
    yield "All text is English."
