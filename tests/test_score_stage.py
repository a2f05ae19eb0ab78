"""The score stage with models of the true classes: what it embeds, how often, and what it keeps."""

from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import score
from pipelines.models import resolve_model
from pipelines.recipe import Recipe
from pipelines.scorers.definitions import METADATA_KEY, read_definitions
from pipelines.scorers.similarity import clip_scores
from pipelines.sections.scorers import ClipConfig, DinoConfig, ScoreConfig
from syned.errors import RunError
from syned.images import load_picture
from syned.parts import part_path, read_part, write_part
from syned.rows import ScoreRow
from syned.run import RunFolder

torch = pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

PARTS = 3
ON_CPU = {"device": "cpu", "threads": 1}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def run(demo_run):
    return RunFolder(demo_run)


def recipe(run, clip="builtin:tiny-clip", dino="builtin:tiny-dinov2", batch_size=4):
    """Return the run's recipe with scorers of the true classes."""
    more = ON_CPU | {"batch_size": batch_size}
    scorers = ScoreConfig(
        clip=ClipConfig(model=clip, **more), dino=DinoConfig(model=dino, **more) if dino else None
    )
    return Recipe.model_validate(run.load_recipe()).model_copy(update={"score": scorers})


def file_hash(folder, index, rows):
    """Write the rows of a part as the stage does, and hash the file."""
    write_part(folder, index, rows, ScoreRow, "mark", metadata={"a": "b"})
    return sha256(part_path(folder, index).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def scored(run, tmp_path_factory):
    """All parts, scored one after the other by one worker; their files, and their hashes."""
    folder = tmp_path_factory.mktemp("scored")
    part = score.start(run, recipe=recipe(run))
    hashes = [file_hash(folder, i, part(i, {})) for i in range(PARTS)]
    return folder, hashes


def pairs_of(run):
    return [pair for i in range(PARTS) for pair in score.edited_pairs(run, i)]


# --- how often


@pytest.fixture
def embedded():
    """Count the items that go through the first layer of each kind of model."""
    counts = {}

    def count(module, _args, output):
        name = type(module).__name__
        if name in ("CLIPVisionEmbeddings", "CLIPTextEmbeddings", "Dinov2WithRegistersEmbeddings"):
            counts[name] = counts.get(name, 0) + len(output)

    hook = torch.nn.modules.module.register_module_forward_hook(count)
    yield counts
    hook.remove()


def test_a_worker_embeds_each_picture_and_each_caption_once(run, embedded):
    """One by one, so that no batch is filled up, over parts that share pictures and captions."""
    part = score.start(run, recipe=recipe(run, batch_size=1))
    rows = [row for i in range(PARTS) for row in part(i, {})]
    pairs = pairs_of(run)
    pictures = {pair.order.picture.image.bytes for pair in pairs}
    pictures |= {pair.edited.edited_image.bytes for pair in pairs}
    written = [pair.order.instruct for pair in pairs]
    captions = {w.source_caption for w in written} | {w.edited_caption for w in written}
    assert len(rows) == len(pairs) == 40
    assert len(pictures) < 80
    assert len(captions) < 80
    assert embedded == {
        "CLIPVisionEmbeddings": len(pictures),
        "CLIPTextEmbeddings": len(captions),
        "Dinov2WithRegistersEmbeddings": len(pictures),
    }


def test_pairs_that_are_done_are_not_embedded_again(run, scored, embedded):
    done = {row.pair_id: [row] for row in read_part(scored[0], 0, ScoreRow)}
    rows = list(score.start(run, recipe=recipe(run))(0, done))
    assert [row.pair_id for row in rows] == list(done)
    assert embedded == {}


# --- the same bytes


def test_a_part_has_the_same_bytes_whatever_was_scored_before(run, scored, tmp_path):
    _, hashes = scored
    assert len(set(hashes)) == PARTS
    alone = score.start(run, recipe=recipe(run))
    for i in reversed(range(PARTS)):
        assert file_hash(tmp_path, i, alone(i, {})) == hashes[i]


def test_a_part_has_the_same_bytes_if_some_of_its_rows_were_done(run, scored, tmp_path):
    folder, hashes = scored
    rows = list(read_part(folder, 1, ScoreRow))
    done = {row.pair_id: [row] for row in rows[::3]}
    part = score.start(run, recipe=recipe(run))
    assert file_hash(tmp_path, 1, part(1, done)) == hashes[1]


# --- what is kept


def test_scores_are_those_of_the_pictures_and_captions_of_the_pair(run, scored):
    """Worked out anew with the plain model for one pair of each part."""
    from transformers import CLIPModel, CLIPTokenizer

    folder = resolve_model("builtin:tiny-clip")
    model, tokenizer = (
        CLIPModel.from_pretrained(folder).eval(),
        CLIPTokenizer.from_pretrained(folder),
    )

    def embed(item):
        if isinstance(item, str):
            tokens = tokenizer(item, return_tensors="pt", truncation=True, max_length=77)
            vector = model.get_text_features(**tokens).pooler_output[0]
        else:
            values = torch.tensor(np.array(load_picture(item))).permute(2, 0, 1)[None] / 255
            small = torch.nn.functional.interpolate(values, (64, 64), mode="bicubic")
            mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
            std = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
            vector = model.get_image_features(pixel_values=(small - mean) / std).pooler_output[0]
        return (vector / vector.norm()).numpy()

    rows = {row.pair_id: row for i in range(PARTS) for row in read_part(scored[0], i, ScoreRow)}
    for pair in pairs_of(run)[::16]:
        written, row = pair.order.instruct, rows[pair.edited.pair_id]
        pictures = pair.order.picture.image, pair.edited.edited_image
        with torch.inference_mode():
            four = [embed(x) for x in (*pictures, written.source_caption, written.edited_caption)]
        expected = clip_scores(*four)
        for name in expected.__slots__:
            assert getattr(row, name) == pytest.approx(getattr(expected, name), abs=1e-4), name
        assert row.edited_embedding == pytest.approx(four[1], abs=1e-3)


def test_embeddings_are_kept_in_half_precision_and_of_length_1(scored):
    row = next(read_part(scored[0], 0, ScoreRow))
    for name in ("image", "edited", "source_caption", "edited_caption"):
        vector = getattr(row, f"{name}_embedding")
        assert vector.dtype == np.float16
        assert vector.shape == (16,)
        assert np.linalg.norm(vector.astype(np.float32)) == pytest.approx(1, abs=1e-3)
    assert row.clip_sim_image == pytest.approx(
        float(row.image_embedding.astype(float) @ row.edited_embedding.astype(float)), abs=2e-3
    )
    assert -1 <= row.dino_sim <= 1


def test_a_model_without_numbers_fails_its_rows_and_no_others(run, tmp_path):
    """Weights of NaN in DINOv2: rows fail with the reason, and keep what CLIP said."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(resolve_model("builtin:tiny-dinov2"))
    model.layernorm.weight.data.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    rows = list(score.start(run, recipe=recipe(run, dino=str(tmp_path)))(0, {}))
    assert {(row.status, row.reason) for row in rows} == {("failed", "not_finite")}
    assert all(row.dino_sim is None and row.clip_sim_dir is not None for row in rows)


# --- definitions


def test_the_definitions_travel_with_the_file(run, tmp_path):
    own = recipe(run)
    write_part(tmp_path, 0, [], ScoreRow, "mark", metadata=score.metadata(own))
    found = read_definitions(part_path(tmp_path, 0))
    assert set(found) == {"pixels", "captions", "clip", "dino"}
    assert found["clip"]["backbone"] == "builtin:tiny-clip"
    assert found["clip"]["revision"] == "not pinned"
    assert found["clip"]["dtype"] == "float32"
    assert {"resize", "normalisation", "similarities", "text"} <= set(found["clip"])
    assert {"backbone", "revision", "resize", "normalisation", "dtype"} <= set(found["dino"])
    assert "16 of 255" in found["pixels"]["changed_area"]


def test_a_file_without_definitions_is_one_message(tmp_path):
    path = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table({"pair_id": ["a"]}), path)
    with pytest.raises(RunError, match=f"`{METADATA_KEY}`.*make the run again"):
        read_definitions(path)
    path.write_bytes(b"PAR1")
    with pytest.raises(RunError, match=r"part-00000\.parquet cannot be read"):
        read_definitions(path)
