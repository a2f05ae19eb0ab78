"""Pairs that come near the pictures of an evaluation set are removed."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import SMALL, run_cli
from PIL import Image

from pipelines.against import NAME, EvaluationRow, against_stage, marks_of_sets
from pipelines.closest import with_closest
from pipelines.generate import refine
from pipelines.recipe import Recipe
from pipelines.resolve import refilter, resolve
from pipelines.score import NAME as SCORE
from pipelines.sections.filter import FilterConfig
from pipelines.sources.folder import BUILTIN_PHOTOS, folder_path
from syned.errors import EngineError, RecipeError, SourceError
from syned.parts import part_path, write_part
from syned.recipes import check
from syned.rows import ScoreRow
from syned.run import RunFolder

PHOTOS = folder_path(BUILTIN_PHOTOS)


@pytest.fixture
def run(demo_run: Path, tmp_path: Path) -> RunFolder:
    """Return a copy of a finished run that may be changed."""
    shutil.copytree(demo_run, tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """Return a folder with a photograph that runs use, and a file that is no picture."""
    folder = tmp_path / "cat"
    folder.mkdir()
    Image.open(PHOTOS / "cat.jpg").resize((150, 100)).save(folder / "small cat.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def recipe_of(run: RunFolder) -> Recipe:
    return check(Recipe, run.load_recipe(), "run")


def refined(run: RunFolder, *sets: Path | str, **rules: object) -> pd.DataFrame:
    """Decide again in this process, and return the decisions by pair."""
    given = [f"{rule}={json.dumps(value)}" for rule, value in rules.items()]
    recipe = refilter(recipe_of(run), given, against=[str(path) for path in sets])
    look_at_sets(run, recipe)
    refine(recipe, run, lambda _: None)
    return pd.read_parquet(run.path / "05-filter" / "decisions.parquet").set_index("pair_id")


def look_at_sets(run: RunFolder, recipe: Recipe) -> None:
    """Do what the worker of the stage does."""
    stage = against_stage(recipe)
    make = stage.start(run)
    run.stage(NAME).mkdir(exist_ok=True)
    for index, mark in enumerate(marks_of_sets(recipe)):
        rows = make(index, {})
        write_part(run.stage(NAME), index, rows, stage.output, stage.fingerprint, before=mark)


def sources_of(run: RunFolder) -> pd.Series:
    """Return where the source picture of each pair was found."""
    parts = sorted((run.path / "01-sample").glob("*.parquet"))
    keys = pd.concat([pd.read_parquet(p, columns=["image_id", "key"]) for p in parts])
    pairs = pd.read_parquet(run.path / "05-filter" / "decisions.parquet").set_index("pair_id")
    return pairs["image_id"].map(keys.drop_duplicates("image_id").set_index("image_id")["key"])


def test_a_folder_keeps_its_pictures_out_and_is_looked_at_once(run: RunFolder, cat: Path) -> None:
    cwd = run.path.parent
    done = run_cli("filter", "run", "--against", "cat", cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert "05-against" in done.stdout
    assert "1 unreadable" in done.stdout
    pairs = pd.read_parquet(run.path / "05-filter" / "decisions.parquet").set_index("pair_id")
    close = sources_of(run) == "cat.jpg"
    assert 0 < close.sum() < 10
    # Edits of the whole picture can bring another photograph's hash near, but none did here.
    assert ((pairs["reason"] == "against_distance") == close).all()
    assert (pairs.loc[close, "value"] <= 6).all()
    assert set(pairs["message"].dropna()) == {f"close to {cat}: small cat.png"}

    first = part_path(run.stage(NAME), 0)
    before = first.stat().st_mtime_ns, first.read_bytes()
    again = run_cli("filter", "run", "--against", PHOTOS / "coffee.jpg", cwd=cwd)
    assert again.returncode == 0, again.stderr
    assert (first.stat().st_mtime_ns, first.read_bytes()) == before
    pairs = pd.read_parquet(run.path / "05-filter" / "decisions.parquet").set_index("pair_id")
    removed = sources_of(run)[pairs["reason"] == "against_distance"]
    assert set(removed) == {"cat.jpg", "coffee.jpg"}
    rules = json.loads((run.path / "05-filter" / "funnel.json").read_text())["rules"]
    assert rules["against"] == ["cat", "coffee.jpg"], "folders of this machine stay out"


def test_all_columns_of_pictures_of_a_table_count(run: RunFolder, tmp_path: Path) -> None:
    shards = sorted((run.path / "dataset" / "data").glob("*.parquet"))
    pairs = pd.concat(map(pd.read_parquet, shards))
    chosen = pairs[pairs["scene"].isna() & (pairs["task"] != "none")].iloc[0]
    grey = io.BytesIO()
    Image.new("RGB", (64, 64), "grey").save(grey, "PNG")
    table = tmp_path / "test.parquet"
    row = {"before": {"bytes": grey.getvalue(), "path": None}, "after": chosen["edited_image"]}
    pd.DataFrame([row]).to_parquet(table)
    found = refined(run, table, against_distance=0)
    assert found.loc[chosen["pair_id"], ["reason", "message", "value"]].tolist() == [
        *("against_distance", f"close to {table}: after 0", 0.0)
    ]


def test_a_run_is_an_evaluation_set_too(run: RunFolder) -> None:
    assert not refined(run, run.path)["kept"].any()


def test_a_set_without_a_readable_picture_is_an_error(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    for name in "ab":
        (tmp_path / "bad" / f"{name}.jpg").write_bytes(b"no picture")
    before = run.recipe_path.read_bytes()
    with pytest.raises(SourceError, match="bad: none of its 2 pictures can be read"):
        refined(run, tmp_path / "bad")
    assert run.recipe_path.read_bytes() == before


@pytest.mark.parametrize("path", ["/no/such/set", "scenes", ""])
def test_a_set_that_is_not_there_is_told_before_anything_is_made(path: str) -> None:
    with pytest.raises(SourceError):
        resolve("demo", None, None, [f"filter.against=['{path}']"])


def unit(degrees: float) -> np.ndarray:
    """Return a direction in the plane."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], dtype=np.float16)


def test_distances_and_cosines_by_hand(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    # Directions of the two pictures of each pair, and of the pictures of two sets.
    ours = {"p": (0, 90), "q": (200, 170), "r": (270, 271)}
    scored = [
        ScoreRow(pair_id=name, image_embedding=unit(a), edited_embedding=unit(b))
        for name, (a, b) in ours.items()
    ]
    theirs = [[("x", "00", 60), ("broken", "", None)], [("y", "ff", 180)]]
    for stage in (SCORE, NAME):
        run.stage(stage).mkdir()
    write_part(run.stage(SCORE), 0, [scored[0], scored[1]], ScoreRow, "")
    write_part(run.stage(SCORE), 1, [scored[2]], ScoreRow, "")
    for index, rows in enumerate(theirs):
        made = [
            EvaluationRow(key=k, phash=h, embedding=None if d is None else unit(d))
            for k, h, d in rows
        ]
        write_part(run.stage(NAME), index, made, EvaluationRow, "")
    frame = pd.DataFrame(
        {
            "pair_id": ["p", "q", "r", "failed"],
            "phash": ["03", "fe", "0f", None],
            "edited_phash": ["01", "f0", "", None],
        }
    )
    found = with_closest(frame, run, 2, FilterConfig(against=("one", "two"))).set_index("pair_id")
    # 01 is one bit from 00, fe one from ff, and 0f four from either.
    assert found["against_distance"].tolist()[:3] == [1, 1, 4]
    assert found["against_distance_picture"].tolist()[:3] == ["one: x", "two: y", "one: x"]
    # p's edited picture is 30 degrees from x, q's 10 from y; r is 90 and 91 from y.
    cosines = np.cos(np.radians([30, 10, 90]))
    assert found["against_similarity"].tolist()[:3] == pytest.approx(cosines, abs=2e-3)
    assert found["against_similarity_picture"].tolist()[:3] == ["one: x", "two: y", "two: y"]
    assert found.loc["failed", ["against_distance", "against_similarity"]].isna().all()


@pytest.fixture(scope="module")
def clip_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished run with CLIP scores, of untrained weights."""
    pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
    folder = tmp_path_factory.mktemp("clip")
    clip = "score.clip={model: 'builtin:tiny-clip', device: cpu, threads: 1, batch_size: 8}"
    args = ("--recipe", "demo", "--images", PHOTOS, "--n", "8", "--out", "run", *SMALL)
    done = run_cli("generate", *args, "--set", clip, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.mark.models
def test_embeddings_are_compared_where_a_run_has_them(
    clip_run: Path, cat: Path, tmp_path: Path
) -> None:
    shutil.copytree(clip_run, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    Image.open(PHOTOS / "coffee.jpg").crop((40, 30, 400, 300)).save(cat / "cup.png")
    found = refined(run, cat, against_similarity=0.97)
    sets = pd.read_parquet(part_path(run.stage(NAME), 0)).dropna(subset="embedding")
    assert len(sets) == 2
    scores = pd.concat(map(pd.read_parquet, sorted((run.path / SCORE).glob("*.parquet"))))
    theirs = np.array(sets["embedding"].tolist(), dtype=np.float32)
    cosines = np.zeros(len(scores))
    for name in ("image_embedding", "edited_embedding"):
        ours = np.array(scores[name].tolist(), dtype=np.float32)
        cosines = np.maximum(cosines, (ours @ theirs.T).max(axis=1))
    expected = pd.Series(cosines, index=scores["pair_id"])
    by_hash = found["reason"] == "against_distance"
    by_model = found["reason"] == "against_similarity"
    assert by_model.any()
    assert ((expected[found.index] >= 0.97) == by_model)[~by_hash].all()
    assert found.loc[by_model, "value"].tolist() == pytest.approx(
        expected[found.index][by_model].tolist()
    )
    hashes = refined(run, against_similarity=None)
    assert set(hashes["reason"].dropna()) <= {"against_distance"}


@pytest.mark.models
def test_thresholds_of_another_model_are_refused_before_anything_is_decided(
    clip_run: Path, cat: Path
) -> None:
    run = RunFolder(clip_run)
    before = run.recipe_path.read_bytes()
    recipe = refilter(recipe_of(run), [], preset="ip2p", against=[str(cat)])
    with pytest.raises(RecipeError, match=r"'openai/clip-vit-large-patch14'.*'builtin:tiny-clip'"):
        refine(recipe, run, lambda _: None)
    assert run.recipe_path.read_bytes() == before
    assert not run.stage(NAME).exists()


@pytest.mark.models
def test_a_model_that_cannot_run_here_is_told_with_the_way_out(clip_run: Path, cat: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    values = RunFolder(clip_run).load_recipe()
    values["score"]["clip"]["device"] = "cuda"
    recipe = refilter(check(Recipe, values, "run"), [], against=[str(cat)])
    with pytest.raises(EngineError, match=r"no NVIDIA GPU.*against_similarity=null"):
        against_stage(recipe).start(RunFolder(clip_run))
