"""Scores of captions: joined by id, with intervals, baselines, groups and comparisons."""

import numpy as np
import pytest

from trainer.evaluation import (
    baselines,
    by_change,
    compare,
    is_exact,
    judge,
    measure,
    references_hash,
    resamples,
)
from trainer.metrics.join import ScoreError
from trainer.store import ReadyPair

REFERENCES = {
    "a": ("the red car has left",),
    "b": ("two people have come in", "there are two more people"),
    "c": ("the sign is blue now",),
    "d": ("the red car has left",),
}
RIGHT = {name: texts[0] for name, texts in REFERENCES.items()}


def row(name, change):
    return ReadyPair(
        pair_id=name,
        captions=REFERENCES[name],
        source="s",
        license="cc0-1.0",
        change=change,
        before_hash="",
        after_hash="",
    )


def test_equal_captions_get_all_and_wrong_ones_next_to_nothing():
    right = judge(RIGHT, REFERENCES, meteor=False)
    wrong = judge(dict.fromkeys(REFERENCES, "zebra"), REFERENCES, meteor=False)
    assert measure(right).scores["exact"] == 1
    assert measure(right).scores["Bleu_1"] == pytest.approx(1)
    assert measure(wrong).scores["exact"] == 0
    assert measure(wrong).scores["CIDEr"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("caption", "exact"),
    [
        ("The red  car has left.", True),
        ("the red car has left", True),
        ("the red car left", False),
        ("", False),
    ],
)
def test_exact_forgives_case_white_space_and_full_stop(caption, exact):
    assert is_exact(caption, ["the red car has left"]) == exact


def test_captions_are_joined_by_id_and_not_by_place():
    turned = dict(reversed(RIGHT.items()))
    assert measure(judge(turned, REFERENCES, meteor=False)).scores["exact"] == 1


@pytest.mark.parametrize(
    ("captions", "named"),
    [
        ({k: v for k, v in RIGHT.items() if k != "c"}, "c"),
        (RIGHT | {"stranger": "x"}, "stranger"),
    ],
)
def test_ids_on_one_side_only_are_named(captions, named):
    with pytest.raises(ScoreError, match=named):
        judge(captions, REFERENCES, meteor=False)


def test_an_interval_holds_the_score_and_is_wider_for_fewer_pairs():
    captions = RIGHT | {"a": "zebra"}
    found = measure(judge(captions, REFERENCES, meteor=False))
    low, high = found.intervals["exact"]
    assert found.scores["exact"] == 0.75
    assert low < 0.75 < high
    # With four pairs one resample in 256 has only the wrong one: 0.25 is within 95 %.
    assert low == 0.25
    assert high == 1


def test_resamples_draw_as_many_pairs_as_there_are():
    drawn = resamples(7, seed=0)
    assert {int(one.sum()) for one in drawn} == {7}
    assert np.mean([one[0] for one in drawn]) == pytest.approx(1, abs=0.1)


def test_the_better_one_of_two_is_found():
    half = RIGHT | {"a": "zebra", "b": "zebra"}
    first = judge(half, REFERENCES, meteor=False)
    second = judge(RIGHT, REFERENCES, meteor=False)
    found = compare(first, second)
    assert found.difference["exact"] == 0.5
    assert found.better["exact"] > 0.9
    assert compare(first, first).difference["CIDEr"] == 0
    assert compare(first, first).better["CIDEr"] == 0


def test_baselines_say_the_most_frequent_reference_and_that_nothing_changed():
    said = list(baselines(REFERENCES).values())
    assert said == ["the red car has left", "there is no change"]


def test_groups_add_up_to_the_whole():
    captions = RIGHT | {"a": "zebra"}
    rows = [row("a", "remove"), row("b", "add"), row("c", "colour"), row("d", "remove")]
    judged = judge(captions, REFERENCES, meteor=False)
    groups = by_change(judged, rows)
    assert {kind: group.pairs for kind, group in groups.items()} == {
        "add": 1,
        "colour": 1,
        "remove": 2,
    }
    assert groups["remove"].scores["exact"] == 0.5
    whole = sum(group.pairs * group.scores["CIDEr"] for group in groups.values()) / 4
    assert whole == pytest.approx(judged.scores.corpus["CIDEr"])


def test_the_hash_of_references_depends_on_all_of_them_and_not_on_their_order():
    turned = dict(reversed(REFERENCES.items()))
    changed = REFERENCES | {"c": ("the sign is green now",)}
    assert references_hash(turned) == references_hash(REFERENCES)
    assert references_hash(changed) != references_hash(REFERENCES)
