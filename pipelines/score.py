"""Stage 04: every score of each pair, computed once; no decision is taken here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from pipelines import edit
from pipelines.engines import ClipScores, Rejected, ScoreJob, Scorer
from pipelines.recipe import Recipe, ScoreConfig
from pipelines.scorers.pixels import CHANGE_THRESHOLD, SSIM_SIDE, Look, look_at, pixel_scores
from pipelines.sections.scorers import ClipConfig
from syned.batches import join_sorted
from syned.ids import digest
from syned.images import load_picture
from syned.parts import read_part
from syned.reasons import Status
from syned.rows import EditRow, EncodedImage, ScoreRow, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, in_batches

NAME = "04-score"
VERSION = 1
BATCH = 32
"""Pairs that are decoded at once."""


def clip_definition(config: ClipConfig) -> dict[str, str]:
    """Return what CLIP scores depend on; only scores of the same definition can be compared."""
    return {
        "backbone": config.model,
        "revision": config.revision or "not pinned",
        "resize": "bicubic without antialiasing, squashed to the model's square input",
        "similarities": "as in metrics/clip_similarity.py of timothybrooks/instruct-pix2pix",
        "dtype": config.dtype,
    }


def pixel_definition() -> dict[str, str]:
    """Return what pixel scores depend on."""
    return {
        "changed_area": f"share of pixels with a channel that differs by more than "
        f"{CHANGE_THRESHOLD} of 255",
        "ssim": f"Wang et al. 2004, on luma, averaged down to a longer side of about {SSIM_SIDE}",
        "phash": "64-bit DCT hash of the luma",
    }


def definitions(recipe: Recipe) -> dict[str, str]:
    """Return the definitions of a run's scores, for the schema of the files that hold them."""
    found: dict[str, object] = {"pixels": pixel_definition()}
    if recipe.score.clip:
        found["clip"] = clip_definition(recipe.score.clip)
    return {"syned_scores": json.dumps(found)}


@dataclass(frozen=True, slots=True)
class EditedPair:
    """A pair to be scored."""

    order: edit.Order
    edited: EditRow


def edited_pairs(run: RunFolder, part: int) -> Iterator[EditedPair]:
    """Yield the pairs of a part that have an edited picture."""
    rows = read_part(run.stage(edit.NAME), part, EditRow)
    made = (row for row in rows if row.status is Status.OK)
    orders = edit.orders(run, part)
    joined = join_sorted(made, orders, lambda r: r.pair_id, lambda o: o.instruct.pair_id)
    return (EditedPair(order, row) for row, order in joined)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A pair with both pictures decoded."""

    pair: EditedPair
    source: Look
    edited: Look


def see(pairs: Sequence[EditedPair]) -> list[Decoded]:
    """Decode the pictures of pairs; a source that several pairs share is decoded once."""
    sources = {pair.order.picture.image_id: pair.order.picture.image for pair in pairs}
    looks = {image_id: _look(picture) for image_id, picture in sources.items()}
    return [
        Decoded(pair, looks[pair.order.picture.image_id], _look(pair.edited.edited_image))
        for pair in pairs
    ]


def _look(encoded: EncodedImage | None) -> Look:
    """Decode a stored picture."""
    assert encoded is not None, "a row that is ok has a picture"
    return look_at(load_picture(encoded))


def score_rows(pairs: Sequence[EditedPair], clip: Scorer | None) -> list[list[ScoreRow]]:
    """Score pairs by their pixels and, where the recipe asks for it, by CLIP."""
    seen = see(pairs)
    rows = [_pixel_row(pair) for pair in seen]
    if clip is None:
        return [[row] for row in rows]
    answers = clip.score([_score_job(pair) for pair in seen])
    return [[_with_clip(row, answer)] for row, answer in zip(rows, answers, strict=True)]


def _score_job(seen: Decoded) -> ScoreJob:
    """Return what CLIP is asked of a pair."""
    written = seen.pair.order.instruct
    return ScoreJob(
        image=seen.source.image,
        edited_image=seen.edited.image,
        source_caption=written.source_caption,
        edited_caption=written.edited_caption,
    )


def _pixel_row(seen: Decoded) -> ScoreRow:
    """Make a row with the pixel scores of a pair."""
    edited = seen.pair.edited
    assert edited.edited_image is not None, "a row that is ok has a picture"
    scores = pixel_scores(seen.source, seen.edited)
    edited_id = digest(edited.edited_image.bytes)
    return ScoreRow(pair_id=edited.pair_id, edited_id=edited_id, **asdict(scores))


def _with_clip(row: ScoreRow, answer: ClipScores | Rejected) -> ScoreRow:
    """Add what CLIP said of a pair."""
    if isinstance(answer, Rejected):
        return turned_away(row, answer)
    return replace(row, **asdict(answer))


def load_scorer(config: ScoreConfig) -> Scorer | None:
    """Load the CLIP checkpoint that a recipe names, if it names one."""
    if config.clip is None:
        return None
    from pipelines.scorers.clip import load_clip

    return load_clip(config.clip)


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Load the scorer."""
    clip = load_scorer(recipe.score)

    def part(index: int, done: Done) -> Iterator[ScoreRow]:
        return in_batches(
            edited_pairs(run, index),
            key=lambda pair: pair.edited.pair_id,
            make=lambda group: score_rows(group, clip),
            size=BATCH,
            done=done,
        )

    return part
