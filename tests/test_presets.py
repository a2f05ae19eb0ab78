"""The rules that ship by name, and the scores that their thresholds are good for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from conftest import Cli
from six_pairs import decided, kept, scored

from pipelines.foreign import refuse_foreign
from pipelines.recipe import Recipe
from pipelines.resolve import refilter, resolve
from pipelines.scorers.definitions import definitions
from pipelines.sections.filter import Bounds, FilterConfig, presets
from pipelines.sections.scorers import ClipConfig, DinoConfig, ScoreConfig
from syned.cli.filter_run import filter_run
from syned.errors import RecipeError
from syned.recipes import check

VIT_L = ClipConfig(model="openai/clip-vit-large-patch14", device="cpu")
DINO_L = DinoConfig(model="facebook/dinov2-with-registers-large", device="cpu")
OTHER = ClipConfig(model="google/siglip-base-patch16-224", device="cpu")


def with_clip(clip: ClipConfig = VIT_L, **more: object) -> Recipe:
    """Return the recipe `demo` with scores of a model."""
    values = resolve("demo", None, None, []).model_dump(mode="json")
    return check(Recipe, values | {"score": {"clip": clip.model_dump()} | more}, "demo")


def test_the_presets_that_ship() -> None:
    assert set(presets()) == {"ip2p", "ultraedit", "paper", "demo", "calibrated"}


@pytest.mark.parametrize("name", sorted(presets()))
def test_a_resolved_preset_means_the_same_when_it_is_loaded_again(name: str) -> None:
    rules = FilterConfig.model_validate({"preset": name, "min_ssim": 0.1, "top_k": None})
    values = rules.model_dump(mode="json")
    assert (values["preset"], values["min_ssim"], values["top_k"]) == (name, 0.1, None)
    assert FilterConfig.model_validate(values) == rules


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # b goes its own way (0.10), d is another picture (0.5); e is not meant to change.
        ("ip2p", "ace"),
        # c is below 0.75 besides.
        ("ultraedit", "ae"),
        ("paper", "abcde"),
        # a adds a thing and changes 0.30 of the picture, b has an unclean caption and d has five,
        # and two of c's captions are alike.
        ("demo", "e"),
        # b has an unclean caption and d five; a and c are all that is left of their tasks.
        ("calibrated", "ace"),
    ],
)
def test_what_a_preset_keeps_of_six_pairs(name: str, expected: str) -> None:
    assert kept(decided(preset=name)) == expected


def test_a_bound_of_zero_is_told_among_the_rules_in_force() -> None:
    rules = FilterConfig.model_validate({"min_clip_sim_dir": 0, "drop_duplicates": False})
    assert rules.in_force() == {"min_clip_sim_dir": 0.0}


def test_the_paper_keeps_eight_candidates_by_the_fit_of_picture_and_caption() -> None:
    rows = [(f"{i}", "i", "P", "add", "Add a hat", *[0.5] * 4, i / 10, 0.5, 9) for i in range(9)]
    frame = scored(rows).assign(edited_id=[row[0] for row in rows])
    assert kept(decided(frame, preset="paper")) == "12345678"


def test_what_is_given_beside_a_preset_replaces_its_values() -> None:
    assert kept(decided(preset="ip2p", min_clip_sim_dir=0.1)) == "abce"
    assert kept(decided(preset="ip2p", min_clip_sim_dir=None, min_clip_sim_image=0.5)) == "abce"


def test_an_unknown_preset_is_told_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="no preset 'ultra-edit'; did you mean ultraedit"):
        refilter(with_clip(), [], preset="ultra-edit")
    with pytest.raises(RecipeError, match="known: calibrated, demo, ip2p, paper, ultraedit"):
        resolve("demo", None, None, ["filter.preset=xyz"])


def test_a_preset_starts_from_its_own_rules_and_a_set_from_the_runs() -> None:
    run = refilter(with_clip(), ["min_ssim=0.3", "max_ssim=0.9"])
    more = refilter(run, ["direction=0.1", "max_ssim=null"]).filter
    assert (more.min_ssim, more.max_ssim, more.min_clip_sim_dir) == (0.3, None, 0.1)
    begun = refilter(run, ["min_clip_sim_0=0.1"], preset="ip2p").filter
    assert begun == FilterConfig.model_validate({"preset": "ip2p", "min_clip_sim_0": 0.1})
    assert refilter(run, ["preset=ip2p", "min_clip_sim_0=0.1"]).filter == begun
    again = refilter(refilter(run, [], preset="ip2p"), ["top_k=1"]).filter
    assert (again.preset, again.top_k, again.min_clip_sim_dir) == ("ip2p", 1, 0.2)
    # Without its name, the rules stay.
    unnamed = refilter(refilter(run, [], preset="ip2p"), ["preset=null"]).filter
    assert (unnamed.preset, unnamed.min_clip_sim_dir) == (None, 0.2)
    # A recipe's own rules are left out as well.
    default = resolve("default", None, None, ["filter.preset=demo"]).filter
    assert default == FilterConfig.model_validate({"preset": "demo"})


def test_a_run_without_clip_is_refused_in_one_message() -> None:
    demo = resolve("demo", None, None, [])
    with pytest.raises(RecipeError) as refused:
        refilter(demo, [], preset="ip2p")
    (fault,) = refused.value.faults
    assert "filter.min_clip_sim_image, filter.min_clip_sim_0" in fault
    assert "needs CLIP scores, but score.clip is not set" in fault
    with pytest.raises(RecipeError, match=r"filter.min_dino_sim: needs DINO scores"):
        refilter(with_clip(), [], preset="ultraedit")


def refuse(rules: FilterConfig, clip: ClipConfig = VIT_L, dino: DinoConfig | None = None) -> None:
    refuse_foreign(rules, definitions(ScoreConfig(clip=clip, dino=dino)))


@pytest.mark.parametrize("name", ["ip2p", "ultraedit"])
def test_published_thresholds_are_for_one_definition_of_the_scores(name: str) -> None:
    rules = FilterConfig.model_validate({"preset": name})
    refuse(rules, VIT_L, DINO_L)
    with pytest.raises(RecipeError) as refused:
        refuse(rules, OTHER, DINO_L)
    (fault,) = refused.value.faults
    assert refused.value.where == f"filter.preset={name}"
    for part in ("'openai/clip-vit-large-patch14'", "'google/siglip-base-patch16-224'", "resize"):
        assert part in fault
    for way_out in ("`calibrated`", "`filter.tuned_for=null`"):
        assert way_out in fault


def test_revisions_count_where_both_are_known() -> None:
    tuned = {"clip": {"backbone": VIT_L.model, "revision": "abc"}}
    rules = FilterConfig.model_validate({"min_clip_sim_dir": 0.2, "tuned_for": tuned})
    refuse(rules, VIT_L)
    refuse(rules, VIT_L.model_copy(update={"revision": "abc"}))
    with pytest.raises(RecipeError, match=r"revision 'abc'.* revision 'def'"):
        refuse(rules, VIT_L.model_copy(update={"revision": "def"}))


def test_only_bounds_are_tuned() -> None:
    ultraedit = FilterConfig.model_validate({"preset": "ultraedit", "min_dino_sim": None})
    refuse(ultraedit, VIT_L, None)
    refuse(FilterConfig.model_validate({"preset": "ip2p", "tuned_for": None}), OTHER)
    for name in ("calibrated", "paper"):
        refuse(FilterConfig.model_validate({"preset": name}), OTHER)
    by_task = {"by_task": {"add": {"min_clip_sim_dir": 0.1}}}
    tuned = {"tuned_for": {"clip": {"backbone": VIT_L.model}}}
    with pytest.raises(RecipeError):
        refuse(FilterConfig.model_validate(by_task | tuned), OTHER)


def test_generate_refuses_foreign_thresholds_before_it_makes_anything(
    cli: Cli, tmp_path: Path
) -> None:
    clip = "score.clip={model: google/siglip-base-patch16-224, device: cpu}"
    done = cli("generate", "--recipe", "demo", "--set", clip, "--set", "filter.preset=ip2p")
    assert done.returncode == 2
    assert "filter.preset=ip2p: 1 fault" in done.stderr
    assert "the clip thresholds were found with backbone" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_every_rule_and_preset() -> None:
    told = filter_run.__doc__ or ""
    scores = {bound[4:] for bound in Bounds.model_fields}
    rules = set(FilterConfig.model_fields) - set(Bounds.model_fields) - {"preset"}
    assert [name for name in scores | rules | set(presets()) if name not in told] == []


def test_a_preset_on_the_command_line_decides_a_run_again(
    cli: Cli, demo_run: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(demo_run, tmp_path / "run")
    done = cli("filter", "run", "--preset", "demo", "--set", "min_changed_area=0.05")
    assert done.returncode == 0, done.stderr
    decisions = pd.read_parquet(tmp_path / "run" / "05-filter" / "decisions.parquet")
    small = decisions[decisions["reason"] == "min_changed_area"]
    assert 0 < len(small) < len(decisions)
    assert (small["value"] < 0.05).all()
    card = (tmp_path / "run" / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "| `preset` | demo |" in card
