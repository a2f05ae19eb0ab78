"""Lower bounds found in a run's own scores, at a wanted keep rate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import run_cli
from six_pairs import decided, scored

from pipelines.calibrate import calibrated
from pipelines.filter import decide
from pipelines.resolve import refilter, resolve
from pipelines.sections.filter import FilterConfig
from syned.errors import RecipeError
from syned.rows import Task

FOUR = pd.DataFrame(
    {
        "task": ["add"] * 4 + ["none", "style"],
        "ssim": [0.1, 0.2, 0.3, 0.4, 0.9, None],
        "clip_sim_dir": [0.4, 0.1, 0.2, 0.3, 0.0, 0.5],
    }
)


@pytest.mark.parametrize(
    ("keep_rate", "ssim", "direction"),
    [
        # At the second lowest of both, 0.2 and 0.2, the third and the fourth pass: half of them.
        (0.5, 0.2, 0.2),
        # At the third lowest only the fourth passes, a quarter; that would be less than a third.
        (0.25, 0.3, 0.3),
        (0.34, 0.2, 0.2),
        # At the highest none passes both.
        (0.01, 0.3, 0.3),
        (1.0, 0.1, 0.1),
    ],
)
def test_bounds_lie_at_one_quantile_for_all_scores(
    keep_rate: float, ssim: float, direction: float
) -> None:
    found = calibrated(FOUR, ["ssim", "clip_sim_dir"], keep_rate)
    # The pair without a difference is left alone, and the one that lacks a score is not counted.
    assert found == {"add": {"min_ssim": ssim, "min_clip_sim_dir": direction}}


def test_equal_scores_pass_together() -> None:
    scores = pd.DataFrame({"task": "add", "ssim": [0.1, 0.5, 0.5, 0.5]})
    assert calibrated(scores, ["ssim"], 0.5) == {"add": {"min_ssim": 0.5}}


def test_calibrated_bounds_are_scores_of_pairs_per_task() -> None:
    rows = [
        (f"{t}{i}", f"{t}{i}", "P", t, f"{t} {i}", *[i / 10] * 7)
        for t in ("add", "style")
        for i in range(4)
    ]
    frame = scored(rows).assign(edited_id=[row[0] for row in rows])
    frame.loc[frame["task"] == "style", "ssim"] += 0.5
    decision = decide(
        frame,
        FilterConfig(keep_rate=0.5, calibrate=("ssim",)),
        pd.Series("train", index=frame.index),
    )
    # The better half: 0.2 and 0.3 of 0, 0.1, 0.2, 0.3; and half a point more for the other task.
    assert decision.thresholds == {"add": {"min_ssim": 0.2}, "style": {"min_ssim": 0.7}}
    assert decision.pairs.loc[decision.pairs["kept"], "pair_id"].tolist() == [
        *("add2", "add3", "style2", "style3")
    ]
    assert set(decision.pairs["reason"].dropna()) == {"min_ssim"}


def test_a_calibrated_score_that_the_run_lacks_is_told() -> None:
    frame = scored().assign(dino_sim=None)
    with pytest.raises(RecipeError, match=r"no dino_sim; it has .*ssim.*clip_sim_dir"):
        decided(frame, keep_rate=0.5, calibrate=["dino_sim"])


def test_bounds_are_found_among_the_pairs_that_the_others_leave() -> None:
    rows = [(f"{i}", f"{i}", "P", "add", f"add {i}", *[i / 10] * 7) for i in range(6)]
    frame = scored(rows).assign(edited_id=[row[0] for row in rows])
    result = decided(frame, keep_rate=0.5, calibrate=["ssim"], max_changed_area=0.35)
    # 4 and 5 are beyond the bound; of 0 to 3 the better half is 2 and 3.
    assert result.index[result["kept"]].tolist() == ["2", "3"]
    assert result.loc["1", ["reason", "value"]].tolist() == ["min_ssim", 0.1]


def test_scores_that_no_run_of_the_recipe_has_are_told_with_those_that_it_has() -> None:
    demo = resolve("demo", None, None, [])
    with pytest.raises(RecipeError, match=r"filter.calibrate: needs CLIP .* name changed_area"):
        refilter(demo, [], keep_rate=0.5)
    rules = refilter(demo, ["calibrate=[ssim, caption_fit]"], keep_rate=0.5).filter
    assert (rules.calibrate, rules.keep_rate) == (("ssim", "caption_fit"), 0.5)


def test_a_run_is_calibrated_by_one_command(demo_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(demo_run, run)
    plain = ("--set", "max_clip_sim_image=null", "--set", "top_k=null")
    command = ("filter", run, "--preset", "calibrated", "--keep", "0.6", *plain)
    done = run_cli(*command, "--set", "calibrate=[ssim]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    funnel = json.loads((run / "05-filter" / "funnel.json").read_text())
    assert funnel["rules"]["keep_rate"] == 0.6
    decisions = pd.read_parquet(run / "05-filter" / "decisions.parquet")
    scores = pd.concat(map(pd.read_parquet, sorted((run / "04-score").glob("*.parquet"))))
    joined = decisions.merge(scores[["pair_id", "ssim"]], on="pair_id")
    # The rules that come before have turned away none of the others.
    judged = joined[joined["kept"] | joined["reason"].isin(["min_ssim", "drop_duplicates"])]
    for task, pairs in judged[judged["task"] != Task.NONE].groupby("task"):
        bound = funnel["rules"]["calibrated"][task]["min_ssim"]
        assert ((pairs["ssim"] < bound) == (pairs["reason"] == "min_ssim")).all()
        passed = (pairs["ssim"] >= bound).sum()
        # Not fewer than wanted, and with one pair less there would be.
        assert passed >= 0.6 * len(pairs) > passed - 1
        assert f"min_ssim={bound:.3g} (of {task})" in done.stdout
