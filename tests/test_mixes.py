"""What a mix trains on: how often each pair is drawn, and what is kept out of it."""

import json

import numpy as np
import pytest
from PIL import Image

from syned.errors import RecipeError, SourceError
from trainer.examples import ALL_PASSES, Order, examples_of
from trainer.mix import Where, load_part
from trainer.pictures import InputShape
from trainer.recipe import ComponentConfig, DataConfig, builtin
from trainer.resolve import mix_values, resolve
from trainer.rows import Split

FILES = {"train": "train", "validation": "valid", "test": "test"}
LOST = "lost"
"""A pair whose pictures are not there."""


def picture(folder, name, seed):
    noise = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "images" / name)


def editing_requests(folder, **splits):
    """Write a dataset in the format of Image-Editing-Request: ids with numbers of pictures."""
    (folder / "images").mkdir(parents=True)
    for split, pairs in splits.items():
        entries = []
        for name, (before, after) in pairs.items():
            entries.append(
                {"uid": name, "img0": f"{before}.png", "img1": f"{after}.png", "sents": ["make it"]}
            )
            if name != LOST:
                picture(folder, f"{before}.png", before)
                picture(folder, f"{after}.png", after)
        (folder / f"{FILES[split]}.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def requests(tmp_path):
    train = {f"t{i}": (2 * i, 2 * i + 1) for i in range(10)}
    return editing_requests(
        tmp_path / "ier",
        train=train | {LOST: (900, 901)},
        validation={"v0": (100, 101)},
        test={"u0": (4, 200), "u1": (202, 7)},
    )


def where(tmp_path, requests):
    return Where(requests.parent, tmp_path / "ready", InputShape(16), 0, lambda *_: lambda: None)


def ids(part):
    return [part.store.rows[i].pair_id for i in part.draws]


@pytest.mark.parametrize(
    ("wanted", "drawn"),
    [({}, 10), ({"weight": 0.5}, 5), ({"weight": 2}, 20), ({"count": 3}, 3), ({"count": 25}, 25)],
)
def test_weights_and_counts_say_how_many_pairs_a_pass_takes(tmp_path, requests, wanted, drawn):
    part = load_part(ComponentConfig(data="ier", **wanted), where(tmp_path, requests))
    names = ids(part)
    assert len(names) == drawn
    times = [names.count(name) for name in set(names)]
    assert max(times) - min(times) <= 1, "none is drawn twice before all were drawn once"
    assert part.left_out == {"no_picture": 1}


def test_of_pairs_with_one_id_the_first_is_taken_and_the_others_are_counted(tmp_path, requests):
    file = requests / "train.json"
    entries = json.loads(file.read_text())
    again = {**entries[3], "sents": ["something else"]}
    file.write_text(json.dumps([*entries, again, again]))
    part = load_part(ComponentConfig(data="ier"), where(tmp_path, requests))
    assert len(set(ids(part))) == len(ids(part)) == 10
    assert part.left_out == {"no_picture": 1, "repeated_id": 2}
    assert {row.captions for row in part.store.rows} == {("make it",)}


def test_pictures_of_an_evaluation_set_are_not_trained_on(tmp_path, requests):
    place = where(tmp_path, requests)
    test = load_part(DataConfig(data="ier", split=Split.TEST), place)
    part = load_part(ComponentConfig(data="ier"), place, test.store.hashes())
    # Picture 4 is the earlier one of t2, and picture 7 the later one of t3.
    assert set(ids(part)) == {f"t{i}" for i in range(10)} - {"t2", "t3"}
    assert part.left_out["in_evaluation"] == 2


def test_the_same_seed_chooses_the_same_pairs_and_another_one_others(tmp_path, requests):
    place = where(tmp_path, requests)
    config = ComponentConfig(data="ier", count=4)
    first = ids(load_part(config, place))
    assert ids(load_part(config, place)) == first
    others = [
        ids(load_part(config, Where(place.root, place.ready, place.shape, seed, place.on_part)))
        for seed in range(1, 5)
    ]
    assert any(set(other) != set(first) for other in others)


def test_a_set_without_any_pair_says_why(tmp_path):
    folder = editing_requests(tmp_path / "ier", train={LOST: (1, 2)})
    with pytest.raises(SourceError, match="1 no_picture") as caught:
        load_part(DataConfig(data="ier"), where(tmp_path, folder))
    assert "syned data check ier" in str(caught.value)


# --- captions and order


@pytest.mark.parametrize(
    ("way", "chosen"),
    [("random", [None, None]), ("first", [0, 0]), ("shortest", [1, 0]), ("all", [0, 1, 0])],
)
def test_each_pass_takes_the_captions_that_the_recipe_wants(tmp_path, way, chosen):
    folder = editing_requests(tmp_path / "ier", train={"a": (1, 2), "b": (3, 4)})
    entries = json.loads((folder / "train.json").read_text())
    entries[0]["sents"] = ["a long request", "short"]
    (folder / "train.json").write_text(json.dumps(entries))
    part = load_part(ComponentConfig(data="ier"), where(tmp_path, folder))
    assert [one.caption for one in examples_of([part], way)] == chosen


def test_each_pass_has_every_pair_once_in_an_order_of_its_own():
    order = Order(50, shuffled=True, seed=3)
    passes = []
    for turn in range(3):
        order.set_epoch(turn)
        passes.append([number - turn * ALL_PASSES for number in order])
    assert all(sorted(one) == list(range(50)) for one in passes)
    assert passes[0] != passes[1] != passes[2]
    order.set_epoch(0)
    assert list(order) == passes[0]


# --- recipes


def test_a_mix_on_the_command_line_is_datasets_with_weights_and_counts():
    values = mix_values("std+syned:0.5+ier=20")
    assert values["phases"] == [
        {
            "components": [
                {"data": "std"},
                {"data": "syned", "weight": 0.5},
                {"data": "ier", "count": 20},
            ]
        }
    ]
    assert values["test"] == {"data": "std", "split": "test"}


@pytest.mark.parametrize(
    "mix", ["sdt", "std+", "std:", "std+syned;0.5", "std=0.5", "std:1.2.3", ""]
)
def test_a_mix_that_is_not_understood_names_what_there_is(mix):
    with pytest.raises(RecipeError, match=r"syned:0\.5 or syned=2000"):
        mix_values(mix)


def test_every_built_in_mix_and_recipe_is_whole():
    for mix in builtin("mixes"):
        recipe = resolve("blip2idc", mix, None, {}, [])
        assert recipe.mix.test is not None, mix
    for name in builtin("recipes"):
        assert resolve(name, None, None, {}, []).name == name


def test_a_training_is_named_after_recipe_and_mix(tmp_path):
    def name(recipe, mix):
        return resolve(recipe, mix, None, {}, []).name

    assert name("blip2idc", "std+syned:0.5") == "blip2idc-std-syned-0-5"
    assert name("blip2idc", "std+syned:0.75") == "blip2idc-std-syned-0-75"
    own = tmp_path / "mine.v2.yaml"
    own.write_text("mix: scenes\n")
    assert name(str(own), None) == "mine.v2"
    own.write_text("mix: scenes\nmodel:\n")
    assert resolve(str(own), None, "builtin:small", {}, []).model.base == "builtin:small"
    own.write_text("name: ours\nmix: scenes\n")
    assert name(str(own), None) == "ours"
    mix = tmp_path / "half.yaml"
    mix.write_text("phases: [{components: [{data: scenes}]}]\n")
    assert name(str(own), str(mix)) == "ours-half"


def test_stopping_early_needs_validation_pairs_whatever_is_looked_at():
    stop = ["train.patience=2", "train.best_by=loss", "mix.validation=null"]
    with pytest.raises(RecipeError, match=r"train\.patience"):
        resolve("scratch", "scenes", None, {}, stop)


def test_the_papers_two_phases_are_synthetic_pairs_first():
    phases = resolve("paper", "std-phases", None, {}, []).mix.phases
    assert [[part.data for part in phase.components] for phase in phases] == [["syned"], ["std"]]


def test_a_place_is_filled_in_wherever_its_dataset_is_named():
    mix = resolve("blip2idc", "std+syned", None, {"std": "/data/std"}, []).mix
    assert [part.path for part in mix.phases[0].components] == ["/data/std", None]
    assert mix.validation.path == mix.test.path == "/data/std"


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("train.epoch=3", "train.epoch"),
        ("train.epochs=-1", "train.epochs"),
        ("model.tune=lora", "nothing to adapt"),
        ("mix.captions=best", "mix.captions"),
        ("model.adapter=mine", "model.adapter"),
        ("mix.test.data=[a]", "mix.test.data"),
    ],
)
def test_a_value_that_does_not_fit_is_named(assignment, told):
    with pytest.raises(RecipeError, match=told):
        resolve("scratch", "scenes", None, {}, [assignment])
