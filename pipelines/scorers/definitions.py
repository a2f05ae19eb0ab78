"""What scores depend on, in words; kept in the schema of the files that hold them."""

from __future__ import annotations

from pipelines.scorers.pixels import CHANGE_THRESHOLD, SSIM_SIDE
from pipelines.sections.scorers import ClipConfig, DinoConfig, EmbedderConfig

SQUASHED = "bicubic without antialiasing, squashed to the model's square input"


def definitions(clip: ClipConfig | None, dino: DinoConfig | None) -> dict[str, dict[str, str]]:
    """Return what the scores of each scorer depend on.

    Scores of one name can be compared if all of these are equal.
    """
    found = {"pixels": _pixels(), "captions": _captions()}
    if clip is not None:
        found["clip"] = _model(clip) | {
            "normalisation": "mean and deviation of the checkpoint",
            "text": "padded to the model's full length and cut there",
            "similarities": "as in metrics/clip_similarity.py of timothybrooks/instruct-pix2pix",
        }
    if dino is not None:
        found["dino"] = _model(dino) | {
            "normalisation": "none, as in UltraEdit",
            "similarities": "cosine of the class tokens after the last normalisation",
        }
    return found


def _model(config: EmbedderConfig) -> dict[str, str]:
    """Return what the embeddings of a checkpoint depend on."""
    return {
        "backbone": config.model,
        "revision": config.revision or "not pinned",
        "resize": SQUASHED,
        "dtype": config.dtype,
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
        "caption_fit": "share of the five that name a word of the edit by its first letters",
        "caption_defects": "how many of the five break a rule of clean text",
    }
