"""Six pairs whose scores can be checked by hand, for the tests of the filter."""

from __future__ import annotations

import pandas as pd

from pipelines.filter import decide
from pipelines.sections.filter import FilterConfig

# Instruction i has candidates a and b; j, k and l have one. l is a pair without a difference;
# f failed in the edit stage.
ROWS = [
    # pair, instruction, picture, task, words, area, ssim, sim_image, sim_0, sim_1, sim_dir, hash
    ("a", "i", "P", "add", "Add a hat", 0.30, 0.60, 0.85, 0.25, 0.26, 0.30, 10),
    ("b", "i", "P", "add", "Add a hat", 0.10, 0.80, 0.95, 0.25, 0.20, 0.10, 4),
    ("c", "j", "P", "color", "Make it red", 0.50, 0.40, 0.70, 0.25, 0.30, 0.25, 20),
    ("d", "k", "Q", "style", "Make it red", 0.90, 0.20, 0.50, 0.15, 0.22, 0.20, 30),
    ("e", "l", "Q", "none", "Change nothing", 0.00, 0.99, 0.999, 0.22, 0.22, 0.0, 0),
    ("f", "m", "R", "add", "Add a cat", *[None] * 7),
]
COLUMNS = (
    *("pair_id", "instruction_id", "image_id", "task", "instruction", "changed_area", "ssim"),
    *("clip_sim_image", "clip_sim_0", "clip_sim_1", "clip_sim_dir", "phash_distance"),
)
# For pairs a to f.
MORE = {
    "clip_sim_gain": [0.05, -0.02, 0.0, 0.01, 0.0, None],
    "dino_sim": [0.9, 0.8, 0.6, 0.3, 1.0, None],
    "caption_overlap": [0.2, 0.4, 0.95, 0.3, 0.1, None],
    "caption_fit": [1.0, 0.8, 0.6, 0.2, 0.0, None],
    "caption_defects": [0.0, 1.0, 0.0, 5.0, 0.0, None],
    "nsfw": [0.5, 0.51, 0.1, 0.2, 0.9, None],
    "phash": ["00", "00", "00", "ff", "f0", None],
    "edited_phash": ["01", "03", "0f", "fe", "f0", None],
}


def scored(rows: list[tuple[object, ...]] = ROWS) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    failed = frame["pair_id"] == "f"
    return frame.assign(
        stage=["03-edit" if f else "04-score" for f in failed],
        status=["failed" if f else "ok" for f in failed],
        reason=["not_finite" if f else None for f in failed],
        message=None,
        edited_id=[f"edited-{name}" for name in frame["pair_id"]],
        **(MORE if len(frame) == len(rows) == 6 else dict.fromkeys(MORE)),
    )


def decided(frame: pd.DataFrame | None = None, **rules: object) -> pd.DataFrame:
    frame = scored() if frame is None else frame
    splits = pd.Series("train", index=frame.index)
    result = decide(frame, FilterConfig.model_validate(rules), splits).pairs
    return result.set_index("pair_id")


def kept(frame: pd.DataFrame) -> str:
    return "".join(frame.index[frame["kept"]])
