"""Runs, pictures and shards in an object store, spoken to by the real clients; faults planted."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from conftest import SMALL, run_cli
from s3_server import BUCKET, S3, Fault

from syned.storage import sizes, to_place

pytestmark = pytest.mark.usefixtures("s3_env")
ARGS = ("generate", "--recipe", "demo", "--n", "24", *SMALL, "--set", "part_size=8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The Parquet files, card and recipe of a run on this machine."""
    folder = tmp_path_factory.mktemp("whole")
    done = run_cli(*ARGS, "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = {p.relative_to(folder / "run").as_posix(): p for p in (folder / "run").rglob("*")}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if path.suffix in (".parquet", ".md", ".yaml")
    }


def in_store(s3: S3, run: str) -> dict[str, bytes]:
    """Return what a run in the store holds, but for notes with times in them."""
    return {n: data for n, data in s3.objects(f"{run}/").items() if not n.endswith(".json")}


@pytest.fixture(scope="module")
def stored(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All objects of a finished run in the store."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3.env().items():
            patch.setenv(name, value)
        done = generate("stored", tmp_path_factory.mktemp("stored"))
    assert done.returncode == 0, done.stderr
    return s3.objects("stored/")


def put(s3: S3, run: str, objects: dict[str, bytes], before: str = "~") -> None:
    """Put a run into the store, up to a stage."""
    for name, data in objects.items():
        if name < before or name == "recipe.yaml":
            s3.client().put_object(Bucket=BUCKET, Key=f"{run}/{name}", Body=data)
    s3.asked.clear()


def generate(run: str, cwd: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run_cli(*ARGS, *more, "--out", f"s3://{BUCKET}/{run}", cwd=cwd)


def test_a_run_in_a_store_has_the_bytes_of_one_on_this_machine(
    s3: S3, whole: dict[str, bytes], stored: dict[str, bytes], tmp_path: Path
) -> None:
    assert {n: data for n, data in stored.items() if not n.endswith(".json")} == whole
    s3.asked.clear()
    assert generate("stored", tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())
    written = {path for method, path in s3.asked if method == "PUT"}
    assert written == {f"/{BUCKET}/stored/.claim/00001.json"}
    assert not [path for _, path in s3.asked if "/part-0" in path and path.endswith(".json")]


def test_a_part_that_is_gone_from_a_store_is_made_again_alone(
    s3: S3, whole: dict[str, bytes], stored: dict[str, bytes], tmp_path: Path
) -> None:
    put(s3, "gone", stored)
    s3.client().delete_object(Bucket=BUCKET, Key="gone/03-edit/part-00001.parquet")
    s3.asked.clear()
    assert generate("gone", tmp_path).returncode == 0
    assert in_store(s3, "gone") == whole
    written = {path for method, path in s3.asked if method == "PUT" and "/part-" in path}
    assert written == {f"/{BUCKET}/gone/03-edit/part-00001.{end}" for end in ("parquet", "json")}


def test_it_is_filtered_looked_at_and_audited_there(
    s3: S3, stored: dict[str, bytes], tmp_path: Path
) -> None:
    url = f"s3://{BUCKET}/used"
    put(s3, "used", stored)
    done = run_cli("filter", url, "--set", "max_per_split.train=5", cwd=tmp_path)
    assert done.returncode == 2
    assert "needs CLIP scores" in done.stderr
    done = run_cli("filter", url, "--set", "min_changed_area=0.1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shards = [n for n in in_store(s3, "used") if n.startswith("dataset/data/")]
    kept = sum(len(pd.read_parquet(f"{url}/{name}")) for name in shards)
    assert 0 < kept < 24
    assert f"kept      {kept} of 24 pairs" in done.stdout
    for args, page in ((("preview",), "used-preview.html"), (("report",), "report.html")):
        done = run_cli(*args, url, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / page).stat().st_size > 10_000


@pytest.mark.parametrize(
    "faults",
    [
        (
            Fault(method="PUT", match="part-", times=4, status=500),
            Fault(method="GET", times=3, after=4),
        ),
        (
            Fault(method="PUT", match=".parquet", times=3, after=2, status=503, code="SlowDown"),
            Fault(method="GET", times=2, after=9, status=500),
        ),
        (
            Fault(method="PUT", match="part-", times=2, done=True),
            Fault(method="PUT", match="dataset.json", times=2),
        ),
    ],
    ids=["500 and cut", "slow down and get 500", "answer lost and last note"],
)
def test_faults_that_pass_change_nothing(
    faults: tuple[Fault, ...],
    s3: S3,
    whole: dict[str, bytes],
    stored: dict[str, bytes],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    run = f"faults-{request.node.callspec.id}".replace(" ", "-")
    put(s3, run, stored, before="04-score")
    for fault in faults:
        s3.plant(fault)
    done = generate(run, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not any(fault.times for fault in faults), "each was met"
    assert in_store(s3, run) == whole


def test_a_store_that_stays_away_is_one_message_and_the_run_goes_on_later(
    s3: S3, whole: dict[str, bytes], stored: dict[str, bytes], tmp_path: Path
) -> None:
    where = "03-edit/part-00001"
    put(s3, "away", stored, before="03-edit")
    s3.plant(Fault(method="PUT", match=where, times=10_000, status=403, code="AccessDenied"))
    done = generate("away", tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "do not allow it" in done.stderr
    assert f"{where}.parquet" not in in_store(s3, "away")
    s3.faults.clear()
    done = generate("away", tmp_path)
    assert done.returncode == 0, done.stderr
    assert in_store(s3, "away") == whole


def test_a_run_killed_on_one_machine_is_finished_by_another(
    s3: S3, whole: dict[str, bytes], stored: dict[str, bytes], tmp_path: Path
) -> None:
    put(s3, "killed", stored, before="02-instruct")
    process = subprocess.Popen(
        [sys.executable, "-m", "syned", *ARGS, "--out", f"s3://{BUCKET}/killed"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    place = to_place(f"s3://{BUCKET}/killed/03-edit")
    end = time.monotonic() + 60
    while not sizes(place) and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.wait()
    done = generate("killed", tmp_path)
    assert done.returncode == 0, done.stderr
    assert in_store(s3, "killed") == whole


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("filter", "s3://nobody-has-it/run"), "bucket does not exist"),
        ((*ARGS, "--out", "s3://nobody-has-it/run"), "bucket does not exist"),
        (("preview", f"s3://{BUCKET}/nothing"), "is not a run: it has no recipe.yaml"),
        ((*ARGS, "--out", "ftp://host/run"), "ftp:// is not known"),
        ((*ARGS, "--out", f"s3://{BUCKET}/run*"), "is for patterns"),
        (("filter", "ftp://host/run"), "ftp:// is not known"),
        ((*ARGS, "--out", "hf://datasets/owner/run"), "no run is written"),
        ((*ARGS, "--images", f"s3://{BUCKET}/empty"), "there is nothing under this address"),
    ],
)
def test_what_is_not_there_is_one_message(
    args: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run_cli(*args, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_that_are_denied_are_named_as_such(s3: S3, tmp_path: Path) -> None:
    s3.plant(Fault(times=10_000, status=403, code="InvalidAccessKeyId"))
    done = generate("denied", tmp_path)
    assert done.returncode == 2
    assert "These credentials do not allow it" in done.stderr
    assert "AWS_ACCESS_KEY_ID" in done.stderr


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "2"}
    done = run_cli("filter", f"s3://{BUCKET}/run", cwd=tmp_path, **nowhere)
    assert done.returncode == 2
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_denied_part_is_no_damaged_part(s3: S3, stored: dict[str, bytes], tmp_path: Path) -> None:
    put(s3, "closed", stored)
    fault = Fault(method="GET", match="04-score", times=10_000, status=403, code="AccessDenied")
    s3.plant(fault)
    done = run_cli("report", f"s3://{BUCKET}/closed", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "do not allow it" in done.stderr
    assert "Remove it" not in done.stderr


def test_a_dataset_in_a_store_is_checked_exported_carded_published_and_trained_on(
    s3: S3, stored: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNED_CACHE", str(tmp_path / "cache"))
    put(s3, "shared", stored)
    url = f"s3://{BUCKET}/shared"
    folder = ("--to", "folder", "--out", "pictures")
    training = ("--mix", "syned", "--data", f"syned={url}", "--recipe", "scratch", "--dry-run")
    for args, told in (
        (("verify", url), "decode"),
        (("export", url, *folder), "pictures"),
        (("card", url, "--repo", "me/shared"), "README.md"),
        (("publish", url, "--repo", "me/shared", "--dry-run"), "me/shared"),
        (("train", *training), url),
        (("import", f"{url}/dataset", "--writer", "given", "--dry-run", "--out", "own"), "pairs"),
    ):
        done = run_cli(*args, cwd=tmp_path)
        assert done.returncode == 0, (args, done.stdout, done.stderr)
        assert told in done.stdout + done.stderr, args
    assert len(list((tmp_path / "pictures").rglob("*.jpg"))) > 10
