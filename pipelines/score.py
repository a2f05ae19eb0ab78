"""Stage 04: every score of each pair, computed once; no decision is taken here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from pipelines import edit
from pipelines.engines import ClipEmbedders, Embedder, Rejected
from pipelines.loaded import note
from pipelines.recipe import Recipe
from pipelines.requirements import cores
from pipelines.scorers import definitions
from pipelines.scorers.captions import caption_scores
from pipelines.scorers.load import Scorers, load_scorers
from pipelines.scorers.pixels import Look, look_at, pixel_scores
from pipelines.scorers.similarity import clip_scores, cosine
from pipelines.sections.scorers import ScoreConfig
from syned.batches import ahead, batched_by, join_sorted
from syned.errors import RowError
from syned.ids import digest
from syned.images import load_picture
from syned.parts import read_part
from syned.reasons import Reason, Status
from syned.rows import EditRow, ScoreRow, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction

NAME = "04-score"
VERSION = 4
BATCH = 8
"""Pairs that are decoded at once, and those after them that share their source picture."""
MOST_THREADS = 16
"""That look at pixels while a GPU works."""


def metadata(recipe: Recipe) -> dict[str, str]:
    """Return the definitions of a run's scores, for the schema of the files that hold them."""
    return definitions.metadata(recipe.score)


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
class Waiting:
    """A row whose pair the models have been given.

    Attributes:
        row: With the scores that need no model.
        source_id: Hash of the source picture's bytes; that of the edited one is in the row.
        captions: Of the source and of the edited picture.
    """

    row: ScoreRow
    source_id: str
    captions: tuple[str, str]


Ready = Mapping[str, tuple[Any, ...]]
"""Pictures under the hashes of their bytes, prepared for each of the models."""
Group = tuple[Ready, list[Waiting | ScoreRow]]
"""Rows of some pairs with the scores that need no model, and the pictures of those pairs."""


def score_rows(
    pairs: Iterable[EditedPair], scorers: Scorers, done: Done, threads: int = 0
) -> Iterator[ScoreRow]:
    """Score the pairs of a part by their pixels, their captions and the recipe's models.

    Pictures are let go once they are prepared for the models, whose batches run as they fill up;
    what the models say is added when all pairs have been seen.

    Args:
        pairs: In order.
        scorers: The models.
        done: Rows that are not to be made again, by pair.
        threads: How many decode and prepare the next pictures, and compute the scores that need no
            model, while the models work.
    """
    waiting: list[Waiting | ScoreRow] = []
    groups = batched_by(pairs, lambda pair: pair.order.picture.image_id, BATCH)
    for ready, rows in ahead(groups, lambda group: _seen(group, done, scorers), threads):
        for row in rows:
            if isinstance(row, Waiting):
                _give(row, ready, scorers)
        waiting += rows
        if not scorers.any():
            yield from _finished(waiting, scorers)
            waiting.clear()
    yield from _finished(waiting, scorers)


def _seen(group: Sequence[EditedPair], done: Done, scorers: Scorers) -> Group:
    """Decode pairs and score what needs no model; a picture that they share is decoded once."""
    looks: dict[str, Look] = {}
    rows: list[Waiting | ScoreRow] = []
    for pair in group:
        own = done.get(pair.edited.pair_id)
        rows += own if own is not None else [_first_look(pair, looks)]
    models = list(scorers.of_pictures())
    return {key: tuple(m.prepare(look.image) for m in models) for key, look in looks.items()}, rows


def _first_look(pair: EditedPair, looks: dict[str, Look]) -> Waiting:
    """Decode a pair's pictures, unless they have been, and score what needs no model."""
    written, pictures = pair.order.instruct, (pair.order.picture.image, pair.edited.edited_image)
    ids = []
    for picture in pictures:
        assert picture is not None, "a row that is ok has a picture"
        ids.append(digest(picture.bytes))
        if ids[-1] not in looks:
            looks[ids[-1]] = look_at(load_picture(picture))
    captions = written.source_caption, written.edited_caption
    row = ScoreRow(
        pair_id=written.pair_id,
        edited_id=ids[1],
        **asdict(pixel_scores(looks[ids[0]], looks[ids[1]])),
        **asdict(caption_scores(written.captions, written.instruction, *captions)),
    )
    return Waiting(row, ids[0], captions)


def _give(item: Waiting, ready: Ready, scorers: Scorers) -> None:
    """Have the pictures and the captions of a pair embedded."""
    for key in (item.source_id, item.row.edited_id):
        for embedder, picture in zip(scorers.of_pictures(), ready[key], strict=True):
            embedder.add_ready(key, picture)
    if scorers.clip is not None:
        for caption in item.captions:
            scorers.clip.texts.add(caption, caption)


def _finished(waiting: Iterable[Waiting | ScoreRow], scorers: Scorers) -> Iterator[ScoreRow]:
    """Yield rows with what the models say."""
    for item in waiting:
        if isinstance(item, Waiting):
            row = _with_dino(_with_clip(item, scorers.clip), item, scorers.dino)
            yield _with_nsfw(row, item, scorers.nsfw)
        else:
            yield item


def _with_clip(item: Waiting, clip: ClipEmbedders | None) -> ScoreRow:
    """Return a row with its CLIP similarities and the embeddings they come from."""
    row = item.row
    if clip is None:
        return row
    before, after = (clip.pictures.vector(key) for key in (item.source_id, row.edited_id))
    told_before, told_after = (clip.texts.vector(caption) for caption in item.captions)
    if not np.isfinite([before, after, told_before, told_after]).all():
        return _not_finite(row, "CLIP")
    return replace(
        row,
        **asdict(clip_scores(before, after, told_before, told_after)),
        image_embedding=before.astype(np.float16),
        edited_embedding=after.astype(np.float16),
        source_caption_embedding=told_before.astype(np.float16),
        edited_caption_embedding=told_after.astype(np.float16),
    )


def _with_dino(row: ScoreRow, item: Waiting, dino: Embedder[Image.Image] | None) -> ScoreRow:
    """Return a row with its DINOv2 similarity."""
    if dino is None or row.status is not Status.OK:
        return row
    before, after = (dino.vector(key) for key in (item.source_id, row.edited_id))
    if not np.isfinite([before, after]).all():
        return _not_finite(row, "DINOv2")
    return replace(row, dino_sim=cosine(before, after))


def _with_nsfw(row: ScoreRow, item: Waiting, nsfw: Embedder[Image.Image] | None) -> ScoreRow:
    """Return a row with how likely each picture is not safe for work."""
    if nsfw is None or row.status is not Status.OK:
        return row
    before, after = (float(nsfw.vector(key)[0]) for key in (item.source_id, row.edited_id))
    if not np.isfinite([before, after]).all():
        return _not_finite(row, "the NSFW model")
    return replace(row, nsfw_0=before, nsfw_1=after)


def _not_finite(row: ScoreRow, model: str) -> ScoreRow:
    """Return the row of a pair of which a model's answer is of no use."""
    message = f"{model}'s answer holds values that are no numbers"
    return turned_away(row, Rejected(Reason.NOT_FINITE, message))


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Load the scorers."""
    scorers = load_scorers(recipe.score)
    note(run, {k: s for k, s in recipe.engines().items() if k.startswith("score.")})
    threads = threads_beside(recipe.score)

    def part(index: int, done: Done) -> Iterator[ScoreRow]:
        scorers.forget()
        return score_rows(edited_pairs(run, index), scorers, done, threads)

    return part


def threads_beside(config: ScoreConfig) -> int:
    """Return how many threads look at pixels while a recipe's models work.

    None beside no model, as each core has a worker of its own; one beside a model that shares the
    cores with it; and as many as there are cores beside a GPU, which is faster than all of them.
    """
    named = (config.clip, config.dino, config.nsfw)
    models = [model for model in named if model is not None]
    on_gpu = any(getattr(model, "device", "cpu") == "cuda" for model in models)
    return min(cores(), MOST_THREADS) if on_gpu else len(models[:1])


def refused(
    run: RunFolder,
    part: int,
    cause: RowError,
    *,
    recipe: Recipe,  # noqa: ARG001
) -> Iterator[ScoreRow]:
    """Yield the rows of a part whose pairs cannot be scored."""
    for pair in edited_pairs(run, part):
        yield turned_away(ScoreRow(pair_id=pair.edited.pair_id), cause)
