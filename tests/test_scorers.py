"""CLIP, SigLIP and DINOv2 of the true classes, tiny; similarities worked out by hand."""

import shutil

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.models import resolve_model
from pipelines.scorers import embeddings
from pipelines.scorers.similarity import clip_scores
from pipelines.sections.scorers import ClipConfig, DinoConfig
from syned.errors import EngineError

torch = pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

TINY_CLIP, TINY_SIGLIP = "builtin:tiny-clip", "builtin:tiny-siglip"
TOWER = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(folder))
        yield folder


def picture(name="coffee", width=80, height=64):
    return Image.fromarray(getattr(data, name)()).convert("RGB").resize((width, height))


def clip(model=TINY_CLIP):
    from pipelines.scorers.clip import load_clip

    return load_clip(ClipConfig(model=model, device="cpu", threads=1, batch_size=4))


def embedded(embedder, item, key="x"):
    embedder.add(key, item)
    return embedder.vector(key)


# --- the similarities, by hand


def vectors(*rows):
    return [np.array(row, dtype=np.float32) for row in rows]


def test_the_similarities_of_vectors_that_a_reader_can_follow():
    # Both pictures and both captions on the unit circle, at 0, 60, 30 and 90 degrees.
    half, root = 0.5, 3**0.5 / 2
    found = clip_scores(*vectors((1, 0), (half, root), (root, half), (0, 1)))
    assert found.clip_sim_image == pytest.approx(0.5)  # cos 60
    assert found.clip_sim_0 == pytest.approx(root)  # cos 30
    assert found.clip_sim_1 == pytest.approx(root)  # cos 30
    # (-1/2, root) against (-root, 1/2): root/2 + root/2, both of length 1
    assert found.clip_sim_dir == pytest.approx(root)
    assert found.clip_sim_gain == pytest.approx(0, abs=1e-6)  # cos 30 - cos 30


def test_the_gain_is_what_the_edited_caption_adds():
    found = clip_scores(*vectors((1, 0), (0, 1), (1, 0), (0, 1)))
    assert (found.clip_sim_gain, found.clip_sim_dir, found.clip_sim_image) == pytest.approx(
        (1, 1, 0)
    )
    swapped = clip_scores(*vectors((1, 0), (0, 1), (0, 1), (1, 0)))
    assert (swapped.clip_sim_gain, swapped.clip_sim_dir, swapped.clip_sim_1) == pytest.approx(
        (-1, -1, 0)
    )


def test_equal_pictures_or_equal_captions_have_no_direction():
    assert clip_scores(*vectors((1, 0), (1, 0), (1, 0), (0, 1))).clip_sim_dir == 0
    assert clip_scores(*vectors((1, 0), (0, 1), (0, 1), (0, 1))).clip_sim_dir == 0


# --- CLIP, step by step


def features(image=None, text=None):
    """Embed one picture or text with the raw model, as the definition says, step by step."""
    from transformers import CLIPModel, CLIPTokenizer

    folder = resolve_model(TINY_CLIP)
    model = CLIPModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        if text is not None:
            tokens = CLIPTokenizer.from_pretrained(folder)(text, return_tensors="pt")
            ids = tokens.input_ids[:, :77]
            ids[0, -1] = tokens.input_ids[0, -1]  # the end mark stays when a text is cut
            vector = model.text_projection(model.text_model(input_ids=ids).pooler_output)
        else:
            values = torch.tensor(np.array(image)).permute(2, 0, 1)[None] / 255
            small = torch.nn.functional.interpolate(values, (64, 64), mode="bicubic")
            mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
            std = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
            output = model.vision_model(pixel_values=(small - mean) / std)
            vector = model.visual_projection(output.pooler_output)
    return unit(vector[0].double().numpy())


def unit(vector):
    return vector / np.sqrt((vector**2).sum())


def test_embeddings_are_those_of_the_definition():
    model = clip()
    for name in ("astronaut", "coffee"):
        found = embedded(model.pictures, picture(name), name)
        assert found == pytest.approx(features(picture(name)), abs=1e-5)
    for text in ("a photo of a woman", "a red cup " * 60):
        assert embedded(model.texts, text, text) == pytest.approx(features(text=text), abs=1e-5)


def test_what_was_not_asked_for_lately_is_let_go_between_parts(monkeypatch):
    given = []

    def embed(batch):
        given.extend(batch)
        return np.array([[len(item)] for item in batch], dtype=np.float32)

    monkeypatch.setattr(embeddings, "MAX_KEPT", 2)
    kept = embeddings.Embeddings(str.upper, embed, size=1)
    for item in ("one", "three", "seventeen", "one"):
        assert embedded(kept, item, item) == [len(item)]
    assert given == ["ONE", "THREE", "SEVENTEEN"]  # all of a part stays
    kept.forget()
    for item in ("one", "seventeen", "three"):
        embedded(kept, item, item)
    assert given[3:] == ["THREE"]


def test_an_embedding_does_not_depend_on_what_came_before():
    names = ["coffee", "astronaut", "chelsea"]
    alone = [embedded(clip().pictures, picture(name)).tobytes() for name in names]
    model = clip()
    for name in reversed(names):
        model.pictures.add(name, picture(name))
    assert [model.pictures.vector(name).tobytes() for name in names] == alone


def test_what_is_no_number_stays_none(tmp_path):
    from transformers import CLIPModel

    folder = shutil.copytree(resolve_model(TINY_CLIP), tmp_path / "model")
    model = CLIPModel.from_pretrained(folder)
    model.visual_projection.weight.data.fill_(float("nan"))
    model.save_pretrained(folder)
    broken = clip(str(folder))
    assert np.isnan(embedded(broken.pictures, picture())).all()
    assert np.isfinite(embedded(broken.texts, "a cup")).all()


# --- other checkpoints


def test_siglip_is_padded_to_its_full_length_in_lower_case():
    pytest.importorskip("sentencepiece", reason="needs the extra `cpu` or `gpu`")
    from transformers import AutoTokenizer, SiglipModel

    folder = resolve_model(TINY_SIGLIP)
    found = clip(TINY_SIGLIP)
    model, tokenizer = SiglipModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    pieces = tokenizer("a red bicycle").input_ids
    ids = torch.tensor([pieces + [tokenizer.pad_token_id] * (64 - len(pieces))])
    with torch.inference_mode():
        expected = model.text_model(input_ids=ids).pooler_output[0].double().numpy()
    assert embedded(found.texts, "A RED Bicycle") == pytest.approx(unit(expected), abs=1e-5)
    white = Image.new("RGB", (40, 32), (255, 255, 255))
    with torch.inference_mode():  # white is (1 - 0.5) / 0.5 = 1 everywhere
        output = model.vision_model(pixel_values=torch.ones(1, 3, 64, 64)).pooler_output[0]
    assert embedded(found.pictures, white) == pytest.approx(unit(output.double().numpy()), abs=1e-5)


@pytest.mark.parametrize("registers", [0, 4])
def test_dinov2_gives_the_class_token_of_squashed_pictures(tmp_path, registers):
    import transformers

    from pipelines.scorers.dino import load_dino

    kind = "Dinov2WithRegisters" if registers else "Dinov2"
    size = {**TOWER, "image_size": 28, "patch_size": 14}
    size |= {"num_register_tokens": registers} if registers else {}
    model = getattr(transformers, f"{kind}Model")(
        getattr(transformers, f"{kind}Config")(**size)
    ).eval()
    model.save_pretrained(tmp_path)
    embedder = load_dino(DinoConfig(model=str(tmp_path), device="cpu", threads=1, batch_size=3))
    white = Image.new("RGB", (56, 28), (255, 255, 255))
    with torch.inference_mode():
        token = model(pixel_values=torch.ones(1, 3, 28, 28)).last_hidden_state[0, 0]
    assert embedded(embedder, white) == pytest.approx(unit(token.double().numpy()), abs=1e-5)


# --- what cannot be loaded


def checkpoint(folder, name, **settings):
    """Write an untrained model of a class of transformers."""
    import transformers

    config = getattr(transformers, f"{name}Config")(**settings)
    getattr(transformers, f"{name}Model")(config).save_pretrained(folder)
    return str(folder)


def test_a_checkpoint_without_a_fixed_input_is_one_line(tmp_path):
    text = {**TOWER, "vocab_size": 50, "max_position_embeddings": 64}
    vision = {**TOWER, "patch_size": 16, "num_patches": 4}
    folder = checkpoint(tmp_path, "Siglip2", text_config=text, vision_config=vision)
    with pytest.raises(EngineError, match=r"score\.clip\.model.*NaFlex.*fixed input") as caught:
        clip(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ViT", "Blip"])
def test_a_checkpoint_of_another_kind_is_one_line(tmp_path, name):
    """BLIP too has embeddings of pictures and texts, but of another kind."""
    from pipelines.scorers.dino import load_dino

    tower = {**TOWER, "image_size": 32}
    parts = {"text_config": {**TOWER, "vocab_size": 50}, "vision_config": tower}
    folder = checkpoint(tmp_path, name, **(parts if name == "Blip" else tower))
    with pytest.raises(EngineError, match=rf"'{name.lower()}', and CLIP or SigLIP is expected"):
        clip(folder)
    with pytest.raises(EngineError, match=rf"'{name.lower()}', and DINOv2 is expected"):
        load_dino(DinoConfig(model=folder, device="cpu"))


def test_a_checkpoint_that_does_not_say_how_pictures_are_normalised_is_one_line(tmp_path):
    folder = shutil.copytree(resolve_model(TINY_CLIP), tmp_path / "model")
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5]}')
    with pytest.raises(EngineError, match=r"score\.clip\.model.*no image_std") as caught:
        clip(str(folder))
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_one_line(tmp_path):
    with pytest.raises(EngineError, match=r"cannot load score\.clip\.model") as caught:
        clip(str(tmp_path))
    assert "\n" not in str(caught.value)
