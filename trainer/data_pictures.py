"""Looks at every picture of a dataset once, however many pairs it is in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from syned.errors import RowError, SourceError
from trainer.pictures import open_rgb
from trainer.rows import Picture


@dataclass(frozen=True, slots=True)
class Glance:
    """One picture.

    Attributes:
        name: What it is called in messages.
        digest: SHA-256 of the encoded picture; empty if it cannot be read.
    """

    name: str
    digest: bytes


class PictureLook:
    """Reads and decodes pictures, none of them twice.

    Args:
        folder: Of the dataset; names of files within it are shortened.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Glance] = {}
        self.names: dict[bytes, str] = {}
        """A name for each picture, by digest."""
        self.faults: dict[bytes, str] = {}
        """Why pictures cannot be decoded, by digest."""

    def __call__(self, picture: Picture, pair_id: str) -> Glance:
        """Return a picture's digest, and decode it if it is new.

        Args:
            picture: A file, or encoded bytes.
            pair_id: Names a picture that has no file.
        """
        if picture.data is not None:
            return self._look(picture, f"pair {pair_id}")
        known = self._files.get(picture.path)
        if known is None:
            known = self._files[picture.path] = self._look(picture, self.short(picture.path))
        return known

    def _look(self, picture: Picture, name: str) -> Glance:
        try:
            data = picture.read()
        except SourceError:
            return Glance(name, b"")
        digest = hashlib.sha256(data).digest()
        if digest not in self.names:
            self.names[digest] = name
            self._decode(data, digest)
        return Glance(name, digest)

    def _decode(self, data: bytes, digest: bytes) -> None:
        try:
            open_rgb(data)
        except RowError as error:
            self.faults[digest] = error.message

    def short(self, path: str) -> str:
        """Return a path as seen from the dataset's folder."""
        place = Path(path)
        return str(place.relative_to(self._folder) if self._folder in place.parents else place)

    def told(self, digest: bytes) -> str:
        """Return the name of a picture and why it cannot be decoded."""
        return f"{self.names[digest]} ({self.faults[digest]})"
