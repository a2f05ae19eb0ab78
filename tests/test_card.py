"""The dataset card, read as the Hub and as `datasets` read it."""

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import DatasetCard
from made_pairs import funnel

from pipelines.card import render_card
from pipelines.card_facts import CardFacts
from pipelines.recipe import Recipe, builtin_recipes
from syned.arrow import arrow_schema
from syned.dataset_rows import DatasetRow
from syned.recipes import check, read_yaml, set_values


def recipe(name="demo", *assignments):
    values = set_values(read_yaml(builtin_recipes()[name]), assignments)
    return check(Recipe, values, name)


def facts(recipe_name="demo", *assignments, **more):
    known = {
        "name": "Red discs",
        "recipe": recipe(recipe_name, *assignments),
        "funnel": funnel(),
        "splits": {"train": 6, "test": 1},
        "licenses": {"cc0-1.0": 7},
        "prompt_version": "t1",
    }
    return CardFacts(**(known | more))


def front(card):
    return yaml.safe_load(card.removeprefix("---\n").split("\n---\n")[0])


def section(card, title):
    """Return what stands below a heading."""
    parts = re.split(r"^## (.+)\n", card, flags=re.MULTILINE)
    return parts[parts.index(title) + 1]


def test_the_hub_reads_the_front_matter():
    data = DatasetCard(render_card(facts())).data
    assert data.license == "cc0-1.0"
    assert data.language == ["en"]
    assert data.pretty_name == "Red discs"
    assert data.size_categories == ["n<1K"]
    assert data.task_categories == ["image-to-text", "image-to-image"]
    assert data.annotations_creators == ["machine-generated"]


def test_datasets_finds_the_splits_that_the_card_names(tmp_path):
    import datasets

    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text(render_card(facts()))
    for split, rows in {"train": 6, "test": 1}.items():
        table = pa.table({"pair_id": [f"{split} {i}" for i in range(rows)]})
        pq.write_table(table, tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    loaded = datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 6, "test": 1}


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        ({"cc0-1.0": 7}, ("cc0-1.0", None)),
        ({"CC-BY-4.0": 7}, ("cc-by-4.0", None)),
        ({"": 7}, ("unknown", None)),
        ({"unknown": 7}, ("unknown", None)),
        ({"cc0-1.0": 5, "mit": 2}, ("other", "mixed")),
        ({"My own: licence!": 7}, ("other", "my-own-licence")),
        ({"© Hütte": 7}, ("other", "h-tte")),
        ({"©": 7}, ("other", "unnamed")),
    ],
)
def test_licence(licenses, expected):
    data = front(render_card(facts(licenses=licenses)))
    assert (data["license"], data.get("license_name")) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (30000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "n>1M"),
    ],
)
def test_size_category(rows, expected):
    assert front(render_card(facts(splits={"train": rows})))["size_categories"] == [expected]


def test_a_dataset_without_pairs_has_a_card_without_files():
    data = front(render_card(facts(splits={}, licenses={}, funnel=funnel(kept=0))))
    assert "configs" not in data


def test_every_column_is_explained():
    table = section(render_card(facts()), "What is in it")
    explained = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", table, flags=re.MULTILINE))
    assert list(explained) == arrow_schema(DatasetRow).names
    assert all(explained.values())


def test_the_funnel_is_told_with_its_reasons_and_rules():
    told = section(render_card(facts()), "What was turned away")
    assert "| sample | pictures | 4 | 1 | 1 | `near_duplicate` 1, `truncated` 1 |" in told
    assert "| filter | pairs | 7 | 2 | 0 | `max_ssim` 2 |" in told
    assert "| `max_ssim` | 0.98 |" in told


def test_counts_of_splits_tasks_and_licences():
    card = render_card(facts(splits={"train": 1200, "test": 34}, licenses={"cc0-1.0": 1234}))
    assert "| train | 1,200 |" in card
    assert "| test | 34 |" in card
    assert "| add | 7 |" in card
    assert "| all | cc0-1.0 | 1,234 |" in section(card, "Licences")
    sources = {"folder:a": {"cc0-1.0": 1000, "mit": 2}, "scenes": {"cc0-1.0": 232}}
    card = render_card(facts(sources=sources))
    assert "| folder:a | mit | 2 |" in section(card, "Licences")
    assert "| scenes | cc0-1.0 | 232 |" in section(card, "Licences")


def test_a_card_lists_no_more_licences_than_a_reader_takes():
    many = {f"Photo by {n}": 1 for n in range(100)} | {"cc0-1.0": 5, "x" * 5000: 2}
    told = section(render_card(facts(licenses=many)), "Licences")
    assert "| all | cc0-1.0 | 5 |" in told
    assert "| all | " + "x" * 199 + "… | 2 |" in told
    assert "| all | Photo by 37 | 1 |" in told
    assert "| all | 62 others | 62 |" in told
    assert told.count("\n| all") == 41


def test_models_and_revisions_are_named():
    clip = {"backbone": "ViT-L/14", "resize": "224"}
    revision = "edit.editor.revision=abc123"
    card = render_card(facts("default", revision, definitions={"clip": clip}, prompt_version="v7"))
    made = section(card, "How it was made")
    assert "`vllm` with `Qwen/Qwen3-VL-8B-Instruct` in the mode `look`; " in made
    assert "`templates` for the task `text`" in made
    assert ", prompt version `v7`" in made
    assert "`timbrooks/instruct-pix2pix` at revision `abc123`, 20 steps, text guidance " in made
    assert "drawn from 6 to 9" in made
    assert "`procedural` for the task `text`; candidates per instruction: 4" in made
    assert "`openai/clip-vit-large-patch14` (backbone `ViT-L/14`; resize `224`)" in made


def test_limitations_are_those_of_the_engines():
    exact = section(render_card(facts("demo")), "Limitations and biases")
    models = section(render_card(facts("default")), "Limitations and biases")
    assert "right by construction" in exact
    assert "language model" not in exact
    assert "right by construction" not in models
    assert "was not checked by a person" in models


def test_untrained_models_are_owned_up_to():
    assert "untrained weights" in render_card(facts("tiny"))
    assert "untrained weights" not in render_card(facts("default"))
    assert "untrained weights" not in render_card(facts("demo"))


def test_works_are_cited_where_they_are_used():
    exact, models = render_card(facts("demo")), render_card(facts("default"))
    assert "arXiv:2412.15939" in exact
    assert "arXiv:2412.15939" in models
    assert "arXiv:2211.09800" not in exact
    assert "arXiv:2211.09800" in models


def embedded(card):
    return yaml.safe_load(re.search(r"```+yaml\n(.*?)\n```", card, flags=re.DOTALL).group(1))


@pytest.mark.parametrize("name", sorted(builtin_recipes()))
def test_the_recipe_in_the_card_makes_the_same_pairs(name):
    again = check(Recipe, embedded(render_card(facts(name))), "the card")
    assert again.pair_shape() == recipe(name).pair_shape()
    assert again.n == recipe(name).n
    assert again.filter == recipe(name).filter


def test_what_only_says_how_to_run_does_not_change_the_card():
    plain = render_card(facts("default"))
    other = ["part_size=7", "edit.editor.batch_size=9", "score.clip.device=cpu"]
    assert render_card(facts("default", *other)) == plain
    assert render_card(facts("default")) == plain


def test_folders_of_the_users_machine_stay_out():
    sources = "sample.sources=[{kind: folder, path: /home/alice/secret/holiday}]"
    model = "instruct.writer.model=/home/alice/secret/my-model"
    card = render_card(facts("default", sources, model))
    assert "alice" not in card
    assert "holiday" in card
    assert "my-model" in card
    assert "--images FOLDER" in card


def test_built_in_sources_need_no_folder():
    assert "syned generate --recipe recipe.yaml\n" in render_card(facts("demo"))


HOSTILE = "a|b <script>x</script> *c* [d](e) `f`\n# g\n---\nlicense: mit & ![h](i)"


def test_values_from_outside_are_only_text():
    hostile = facts(
        name=HOSTILE,
        licenses={HOSTILE: 7},
        prompt_version=HOSTILE,
        recipe=recipe().model_copy(update={"name": HOSTILE}),
    )
    stage = hostile.funnel.stages[0].model_copy(update={"reasons": {HOSTILE: 1}})
    run = hostile.funnel.model_copy(update={"stages": (stage,), "rules": {HOSTILE: HOSTILE}})
    card = render_card(replace(hostile, funnel=run))
    data = front(card)
    assert data["pretty_name"] == HOSTILE.replace("\n", " ")
    assert data["license"] == "other"
    body = card.split("\n---\n", 1)[1].split("<details>")[0]
    assert "<script>" not in body
    assert "[d](e)" not in body
    assert "*c*" not in body.replace("\\*c\\*", "")
    assert not re.search(r"^# g", body, flags=re.MULTILINE)
    for row in re.findall(r"^\|.*\|$", section(card, "Licences"), flags=re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_a_recipe_cannot_break_out_of_its_fence():
    name = "x\n```\n<script>alert(1)</script>\n```"
    card = render_card(facts(recipe=recipe().model_copy(update={"name": name})))
    fence = re.search(r"^(`+)yaml$", card, flags=re.MULTILINE).group(1)
    assert len(fence) == 4
    inside = card.split(f"{fence}yaml\n")[1].split(f"\n{fence}\n")[0]
    assert yaml.safe_load(inside)["name"] == name
