"""The editor that a recipe asks for."""

from __future__ import annotations

from pipelines.engines import Editor
from pipelines.sections.editors import (
    AnyEditor,
    GivenEditor,
    InstructPix2PixEditor,
    KontextEditor,
    ProceduralEditor,
)


def load_editor(config: AnyEditor, key: str) -> Editor:
    """Load an editor.

    Args:
        config: What the recipe says of it.
        key: Where it says so, for messages.

    Raises:
        SynedError: Something that it needs is not installed, or it cannot be loaded.
    """
    if isinstance(config, ProceduralEditor):
        from pipelines.editors.procedural import load_procedural_editor

        return load_procedural_editor(config)
    if isinstance(config, GivenEditor):
        from pipelines.editors.given import GIVEN

        return GIVEN
    if isinstance(config, InstructPix2PixEditor):
        from pipelines.editors.instruct_pix2pix import load_instruct_pix2pix

        return load_instruct_pix2pix(config, key)
    from pipelines.editors import flow_matching

    if isinstance(config, KontextEditor):
        return flow_matching.load_flux_kontext(config, key)
    return flow_matching.load_qwen_image_edit(config, key)
