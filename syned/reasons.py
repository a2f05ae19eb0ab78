"""Statuses, and the closed set of reasons why a row did not go on."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What became of a row in a stage."""

    OK = "ok"
    FILTERED = "filtered"
    """A rule turned it away."""
    FAILED = "failed"
    """An error kept it from being made."""


class Reason(StrEnum):
    """Why a stage turned a row away; what the filter turns away has the name of its rule."""

    # pictures
    UNREADABLE = "unreadable"
    EMPTY_FILE = "empty_file"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TOO_NARROW = "too_narrow"
    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    SOURCE_CHANGED = "source_changed"
    OTHER_SHAPE = "other_shape"
    # writers
    NO_EDIT_FITS = "no_edit_fits"
    PROMPT_TOO_LONG = "prompt_too_long"
    BAD_JSON = "bad_json"
    CUT_OFF = "cut_off"
    WRONG_COUNT = "wrong_count"
    NOT_DISTINCT = "not_distinct"
    UNCLEAN = "unclean"
    REFUSAL = "refusal"
    ECHO = "echo"
    WRONG_TASK = "wrong_task"
    OFF_TOPIC = "off_topic"
    SAYS_NOTHING = "says_nothing"
    CONTRADICTION = "contradiction"
    NO_INSTRUCTION = "no_instruction"
    NO_ANSWER = "no_answer"
    # editors
    NO_VISIBLE_CHANGE = "no_visible_change"
    BLACK_IMAGE = "black_image"
    EMPTY_IMAGE = "empty_image"
    NOT_FINITE = "not_finite"
    # any stage
    WORKER_DIED = "worker_died"


FAILURES = frozenset(
    {
        Reason.UNREADABLE,
        Reason.EMPTY_FILE,
        Reason.TRUNCATED,
        Reason.SOURCE_CHANGED,
        Reason.NO_ANSWER,
        Reason.NOT_FINITE,
        Reason.WORKER_DIED,
    }
)
"""Reasons that are errors; every other one is a rule's."""


def status_of(reason: Reason) -> Status:
    """Say whether a reason means that a rule turned a row away or that an error kept it back."""
    return Status.FAILED if reason in FAILURES else Status.FILTERED
