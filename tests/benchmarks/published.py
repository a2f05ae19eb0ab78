"""Models of the published sizes with random weights, to measure what the true ones cost.

    python tests/benchmarks/published.py KIND FOLDER

KIND is `instruct-pix2pix` (Stable Diffusion 1.5's networks with eight channels in, arXiv
2211.09800), `clip` (ViT-L/14, arXiv 2103.00020), `dinov2` (ViT-L/14 with registers, arXiv
2309.16588) or `blip2` (ViT-g and OPT 2.7B, arXiv 2301.12597). A step costs the same whatever the
weights say, so seconds and memory are those of the true models; pictures and captions are noise.
Weights are drawn where they are fastest drawn: on the GPU, if there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from pipelines.tiny.tokenizer import make_tokenizer

MAX_TEXT = 77
LARGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
"""The towers of ViT-L."""
VOCABULARY = 49408
"""Of OpenAI's CLIP; the small tokenizer uses the first few of its places."""


def drawn(make: Callable[[], Any], dtype: torch.dtype = torch.float16) -> Any:
    """Return a model with random weights of a type."""
    torch.manual_seed(0)
    torch.set_default_dtype(dtype)
    try:
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            return make()
    finally:
        torch.set_default_dtype(torch.float32)


def instruct_pix2pix(folder: Path) -> None:
    """Write an InstructPix2Pix: a denoiser of 860 million numbers, an autoencoder, CLIP's text."""
    from diffusers import (
        AutoencoderKL,
        EulerAncestralDiscreteScheduler,
        StableDiffusionInstructPix2PixPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    wide = (128, 256, 512, 512)
    down, up = ("DownEncoderBlock2D",) * 4, ("UpDecoderBlock2D",) * 4
    text = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
    )
    StableDiffusionInstructPix2PixPipeline(
        unet=drawn(lambda: UNet2DConditionModel(64, 8, cross_attention_dim=768)),
        vae=drawn(lambda: AutoencoderKL(3, 3, down, up, wide, 2, sample_size=512)),
        text_encoder=drawn(lambda: CLIPTextModel(text)),
        tokenizer=make_tokenizer(MAX_TEXT),
        scheduler=EulerAncestralDiscreteScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def clip(folder: Path) -> None:
    """Write a CLIP with the towers of ViT-L/14."""
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    words = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
    config = CLIPConfig(
        text_config={**words, "num_hidden_layers": 12, "vocab_size": VOCABULARY},
        vision_config={**LARGE, "image_size": 224, "patch_size": 14},
        projection_dim=768,
    )
    drawn(lambda: CLIPModel(config)).save_pretrained(folder)
    make_tokenizer(MAX_TEXT).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)


def dinov2(folder: Path) -> None:
    """Write a DINOv2 of ViT-L/14 with registers."""
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel

    sizes = {name: value for name, value in LARGE.items() if name != "intermediate_size"}
    config = Dinov2WithRegistersConfig(**sizes, image_size=518, patch_size=14)
    drawn(lambda: Dinov2WithRegistersModel(config)).save_pretrained(folder)


def blip2(folder: Path) -> None:
    """Write a BLIP-2 with ViT-g and OPT 2.7B: 3.7 billion numbers."""
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        OPTConfig,
    )

    from trainer.recipe import ScratchSection
    from trainer.scratch import new_processor

    texts = ("The red circle in the upper left corner has gone.", "A large blue star has come.")
    processor = new_processor(texts, ScratchSection(image_size=224, query_tokens=32))
    language = OPTConfig(
        hidden_size=2560,
        num_hidden_layers=32,
        ffn_dim=10240,
        num_attention_heads=32,
        word_embed_proj_dim=2560,
        vocab_size=50304,
        pad_token_id=processor.tokenizer.pad_token_id,
        bos_token_id=processor.tokenizer.bos_token_id,
        eos_token_id=processor.tokenizer.eos_token_id,
    )
    config = Blip2Config(
        vision_config=Blip2VisionConfig().to_dict(),
        qformer_config=Blip2QFormerConfig().to_dict(),
        text_config=language.to_dict(),
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = drawn(lambda: Blip2ForConditionalGeneration(config), torch.bfloat16)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


MODELS: dict[str, Callable[[Path], None]] = {
    "instruct-pix2pix": instruct_pix2pix,
    "clip": clip,
    "dinov2": dinov2,
    "blip2": blip2,
}

if __name__ == "__main__":
    MODELS[sys.argv[1]](Path(sys.argv[2]))
