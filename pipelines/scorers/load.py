"""The models that score pairs, loaded as a recipe asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from pipelines.engines import ClipEmbedders, Embedder
from pipelines.sections.scorers import OpenNsfwConfig, ScoreConfig


@dataclass(frozen=True, slots=True)
class Scorers:
    """The models that a recipe asks for."""

    clip: ClipEmbedders | None
    dino: Embedder[Image.Image] | None
    nsfw: Embedder[Image.Image] | None = None
    """Its vectors hold one probability."""

    def of_pictures(self) -> Iterator[Embedder[Image.Image]]:
        """Yield what looks at pictures."""
        if self.clip is not None:
            yield self.clip.pictures
        if self.dino is not None:
            yield self.dino
        if self.nsfw is not None:
            yield self.nsfw

    def any(self) -> bool:
        """Say whether there is a model."""
        return next(self.of_pictures(), None) is not None

    def forget(self) -> None:
        """Let go of old embeddings, between two parts."""
        for embedder in self.of_pictures():
            embedder.forget()
        if self.clip is not None:
            self.clip.texts.forget()


def load_scorers(config: ScoreConfig) -> Scorers:
    """Load the models that a recipe asks for."""
    clip = dino = nsfw = None
    if config.clip is not None:
        from pipelines.scorers.clip import load_clip

        clip = load_clip(config.clip)
    if config.dino is not None:
        from pipelines.scorers.dino import load_dino

        dino = load_dino(config.dino)
    if isinstance(config.nsfw, OpenNsfwConfig):
        from pipelines.scorers.open_nsfw import load_open_nsfw

        nsfw = load_open_nsfw()
    elif config.nsfw is not None:
        from pipelines.scorers.nsfw import load_classifier

        nsfw = load_classifier(config.nsfw)
    return Scorers(clip, dino, nsfw)
