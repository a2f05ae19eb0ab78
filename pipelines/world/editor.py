"""The world's editor: InstructPix2Pix (arXiv 2211.09800) of the true class, trained from nothing.

It is trained in a way of its own; what each choice is worth was not measured. Half of the draws
are of nearly pure noise and the schedule ends in pure noise (arXiv 2305.08891), because what is to
be drawn where is decided there. The loss is of the picture, not of the noise, and latents that the
edit changes weigh more, because three of four stay. And the text encoder learns along, because no
trained one is at hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipelines.models import make_whole
from pipelines.world.autoencoder import FACTOR, LATENTS, latents_of, make_autoencoder
from pipelines.world.learn import learn, quick_precision
from pipelines.world.pairs import SIDE, WorldPair, hard_pairs, pictures, world_pairs
from pipelines.world.vocabulary import words_of, world_tokenizer

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

Latents = NDArray[np.float16]

SEED = 3
PAIRS, STEPS, RATE = 60_000, 6000, 5e-4
HARD_PAIRS, HARD_STEPS, HARD_RATE = 20_000, 2000, 3e-4
"""A second course, of which half are edits that the first one leaves at one in five."""
BATCH = 32
MAX_TEXT = 32
"""Tokens of the longest instruction, both marks included."""
WIDTHS = (32, 96)
"""Channels of the denoiser's levels, of 18 by 18 latents and of 9 by 9; words meet the second."""
UNTOLD = 0.05
"""Share of pairs whose instruction is left out, for classifier-free guidance."""
NOISIEST = 800
"""Half of the timesteps are drawn from here on, of 1,000."""
CHANGED = 20.0
"""How much more a latent weighs that the edit changes."""
DIFFERS = 0.1
"""Mean difference over its numbers from which on a latent has changed; their spread is 1."""


def make_editor(folder: Path) -> None:
    """Train the denoiser and its text encoder, and write the pipeline, unless it is there."""
    done = folder / "editor"
    if done.is_dir():
        return
    autoencoder = make_autoencoder(folder)
    pairs = list(world_pairs(PAIRS, SEED))
    tokenizer = world_tokenizer(words_of(pair.instruction for pair in pairs), MAX_TEXT)
    torch.manual_seed(SEED)
    learner = Learner(new_denoiser(), new_text_encoder(tokenizer), _token_ids(tokenizer, [""])[0])
    edits = _edits(folder / "latents.npy", autoencoder, tokenizer, pairs)
    learn(learner, edits, folder / "editor-training", steps=STEPS, batch=BATCH, rate=RATE)
    learn_what_is_hard(learner, autoencoder, tokenizer, folder)
    make_whole(done, editor_of(learner, autoencoder, tokenizer).save_pretrained)


def learn_what_is_hard(
    learner: Learner, autoencoder: Any, tokenizer: CLIPTokenizer, folder: Path
) -> None:
    """Go on with a learner that knows most edits, on pairs of which half are others."""
    pairs = list(hard_pairs(HARD_PAIRS, SEED))
    edits = _edits(folder / "latents-hard.npy", autoencoder, tokenizer, pairs)
    training = folder / "editor-training-hard"
    learn(learner, edits, training, steps=HARD_STEPS, batch=BATCH, rate=HARD_RATE)


def new_denoiser() -> UNet2DConditionModel:
    """Return a UNet with new weights; a cell of a scene is 3 by 3 of its deeper level."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // FACTOR,
        in_channels=2 * LATENTS,
        out_channels=LATENTS,
        block_out_channels=WIDTHS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WIDTHS[-1],
        attention_head_dim=4,
        norm_num_groups=8,
    )


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Return CLIP's text encoder with new weights."""
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTHS[-1],
        intermediate_size=4 * WIDTHS[-1],
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def new_scheduler() -> Any:
    """Return DDIM with a schedule that ends in pure noise, and is sampled from there."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
    )


class Learner(nn.Module):  # type: ignore[misc]
    """The denoiser and its text encoder; the loss is of the edited picture's latents.

    Args:
        denoiser: Takes noise beside the source picture, as InstructPix2Pix does.
        text_encoder: Learns along.
        untold: int64 (MAX_TEXT,), the tokens of no instruction.
    """

    def __init__(self, denoiser: Any, text_encoder: Any, untold: torch.Tensor) -> None:
        super().__init__()
        self.denoiser, self.text_encoder = denoiser, text_encoder
        self.scheduler = new_scheduler()
        self.register_buffer("untold", untold, persistent=False)

    def forward(
        self, source: torch.Tensor, edited: torch.Tensor, weight: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the loss.

        Args:
            source: float32 (B, C, h, w), latents of the source picture, unscaled, as the pipeline
                gives them.
            edited: float32 (B, C, h, w), scaled latents of the edited picture.
            weight: float32 (B, h, w), of mean 1.
            tokens: int64 (B, MAX_TEXT), of the instruction.
        """
        count = len(edited)
        untold = torch.rand(count, 1) < UNTOLD
        times = _times(count)
        noise = torch.randn_like(edited)
        noisy = self.scheduler.add_noise(edited, noise, times)
        wanted = self.scheduler.get_velocity(edited, noise, times)
        with quick_precision():
            words = self.text_encoder(torch.where(untold, self.untold, tokens)).last_hidden_state
            given = self.denoiser(torch.cat([noisy, source], 1), times, words).sample.float()
        # An error of v is one of the picture by this factor (arXiv 2202.00512, appendix D).
        of_picture = (1 - self.scheduler.alphas_cumprod[times]).view(-1, 1, 1, 1)
        return {"loss": (weight[:, None] * of_picture * (given - wanted).square()).mean()}


def _times(count: int) -> torch.Tensor:
    """Draw timesteps, half of them of nearly pure noise."""
    late = torch.randint(NOISIEST, 1000, (count,))
    return torch.where(torch.rand(count) < 0.5, late, torch.randint(0, 1000, (count,)))


class _Edits:
    """Latents of both pictures of each pair, how much each latent weighs, and the instruction."""

    def __init__(
        self, source: Latents, edited: Latents, scale: float, tokens: torch.Tensor
    ) -> None:
        self._source, self._edited, self._scale, self._tokens = source, edited, scale, tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        source = torch.from_numpy(self._source[index].astype(np.float32))
        edited = torch.from_numpy(self._edited[index].astype(np.float32))
        differs = self._scale * (edited - source).abs().mean(0) > DIFFERS
        weight = 1 + (CHANGED - 1) * differs
        return {
            "source": source,
            "edited": self._scale * edited,
            "weight": weight / weight.mean(),
            "tokens": self._tokens[index],
        }


def _edits(
    path: Path, autoencoder: Any, tokenizer: CLIPTokenizer, pairs: list[WorldPair]
) -> _Edits:
    """Return what is learned of some pairs; their latents are kept in a file."""
    source, edited = _latents(path, autoencoder, pairs)
    tokens = _token_ids(tokenizer, [pair.instruction for pair in pairs])
    return _Edits(source, edited, autoencoder.config.scaling_factor, tokens)


def _latents(path: Path, autoencoder: Any, pairs: list[WorldPair]) -> tuple[Latents, Latents]:
    """Return the latents of both pictures of each pair, float16 (N, C, h, w), and keep them."""
    if not path.is_file():
        both = [_encoded(autoencoder, pairs, edited=edited) for edited in (False, True)]
        with path.with_suffix(".part").open("wb") as file:
            np.save(file, np.stack(both))
        path.with_suffix(".part").rename(path)
    source, edited = np.load(path, mmap_mode="r")
    return source, edited


def _encoded(autoencoder: Any, pairs: list[WorldPair], *, edited: bool) -> Latents:
    """Return the latents of one picture of each pair."""
    parts = []
    for at in range(0, len(pairs), 256):
        some = pairs[at : at + 256]
        scenes = [pair.edit.apply(pair.scene) if edited else pair.scene for pair in some]
        parts.append(latents_of(autoencoder, pictures(scenes)).astype(np.float16))
    return np.concatenate(parts)


def _token_ids(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """Return tokens as the pipeline makes them, int64 (N, MAX_TEXT)."""
    tokens = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
    return torch.as_tensor(tokens["input_ids"])


def editor_of(learner: Learner, autoencoder: Any, tokenizer: CLIPTokenizer) -> Any:
    """Return the whole editor in the form that diffusers loads."""
    from diffusers import StableDiffusionInstructPix2PixPipeline

    return StableDiffusionInstructPix2PixPipeline(
        vae=autoencoder,
        unet=learner.denoiser,
        text_encoder=learner.text_encoder,
        tokenizer=tokenizer,
        scheduler=learner.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
