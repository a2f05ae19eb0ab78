"""What a dataset card says of engines in words: how they work, and where they fall short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from pipelines.recipe import Recipe
from pipelines.requirements import engine_name
from pipelines.sections.base import Section
from pipelines.sections.editors import DiffusersEditor
from pipelines.sections.writers import ModelWriter
from syned.markdown import code

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
    "flux_kontext": """@misc{labs2025flux1kontext,
  title = {{FLUX.1 Kontext}: Flow Matching for In-Context Image Generation and Editing
    in Latent Space},
  author = {{Black Forest Labs}},
  year = {2025},
  note = {arXiv:2506.15742}
}""",
    "qwen_image_edit": """@misc{wu2025qwenimage,
  title = {{Qwen-Image} Technical Report},
  author = {Wu, Chenfei and others},
  year = {2025},
  note = {arXiv:2508.02324}
}""",
}
UNTRAINED = "builtin:tiny-"
"""What the names of models with untrained weights begin with."""


def models_of(recipe: Recipe) -> list[tuple[str, str | None]]:
    """Return each model that a recipe names, and its revision."""
    sections = recipe.engines().values()
    named = [(getattr(s, "model", None), getattr(s, "revision", None)) for s in sections]
    return list(dict.fromkeys((model, revision) for model, revision in named if model is not None))


def untrained_models(recipe: Recipe) -> list[str]:
    """Return the models that have not learned anything."""
    return [model for model, _ in models_of(recipe) if model.startswith(UNTRAINED)]


def steps(
    recipe: Recipe, prompt_version: str, definitions: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, str | Markup]]:
    """Yield what each step of a run did, in order.

    Args:
        recipe: The run's recipe.
        prompt_version: Version of the prompt or of the templates.
        definitions: What the scores of each scorer depend on.
    """
    kinds = {"folder": "a folder of pictures", "scenes": "drawn scenes of coloured shapes"}
    kinds |= {"table": "a table of pictures", "emu_edit": "pictures and instructions of Emu Edit"}
    kinds |= {"pairs": "pairs of pictures that came with their edits and instructions"}
    sources = ", ".join(dict.fromkeys(kinds[source.kind] for source in recipe.sample.sources))
    size, form = recipe.image.resolution, recipe.image.format
    yield {
        "name": "pictures",
        "text": Markup(f"{sources}; longer side {size} pixels, encoded once as {form}"),
    }
    version = Markup(f", prompt version {code(prompt_version)}")
    yield {"name": "instruction and captions", "text": _engines(recipe, "instruct.") + version}
    edits = _engines(recipe, "edit.")
    candidates = Markup(f"; candidates per instruction: {recipe.edit.candidates}")
    yield {"name": "edited picture", "text": edits + candidates}
    measured = Markup("changed area, SSIM and how clean and fitting the captions are")
    yield {"name": "scores", "text": measured + _embedders(recipe, definitions)}


def _engines(recipe: Recipe, prefix: str) -> Markup:
    """Return the engines of a stage, each with the task that it is for if it is not for all."""
    told = []
    for key, section in recipe.engines().items():
        if key.startswith(prefix):
            task = key.rpartition("routes.")[2] if ".routes." in key else ""
            for_task = Markup(f" for the task {code(task)}") if task else Markup("")
            told.append(_engine(key, section) + _settings(section) + for_task)
    return Markup("; ").join(told)


def _engine(key: str, section: Section) -> Markup:
    """Return an engine and its model."""
    engine = code(engine_name(key, section))
    model, revision = getattr(section, "model", None), getattr(section, "revision", None)
    if model is None:
        return engine
    at = Markup(f" at revision {code(revision)}") if revision else Markup("")
    return Markup(f"{engine} with {code(_name(model))}") + at


def _name(model: str) -> str:
    """Return a model's name without the folder that it lay in."""
    return model.rstrip("/").rpartition("/")[2] if model.startswith(("/", ".", "~")) else model


def _settings(section: Section) -> Markup:
    """Return the settings of a diffusion editor, or the mode of a writer with a model."""
    if isinstance(section, ModelWriter):
        return Markup(f" in the mode {code(section.mode)}")
    if not isinstance(section, DiffusersEditor):
        return Markup("")
    told = [
        f"{what} guidance {_span(getattr(section, name))}"
        for what, name in (("text", "guidance_scale"), ("image", "image_guidance_scale"))
        if hasattr(section, name)
    ]
    return Markup(", ".join(["", f"{section.num_inference_steps} steps", *told]))


def _span(value: float | tuple[float, float]) -> str:
    """Return a number, or a range from which each candidate draws."""
    return f"drawn from {value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else f"{value:g}"


def _embedders(recipe: Recipe, definitions: Mapping[str, Mapping[str, str]]) -> Markup:
    """Return which models the similarities come from, and how they are defined."""
    told = Markup("")
    for key, section in recipe.engines().items():
        name = key.removeprefix("score.")
        if key != name:
            words = definitions.get(name, {}).items()
            parts = Markup("; ").join(Markup(f"{k} {code(v)}") for k, v in words)
            told += Markup("; ") + _engine(key, section) + Markup(f" ({parts})" if parts else "")
    return told or Markup("; no CLIP scores")


def limitations(recipe: Recipe) -> Iterator[str]:
    """Yield what a user of the data should know, from what made it."""
    if isinstance(recipe.instruct.writer, ModelWriter):
        yield (
            "Instructions and captions were written by a language model. The captions tell the "
            "edit that was asked for; that the editor did exactly this was not checked by a person."
        )
        yield "Where a language model words things wrongly or with a bias, rules do not see it."
    elif not recipe.is_import():
        yield (
            "Captions are worded from the parameters of each edit, so they are right by "
            "construction, but their language is that of templates and narrower than people's."
        )
        yield (
            "Edits are exact operations on pixels or on drawn shapes. They are simpler than what "
            "people do to pictures, and a model that knows only them will not know those."
        )
    if recipe.is_import():
        yield (
            "Pictures, instructions and what came with them are other people's; they were brought "
            "to one size and encoding here, and not made. The terms of their dataset hold."
        )
    if isinstance(recipe.edit.editor, DiffusersEditor):
        yield (
            "The editor can do nothing, too much or something else, and leaves traces of its own, "
            "so that an edited picture may be told from a source picture by its texture alone."
        )
    if recipe.score.clip is not None:
        yield (
            "CLIP scores are a weak stand-in for a person's judgement: pairs that pass them can be "
            "wrong, and good ones were turned away."
        )
    yield (
        "How often each kind of edit comes is what the recipe asked for and the filter left, and "
        "says nothing of what people change in pictures; what the source pictures show and leave "
        "out, their pairs do too."
    )
    yield "All text is English."
