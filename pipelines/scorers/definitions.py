"""What scores depend on, in words; kept in the schema of the files that hold them."""

from __future__ import annotations

import json

from pipelines.scorers.captions import SHARE
from pipelines.scorers.open_nsfw import SHA256 as OPEN_NSFW
from pipelines.scorers.pixels import CHANGE_THRESHOLD, SSIM_SIDE
from pipelines.sections.scorers import AnyNsfw, ClassifierConfig, EmbedderConfig, ScoreConfig
from syned.errors import RunError
from syned.parquet import read_schema
from syned.storage import Place

METADATA_KEY = "syned_scores"
SQUASHED = "bicubic without antialiasing, squashed to the model's square input"


def definitions(config: ScoreConfig) -> dict[str, dict[str, str]]:
    """Return what the scores of each scorer depend on.

    Scores of one name can be compared if all of these are equal.
    """
    found = {"pixels": _pixels(), "captions": _captions()}
    if config.clip is not None:
        found["clip"] = _model(config.clip) | {
            "resize": SQUASHED,
            "normalisation": "mean and deviation of the checkpoint",
            "text": "padded to the model's full length and cut there; for SigLIP in lower case",
            "similarities": "as in metrics/clip_similarity.py of timothybrooks/instruct-pix2pix; "
            "clip_sim_gain is cos(I1, T1) - cos(I1, T0)",
        }
    if config.dino is not None:
        found["dino"] = _model(config.dino) | {
            "resize": SQUASHED,
            "normalisation": "none, as in UltraEdit",
            "similarities": "cosine of the class tokens after the last normalisation",
        }
    if config.nsfw is not None:
        found["nsfw"] = _nsfw(config.nsfw)
    return found


def metadata(config: ScoreConfig) -> dict[str, str]:
    """Return the schema metadata of files that hold scores."""
    return {METADATA_KEY: json.dumps(definitions(config))}


def read_definitions(path: Place) -> dict[str, dict[str, str]]:
    """Return what the scores in a file depend on, by scorer; see `definitions`.

    Args:
        path: A part of the stage `04-score`.

    Raises:
        RunError: The file is missing or damaged, or says nothing of it.
    """
    found = (read_schema(path).metadata or {}).get(METADATA_KEY.encode())
    if found is None:
        raise RunError(
            f"{path} does not say what its scores depend on (schema metadata `{METADATA_KEY}`), "
            "so it is not of this version's stage 04-score; make the run again"
        )
    definitions_of: dict[str, dict[str, str]] = json.loads(found)
    return definitions_of


def _model(config: EmbedderConfig) -> dict[str, str]:
    """Return what the answers of a checkpoint depend on."""
    return {
        "backbone": config.model,
        "revision": config.revision or "not pinned",
        "dtype": config.dtype,
    }


def _nsfw(config: AnyNsfw) -> dict[str, str]:
    """Return what the probabilities of a classifier of unsafe pictures depend on."""
    if isinstance(config, ClassifierConfig):
        return _model(config) | {
            "resize": "as the checkpoint's own image processor says",
            "labels": ", ".join(config.labels),
            "probability": "softmax, of these labels together",
        }
    return {
        "backbone": config.model,
        "revision": f"sha256:{OPEN_NSFW}",
        "resize": "bilinear to 256 x 256, as JPEG, the middle 224 x 224; as in Yahoo's release",
        "probability": "softmax",
    }


def _pixels() -> dict[str, str]:
    return {
        "changed_area": f"share of pixels with a channel that differs by more than "
        f"{CHANGE_THRESHOLD} of 255",
        "ssim": f"Wang et al. 2004, on luma, averaged down to a longer side of about {SSIM_SIDE}",
        "phash": "64-bit DCT hash of the luma",
    }


def _captions() -> dict[str, str]:
    return {
        "caption_overlap": "largest ratio of difflib's SequenceMatcher over the words of two of "
        "the five, without articles",
        "caption_fit": "the smaller of the share of the five of which at least "
        f"{SHARE:.0%} of the words with a meaning are words of the edit, and the share of the "
        "instruction's words that the five say; words are compared by their stems",
        "caption_defects": "how many of the five break a rule of clean text",
    }
