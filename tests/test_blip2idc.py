"""The model: which matrices are adapted, how adapters are read, and that both languages work."""

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the trainer needs the extra `train`")
peft = pytest.importorskip("peft", reason="the trainer needs the extra `train`")

from transformers import (  # noqa: E402
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2QFormerConfig,
    Blip2VisionConfig,
    OPTConfig,
    T5Config,
)

from syned.errors import EngineError  # noqa: E402
from trainer.captioner import captions_of, load_captioner, save_settings  # noqa: E402
from trainer.heatmap import attention  # noqa: E402
from trainer.model import adapted, load, ready, trainable_share  # noqa: E402
from trainer.recipe import GenerateSection, LoraSection, ModelConfig, ScratchSection  # noqa: E402
from trainer.scratch import new_model, new_processor  # noqa: E402

pytestmark = pytest.mark.models

SMALL = ScratchSection(width=64, vision_layers=1, qformer_layers=1, image_size=32, patch_size=8)
TEXTS = ["A red car has left.", "Two people have come in on the left side."]

RELEASED = {
    "peft_type": "LORA",
    "r": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.05,
    "bias": "none",
    "base_model_name_or_path": "Salesforce/blip2-opt-2.7b",
    "target_modules": [
        *(f"qformer.encoder.layer.{i}.crossattention.attention.query" for i in range(12)),
        *("value", "key", "qkv", "q_proj", "k_proj", "v_proj"),
    ],
}
"""The adapter configuration of the paper's release (github.com/gautierevn/BLIP2IDC)."""


@pytest.fixture(scope="module")
def true_size():
    """BLIP-2 with OPT 2.7B, without weights."""
    language = OPTConfig(
        hidden_size=2560,
        num_hidden_layers=32,
        ffn_dim=10240,
        num_attention_heads=32,
        word_embed_proj_dim=2560,
        vocab_size=50304,
    )
    config = Blip2Config(
        vision_config=Blip2VisionConfig().to_dict(),
        qformer_config=Blip2QFormerConfig().to_dict(),
        text_config=language.to_dict(),
    )

    def make():
        with torch.device("meta"):
            return Blip2ForConditionalGeneration(config)

    return make


@pytest.fixture(scope="module")
def small_base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    processor = new_processor(TEXTS, SMALL)
    new_model(processor, SMALL, 0, "vertical").save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("lora", "trained"),
    [
        ({"r": 8}, 6_266_880),
        ({"r": 16}, 12_533_760),
        ({"r": 32}, 25_067_520),
        # 32 layers, three matrices, (2560 + 2560) numbers for each of 8 ranks.
        ({"r": 8, "vision": False, "qformer": False}, 32 * 3 * (2560 + 2560) * 8),
        # 39 layers, 1408 into 3 * 1408.
        ({"r": 8, "qformer": False, "language": False}, 39 * (1408 + 3 * 1408) * 8),
    ],
)
def test_the_share_that_is_trained_at_the_true_size(true_size, lora, trained):
    found, whole = trainable_share(adapted(true_size(), LoraSection(**lora)))
    assert found == trained
    assert whole - found == pytest.approx(3.745e9, rel=1e-3)


def test_the_released_adapter_names_the_same_matrices(true_size):
    ours = adapted(true_size(), LoraSection())
    config = peft.LoraConfig(**{k: v for k, v in RELEASED.items() if k != "peft_type"})
    theirs = peft.get_peft_model(true_size(), config)
    assert set(theirs.targeted_module_names) == set(ours.targeted_module_names)


def adapter(folder, base, name):
    """Write an adapter with weights that are not zero, as safetensors or as the older `.bin`."""
    torch.manual_seed(0)
    model = adapted(Blip2ForConditionalGeneration.from_pretrained(base), LoraSection(r=2))
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "lora_B" in key:
                weight.normal_(std=0.5)
    model.save_pretrained(folder)
    save_settings(folder, ModelConfig(), GenerateSection(max_new_tokens=6, batch_size=3))
    if name.endswith(".bin"):
        from safetensors.torch import load_file

        torch.save(load_file(folder / "adapter_model.safetensors"), folder / name)
        (folder / "adapter_model.safetensors").unlink()
    return folder


PIXELS = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)


def test_an_adapter_in_the_older_format_says_what_the_newer_one_says(small_base, tmp_path):
    said = []
    for name in ("adapter_model.safetensors", "adapter_model.bin"):
        captioner = load_captioner(str(adapter(tmp_path / name, small_base, name)), str(small_base))
        said.append(list(captioner.caption(PIXELS)))
    assert said[0] == said[1]
    plain = [text[:3] for text in load_captioner(str(small_base), batch_size=3).caption(PIXELS)]
    assert [text[:3] for text in said[0]] != plain


def test_code_in_an_adapter_is_not_run(small_base, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    folder = adapter(tmp_path / "adapter", small_base, "adapter_model.bin")
    torch.save({"x": Evil()}, folder / "adapter_model.bin")
    with pytest.raises(EngineError, match="a pickle that holds more than numbers"):
        load_captioner(str(folder), str(small_base))
    assert not (tmp_path / "ran").exists()


def test_a_base_that_is_not_there_is_one_message(tmp_path):
    with pytest.raises(EngineError, match="there is no folder"):
        load_captioner(str(tmp_path / "nothing"))


def test_a_checkpoint_of_before_image_tokens_has_the_processors(small_base, tmp_path):
    folder = shutil.copytree(small_base, tmp_path / "old")
    config = json.loads((folder / "config.json").read_text())
    token = config.pop("image_token_index")
    (folder / "config.json").write_text(json.dumps(config))
    captioner = load_captioner(str(folder), batch_size=3)
    assert captioner.loaded.encoder.image_token == token
    new = load_captioner(str(small_base), batch_size=3)
    assert list(captioner.caption(PIXELS)) == list(new.caption(PIXELS))


def test_an_adapter_that_names_no_base_asks_for_one(small_base, tmp_path):
    folder = adapter(tmp_path / "adapter", small_base, "adapter_model.safetensors")
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": None}
    path.write_text(json.dumps(config))
    with pytest.raises(EngineError, match="--base"):
        load_captioner(str(folder))


@pytest.mark.parametrize("way", ["vertical", "horizontal", "native", "streams"])
def test_every_way_to_join_trains_and_is_drawn(small_base, way, tmp_path):
    config = ModelConfig(base=str(small_base), join=way, device="cpu")
    loaded = load(config, TEXTS, 0)
    tall = 64 if way in ("native", "streams") else 32
    pixels = np.zeros((2, tall, 32, 3), dtype=np.uint8)
    said = captions_of(loaded, pixels, GenerateSection(max_new_tokens=5, batch_size=2), "cpu")
    assert len(said) == 2
    loaded.model.save_pretrained(tmp_path)
    save_settings(tmp_path, config, GenerateSection())
    again = load_captioner(str(tmp_path), device="cpu")
    assert again.shape.join == way
    grid = attention(again, pixels[0])
    assert grid.shape == (tall // 8, 4)
    assert 0 < grid.sum() <= 1


def test_streams_are_encoded_alone_and_not_taken_for_each_other(small_base):
    loaded = load(ModelConfig(base=str(small_base), join="streams", device="cpu"), TEXTS, 0)
    blip = loaded.model.get_base_model().eval()
    noise = torch.Generator().manual_seed(0)
    first, second, third = torch.randn(3, 1, 3, 32, 32, generator=noise)

    def seen(*pictures):
        return blip.vision_model(torch.cat(pictures, dim=2)).last_hidden_state

    def told(*pictures):
        return blip.get_image_features(torch.cat(pictures, dim=2)).pooler_output

    with torch.inference_mode():
        tokens = 1 + (32 // 8) ** 2
        assert torch.equal(seen(first, second)[:, :tokens], seen(first, third)[:, :tokens])
        assert torch.equal(seen(first, second)[:, tokens:], seen(third, second)[:, tokens:])
        assert not torch.allclose(told(first, second), told(second, first), atol=1e-4)


def test_a_model_with_flan_t5_learns_its_captions():
    tower = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    processor = new_processor(TEXTS, ScratchSection(width=32, image_size=32, query_tokens=4))
    tokenizer = processor.tokenizer
    config = Blip2Config(
        vision_config={**tower, "num_hidden_layers": 1, "image_size": 32, "patch_size": 16},
        qformer_config={**tower, "num_hidden_layers": 2, "encoder_hidden_size": 32},
        text_config=T5Config(
            vocab_size=len(tokenizer),
            d_model=32,
            d_kv=16,
            d_ff=64,
            num_layers=1,
            num_heads=2,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        ).to_dict(),
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    torch.manual_seed(0)
    loaded = ready(Blip2ForConditionalGeneration(config), processor, ModelConfig(base="t5"))
    assert not loaded.encoder.decoder_only
    from trainer.examples import Collate

    rows = [(PIXELS[0], loaded.encoder.encode(TEXTS[0]))]
    batch = Collate(loaded.encoder, (0.5,) * 3, (0.5,) * 3, {})(rows)
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=3e-3)
    for _ in range(80):
        optimizer.zero_grad()
        loaded.model(**batch).loss.backward()
        optimizer.step()
    loaded.model.eval()
    said = captions_of(loaded, PIXELS[:1], GenerateSection(batch_size=1), "cpu")
    assert said == [TEXTS[0]]
