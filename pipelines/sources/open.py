"""Opens the source that a recipe names."""

from __future__ import annotations

from pipelines.sections.sources import (
    FolderSource,
    PairsSource,
    ScenesSource,
    Source,
    TableSource,
)
from pipelines.sources.base import PictureSource


def open_source(config: Source, seed: int) -> PictureSource:
    """Open a source of pictures.

    Args:
        config: What the recipe says of it.
        seed: The run's seed; drawn scenes follow from it.

    Raises:
        SourceError: The source cannot be read as a whole.
    """
    if isinstance(config, FolderSource):
        from pipelines.sources.folder import open_folder

        return open_folder(config)
    if isinstance(config, ScenesSource):
        from pipelines.sources.scenes import DrawnScenes

        return DrawnScenes(config, seed)
    # `datasets` takes a second to import.
    if isinstance(config, PairsSource):
        from pipelines.sources.pairs import open_pairs

        return open_pairs(config)
    from pipelines.sources.table import open_emu_edit, open_table

    return open_table(config) if isinstance(config, TableSource) else open_emu_edit(config)
