"""The words of picture edits: clean, rich and really different."""

import itertools
import re

import numpy as np
import pytest
from pictures_to_edit import PHOTOS, photo, proposals

from pipelines.edits.registry import PICTURE_EDITS

KINDS = pytest.mark.parametrize("kind", PICTURE_EDITS, ids=lambda kind: kind.__name__)


def an_edit_of_each_wording(kind):
    """Edits of a kind, one for each set of captions that differ in more than names."""
    found = {}
    for name in PHOTOS:
        for edit, _ in proposals(kind, photo(name, 256), range(12)):
            found.setdefault(edit.wording().captions[0], edit)
    return found.values()


def words_of(text):
    return set(re.findall(r"\w+", text.lower()))


@KINDS
def test_wordings_are_clean_rich_and_really_different(kind):
    for edit in an_edit_of_each_wording(kind):
        for wording, least in ((edit.wording(), 10), (edit.inverse_wording(), 9)):
            assert len({frozenset(words_of(text)) for text in wording.captions}) >= least
            check_texts(wording, edit)


def check_texts(wording, edit):
    assert len(set(wording.instructions)) >= 3
    for text in (*wording.instructions, *wording.captions):
        assert re.fullmatch(r"[A-Z][^{}]*[^ .]\.", text), text
        assert "  " not in text
        assert not re.search(r"\b(a [aeiou]|an [^aeiou])", text), text
        assert not re.search(r"(?i)\b(photo|photograph|sky|person|night)\b", text), text
    pairs = itertools.combinations(map(words_of, wording.captions), 2)
    shared = [len(a & b) / len(a | b) for a, b in pairs]
    assert np.mean(shared) < 0.3, edit
    assert np.quantile(shared, 0.9) < 0.6, edit
    openings = {" ".join(text.split()[:2]) for text in wording.captions}
    assert len(openings) >= 6, openings
