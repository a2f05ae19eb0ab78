"""A new small model: what its first weights see, and how it learns words before captions."""

import importlib
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the trainer needs the extra `train`")

from trainer.first_weights import waves  # noqa: E402
from trainer.mix import Part  # noqa: E402
from trainer.optimizer import optimizers_of  # noqa: E402
from trainer.recipe import ScratchSection, TrainRecipe  # noqa: E402
from trainer.scratch import new_model, new_processor  # noqa: E402
from trainer.store import ReadyPair, Store  # noqa: E402
from trainer.words import WordCollate, WordReader, word_pairs, words_in  # noqa: E402

pytestmark = pytest.mark.models

SIZES = ScratchSection(vision_layers=1, qformer_layers=1, image_size=96, patch_size=16)
SIDE, PATCH = 96, 16
MEAN = STD = (0.5, 0.5, 0.5)


def picture_pair(row, column, *, side_by_side=False):
    """Two noisy grey pictures in one; a red square is on one patch of the second."""
    shape = (SIDE, SIDE // 2, 3) if side_by_side else (SIDE // 2, SIDE, 3)
    first = np.random.default_rng(5).integers(100, 140, shape, dtype=np.uint8)
    second = first.copy()
    at = slice(row * PATCH, (row + 1) * PATCH), slice(column * PATCH, (column + 1) * PATCH)
    second[at] = (220, 30, 30)
    return np.concatenate([first, second], axis=1 if side_by_side else 0)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 4), (2, 5)])
@pytest.mark.parametrize("join", ["vertical", "horizontal"])
def test_a_new_model_finds_the_patch_that_changed_in_both_pictures(row, column, join):
    beside = join == "horizontal"
    row, column = (column, row) if beside else (row, column)
    processor = new_processor(["a red square"], SIZES)
    model = new_model(processor, SIZES, 0, join).eval()
    batch = WordCollate(MEAN, STD)([(picture_pair(row, column, side_by_side=beside), np.zeros(1))])
    with torch.no_grad():
        seen = model.vision_model.embeddings(batch["pixel_values"].float())
        seen = model.vision_model.encoder.layers[0](seen)
    changed = SIZES.width // SIZES.heads - 5
    found = seen[0, 1:, changed].reshape(6, 6)
    top = sorted(divmod(int(i), 6) for i in found.flatten().topk(2).indices)
    other = (row, column + 3) if beside else (row + 3, column)
    assert top == [(row, column), other]


def test_waves_are_cosines_of_a_patch_brightness_finely_and_colour_coarsely():
    found = waves(8, 16)
    assert found.shape == (16, 3, 8, 8)
    grey = torch.ones(3, 8, 8)
    # A grey patch of level 1 is 0.30 + 0.59 + 0.11 in the first wave and nothing in all others.
    assert torch.einsum("nchw,chw->n", found, grey) == pytest.approx([1.0] + [0.0] * 15, abs=1e-5)
    red = torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, 8, 8)
    told = torch.einsum("nchw,chw->n", found, red)
    assert told[[0, 12, 14]].tolist() == pytest.approx([0.30, -0.34, 1.0], abs=1e-5)
    flat = found[:12].flatten(1)
    apart = flat @ flat.T
    assert torch.allclose(apart, torch.diag(apart.diagonal()), atol=1e-6)


def test_small_patches_have_fewer_waves():
    assert len(waves(2, 48)) == 3 * 4


CAPTIONS = [
    ("A red star has come.", "There is a star now."),
    ("A blue star has come.",),
    ("The red ring is gone.",),
    ("A red ring has come.",),
]


@pytest.fixture(scope="module")
def part():
    pixels = np.stack([picture_pair(i % 3, i) for i in range(4)])
    rows = tuple(
        ReadyPair(
            pair_id=str(i),
            captions=captions,
            source="made",
            license="cc0-1.0",
            change="add",
            before_hash=f"b{i}",
            after_hash=f"a{i}",
        )
        for i, captions in enumerate(CAPTIONS)
    )
    return Part("made", Store(rows, pixels), (0, 1, 2, 3, 3), {}, {})


def test_words_of_all_captions_of_a_pair_in_small_letters():
    assert words_in(CAPTIONS[0]) == {"a", "red", "star", "has", "come", "there", "is", "now"}
    assert words_in(["L'été, 2 VOITURES!"]) == {"l", "été", "voitures"}


def test_pairs_with_their_words_and_how_often_each_word_comes(part):
    pairs = word_pairs([part])
    assert len(pairs) == 5
    shares = dict(zip(pairs.words, pairs.shares(), strict=True))
    assert shares["red"] == 3 / 4
    assert shares["ring"] == 2 / 4
    assert shares["blue"] == 1 / 4
    pixels, has = pairs[1]
    assert (pixels == part.store.pixels[1]).all()
    assert {w for w, h in zip(pairs.words, has, strict=True) if h} == words_in(CAPTIONS[1])
    assert pairs[4][1].tolist() == pairs[3][1].tolist()


def test_a_reader_begins_with_the_shares_and_learns_what_it_sees(part):
    pairs = word_pairs([part])
    model = new_model(new_processor(["a red star"], SIZES), SIZES, 0, "vertical")
    torch.manual_seed(0)
    reader = WordReader(model, pairs.shares(), interpolate=False)
    batch = WordCollate(MEAN, STD)([pairs[i] for i in range(4)])
    begin = reader(**batch)["loss"].item()
    # Before it has seen anything: the entropy of each word's share, in nats.
    entropy = sum(-p * math.log(p) - (1 - p) * math.log(1 - p) for p in pairs.shares() if p < 1)
    assert begin == pytest.approx(entropy, rel=0.01)
    optimizer = torch.optim.AdamW(reader.parameters(), 1e-3)
    for _ in range(40):
        loss = reader(**batch)["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < begin / 4
    assert reader.vision is model.vision_model


def muon_groups(model):
    mix = {"phases": [{"learns": "words", "learning_rate": 1e-3, "components": [{"data": "x"}]}]}
    train = {"optimizer": "muon", "weight_decay": 0.1}
    recipe = TrainRecipe(name="muon", mix=mix, model={"tune": "full"}, train=train)
    optimizer, _ = optimizers_of(model, recipe, recipe.mix.phases[0])
    names = {id(weight): name for name, weight in model.named_parameters()}
    return [
        (
            group["use_muon"],
            group["lr"],
            group["weight_decay"],
            {names[id(w)] for w in group["params"]},
        )
        for group in optimizer.param_groups
    ]


def test_muon_takes_the_matrices_between_states_and_leaves_adamw_the_rest():
    model = new_model(new_processor(["a red square"], SIZES), SIZES, 0, "vertical")
    model.vision_model.requires_grad_(False)
    (first, steep, decay, inner), (second, flat, none, rest) = muon_groups(model)
    assert (first, steep, decay) == (True, 4e-3, 0.1)
    assert (second, flat, none) == (False, 1e-3, 0.0)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert inner | rest == trained
    assert not inner & rest
    assert "language_projection.weight" in inner
    assert "language_model.model.decoder.layers.0.self_attn.q_proj.weight" in inner
    assert "language_model.model.decoder.embed_tokens.weight" in rest
    assert "query_tokens" in rest
    reader = WordReader(model, [0.5, 0.5], interpolate=False)
    inner, rest = (group[3] for group in muon_groups(reader))
    assert "names.1.weight" in rest
    assert "qformer.encoder.layer.0.attention.attention.query.weight" in inner


@pytest.mark.parametrize("where", ["trainer.muon", "pipelines.world.learn"])
def test_muon_keeps_single_precision(where):
    """A step goes along a rotation, whose singular values are equal; bfloat16 bends it."""
    angle = torch.tensor(0.3)
    turned = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).reshape(2, 2)
    weight = torch.nn.Parameter(torch.zeros(2, 2))
    weight.grad = 5 * turned
    group = {"params": [weight], "lr": 1.0, "use_muon": True}
    importlib.import_module(where).SinglePrecisionMuon([group]).step()
    length = -(weight.detach() * turned).sum() / 2
    assert 0.5 < length < 1.5
    assert torch.allclose(weight.detach(), -length * turned, atol=1e-6)
