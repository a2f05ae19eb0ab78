"""Pairs made in memory from photographs of scikit-image, for the tests of preview and card."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw, ImageEnhance
from skimage import data

from pipelines.diversity import diversity
from pipelines.funnel import Funnel, StageCount
from pipelines.pairs import Pair
from syned.dataset_rows import DecisionRow
from syned.reasons import Reason, Status
from syned.rows import EditRow, EncodedImage, InstructRow, SampleRow, ScoreRow, Task

CAPTIONS = (
    "A red disc has appeared in the upper left corner.",
    "The second picture has a red disc near the top left.",
    "Somebody put a red circle over the upper left part.",
    "There is now a red spot at the top left that was not there before.",
    "Upper left: a red disc was added; everything else is the same.",
)


@cache
def photo(name="coffee", longest=512):
    picture = Image.fromarray(getattr(data, name)()).convert("RGB")
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return picture


def encoded(picture, quality=95):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return EncodedImage(bytes=buffer.getvalue())


@cache
def picture_of(name, edit=None):
    """Return a photograph, edited or not, as it is stored."""
    return encoded(edit(photo(name)) if edit else photo(name))


def with_disc(picture, box=(40, 30, 130, 120)):
    edited = picture.copy()
    ImageDraw.Draw(edited).ellipse(box, fill=(214, 40, 40))
    return edited


def brighter(picture):
    return ImageEnhance.Brightness(picture).enhance(1.6)


def made_pair(
    number=0,
    *,
    name="coffee",
    edit=with_disc,
    task=Task.ADD,
    instruction="Add a red disc in the upper left corner",
    captions=CAPTIONS,
    kept=True,
    reason=None,
    value=None,
    status=None,
    message=None,
    raw_answer=None,
    key=None,
    ssim=0.9,
    direction=None,
):
    """Make one pair; `edit=None` for one that has no edited picture."""
    picture, pair_id, image_id = photo(name), f"{number:020x}", f"image-{name}"
    status = status or (Status.OK if kept else Status.FILTERED)
    sample = SampleRow(
        image_id=image_id,
        image=picture_of(name),
        width=picture.width,
        height=picture.height,
        source="photos",
        key=key or f"{name}.jpg",
        source_caption=f"A photograph called {name}",
        license="cc0-1.0",
        first_number=0,
        first_instruction=0,
        num_instructions=1,
    )
    said = InstructRow(
        pair_id=pair_id,
        image_id=image_id,
        instruction_id=f"{image_id}-0",
        instruction_index=0,
        candidate_index=0,
        task=task,
        instruction=instruction,
        captions=captions,
        edited_caption=f"A photograph called {name}, with a red disc",
        writer="templates",
        prompt_version="t1",
        raw_answer=raw_answer,
    )
    edited = score = None
    if edit is not None:
        edited = EditRow(
            pair_id=pair_id, edited_image=picture_of(name, edit), editor="procedural", seed=number
        )
        score = ScoreRow(
            pair_id=pair_id,
            changed_area=0.05,
            ssim=ssim,
            phash="00000000000000ff",
            edited_phash="000000000000000f",
            clip_sim_dir=direction,
        )
    decision = DecisionRow(
        pair_id=pair_id,
        image_id=image_id,
        task=task,
        kept=kept,
        stage="filter",
        status=status,
        reason=reason,
        value=value,
        message=message,
        split="train" if kept else None,
    )
    return Pair(sample, said, edited, score, decision)


def unwritten_pair(number=0, raw_answer="I am sorry, but", **more):
    """Make a pair whose writer answered no JSON."""
    return made_pair(
        number,
        edit=None,
        instruction="",
        captions=(),
        kept=False,
        reason=Reason.BAD_JSON,
        message="the answer is not JSON",
        raw_answer=raw_answer,
        **more,
    )


def funnel(pairs=10, kept=7, unwritten=1):
    """Make the funnel of a run whose filter turned away all that were neither kept nor failed."""
    made = pairs - unwritten
    counts = [
        StageCount(
            stage="sample",
            unit="pictures",
            ok=4,
            filtered=1,
            failed=1,
            reasons={"near_duplicate": 1, "truncated": 1},
        ),
        count("instruct", made, {"bad_json": unwritten}),
        count("edit", made, {}),
        count("score", made, {}),
        count("filter", kept, {"max_ssim": made - kept}),
    ]
    return Funnel(
        asked=pairs,
        stages=tuple(counts),
        kept=kept,
        by_task={"add": kept},
        by_split={"train": kept},
        rules={"max_ssim": 0.98},
        diversity=diversity(["Add a red disc"] * kept, [CAPTIONS] * kept),
        ways_back=0,
    )


def count(stage, ok, reasons):
    """Make the count of a stage that only turned pairs away."""
    reasons = {reason: number for reason, number in reasons.items() if number}
    filtered = sum(reasons.values())
    return StageCount(
        stage=stage, unit="pairs", ok=ok, filtered=filtered, failed=0, reasons=reasons
    )
