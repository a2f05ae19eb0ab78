"""What is loaded from the Hub can be pinned, and the commit that was loaded is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import run_cli
from hub_server import Hub, hub
from hub_store import TOKEN
from PIL import Image
from skimage import data

from pipelines.loaded import noted
from syned.hub.commits import split_revision
from syned.run import RunFolder

PAIRS, MODEL = "tester/pairs", "tester/small"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("owner/name@v1", ("owner/name", "v1")),
        ("owner/name@refs/pr/1", ("owner/name", "refs/pr/1")),
        ("owner/name", ("owner/name", None)),
        ("owner/name@", ("owner/name@", None)),
        ("a/b/c@d", ("a/b/c@d", None)),
        ("folder@home", ("folder@home", None)),
        ("/root/owner@name", ("/root/owner@name", None)),
    ],
)
def test_a_revision_stands_behind_a_name_of_the_hub(name, parts):
    assert split_revision(name) == parts


def test_what_is_here_is_no_name_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name@v1").mkdir(parents=True)
    assert split_revision("owner/name@v1") == ("owner/name@v1", None)


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with hub() as running:
        yield running


def head(server: Hub, kind: str, name: str) -> str:
    return server.repo(kind, name).commits()[0].id


@pytest.fixture(scope="module")
def published(server: Hub, demo_run: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dataset on the Hub; returns its commit."""
    folder = tmp_path_factory.mktemp("publish")
    (folder / "run").symlink_to(demo_run)
    done = run_cli("publish", "run", "--repo", PAIRS, cwd=folder, **server.env(folder, TOKEN))
    assert done.returncode == 0, done.stdout + done.stderr
    return head(server, "datasets", PAIRS)


def imported(server: Hub, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    small = ("--writer", "given", "--n", "6", "--set", "image.resolution=64", "--out", "run")
    scores = ("--set", "score.clip=null", "--set", "score.dino=null", "--set", "filter={}")
    env = server.env(folder / "home", TOKEN)
    return run_cli("import", PAIRS, *small, *scores, *more, cwd=folder, **env)


def test_the_commit_of_a_dataset_is_kept_and_told_in_the_card(server, published, tmp_path):
    done = imported(server, tmp_path)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    commits = noted(RunFolder(tmp_path / "run"))
    assert commits["sample.sources.0"] == [published]
    card = (tmp_path / "run" / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"- `sample.sources.0`: commit `{published}`" in card


@pytest.mark.slow
def test_a_dataset_is_pinned_by_the_recipe(server, published, tmp_path):
    done = imported(server, tmp_path, "--set", f"sample.sources.0.revision={published}")
    assert done.returncode in (0, 3), done.stdout + done.stderr
    assert noted(RunFolder(tmp_path / "run"))["sample.sources.0"] == [published]
    lost = imported(server, tmp_path / "..", "--set", "sample.sources.0.revision=nothing")
    assert lost.returncode == 2
    assert "Traceback" not in lost.stderr


@pytest.mark.models
@pytest.mark.slow
def test_a_captioner_is_pinned_behind_its_name(server, tmp_path):
    pytest.importorskip("peft", reason="the trainer needs the extra `train`")
    from trainer.base import place_of

    folder = place_of("builtin:small")
    code = f"""
from huggingface_hub import HfApi
api = HfApi()
api.create_repo({MODEL!r}, private=True)
api.upload_folder(repo_id={MODEL!r}, folder_path={folder!r})
"""
    env = server.env(tmp_path / "up", TOKEN)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    commit = head(server, "models", MODEL)
    for name, pixels in (("a.png", data.astronaut()), ("b.png", data.coffee())):
        Image.fromarray(pixels).resize((64, 64)).save(tmp_path / name)
    said = {}
    for model in ("builtin:small", MODEL, f"{MODEL}@{commit}", f"{MODEL}@nothing"):
        env = server.env(tmp_path / "home", TOKEN)
        asked = run_cli("caption", "a.png", "b.png", "--model", model, cwd=tmp_path, **env)
        said[model.rpartition("@")[2]] = (asked.returncode, asked.stdout, asked.stderr)
    assert said[commit][0] == 0, said[commit][2]
    assert said[commit][1] == said[MODEL][1] == said["builtin:small"][1]
    code, _, told = said["nothing"]
    assert code == 2
    assert f"{MODEL} has no revision of that name on the Hub" in told


def test_a_card_tells_both_commits_of_a_model_that_has_changed(tmp_path):
    from test_card import facts

    from pipelines.card import render_card

    commits = {"edit.editor": ["a" * 40, "b" * 40]}
    told = render_card(facts(commits=commits))
    assert f"- `edit.editor`: commit `{'a' * 40}`, then `{'b' * 40}`" in told
    folder = tmp_path / "loaded"
    folder.mkdir()
    values = {"name": "a/b", "commits": commits["edit.editor"]}
    (folder / "edit.editor.json").write_text(json.dumps(values))
    assert noted(RunFolder(tmp_path)) == commits
