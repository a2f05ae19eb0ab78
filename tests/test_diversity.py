"""Counting words, and telling instructions and pairs that are alike."""

import numpy as np
import pytest

from pipelines.alike import repeated
from pipelines.diversity import distinct_n, diversity, objects, signature
from pipelines.near import KnownHashes, near_duplicates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Add a red hat to the dog.", "add a red hat to the dog"),
        ("Add a red hat to the dog", "Please put a red hat on the dogs!"),
        ("Remove the car", "Delete the car from the image"),
        ("Turn the sky into a sunset", "Make the sky a sunset"),
        ("In the sky, add a bird", "Add a bird in the sky"),
    ],
)
def test_instructions_alike_in_words(one, other):
    assert signature(one) == signature(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Add a red hat to the dog", "Add a blue hat to the dog"),
        ("Add a cat", "Remove a cat"),
        ("Make it day", "Make it night"),
    ],
)
def test_instructions_that_say_something_else(one, other):
    assert signature(one) != signature(other)


def test_repeats_are_counted_by_kind_and_the_first_ones_stay():
    asked = [
        "Add a red hat to the dog",  # the first of its kind: add, dog, hat, red
        "Put a red hat on the dog",  # the same words
        "Add a small red hat to the dog",  # one word more, of five
        "Add a red hat",  # one less, of four
        "Make it red",  # turn, red: too short to have kin
        "Make it blue",
        "Turn it red, please",
    ]
    assert repeated(asked, 1) == [False, True, True, True, False, False, True]
    assert repeated(asked, 2) == [False, False, True, True, False, False, False]


def test_a_long_list_of_repeats_takes_no_comparison_of_all_with_all():
    asked = [f"Add thing{i} near the tables and chairs" for i in range(20_000)]
    assert sum(repeated(asked, 1)) == 0
    assert sum(repeated(asked + asked, 1)) == 20_000


def test_near_duplicates_need_the_kind_and_both_pictures():
    kinds = ["a", "a", "a", "b", "a", "a"]
    before = ["0000000000000000", "8000000000000001", "ff00000000000000", "0" * 16, "", "0" * 16]
    after = ["00000000000000ff", "00000000000000fe", "00000000000000ff", "00000000000000ff", "", ""]
    # The second differs from the first in 2 bits before and 1 after.
    assert near_duplicates(kinds, before, after, 2) == [False, True, False, False, False, False]
    assert near_duplicates(kinds, before, after, 1) == [False] * 6


@pytest.mark.parametrize("distance", [0, 1, 5, 16])
def test_no_near_pair_is_missed_by_the_bands(distance):
    """One bit more in each hash: every one within the distance is found, and no other."""
    after = [f"{(1 << bits) - 1:016x}" for bits in range(20)]
    for bits in range(20):
        found = near_duplicates(["a"] * 2, ["0" * 16] * 2, [after[0], after[bits]], distance)
        assert found == [False, bits <= distance]


@pytest.mark.parametrize("distance", [0, 1, 4, 16])
def test_a_hash_finds_the_nearest_of_those_before_it(distance):
    known = KnownHashes(distance)
    assert known.nearest(0) is None
    for bits in (30, 5, 3):
        known.add((1 << bits) - 1)  # so many bits are set
    assert known.nearest(0) == (3 if distance >= 3 else None)
    assert known.nearest((1 << 5) - 1) == 0
    assert known.nearest((1 << 30) - 1 + (1 << 63)) == (1 if distance >= 1 else None)


def test_words_are_counted():
    asked = ["Add a red hat to the dog", "Put two hats on the dogs", "Make it night"]
    told = [["a b", "a c"], ["a a a a", "b b"]]
    found = diversity(asked, told)
    assert (found.instructions, found.distinct) == (3, 3)
    assert found.verbs == {"add": 2, "turn": 1}
    assert found.openings == {"add a": 1, "make it": 1, "put two": 1}
    assert found.objects == {"dog": 2, "hat": 2, "night": 1, "two": 1}
    # 3 of 4 words differ in the first pair, 2 of 6 in the second.
    assert found.distinct_1 == pytest.approx((3 / 4 + 2 / 6) / 2, abs=5e-4)
    # Bigrams: ab, ac; aa, aa, aa, bb.
    assert found.distinct_2 == pytest.approx((1 + 2 / 4) / 2, abs=5e-4)
    assert found.caption_words == (2.5, 2, 4)


def test_nothing_is_counted_of_nothing():
    found = diversity([], [])
    assert (found.instructions, found.distinct_1, found.caption_words) == (0, 0.0, (0.0, 0, 0))
    assert distinct_n([], 1) == 0.0


def test_objects_are_neither_verbs_nor_looks():
    assert objects("Replace the big red bus on the left with two boxes of cherries") == {
        *("bus", "two", "box", "cherry")
    }


@pytest.mark.parametrize("distance", [0, 2, 5])
def test_both_ways_of_finding_near_duplicates_say_the_same(
    distance: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(distance)
    seeds = rng.integers(0, 2**63, 12)
    flips = [sum(1 << int(bit) for bit in rng.integers(0, 64, n)) for n in rng.integers(0, 5, 400)]
    after = [f"{int(seeds[i % 12]) ^ flip:016x}" for i, flip in enumerate(flips)]
    before = [f"{i % 2 * 2**40:016x}" for i in range(400)]
    kinds = [i % 3 for i in range(400)]
    found = near_duplicates(kinds, before, after, distance)
    monkeypatch.setattr("pipelines.near.MOST", 0)
    assert near_duplicates(kinds, before, after, distance) == found
    assert 0 < sum(found) < 400
