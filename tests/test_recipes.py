"""Recipes: what ships is valid, and every fault of a recipe is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Cli

from pipelines.recipe import Recipe, builtin_recipes
from pipelines.resolve import refilter, resolve
from syned.errors import RecipeError
from syned.recipes import check, read_yaml, set_values

LAUGHS = "\n".join(
    ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))]
)
"""Ten lines that stand for a billion values."""


def test_every_recipe_that_ships_is_valid_and_opens_with_its_command() -> None:
    recipes = builtin_recipes()
    assert set(recipes) == {"default", "demo", "import", "syned1", "tiny", "world"}
    for name, path in recipes.items():
        assert check(Recipe, read_yaml(path), name).name == name
        head = [line for line in path.read_text().splitlines() if line.startswith("#")]
        command = "syned import" if name == "import" else "syned generate"
        assert any(command in line for line in head), name


def faults(*assignments: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        resolve("tiny", None, None, assignments)
    return list(caught.value.faults)


def test_all_faults_are_told_at_once_with_the_nearest_known_key() -> None:
    found = faults(
        "sede=1",
        "part_size=0",
        "edit.editor.guidance_scal=2",
        "edit.editor.guidance_scale=1",
        "sample.sources.0.pth=x",
        "filter.min_ssim=high",
        "instruct.writer.tasks.ad=1",
    )
    text = "\n".join(found)
    assert len(found) == 7
    assert "sede: unknown key; did you mean seed?" in text
    assert "part_size: input should be greater than 0, found 0" in text
    assert "edit.editor.guidance_scal: unknown key; did you mean guidance_scale?" in text
    assert "edit.editor.guidance_scale: input should be greater than 1 and at most 100" in text
    assert "sample.sources.0.pth: unknown key; did you mean path?" in text
    assert "filter.min_ssim: " in text
    assert "instruct.writer.tasks.ad: " in text


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("nothing", "expected key=value"),
        ("=3", "expected key=value"),
        ("a..b=3", "expected key=value"),
        ("seed=[1", "while parsing"),
        ("sample.sources.7.path=x", "list index out of range"),
        ("sample.sources.first.path=x", "invalid literal"),
    ],
)
def test_a_wrong_assignment_is_told(assignment: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        set_values({"name": "x", "sample": {"sources": [{}]}}, [assignment])


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("filter={min_ssim: 0.9, max_ssim: 0.1}", "min_ssim 0.9 is above max_ssim 0.1"),
        ("export.splits={train: 0}", "at least one share must be above 0"),
        ("export.splits={'../x': 1}", "should match pattern"),
        ("instruct.writer.tasks={add: 0}", "at least one share must be above 0"),
        ("edit.editor={engine: procedural}", "needs the writer `templates`"),
        ("image.resolution=100", "multiple of 8"),
    ],
)
def test_values_that_do_not_go_together_are_told(assignment: str, words: str) -> None:
    assert any(words in fault for fault in faults(assignment))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found nothing, expected keys and values"),
        ("- a\n- b", "found list, expected keys and values"),
        ("a: [", "cannot be read as YAML"),
        ("a: &x {b: *x}", "a value refers to itself, in line 1"),
        ("seed: 1\nn: 3\nseed: 2", "the key 'seed' is given twice, in line 3"),
        ("image: {quality: 90, quality: 80}", "the key 'quality' is given twice, in line 1"),
        (LAUGHS, "its aliases stand for more than 100,000 values"),
        ("name: x", "sample: missing"),
    ],
)
def test_a_wrong_file_is_told(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=words):
        resolve(str(path), None, None, [])


def test_what_an_alias_stands_for_may_be_changed_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}")
    values = set_values(read_yaml(path), ["a.b=3"])
    assert values == {"a": {"b": 3}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


def test_an_unknown_recipe_names_the_nearest(cli: Cli) -> None:
    done = cli("generate", "--recipe", "dmeo")
    assert done.returncode == 2
    assert "no such recipe or file; did you mean demo?" in done.stderr


def test_short_names_of_rules_work_in_both_commands() -> None:
    by_generate = resolve("tiny", None, None, ["filter.direction=0.15"])
    by_filter = refilter(resolve("tiny", None, None, []), ["direction=0.15"])
    assert by_generate.filter.min_clip_sim_dir == by_filter.filter.min_clip_sim_dir == 0.15


def test_filter_takes_no_value_of_another_stage() -> None:
    with pytest.raises(RecipeError, match="unknown key"):
        refilter(resolve("tiny", None, None, []), ["seed=3"])


def test_ids_follow_what_shapes_a_pair_and_nothing_else() -> None:
    base = resolve("tiny", None, None, []).pair_shape()
    for same in ("n=99", "part_size=3", "edit.editor.batch_size=9", "filter.min_ssim=0.1"):
        assert resolve("tiny", None, None, [same]).pair_shape() == base
    for other in ("seed=1", "image.quality=90", "edit.editor.guidance_scale=5"):
        assert resolve("tiny", None, None, [other]).pair_shape() != base


def test_images_replace_the_sources() -> None:
    recipe = resolve("demo", "scenes", 7, [])
    assert [source.kind for source in recipe.sample.sources] == ["scenes"]
    assert recipe.n == 7
