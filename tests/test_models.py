"""The models that syned makes itself."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.models import builtin_models, resolve_model
from syned.errors import EngineError

pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
pytest.importorskip("diffusers", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

TINY_EDITOR = "builtin:tiny-instruct-pix2pix"
TINY_CLIP = "builtin:tiny-clip"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(folder))
        yield folder


# --- where models come from


@pytest.mark.parametrize("reference", ["owner/name", "/some/folder", "folder"])
def test_a_folder_or_hub_id_stays_as_it_is(reference):
    assert resolve_model(reference) == reference


def test_an_unknown_builtin_model_names_the_known_ones():
    with pytest.raises(EngineError, match="no model 'builtin:tiny'") as caught:
        resolve_model("builtin:tiny")
    assert all(known in str(caught.value) for known in builtin_models())


def test_a_model_is_made_once_and_whole(cache):
    folder = Path(resolve_model(TINY_CLIP))
    assert folder.parent == cache
    written = (folder / "model.safetensors").stat().st_mtime_ns
    assert resolve_model(TINY_CLIP) == str(folder)
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert not list(cache.glob(".*")), "no draft is left"


def test_a_cache_that_cannot_be_written_is_one_message(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SYNED_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(EngineError, match="set SYNED_CACHE to a folder that can be written"):
        resolve_model(TINY_CLIP)


def hashes(folder):
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_two_processes_at_once_make_the_same_model_as_one(tmp_path):
    code = f"from pipelines.models import resolve_model; print(resolve_model({TINY_EDITOR!r}))"
    env = os.environ | {"SYNED_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert [path.name for path in tmp_path.iterdir()] == [Path(said[0]).name]
    assert hashes(said[0]) == hashes(resolve_model(TINY_EDITOR))
