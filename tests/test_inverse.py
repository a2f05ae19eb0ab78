"""Pairs turned round in a finished run, and the scores that change places."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import SMALL
from made_pairs import made_pair

from pipelines.export import dataset_row
from pipelines.inverse import turned_round
from syned.rows import Task

BACK = tuple(f"The red disc is gone, said in way {i}." for i in "abcde")


def unit(*values):
    return np.array(values, dtype=np.float16)


def pair_with_way_back():
    pair = made_pair(7)
    written = replace(
        pair.instruct, inverse_instruction="Remove the red disc", inverse_captions=BACK
    )
    scored = replace(
        pair.score,
        clip_sim_0=0.25,
        clip_sim_1=0.35,
        nsfw_0=0.01,
        nsfw_1=0.02,
        clip_sim_dir=0.5,
        clip_sim_gain=0.1,
        image_embedding=unit(1, 0),
        source_caption_embedding=unit(0.6, 0.8),
        edited_caption_embedding=unit(0.8, 0.6),
    )
    return replace(pair, instruct=written, score=scored)


def test_a_pair_turned_round_swaps_what_belongs_to_one_picture():
    pair = pair_with_way_back()
    row = dataset_row(pair)
    back = turned_round(row, pair)
    assert (back.image, back.edited_image) == (row.edited_image, row.image)
    assert (back.source_caption, back.edited_caption) == (row.edited_caption, row.source_caption)
    assert (back.clip_sim_0, back.clip_sim_1) == (0.35, 0.25)
    assert (back.nsfw_0, back.nsfw_1) == (0.02, 0.01)
    assert (back.clip_sim_dir, back.ssim, back.changed_area) == (0.5, row.ssim, row.changed_area)
    # The source picture is nearer to the edited caption (0.8) than to its own (0.6).
    assert back.clip_sim_gain == pytest.approx(0.6 - 0.8, abs=1e-3)
    assert back.captions == BACK
    assert (back.instruction, back.task) == ("Remove the red disc", Task.REMOVE)
    assert back.inverse
    assert not row.inverse
    assert back.pair_id != row.pair_id
    assert back.image_id == row.image_id


def test_a_pair_without_words_for_the_way_back_stays_alone():
    pair = made_pair(1)
    assert turned_round(dataset_row(pair), pair) is None


def test_a_run_exports_both_ways_and_takes_them_back(cli, tmp_path):
    words = ("--set", "instruct.inverse=true")
    done = cli("generate", "--recipe", "demo", "--n", "24", "--out", "run", *SMALL, *words)
    assert done.returncode == 0, done.stderr
    plain = json.loads((tmp_path / "run" / "dataset.json").read_text())
    both = cli("filter", "run", "--set", "export.inverse=true")
    assert both.returncode == 0, both.stderr
    exported = json.loads((tmp_path / "run" / "dataset.json").read_text())
    assert exported["inverse"] > 5
    funnel = json.loads((tmp_path / "run" / "05-filter" / "funnel.json").read_text())
    assert funnel["ways_back"] == exported["inverse"]
    assert sum(exported["rows"].values()) == sum(plain["rows"].values()) + exported["inverse"]
    assert f"inverse   {exported['inverse']} pairs also turned round" in both.stdout
    assert (
        f"{exported['inverse']} of them are pairs turned round"
        in (tmp_path / "run" / "dataset" / "README.md").read_text()
    )
    for path in (tmp_path / "run" / "dataset" / "data").glob("*.parquet"):
        rows = pq.read_table(path).to_pylist()
        for row, back in pairwise(rows):
            if back["inverse"]:
                assert back["image"] == row["edited_image"]
                assert back["image_id"] == row["image_id"]
                assert len(set(back["captions"])) == 5
        assert len({row["pair_id"] for row in rows}) == len(rows)
    again = cli("filter", "run", "--set", "export.inverse=false")
    assert again.returncode == 0
    assert json.loads((tmp_path / "run" / "dataset.json").read_text())["rows"] == plain["rows"]


def test_without_the_words_the_wish_is_refused_at_once(cli, demo_run):
    asked = cli("generate", "--recipe", "demo", "--set", "export.inverse=true", "--dry-run")
    assert asked.returncode == 2
    assert "instruct.inverse=true" in asked.stderr
    later = cli("filter", demo_run, "--set", "export.inverse=true")
    assert later.returncode == 2
    assert "instruct.inverse=true" in later.stderr
    assert "Traceback" not in later.stderr
