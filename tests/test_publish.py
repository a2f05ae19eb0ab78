"""`syned publish` through the real client, against a server that speaks the Hub's API."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import run_cli
from hub_server import Hub, hub
from hub_store import OTHER_TOKEN, READ_TOKEN, TOKEN

REPO = "tester/pairs"


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as running:
        yield running


@pytest.fixture(scope="module")
def with_card(demo_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a finished run, whose card was made before; not to be changed."""
    copy = shutil.copytree(demo_run, tmp_path_factory.mktemp("card") / "run")
    done = run_cli("card", copy, "--repo", REPO, "--name", "My pairs", cwd=copy.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(copy)


@pytest.fixture
def run(with_card: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return Path(shutil.copytree(with_card, tmp_path / "run"))


def publish(
    server: Hub, run: Path, *args: str, token: str = TOKEN
) -> subprocess.CompletedProcess[str]:
    env = server.env(run.parent / "home", token)
    return run_cli("publish", run, "--repo", REPO, *args, cwd=run.parent, **env)


def published(server: Hub, revision: str = "main") -> dict[str, bytes]:
    """Return the files of the repository, without the one that the Hub makes."""
    files = server.repo("datasets", REPO).files(revision)
    return {name: data for name, data in files.items() if name != ".gitattributes"}


def laid_out(run: Path) -> dict[str, bytes]:
    folder = run / "publish"
    paths = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def python(server: Hub, home: Path, code: str) -> str:
    """Run Python that knows the Hub and not syned, and return what it prints."""
    env = server.env(home) | {"USE_TORCH": "0", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_published_dataset_is_loaded_by_its_name(server: Hub, run: Path, tmp_path: Path) -> None:
    done = publish(server, run, "--variant", "raw_scored", "--variant", "strict")
    assert done.returncode == 0, done.stdout + done.stderr
    repo = server.repo("datasets", REPO)
    assert repo.private
    assert published(server) == laid_out(run)
    assert len(repo.commits()) == 2, "the Hub's own, and one with all files"
    assert f'datasets.load_dataset("{REPO}")' in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    rows = pq.read_table(run / "dataset" / "data", partitioning=None).num_rows
    code = f"""
from datasets import load_dataset
pairs = load_dataset("{REPO}")
row = pairs["train"][0]
print(sum(map(len, pairs.values())), row["image"].size == row["edited_image"].size,
      len(row["captions"]), len(load_dataset("{REPO}", "strict", split="train")) > 0)
raw = load_dataset("{REPO}", "raw_scored", split="train", streaming=True)
print(next(iter(raw))["kept"])
from pathlib import Path
from huggingface_hub import snapshot_download
folder = Path(snapshot_download("{REPO}", repo_type="dataset"))
print(len(list(folder.rglob("*.parquet"))))
"""
    told = python(server, tmp_path, code).splitlines()
    assert told[0] == f"{rows} True 5 True"
    assert told[1] in ("True", "False")
    shards = [name for name in published(server) if name.endswith(".parquet")]
    assert told[2] == str(len(shards))


def test_a_dataset_of_the_hub_is_verified_by_its_name(server: Hub, run: Path) -> None:
    assert publish(server, run).returncode == 0
    env = server.env(run.parent / "home")
    done = run_cli("verify", REPO, cwd=run.parent, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All checks hold." in done.stdout
    done = run_cli("verify", "tester/nothing", cwd=run.parent, **env)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "knows no such repository" in done.stderr


def test_an_upload_that_was_killed_goes_on(server: Hub, run: Path) -> None:
    server.fail("lfs_put", after=1, stall=60)
    env = os.environ | server.env(run.parent / "home")
    command = [sys.executable, "-m", "syned", "publish", str(run), "--repo", REPO]
    process = subprocess.Popen(command, env=env, cwd=run.parent, stdout=subprocess.DEVNULL)
    assert server.held.acquire(timeout=120)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.released.set()
    assert len(server.uploads) == 1
    assert not any(name.endswith(".parquet") for name in published(server))
    assert publish(server, run).returncode == 0
    assert published(server) == laid_out(run)
    assert len(server.uploads) == len(set(server.uploads)), "nothing is sent twice"


def test_publishing_again_sends_only_what_changed(server: Hub, run: Path) -> None:
    assert publish(server, run, "--variant", "raw_scored").returncode == 0
    before, sent = published(server), len(server.uploads)
    done = publish(server, run, "--variant", "raw_scored")
    assert "already there" in done.stdout
    assert len(server.uploads) == sent
    pair = pq.read_table(run / "dataset" / "data", columns=["ssim"], partitioning=None)
    bound = sorted(pair["ssim"].to_pylist())[1]
    assert run_cli("filter", run, "--set", f"min_ssim={bound}", cwd=run.parent).returncode == 0
    assert publish(server, run).returncode == 0
    after = published(server)
    assert after == laid_out(run)
    assert not any(name.startswith("raw_scored/") for name in after)
    same = {name for name in after if before.get(name) == after[name]}
    assert any(name.endswith(".parquet") for name in same)
    changed = {name for name in after if name not in same}
    assert len(server.uploads) - sent <= len(changed)


def test_a_commit_whose_answer_is_lost_is_made_once(server: Hub, run: Path) -> None:
    server.fail("commit", landed=True)
    done = publish(server, run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert published(server) == laid_out(run)
    assert len(server.repo("datasets", REPO).commits()) == 2


def test_errors_that_pass_are_waited_for(server: Hub, run: Path) -> None:
    for kind in ("create", "info", "preupload", "commit"):
        server.fail(kind, status=503)
    done = publish(server, run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert published(server) == laid_out(run)


def fails(done: subprocess.CompletedProcess[str], words: str) -> None:
    """Check that a command failed with one message."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("syned:") == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "there is no token"),
        ("hf_wrong", "refuses the token"),
        (READ_TOKEN, "may not write"),
        (OTHER_TOKEN, "may not write"),
    ],
)
def test_a_token_that_does_not_allow_it_is_one_message(
    server: Hub, run: Path, token: str, words: str
) -> None:
    fails(publish(server, run, token=token), words)


def test_what_stands_in_the_way_is_one_message_and_the_rest_follows(server: Hub, run: Path) -> None:
    for kind, fault, words in (
        ("create", {"cut": "request", "times": 9}, "cannot be reached"),
        ("lfs_put", {"status": 403, "message": "You exceeded your quota"}, "takes no more"),
        ("commit", {"status": 412, "message": "A commit has happened since"}, "somebody else"),
        ("commit", {"status": 500, "times": 9}, "answers with an error (500"),
    ):
        server.fail(kind, **fault)
        fails(publish(server, run), words)
        server.forgive()
    assert publish(server, run).returncode == 0
    assert published(server) == laid_out(run)
    assert len(server.uploads) == len(set(server.uploads))


def test_a_server_that_is_not_there_is_one_message(run: Path) -> None:
    with hub() as gone:
        pass
    fails(publish(gone, run), "cannot be reached")


def test_a_dry_run_tells_what_would_be_sent_and_changes_nothing(server: Hub, run: Path) -> None:
    done = publish(server, run, "--dry-run")
    assert done.returncode == 0
    assert "send" in done.stdout
    assert "data/train-00000-of-00001.parquet" in done.stdout
    assert "create" not in {kind for kind, _ in server.requests}


def test_a_branch_and_everybody_if_that_is_asked_for(server: Hub, run: Path) -> None:
    assert publish(server, run, "--public", "--unscreened", "--revision", "next").returncode == 0
    assert not server.repo("datasets", REPO).private
    assert published(server, "next") == laid_out(run)
    assert published(server) == {}


def test_pictures_that_no_model_has_looked_at_are_shown_to_nobody(server: Hub, run: Path) -> None:
    refused = publish(server, run, "--public")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    told = " ".join(refused.stderr.split())
    assert "is not made public" in told
    assert "pairs have pictures that no model has looked at for nudity" in told
    assert "with --publishable" in told
    assert "create" not in {kind for kind, _ in server.requests}


def put(server: Hub, home: Path, name: str, text: str) -> None:
    """Put a file into the repository, as somebody else does."""
    more = f'repo_id="{REPO}", repo_type="dataset"'
    code = f'HfApi().upload_file(path_or_fileobj={text.encode()!r}, path_in_repo="{name}", {more})'
    python(server, home, f"from huggingface_hub import HfApi\n{code}")


def test_a_repository_of_somebody_else_is_left_alone(server: Hub, run: Path) -> None:
    """Files beside ours stay where they are; a card that is not ours stops everything."""
    assert publish(server, run).returncode == 0
    for name in ("LICENSE", "eval/gold.parquet", "card/me.jpg"):
        put(server, run.parent, name, "theirs")
    assert publish(server, run, "--variant", "strict").returncode == 0
    there = published(server)
    assert there["LICENSE"] == there["eval/gold.parquet"] == there["card/me.jpg"] == b"theirs"
    assert any(name.startswith("strict/") for name in there)
    put(server, run.parent, "README.md", "# Mine")
    before = published(server)
    fails(publish(server, run), "that syned did not write")
    assert published(server) == before


def test_what_cannot_be_published_is_one_message(server: Hub, run: Path) -> None:
    shard = next((run / "dataset" / "data").glob("*.parquet"))
    fails(publish(server, shard), "expected a run, or a folder")
    fails(publish(server, run, "--dry-run", "--repo", "pairs"), "no name of a repository")
    fails(publish(server, run, "--variant", "best"), "there is no variant")
    assert server.requests == []


def test_a_dataset_that_fails_a_check_is_not_uploaded(server: Hub, run: Path) -> None:
    done = publish(server, run, "--against", str(shards_as_set(run)))
    assert done.returncode == 3
    assert "Nothing was uploaded." in done.stderr
    assert server.requests == []


def shards_as_set(run: Path) -> Path:
    """Return a folder with a picture of the run."""
    row = pq.read_table(run / "dataset" / "data", partitioning=None).to_pylist()[0]
    folder = run.parent / "set"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(row["image"]["bytes"])
    return folder


def test_the_card_states_what_is_there(with_card: Path) -> None:
    run = with_card
    text = (run / "publish" / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])
    counts = {s["name"]: s["num_examples"] for s in front["dataset_info"][0]["splits"]}
    shards = (run / "publish" / "data").glob("*.parquet")
    assert counts == {p.name.split("-")[0]: pq.read_metadata(p).num_rows for p in shards}
    assert "# My pairs" in text
    assert f'load_dataset("{REPO}"' in text
    for name in ("examples", "funnel", "scores"):
        assert (run / "publish" / "card" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"(card/{name}.png)" in text
    assert text.count("- yes: ") == 10
    assert "Intended use" in text
