"""What the page shows of one pair: words and numbers, and pictures, as JSON safe inside HTML."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import Any

from markupsafe import Markup
from PIL import Image

from pipelines.pairs import Pair
from pipelines.preview.difference import Difference, Outline, find_difference
from syned.compare import hash_distance
from syned.images import load_picture
from syned.plain import plain
from syned.rows import ScoreRow

THUMBNAIL = 320
"""Pixels of the longer side of a picture on the page."""
QUALITY = 80
"""JPEG quality of a picture on the page."""
SCORES = {
    "changed_area": "changed area",
    "ssim": "SSIM",
    "phash_distance": "hash distance",
    "clip_sim_image": "CLIP image",
    "clip_sim_0": "CLIP source",
    "clip_sim_1": "CLIP edited",
    "clip_sim_dir": "CLIP direction",
}
"""Scores that a row may have, and what the page calls them."""
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def safe_json(value: Any) -> Markup:
    """Return JSON in ASCII that can stand inside a script element whatever strings it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_ESCAPES))


def verdict(pair: Pair) -> str:
    """Return `kept`, `turned away` (a rule) or `failed` (an error)."""
    if pair.decision.kept:
        return "kept"
    return "failed" if pair.decision.status == "failed" else "turned away"


def words(pair: Pair) -> dict[str, Any]:
    """Return everything about a pair but its pictures, odd characters named."""
    said, decision = pair.instruct, pair.decision
    told = {
        "id": said.pair_id,
        "task": str(said.task),
        "instruction": said.instruction,
        "captions": list(said.captions),
        "before": said.source_caption or pair.sample.source_caption,
        "after": said.edited_caption,
        "raw": said.raw_answer,
        "verdict": verdict(pair),
        "reason": decision.reason,
        "value": _finite(decision.value),
        "message": decision.message,
        "split": decision.split,
        "scores": _scores(pair.score),
        "made": _made(pair),
    }
    return {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    """Return texts, wherever they stand, with their odd characters named."""
    if isinstance(value, str):
        return plain(value, keep="\n")
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _scores(row: ScoreRow | None) -> dict[str, float]:
    """Return the scores that a pair has, by the name of the field."""
    values = {name: getattr(row, name, None) for name in SCORES}
    if row is not None and row.phash and row.edited_phash:
        values["phash_distance"] = hash_distance(row.phash, row.edited_phash)
    return {name: value for name, v in values.items() if (value := _finite(v)) is not None}


def _finite(value: float | None) -> float | None:
    """Return a score in four digits; JSON has no word for what is not a number."""
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _made(pair: Pair) -> dict[str, str]:
    """Return where a pair comes from and what made it; what is not known is left out."""
    sample, said, edit = pair.sample, pair.instruct, pair.edit
    facts: dict[str, Any] = {
        "picture": sample.key,
        "source": sample.source,
        "licence": sample.license,
        "picture id": said.image_id,
        "size": f"{sample.width} × {sample.height}" if sample.width else None,
        "writer": f"{said.writer}, prompt {said.prompt_version}",
        "attempts": said.attempts,
        "rank": pair.decision.rank,
    }
    if edit is not None:
        facts |= {
            "editor": edit.editor,
            "seed": edit.seed,
            "text guidance": edit.guidance_scale,
            "image guidance": edit.image_guidance_scale,
            "steps": edit.num_inference_steps,
        }
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}


def pictures(pair: Pair) -> dict[str, Any]:
    """Return the thumbnails of a pair as data addresses, and where they differ as SVG paths."""
    before, after = both_pictures(pair)
    shown: dict[str, Any] = {"before": _thumbnail(before), "after": _thumbnail(after)}
    if before is not None and after is not None:
        shown |= _marks(find_difference(before, after))
    return {name: value for name, value in shown.items() if value is not None}


def both_pictures(pair: Pair) -> tuple[Image.Image | None, Image.Image | None]:
    """Return the source and the edited picture of a pair in RGB, as far as they were made."""
    stored = (pair.sample.image, pair.edit.edited_image if pair.edit else None)
    before, after = (load_picture(image) if image else None for image in stored)
    return before, after


def _thumbnail(picture: Image.Image | None) -> dict[str, Any] | None:
    """Return a small JPEG as a data address, with its size in pixels."""
    if picture is None:
        return None
    small = picture.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY)
    address = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"src": address, "width": small.width, "height": small.height}


def _marks(difference: Difference) -> dict[str, Any]:
    """Return the outlines as one SVG path in a 1000 × 1000 box."""
    path = "".join(_path(line) for line in difference.outlines)
    return {"mark": path, "whole": difference.whole}


def _path(line: Outline) -> str:
    """Return one outline in SVG's path notation."""
    return "M" + "L".join(f"{x * 1000:.0f} {y * 1000:.0f}" for x, y in line)
