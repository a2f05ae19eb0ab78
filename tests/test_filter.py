"""The filter on six pairs whose scores can be checked by hand."""

from __future__ import annotations

import pytest
from six_pairs import decided, kept, scored

from pipelines.filter import split_of, splits_of
from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from pipelines.sections.filter import Bounds, FilterConfig
from syned.errors import RecipeError
from syned.recipes import check


def test_without_rules_all_that_did_not_fail_is_kept() -> None:
    result = decided()
    assert kept(result) == "abcde"
    assert result.loc["f", ["stage", "status", "reason"]].tolist() == [
        *("03-edit", "failed", "not_finite")
    ]


@pytest.mark.parametrize(
    ("rule", "bound", "expected"),
    [
        ("max_nsfw", 0.5, "acd"),
        ("min_changed_area", 0.3, "acde"),
        ("max_changed_area", 0.5, "abce"),
        ("min_ssim", 0.4, "abce"),
        ("max_ssim", 0.6, "acde"),
        ("min_phash_distance", 10, "acde"),
        ("max_phash_distance", 10, "abe"),
        ("min_clip_sim_image", 0.7, "abce"),
        ("max_clip_sim_image", 0.85, "acde"),
        ("min_clip_sim_0", 0.25, "abc"),
        ("max_clip_sim_0", 0.2, "d"),
        ("min_clip_sim_1", 0.26, "ac"),
        ("max_clip_sim_1", 0.22, "bde"),
        ("min_clip_sim_dir", 0.2, "acde"),
        ("max_clip_sim_dir", 0.2, "bde"),
        ("min_clip_sim_gain", 0.0, "acde"),
        ("max_clip_sim_gain", 0.0, "bce"),
        ("min_dino_sim", 0.6, "abce"),
        ("max_dino_sim", 0.8, "bcde"),
        ("max_caption_overlap", 0.4, "abde"),
        ("min_caption_fit", 0.6, "abce"),
        ("max_caption_defects", 0, "ace"),
    ],
)
def test_each_bound_decides(rule: str, bound: float, expected: str) -> None:
    result = decided(**{rule: bound})
    assert kept(result) == expected
    turned_away = result[~result["kept"] & (result["stage"] == "05-filter")]
    assert set(turned_away["reason"]) == {rule}
    score = rule[4:]
    assert (turned_away["value"] == turned_away[score]).all()


def test_there_is_a_test_for_each_bound() -> None:
    bounds = set(Bounds.model_fields)
    marks = test_each_bound_decides.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == bounds


CLOSE = {
    "against_distance": [9.0, 2.0, 3.0, 20.0, 20.0, None],
    "against_distance_picture": "set: cat.jpg",
    "against_similarity": [0.99, 0.99, 0.2, 0.96, 0.94, None],
    "against_similarity_picture": "set: dog.jpg",
}
HATS = {"instruction": ["Add a hat", "Add a hat", "Put a hat", "Make it red", "No", "Add a cat"]}


@pytest.mark.parametrize(
    ("rule", "rules", "other", "without", "expected"),
    [
        ("preset", {}, "demo", "abcde", "e"),
        ("by_task", {"min_ssim": 0.5}, {"style": {"min_ssim": 0.1}}, "abe", "abde"),
        ("keep_rate", {"calibrate": ["ssim"]}, 0.5, "abcde", "bcde"),
        ("calibrate", {"keep_rate": 0.5, "calibrate": ["ssim"]}, ["clip_sim_1"], "bcde", "acde"),
        ("relative", {}, True, "abcde", "ade"),
        ("against", {}, ["set"], "abcde", "e"),
        ("against_distance", {"against": ["set"]}, 2, "e", "ce"),
        ("against_similarity", {"against": ["set"]}, None, "e", "ade"),
        ("drop_duplicates", {}, False, "abde", "abcde"),
        ("near_duplicate_distance", {}, 1, "abcde", "acde"),
        ("max_instruction_repeats", {}, 1, "abcde", "abde"),
        ("rank_by", {"top_k": 1}, "ssim", "acde", "bcde"),
        ("top_k", {}, 1, "abcde", "acde"),
        ("max_per_split", {}, {"train": 2}, "abcde", "ac"),
    ],
)
def test_each_rule_decides(
    rule: str, rules: dict[str, object], other: object, without: str, expected: str
) -> None:
    frame = scored().assign(**CLOSE)
    if rule == "drop_duplicates":
        frame.loc[frame["pair_id"] == "c", "edited_id"] = "edited-a"
    if rule == "max_instruction_repeats":
        frame = frame.assign(**HATS)
    assert kept(decided(frame, **rules)) == without
    assert kept(decided(frame, **(rules | {rule: other}))) == expected


def test_there_is_a_test_for_each_rule() -> None:
    marks = test_each_rule_decides.pytestmark  # type: ignore[attr-defined]
    tested = {case[0] for case in marks[0].args[1]}
    # Which model thresholds suit is tested with the presets.
    assert tested | {*Bounds.model_fields, "tuned_for"} == set(FilterConfig.model_fields)


def test_the_first_failing_rule_is_the_reason() -> None:
    result = decided(min_changed_area=0.3, max_ssim=0.6, min_clip_sim_dir=0.2)
    assert result.loc["b", "reason"] == "min_changed_area"
    assert result.loc["b", "value"] == pytest.approx(0.10)


def test_a_pair_without_a_difference_is_spared_by_the_rules_that_ask_for_one() -> None:
    result = decided(min_changed_area=0.05, max_ssim=0.9, max_clip_sim_image=0.98)
    assert "e" in kept(result)


def test_top_k_keeps_the_best_candidate_of_each_instruction() -> None:
    result = decided(top_k=1)
    assert kept(result) == "acde"
    assert result.loc["b", ["reason", "value", "rank"]].tolist() == ["top_k", 2.0, 2]


def test_another_rank_by_keeps_another_candidate() -> None:
    assert kept(decided(top_k=1, rank_by="ssim")) == "bcde"


def test_candidates_that_a_bound_turned_away_take_no_place() -> None:
    assert kept(decided(top_k=1, max_changed_area=0.2)) == "be"


def test_equal_edited_pictures_of_one_source_are_kept_once() -> None:
    frame = scored()
    frame.loc[frame["pair_id"] == "c", "edited_id"] = "edited-a"
    assert decided(frame).loc["c", "reason"] == "drop_duplicates"
    assert kept(decided(frame, drop_duplicates=False)) == "abcde"


def test_the_same_words_for_another_picture_are_no_duplicate() -> None:
    assert {"c", "d"} <= set(kept(decided()))


def test_the_same_words_for_the_same_picture_are_a_duplicate() -> None:
    frame = scored()
    frame.loc[frame["pair_id"] == "c", "instruction"] = "add a HAT."
    result = decided(frame)
    assert result.loc["c", "reason"] == "drop_duplicates"
    assert kept(result) == "abde"


def test_a_score_that_is_not_a_number_fails_its_rule() -> None:
    frame = scored()
    frame.loc[frame["pair_id"] == "a", "ssim"] = float("nan")
    assert decided(frame, min_ssim=0.0).loc["a", "reason"] == "min_ssim"


def test_a_repeat_of_a_pair_that_is_itself_a_repeat_is_kept() -> None:
    words = {"x": "Add X", "y": "Add Y", "z": "Add Y"}
    frame = scored([(n, f"i{n}", "P", "add", text, *[0.5] * 7) for n, text in words.items()])
    frame["edited_id"] = ["same", "same", "other"]
    assert kept(decided(frame)) == "xz"


@pytest.mark.parametrize("rules", [{"min_clip_sim_dir": 0.2}, {"top_k": 1}])
def test_a_rule_on_a_score_that_the_recipe_has_not_is_refused(rules: dict[str, float]) -> None:
    values = resolve("demo", None, None, []).model_dump(mode="json")
    with pytest.raises(RecipeError, match="needs CLIP scores, but score"):
        check(Recipe, values | {"filter": rules}, "demo")
    ranked = values | {"filter": {"top_k": 1, "rank_by": "ssim"}}
    assert check(Recipe, ranked, "demo").filter.top_k == 1


def test_bounds_of_a_task_replace_the_general_ones() -> None:
    own = {"add": {"min_changed_area": 0.05}, "color": {"min_changed_area": 0.6}}
    # b (add, 0.10) is let through, c (color, 0.50) is not, d (style, 0.90) follows the general one
    assert kept(decided(min_changed_area=0.3, by_task=own)) == "abde"
    assert kept(decided(by_task=own)) == "abde"


def test_null_takes_away_what_a_bound_of_a_task_or_a_rule_said() -> None:
    given = {"min_ssim": None, "by_task": {"add": None}, "calibrate": None, "top_k": None}
    assert FilterConfig.model_validate(given) == FilterConfig()
    assert FilterConfig.model_validate({"against_similarity": None}).against_similarity is None


def test_a_bound_of_zero_is_a_bound() -> None:
    assert kept(decided(max_changed_area=0.0)) == "e"


def test_the_relative_rule_wants_more_than_nothing() -> None:
    result = decided(relative=True)
    assert kept(result) == "ade"  # e has no difference by design, c gains exactly nothing
    assert result.loc["b", ["reason", "value"]].tolist() == ["relative", -0.02]


def test_near_duplicates_have_the_same_words_and_near_pictures() -> None:
    # a and b are candidates of one instruction: 0x00 to 0x01 and 0x03, one bit apart.
    assert decided(near_duplicate_distance=1).loc["b", "reason"] == "near_duplicate_distance"
    assert kept(decided(near_duplicate_distance=1)) == "acde"
    assert kept(decided(near_duplicate_distance=0)) == "abcde"


def test_an_instruction_may_come_back_only_so_often() -> None:
    result = decided(max_instruction_repeats=1)
    assert result.loc["d", "reason"] == "max_instruction_repeats"  # "Make it red", again
    assert kept(result) == "abce"
    assert kept(decided(max_instruction_repeats=2)) == "abcde"


def test_an_instruction_that_comes_back_does_so_with_all_its_candidates() -> None:
    frame = scored().assign(instruction=["Hats!", "Hats!", "One more", "a hat", "Hats!", "Add"])
    # d says what i says (a and b), and e, which does not differ, is left alone.
    assert kept(decided(frame, max_instruction_repeats=1)) == "abce"
    assert kept(decided(frame[::-1], max_instruction_repeats=1)) == "edc"


def test_a_split_is_filled_rank_by_rank() -> None:
    # Ranks by direction: a 1, b 2; c, d and e are the only ones of theirs. Best first: a, c, d, e.
    assert kept(decided(max_per_split={"train": 5})) == "abcde"
    assert kept(decided(max_per_split={"train": 4})) == "acde"
    assert kept(decided(max_per_split={"train": 2})) == "ac"
    assert kept(decided(max_per_split={"test": 1})) == "abcde"
    assert decided(max_per_split={"train": 4}).loc["b", ["reason", "value"]].tolist() == [
        *("max_per_split", 2.0)
    ]


def test_what_is_close_to_an_evaluation_set_is_removed() -> None:
    frame = scored().assign(**CLOSE)
    result = decided(frame, against=["set"], against_distance=2)
    assert kept(result) == "ce"
    assert result.loc["b", ["reason", "value", "message"]].tolist() == [
        *("against_distance", 2.0, "close to set: cat.jpg")
    ]
    assert result.loc["a", ["reason", "value", "message"]].tolist() == [
        *("against_similarity", 0.99, "close to set: dog.jpg")
    ]


def test_a_source_can_be_fixed_to_a_split() -> None:
    recipe = resolve("demo", None, None, ["export.splits={train: 1}"])
    frame = scored().assign(into=[None, None, "test", None, None, None])
    assert splits_of(frame, recipe).tolist() == ["train", "train", "test", *["train"] * 3]


def test_splits_follow_the_shares_and_the_seed() -> None:
    shares = {"train": 0.8, "test": 0.2}
    names = [split_of(f"picture {i}", 0, shares) for i in range(2000)]
    assert 0.77 < names.count("train") / 2000 < 0.83
    assert names == [split_of(f"picture {i}", 0, shares) for i in range(2000)]
    assert names != [split_of(f"picture {i}", 1, shares) for i in range(2000)]
    assert {split_of(f"picture {i}", 0, {"train": 1, "test": 0}) for i in range(99)} == {"train"}
