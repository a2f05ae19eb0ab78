"""Pairs turned round: the edited picture first, with the words of the way back."""

from __future__ import annotations

from dataclasses import asdict, replace

from pipelines.pairs import Pair
from pipelines.scorers.captions import caption_scores
from pipelines.scorers.similarity import cosine
from syned.dataset_rows import DatasetRow
from syned.ids import digest
from syned.rows import TASK_BACK, ScoreRow


def turned_round(row: DatasetRow, pair: Pair) -> DatasetRow | None:
    """Return a pair the other way round, or nothing if its way back was not worded.

    Scores that compare the two pictures stay as they are, those of one picture, or of a picture and
    its caption, change places, and those of captions and the gain are computed anew. `image_id`
    stays the source picture's, so that both ways are in one split.

    Args:
        row: The pair as it is published.
        pair: All that the stages know of it.
    """
    written = pair.instruct
    if not written.inverse_captions:
        return None
    told = written.inverse_captions, written.inverse_instruction
    scores = caption_scores(*told, row.edited_caption, row.source_caption)
    return replace(
        row,
        pair_id=digest(row.pair_id, "inverse"),
        image=row.edited_image,
        edited_image=row.image,
        instruction=written.inverse_instruction,
        captions=written.inverse_captions,
        task=TASK_BACK.get(row.task, row.task),
        source_caption=row.edited_caption,
        edited_caption=row.source_caption,
        clip_sim_0=row.clip_sim_1,
        clip_sim_1=row.clip_sim_0,
        nsfw_0=row.nsfw_1,
        nsfw_1=row.nsfw_0,
        clip_sim_gain=_gain_back(pair.score),
        **asdict(scores),
        inverse=True,
        edit=None,
        scene=None,
    )


def _gain_back(scored: ScoreRow | None) -> float | None:
    """Return cos(I0, T0) - cos(I0, T1), from the stored embeddings."""
    if scored is None:
        return None
    picture, own = scored.image_embedding, scored.source_caption_embedding
    other = scored.edited_caption_embedding
    if picture is None or own is None or other is None:
        return None
    return cosine(picture, own) - cosine(picture, other)
