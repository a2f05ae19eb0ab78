"""The filter on six pairs whose scores can be checked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.filter import decide, split_of
from pipelines.recipe import FilterConfig, Recipe
from pipelines.resolve import resolve
from syned.errors import RecipeError
from syned.recipes import check

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


def scored(rows: list[tuple[object, ...]] = ROWS) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    failed = frame["pair_id"] == "f"
    return frame.assign(
        stage=["03-edit" if f else "04-score" for f in failed],
        status=["failed" if f else "ok" for f in failed],
        reason=["not_finite" if f else None for f in failed],
        message=None,
        edited_id=[f"edited-{name}" for name in frame["pair_id"]],
    )


def decided(frame: pd.DataFrame | None = None, **rules: object) -> pd.DataFrame:
    frame = scored() if frame is None else frame
    splits = pd.Series("train", index=frame.index)
    return decide(frame, FilterConfig.model_validate(rules), splits).set_index("pair_id")


def kept(frame: pd.DataFrame) -> str:
    return "".join(frame.index[frame["kept"]])


def test_without_rules_all_that_did_not_fail_is_kept() -> None:
    result = decided()
    assert kept(result) == "abcde"
    assert result.loc["f", ["stage", "status", "reason"]].tolist() == [
        *("03-edit", "failed", "not_finite")
    ]


@pytest.mark.parametrize(
    ("rule", "bound", "expected"),
    [
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
    bounds = {name for name in FilterConfig.model_fields if name.startswith(("min_", "max_"))}
    marks = test_each_bound_decides.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == bounds


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


def test_splits_follow_the_shares_and_the_seed() -> None:
    shares = {"train": 0.8, "test": 0.2}
    names = [split_of(f"picture {i}", 0, shares) for i in range(2000)]
    assert 0.77 < names.count("train") / 2000 < 0.83
    assert names == [split_of(f"picture {i}", 0, shares) for i in range(2000)]
    assert names != [split_of(f"picture {i}", 1, shares) for i in range(2000)]
    assert {split_of(f"picture {i}", 0, {"train": 1, "test": 0}) for i in range(99)} == {"train"}
