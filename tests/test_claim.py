"""Two processes on one run folder: the second is told of the first, or takes over from the dead."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import SMALL, run_cli
from s3_server import BUCKET, S3

from syned import claim
from syned.errors import RunError
from syned.owner import Owner
from syned.run import RunFolder
from syned.storage import to_place

HOLD = """
    import sys
    from syned.run import RunFolder
    with RunFolder(sys.argv[1]).claim():
        print("held", flush=True)
        sys.stdin.read()
"""


@pytest.fixture(params=["folder", "store"])
def place(
    request: pytest.FixtureRequest, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    for name, value in s3.env().items():
        monkeypatch.setenv(name, value)
    if request.param == "folder":
        return str(tmp_path / "run")
    return f"s3://{BUCKET}/{tmp_path.name}"


def hold(place: str) -> subprocess.Popen[str]:
    """Have another process claim a folder, and wait until it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_process_host_and_age(place: str, tmp_path: Path) -> None:
    first = hold(place)
    args = ("generate", "--recipe", "demo", "--n", "4", *SMALL, "--out", place)
    done = run_cli(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert "another syned process is working on" in done.stderr
    assert f"process {first.pid} on {socket.gethostname()}, for " in done.stderr
    assert " seconds" in done.stderr
    first.communicate("")
    with RunFolder(place).claim():
        pass


def test_the_claim_of_a_killed_process_is_taken_over(place: str) -> None:
    first = hold(place)
    first.kill()
    first.wait()
    with RunFolder(place).claim():
        pass


class TestInAStore:
    """What only a store needs: machines that cannot see each other's processes."""

    @pytest.fixture(autouse=True)
    def _quick(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in s3.env().items():
            monkeypatch.setenv(name, value)
        # As every command does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        monkeypatch.setattr(claim, "BEAT", 0.2)
        monkeypatch.setattr(claim, "PATIENCE", 1.0)

    @staticmethod
    def put(s3: S3, run: str, number: int, owner: Owner) -> None:
        key = f"{run}/.claim/{number:05d}.json"
        s3.client().put_object(Bucket=BUCKET, Key=key, Body=owner.model_dump_json().encode())

    @staticmethod
    def elsewhere(beat: int = 0) -> Owner:
        since = datetime.now(UTC) - timedelta(hours=5)
        return Owner(host="node-7", pid=os.getpid(), since=since, beat=beat)

    def test_a_claim_that_stands_still_is_dead(self, s3: S3) -> None:
        self.put(s3, "still", 1, self.elsewhere())
        said: list[str] = []
        with RunFolder(f"s3://{BUCKET}/still").claim(said.append):
            claims = s3.objects("still/.claim/")
            assert sorted(claims) == ["00001.json", "00002.json"]
            assert Owner.model_validate_json(claims["00002.json"]).pid == os.getpid()
        assert "process" in said[0]
        assert "on node-7, for 5 hours" in said[0]
        assert not s3.objects("still/")

    def test_a_claim_that_moves_is_alive(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        self.put(s3, "moves", 1, self.elsewhere())
        beats = iter(range(1, 100))

        def beat(_seconds: float) -> None:
            self.put(s3, "moves", 1, self.elsewhere(next(beats)))

        monkeypatch.setattr(claim.time, "sleep", beat)
        with (
            pytest.raises(RunError, match="on node-7, for 5 hours"),
            RunFolder(f"s3://{BUCKET}/moves").claim(print),
        ):
            pass

    def test_one_of_many_wins(self) -> None:
        place = to_place(f"s3://{BUCKET}/many/.claim")
        won = 0
        for _ in range(8):
            try:
                claim._create(place, 1, self.elsewhere())
                won += 1
            except FileExistsError:
                continue
        assert won == 1

    def test_an_owner_that_was_given_up_stops(self, s3: S3) -> None:

        def work() -> None:
            with RunFolder(f"s3://{BUCKET}/taken").claim(print):
                self.put(s3, "taken", 2, self.elsewhere().model_copy(update={"pid": 77}))
                for _ in range(200):
                    claim.time.sleep(0.05)

        with pytest.raises(RunError, match="was taken over by process 77 on node-7"):
            work()
        assert list(s3.objects("taken/.claim/")) == ["00001.json", "00002.json"]
