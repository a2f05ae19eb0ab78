"""Files and folders of an object store, through the one layer for both."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from s3_server import BUCKET, S3

from syned.errors import SourceError, StorageError
from syned.mirror import _mirrored, on_this_machine
from syned.storage import Place, names, remove, sizes, to_place, written_whole

pytestmark = pytest.mark.usefixtures("s3_env")


def test_an_error_while_a_file_is_written_publishes_nothing(s3: S3) -> None:
    place = to_place(f"s3://{BUCKET}/half/part-00000.parquet")
    left: list[Path] = []

    def write() -> None:
        with written_whole(place) as temporary:
            temporary.write_bytes(b"half")
            left.append(temporary)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert not s3.objects("half/")
    assert not left[0].exists()


def test_a_listing_sees_what_another_process_wrote(s3: S3) -> None:
    place = to_place(f"s3://{BUCKET}/listed")
    assert sizes(place) == {}
    s3.client().put_object(Bucket=BUCKET, Key="listed/a", Body=b"abc")
    assert sizes(place) == {"a": 3}
    s3.client().put_object(Bucket=BUCKET, Key="listed/b", Body=b"")
    assert sizes(place) == {"a": 3, "b": 0}


def test_a_folder_with_an_object_of_its_own_name_is_empty(s3: S3) -> None:
    s3.client().put_object(Bucket=BUCKET, Key="console/", Body=b"")
    assert names(to_place(f"s3://{BUCKET}/console")) == []


def test_a_copy_of_a_store_follows_what_changes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNED_CACHE", str(tmp_path / "cache"))
    place = to_place(f"s3://{BUCKET}/kept")
    with written_whole(to_place(f"s3://{BUCKET}/kept-too/beside.txt")) as file:
        file.write_text("of another folder")
    for name, text in (("a/one.txt", "1"), ("two.txt", "2"), ("gone.txt", "3")):
        with written_whole(place / name) as file:
            file.write_text(text)

    def copied() -> dict[str, str]:
        # Each command looks once.
        _mirrored.cache_clear()
        here = on_this_machine(str(place))
        files = [path for path in here.rglob("*.txt") if path.is_file()]
        return {path.relative_to(here).as_posix(): path.read_text() for path in files}

    assert copied() == {"a/one.txt": "1", "two.txt": "2", "gone.txt": "3"}
    first = on_this_machine(str(place)) / "two.txt"
    untouched = first.stat().st_mtime_ns
    with written_whole(place / "a/one.txt") as file:
        file.write_text("7")
    remove(place / "gone.txt")
    assert copied() == {"a/one.txt": "7", "two.txt": "2"}
    assert first.stat().st_mtime_ns == untouched, "what has not changed is not fetched again"
    one = on_this_machine(f"s3://{BUCKET}/kept/two.txt")
    assert one.read_text() == "2"
    place.fs.pipe_file(f"{BUCKET}/kept/../out.txt", b"4")
    with pytest.raises(SourceError, match=r"a name with '\.\.' is not copied"):
        copied()
    with pytest.raises(SourceError, match="no such file or folder in the store"):
        on_this_machine(f"s3://{BUCKET}/nothing")


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    # Whatever is written to /dev/full finds no space left.
    def fill(place: Place) -> None:
        with written_whole(place), Path("/dev/full").open("w") as full:
            full.write("x")

    with pytest.raises(OSError, match="No space left") as here:
        fill(tmp_path / "run" / "part")
    assert here.value.filename == str(tmp_path / "run")
    with pytest.raises(StorageError, match=f"no space is left in {tempfile.gettempdir()}"):
        fill(to_place(f"s3://{BUCKET}/full/part"))
