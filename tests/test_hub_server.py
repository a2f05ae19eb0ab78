"""The stand-in for the Hub, with the real clients: huggingface_hub here, datasets in a process."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_server import Hub, hub
from hub_store import ORG, OTHER, OTHER_TOKEN, READ_TOKEN, TOKEN, USER
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import (
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from PIL import Image

IS_NEW = find_spec("httpx2") is not None
"""Whether it is huggingface_hub 2, which asks again where a connection is cut; 1 does not."""
CUT_OFF: type[Exception] = import_module("httpx2" if IS_NEW else "httpx").RemoteProtocolError
NAME = f"{USER}/pairs"
REPO: dict[str, Any] = {"repo_id": NAME, "repo_type": "dataset"}
LOAD = """
import json, sys
from datasets import load_dataset
name, streaming = sys.argv[1], sys.argv[2] == "True"
rows = load_dataset(name, split="train", streaming=streaming)
print(json.dumps([[row["caption"], row["image"].size] for row in rows]))
"""
COMMIT = """
import sys
from huggingface_hub import HfApi
HfApi().upload_folder(folder_path=sys.argv[1], repo_id=sys.argv[2], repo_type="dataset")
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub, and clients in this process that do not use Xet."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with hub() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset as it lies on a disk: a card, and three shards of two pictures each."""
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "README.md").write_text("---\nlicense: mit\n---\n# Pairs\n")
    for shard in range(3):
        write_shard(tmp_path / "out" / "data" / f"train-{shard:05}-of-00003.parquet", shard)
    return tmp_path / "out"


def write_shard(path: Path, shard: int) -> None:
    captions = [f"{shard}.{row}" for row in range(2)]
    images = [{"bytes": picture(shard, row), "path": f"{row}.png"} for row in range(2)]
    features = {"caption": {"dtype": "string", "_type": "Value"}, "image": {"_type": "Image"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"caption": captions, "image": images}).replace_schema_metadata(metadata)
    pq.write_table(table, path)


def picture(*color: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), (*color, 99)).save(out, "PNG")
    return out.getvalue()


def client(server: Hub, token: str | bool = TOKEN) -> HfApi:
    return HfApi(endpoint=server.url, token=token)


def published(server: Hub, folder: Path) -> HfApi:
    """Return a client that has published the folder."""
    api = client(server)
    api.create_repo(**REPO)
    api.upload_folder(**REPO, folder_path=folder, commit_message="First")
    return api


def on_disk(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def titles(server: Hub, revision: str = "main") -> list[str]:
    return [commit.title for commit in server.repo("datasets", NAME).commits(revision)]


def run(server: Hub, home: Path, script: str, *args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, args)]
    env = server.env(home) | {"USE_TORCH": "0"}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_a_folder_is_published_once(server: Hub, folder: Path) -> None:
    api = published(server, folder)
    repo = server.repo("datasets", NAME)
    assert {**on_disk(folder), ".gitattributes": repo.files()[".gitattributes"]} == repo.files()
    assert len(server.uploads) == 3
    assert api.upload_folder(**REPO, folder_path=folder).oid == repo.commits()[0].id
    assert titles(server) == ["First", "initial commit"]
    write_shard(folder / "data" / "train-00001-of-00003.parquet", 7)
    api.upload_folder(**REPO, folder_path=folder, commit_message="Second")
    assert titles(server)[0] == "Second"
    assert len(server.uploads) == 4, "only what changed is uploaded"


def test_what_is_there_is_listed(server: Hub, folder: Path) -> None:
    api = published(server, folder)
    files = on_disk(folder)
    assert {*api.list_repo_files(**REPO)} == {*files, ".gitattributes"}
    tree = {entry.path: entry for entry in api.list_repo_tree(**REPO, expand=True)}
    assert sorted(tree) == [".gitattributes", "README.md", "data"]
    assert tree["README.md"].last_commit.title == "First"
    (shard,) = api.get_paths_info(**REPO, paths=["data/train-00000-of-00003.parquet", "none"])
    assert shard.lfs.sha256 in server.uploads
    assert shard.size == len(files[shard.path])
    assert [commit.title for commit in api.list_repo_commits(**REPO)] == titles(server)
    info = api.dataset_info(NAME, files_metadata=True)
    assert (info.sha, info.private, len(info.siblings)) == (api.repo_info(**REPO).sha, False, 5)


@pytest.mark.skipif(not IS_NEW, reason="huggingface_hub 1 does not ask again after a cut")
def test_what_is_there_is_downloaded(server: Hub, folder: Path, tmp_path: Path) -> None:
    api = published(server, folder)
    cache = {"cache_dir": tmp_path / "cache"}
    server.fail("resolve", cut="response", match="train", after=1)
    for path, content in on_disk(folder).items():
        assert Path(api.hf_hub_download(**REPO, filename=path, **cache)).read_bytes() == content
    there = Path(api.snapshot_download(**REPO, local_dir=tmp_path / "there"))
    assert {**on_disk(folder), ".gitattributes": (there / ".gitattributes").read_bytes()} == (
        on_disk(there)
    )
    with pytest.raises(RemoteEntryNotFoundError):
        api.hf_hub_download(**REPO, filename="none", **cache)
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download(**REPO, filename="README.md", revision="none", **cache)


def test_branches_and_parents(server: Hub, folder: Path) -> None:
    api = published(server, folder)
    head = api.repo_info(**REPO).sha
    api.create_branch(**REPO, branch="next")
    api.create_branch(**REPO, branch="next", exist_ok=True)
    assert {ref.name for ref in api.list_repo_refs(**REPO).branches} == {"main", "next"}
    gone = CommitOperationDelete("data/")
    commit = {"operations": [gone], "commit_message": "Emptied", "parent_commit": head}
    api.create_commit(**REPO, **commit, revision="next")
    assert [*server.repo("datasets", NAME).files("next")] == [".gitattributes", "README.md"]
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as error:
        api.create_commit(**REPO, **commit, revision="next")
    assert error.value.response.status_code == 412
    assert titles(server, "next")[0] == "Emptied"
    assert titles(server)[0] == "First"


def test_who_may_do_what(server: Hub) -> None:
    api, name = client(server), f"{ORG}/weights"
    assert api.whoami()["name"] == USER
    api.create_repo(name, private=True)
    api.create_repo(name, exist_ok=True)
    assert server.repo("models", name).private
    for token in (False, OTHER_TOKEN):
        with pytest.raises(RepositoryNotFoundError):
            client(server, token).model_info(name)
    with pytest.raises(HfHubHTTPError, match="401"):
        client(server, "hf_wrong").model_info(name)
    add = [CommitOperationAdd("a.txt", b"a")]
    with pytest.raises(HfHubHTTPError, match="403"):
        client(server, READ_TOKEN).create_commit(name, add, commit_message="No")
    with pytest.raises(HfHubHTTPError, match="You don't have the rights"):
        api.create_repo(f"{OTHER}/weights")
    api.update_repo_settings(name, private=False)
    assert client(server, False).model_info(name).id == name


@pytest.mark.parametrize("how", [{"status": 503}, {}], ids=["503", "cut"])
def test_a_commit_lands_and_its_answer_is_lost(server: Hub, folder: Path, how: dict) -> None:
    api = client(server)
    api.create_repo(**REPO)
    server.fail("commit", landed=True, **how)
    with pytest.raises((HfHubHTTPError, CUT_OFF)):
        api.upload_folder(**REPO, folder_path=folder, commit_message="First")
    assert titles(server)[0] == "First"
    api.upload_folder(**REPO, folder_path=folder, commit_message="Again")
    assert titles(server)[0] == "First", "there was nothing left to do"


@pytest.mark.skipif(not IS_NEW, reason="huggingface_hub 1 does not ask again after a cut")
def test_the_client_tries_an_upload_again_but_not_one_that_is_refused(
    server: Hub, folder: Path
) -> None:
    api = client(server)
    api.create_repo(**REPO)
    server.fail("preupload", status=429, headers={"Retry-After": "0"})
    server.fail("batch", cut="response")
    server.fail("lfs_put", cut="request")
    server.fail("lfs_put", status=500)
    server.fail("commit", status=403, message="Private repository storage limit reached")
    with pytest.raises(HfHubHTTPError, match="storage limit reached"):
        api.upload_folder(**REPO, folder_path=folder)
    api.upload_folder(**REPO, folder_path=folder)
    kinds = [kind for kind, _ in server.requests]
    assert (kinds.count("lfs_put"), len(server.uploads), kinds.count("commit")) == (5, 3, 2)


def test_a_client_that_is_killed_before_its_commit_uploads_nothing_again(
    server: Hub, folder: Path, tmp_path: Path
) -> None:
    client(server).create_repo(**REPO)
    server.fail("commit", stall=60)
    killed = run(server, tmp_path / "home", COMMIT, folder, NAME)
    assert server.held.acquire(timeout=60)
    killed.kill()
    killed.communicate()
    server.released.set()
    assert run(server, tmp_path / "home", COMMIT, folder, NAME).wait(60) == 0
    assert len(server.uploads) == 3
    assert len(titles(server)) == 2


@pytest.mark.parametrize("streaming", [False, True], ids=["downloaded", "streamed"])
def test_datasets_loads_it(server: Hub, folder: Path, tmp_path: Path, streaming: bool) -> None:
    published(server, folder)
    server.repo("datasets", NAME).private = True
    out, _ = run(server, tmp_path / "home", LOAD, NAME, streaming).communicate(timeout=120)
    assert json.loads(out) == [[f"{shard}.{row}", [8, 6]] for shard in range(3) for row in (0, 1)]
