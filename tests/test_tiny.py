"""The recipe `tiny` from the command line: vLLM, InstructPix2Pix and CLIP, all real, all small."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import run_cli
from killing import files

from syned.images import load_picture
from syned.parts import read_part
from syned.reasons import Status
from syned.rows import EditRow, InstructRow, SampleRow, ScoreRow

if find_spec("vllm") is None or find_spec("diffusers") is None:
    pytest.skip("the model path needs the extra `cpu` or `gpu`", allow_module_level=True)

pytestmark = [pytest.mark.models, pytest.mark.slow]
FEWER = ("--set", "instruct.writer.temperatures=[0.1, 0.4]")
"""Attempts of the language model, to save time."""
ARGS = ("generate", "--recipe", "tiny", "--n", "11", "--out", "run", *FEWER)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    done = run_cli(*ARGS, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return folder / "run"


def rows(run: Path, stage: str, kind: type) -> list:
    parts = len(list((run / stage).glob("*.parquet")))
    return [row for i in range(parts) for row in read_part(run / stage, i, kind)]


def test_every_pair_is_accounted_for(run: Path) -> None:
    decisions = pd.read_parquet(run / "05-filter" / "decisions.parquet")
    assert len(decisions) == decisions["pair_id"].nunique() == 11
    assert decisions["kept"].any()
    assert decisions.loc[~decisions["kept"], "reason"].notna().all()


def test_what_the_model_wrote_is_kept_or_turned_away_with_its_answer(run: Path) -> None:
    for row in rows(run, "02-instruct", InstructRow):
        assert row.writer == "vllm:builtin:smollm2-135m"
        if row.status is Status.OK:
            assert len({caption.lower() for caption in row.captions}) == 5
            assert row.instruction
            assert row.edited_caption
        else:
            assert row.reason
            assert row.message


def test_each_candidate_is_another_picture_of_the_same_size(run: Path) -> None:
    sizes = {row.image_id: (row.width, row.height) for row in rows(run, "01-sample", SampleRow)}
    written = {row.pair_id: row for row in rows(run, "02-instruct", InstructRow)}
    edited = [row for row in rows(run, "03-edit", EditRow) if row.status is Status.OK]
    assert len({row.edited_image.bytes for row in edited}) == len(edited)
    assert len({row.seed for row in edited}) == len(edited)
    for row in edited:
        picture = load_picture(row.edited_image)
        assert picture.size == sizes[written[row.pair_id].image_id]
        assert (row.guidance_scale, row.num_inference_steps) == (7.5, 4)


def test_scores_and_their_definition_are_kept(run: Path) -> None:
    for row in rows(run, "04-score", ScoreRow):
        a, b = row.image_embedding.astype(float), row.edited_embedding.astype(float)
        assert row.clip_sim_image == pytest.approx(float(np.dot(a, b)), abs=2e-3)
        assert -1 <= row.clip_sim_dir <= 1
        assert 0 <= row.changed_area <= 1
    schema = pq.read_schema(run / "04-score" / "part-00000.parquet")
    clip = json.loads(schema.metadata[b"syned_scores"])["clip"]
    assert clip["backbone"] == "builtin:tiny-clip"
    assert "bicubic" in clip["resize"]


def test_at_most_one_candidate_of_an_instruction_is_published(run: Path) -> None:
    paths = sorted((run / "dataset" / "data").glob("*.parquet"))
    published = pd.concat(map(pd.read_parquet, paths))
    instructions = {r.pair_id: r.instruction_id for r in rows(run, "02-instruct", InstructRow)}
    assert published["pair_id"].map(instructions).is_unique


def test_pictures_and_scores_that_are_made_again_have_the_same_bytes(run: Path) -> None:
    whole = files(run)
    for stage in ("03-edit", "04-score"):
        for part in (run / stage).glob("part-00001.*"):
            part.unlink()
    done = run_cli(*ARGS, cwd=run.parent)
    assert done.returncode == 0, done.stderr
    assert files(run) == whole
