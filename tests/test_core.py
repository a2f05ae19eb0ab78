"""Rows, parts, ids, joins: the small things that everything rests on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from syned.batches import batched, batched_by, join_sorted, left_join
from syned.errors import MissingExtra, RecipeError, RowError
from syned.ids import digest, seed_for
from syned.parts import part_path, read_part, read_summary, summary_path, write_part
from syned.reasons import Reason, Status, status_of
from syned.rows import EditRow, EncodedImage, InstructRow, ScoreRow, Task, turned_away
from syned.run import differences


def test_ids_depend_on_each_part_and_on_the_borders_between_them() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a", 1) == digest("a", "1")
    assert digest(b"\xff") != digest("\udcff")
    assert len(digest("x")) == 20


def test_seeds_belong_to_run_stage_and_row() -> None:
    seeds = {seed_for(run, stage, row) for run in (0, 1) for stage in "ab" for row in "xy"}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert seed_for(3, "edit", "x") == seed_for(3, "edit", "x")


def test_rows_come_back_from_disk_as_they_went(tmp_path: Path) -> None:
    edited = [
        EditRow(
            pair_id="a", edited_image=EncodedImage(b"\x00\xff", "a.jpg"), editor="e", seed=2**32 - 1
        ),
        turned_away(
            EditRow(pair_id="b", editor="e", seed=0), RowError(Reason.BLACK_IMAGE, "black")
        ),
    ]
    write_part(tmp_path, 0, edited, EditRow, "mark")
    assert list(read_part(tmp_path, 0, EditRow)) == edited
    written = [
        InstructRow(
            pair_id="a",
            instruction_id="i",
            image_id="p",
            instruction_index=0,
            candidate_index=1,
            task=Task.TEXT,
            captions=["x\n", "ü", "😀"],
            inverse_captions=[],
            writer="w",
            prompt_version="1",
        )
    ]
    write_part(tmp_path, 1, written, InstructRow, "mark")
    assert list(read_part(tmp_path, 1, InstructRow)) == written


def test_embeddings_come_back_as_half_floats(tmp_path: Path) -> None:
    vector = np.array([0.5, -1.0], dtype=np.float16)
    write_part(tmp_path, 0, [ScoreRow(pair_id="a", image_embedding=vector)], ScoreRow, "mark")
    (row,) = read_part(tmp_path, 0, ScoreRow)
    assert row.image_embedding is not None
    assert row.image_embedding.dtype == np.float16
    assert row.image_embedding.tolist() == [0.5, -1.0]
    assert row.edited_embedding is None


def test_a_sidecar_counts_statuses_and_reasons(tmp_path: Path) -> None:
    ok = EditRow(pair_id="a", editor="e", seed=0)
    black = turned_away(ok, RowError(Reason.BLACK_IMAGE, "black"))
    broken = turned_away(ok, RowError(Reason.NOT_FINITE, "NaN"))
    write_part(tmp_path, 0, [ok, ok, black, broken], EditRow, "mark")
    summary = read_summary(tmp_path, 0)
    assert summary is not None
    assert summary.rows == 4
    assert summary.statuses == {Status.OK: 2, Status.FILTERED: 1, Status.FAILED: 1}
    assert summary.reasons == {"black_image": 1, "not_finite": 1}


def test_a_part_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    def rows() -> object:
        yield EditRow(pair_id="a", editor="e", seed=0)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_part(tmp_path, 0, rows(), EditRow, "mark")  # type: ignore[arg-type]
    assert not part_path(tmp_path, 0).exists()
    assert read_summary(tmp_path, 0) is None


def test_a_torn_sidecar_counts_as_not_done(tmp_path: Path) -> None:
    write_part(tmp_path, 0, [EditRow(pair_id="a", editor="e", seed=0)], EditRow, "mark")
    path = summary_path(tmp_path, 0)
    path.write_text(path.read_text()[:20])
    assert read_summary(tmp_path, 0) is None


def test_pictures_are_stored_plain_and_words_compressed(tmp_path: Path) -> None:
    row = EditRow(pair_id="a", edited_image=EncodedImage(bytes(5000)), editor="e", seed=0)
    write_part(tmp_path, 0, [row], EditRow, "mark", metadata={"note": "kept"})
    file = pq.ParquetFile(part_path(tmp_path, 0))
    columns = {c.path_in_schema: c for c in map(file.metadata.row_group(0).column, range(10))}
    assert columns["edited_image.bytes"].compression == "UNCOMPRESSED"
    assert columns["pair_id"].compression == "ZSTD"
    assert file.schema_arrow.metadata[b"note"] == b"kept"


def test_every_reason_is_a_rule_or_an_error() -> None:
    assert status_of(Reason.NEAR_DUPLICATE) is Status.FILTERED
    assert status_of(Reason.UNREADABLE) is Status.FAILED
    assert {status_of(reason) for reason in Reason} == {Status.FILTERED, Status.FAILED}


def test_batches_keep_the_order() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_a_join_gives_each_left_item_its_partner() -> None:
    joined = join_sorted(["a1", "a2", "c1"], ["a", "b", "c"], lambda x: x[0], lambda x: x)
    assert list(joined) == [("a1", "a"), ("a2", "a"), ("c1", "c")]
    with pytest.raises(ValueError, match="no partner for 'd'"):
        list(join_sorted(["d1"], ["a"], lambda x: x[0], lambda x: x))


def test_a_left_join_keeps_items_without_a_partner() -> None:
    joined = left_join(["a", "b", "c"], ["A", "C"], lambda x: x, lambda x: x.lower())
    assert list(joined) == [("a", "A"), ("b", None), ("c", "C")]


def test_differences_name_dotted_keys() -> None:
    old = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    new = {"a": {"b": 2, "c": [1]}, "d": None, "e": "x"}
    assert differences(old, new) == [
        "a.b: the run has 1, asked is 2",
        "a.c.1: the run has 2, asked is (not set)",
        "e: the run has (not set), asked is x",
    ]


def test_errors_say_what_to_do() -> None:
    assert "pip install 'syned[gpu]'" in str(MissingExtra("vllm", "gpu"))
    assert "uv sync --extra cpu" in str(MissingExtra("vllm", "cpu"))
    assert str(RecipeError("mine.yaml", ["a", "b"])) == "mine.yaml: 2 faults\n  - a\n  - b"


def test_errors_travel_between_processes() -> None:
    import pickle

    for error in (RecipeError("x", ["a"]), MissingExtra("v", "gpu"), RowError(Reason.ECHO, "m")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_groups_end_where_their_key_does_or_when_they_are_four_times_too_long():
    keys = "aabbbccccccccccd"
    assert ["".join(group) for group in batched_by(keys, str, 2)] == [
        *("aa", "bbb"),
        *("cccccccc", "cc"),
        "d",
    ]
