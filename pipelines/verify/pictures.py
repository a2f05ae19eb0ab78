"""Decodes pictures of a dataset, each once, a few at a time."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import ExifTags, Image

from syned.compare import perceptual_hash
from syned.images import READERS, normalise

HASH_SIDE = 256
"""Pixels of the longer side of a picture when its perceptual hash is taken."""

SIDEWAYS = frozenset((5, 6, 7, 8))
"""Orientations of EXIF by which width and height change places when a picture is shown."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture.

    Attributes:
        digest: SHA-256 of its bytes.
        size: Width and height in pixels; nothing if it does not decode.
        fault: Why it does not; empty if it does.
        phash: Its perceptual hash, 16 hex digits, if that was asked for.
    """

    digest: bytes
    size: tuple[int, int] | None = None
    fault: str = ""
    phash: str = ""


class PictureLook:
    """Looks at encoded pictures and remembers those that it has seen.

    Args:
        hashes: Whether perceptual hashes are taken.
    """

    def __init__(self, *, hashes: bool) -> None:
        self._hashes = hashes
        self._seen: dict[bytes, Seen] = {}
        self._pool = ThreadPoolExecutor()

    def __call__(self, pictures: Sequence[bytes]) -> list[Seen]:
        """Return what there is to say of some pictures, in their order."""
        digests = [hashlib.sha256(data).digest() for data in pictures]
        new = {d: p for d, p in zip(digests, pictures, strict=True) if d not in self._seen}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for seen in self._pool.map(self._look, new, new.values()):
                self._seen[seen.digest] = seen
        return [self._seen[digest] for digest in digests]

    def _look(self, digest: bytes, data: bytes) -> Seen:
        if not data:
            return Seen(digest, None, "it has no bytes")
        try:
            with Image.open(io.BytesIO(data), formats=READERS) as image:
                image.load()
                phash = _hash(image) if self._hashes else ""
                turned = image.getexif().get(ExifTags.Base.Orientation, 1) in SIDEWAYS
                size = image.size[::-1] if turned else image.size
                return Seen(digest, size, "", phash)
        # Damaged bytes make Pillow raise nearly anything.
        except Exception as error:
            return Seen(digest, None, " ".join(str(error).split())[:200] or type(error).__name__)


def _hash(image: Image.Image) -> str:
    """Return the perceptual hash of a picture, as the filter takes it."""
    return perceptual_hash(normalise(image.convert("RGB"), HASH_SIDE))
