"""What a training recipe may say: the data, the model, the training, and what is evaluated."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from trainer.rows import Split

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of a recipe: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Section):
    """Pairs of one dataset."""

    data: str
    """Name of the dataset, as `syned data list` has it."""
    path: str | None = None
    """Where it is: a folder, or `owner/name` on the Hub, with `@revision` to pin it; the folder of
    its name under the root of all data if not given."""
    split: Split = Split.TRAIN
    protocol: str | None = None
    """How its entries become pairs; the dataset's usual way if not given."""
    tasks: tuple[str, ...] = ()
    """Only pairs with these kinds of change; all if empty."""
    max_pairs: PositiveInt | None = None
    """At most so many of them, drawn with the seed."""


class ComponentConfig(DataConfig):
    """A dataset within a mix."""

    weight: Positive | None = None
    """How many of its pairs each pass takes, as a multiple of all: 0.5 is half of them, 2 is each
    twice. 1 if neither this nor `count` is given."""
    count: PositiveInt | None = None
    """How many pairs each pass takes."""

    @model_validator(mode="after")
    def _one_of_both(self) -> ComponentConfig:
        if self.weight is not None and self.count is not None:
            raise ValueError("weight and count exclude each other")
        return self


class PhaseConfig(Section):
    """What is trained on for a time."""

    components: Annotated[tuple[ComponentConfig, ...], Field(min_length=1)]
    epochs: Positive | None = None
    """Passes over the phase's pairs; `train.epochs` if not given."""
    order: Literal["shuffled", "given"] = "shuffled"
    """Whether pairs come in an order drawn anew for each pass, or component after component."""
    learns: Literal["captions", "language", "words"] = "captions"
    """What is learned: captions; captions by the language model alone, while what sees stays as it
    is; or which words they have, by what sees alone (see `trainer.words`). A new model goes the
    other way round: words, language, captions."""
    learning_rate: Positive | None = None
    """`train.learning_rate` if not given."""


class MixConfig(Section):
    """What is trained on, what chooses the best weights, and what measures them once."""

    phases: Annotated[tuple[PhaseConfig, ...], Field(min_length=1)]
    """One after the other; the paper's way is synthetic pairs first, then real ones."""
    captions: Literal["random", "all", "first", "shortest"] = "random"
    """Of a pair with several captions each pass takes one, drawn anew, or each of them, or always
    the same one."""
    validation: DataConfig | None = None
    """Chooses the best weights; without it the last ones are kept."""
    test: DataConfig | None = None
    """Is looked at once, with the best weights."""

    @property
    def datasets(self) -> set[str]:
        """Return the names of all datasets that are read."""
        sets = [c for phase in self.phases for c in phase.components]
        return {c.data for c in (*sets, self.validation, self.test) if c is not None}


class LoraSection(Section):
    """Low-rank adaptation of attention (arXiv 2106.09685)."""

    r: PositiveInt = 8
    alpha: PositiveInt | None = None
    """Twice the rank if not given, as in the paper's release."""
    dropout: Share = 0.05
    vision: bool = True
    qformer: bool = True
    language: bool = True

    @model_validator(mode="after")
    def _somewhere(self) -> LoraSection:
        if not (self.vision or self.qformer or self.language):
            raise ValueError("at least one of vision, qformer and language must be adapted")
        return self


class ScratchSection(Section):
    """A small BLIP-2 of the true class, with random weights and a vocabulary of its own."""

    width: Annotated[int, Field(ge=16, multiple_of=16)] = 128
    """Of all hidden states."""
    vision_layers: PositiveInt = 3
    qformer_layers: PositiveInt = 2
    language_layers: PositiveInt = 2
    query_tokens: PositiveInt = 8
    image_size: PositiveInt = 192
    patch_size: PositiveInt = 32
    vocabulary: Annotated[int, Field(ge=64)] = 600
    spread: Positive = 0.06
    """Standard deviation of the first weights; transformers' 0.02 learns far slower here."""

    @property
    def heads(self) -> int:
        """Return the heads of attention, of 32 numbers each where the width allows it."""
        return max(1, self.width // 32)


class ModelConfig(Section):
    """The captioner."""

    base: str = "Salesforce/blip2-opt-2.7b"
    """A folder or Hub id of a BLIP-2 with OPT or Flan-T5; `builtin:small`, which ships with syned
    and reads simple drawn scenes; or `scratch`."""
    revision: str | None = None
    scratch: ScratchSection = ScratchSection()
    tune: Literal["lora", "full"] = "lora"
    lora: LoraSection = LoraSection()
    adapter: str | None = None
    """An adapter to go on from; one of the Hub may be pinned as `owner/name@revision`."""
    quantize: Literal["none", "4bit"] = "none"
    """Whether the base is held in four bits (NF4, arXiv 2305.14314); needs a GPU."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Of the weights that are not trained."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    attention: Annotated[str, Field(pattern=r"^\w+$")] | None = None
    """The attention of transformers, such as `sdpa` or `flash_attention_2`; none that is code of a
    repository on the Hub."""
    join: Literal["vertical", "horizontal", "native", "streams"] = "vertical"
    """Both pictures in one: above each other or side by side and then made as small as one input,
    or above each other at twice the height, with interpolated position embeddings, so that each
    keeps the resolution of an input of its own; or two streams, each picture encoded alone, for
    comparison (see `streams.py`)."""
    paper: bool = False
    """Whether pictures are prepared as in the paper's release: the earlier one is brought to the
    later one's size, both are joined and blurred a little (in training and in evaluation), and the
    whole is then made small."""
    prompt: str = ""
    """Given to the language model before the caption, in training and after."""
    max_caption_tokens: PositiveInt = 60
    """Longer captions are cut; how many that were is told."""


class TrainSection(Section):
    """How it is trained."""

    epochs: Positive = 10
    max_steps: PositiveInt | None = None
    batch_size: PositiveInt = 32
    """Pairs at once on each device."""
    accumulate: PositiveInt = 1
    """Batches whose gradients are added up before a step."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """Muon needs about half the steps where a whole small model is new (`optimizer.py`)."""
    learning_rate: Positive = 1e-4
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    warmup: Annotated[float, Field(ge=0)] = 0.03
    """Share of the steps, or their number from 1 on."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    max_grad_norm: Positive | None = 1.0
    bf16: bool = False
    gradient_checkpointing: bool = False
    workers: NonNegativeInt = 2
    """Processes that load pictures."""
    augment: tuple[Literal["flip", "colour", "crop"], ...] = ()
    """Changes that are drawn anew for each use and made to both pictures alike."""
    eval_every: Positive = 1.0
    """Passes between looks at the validation pairs, and between checkpoints."""
    patience: PositiveInt | None = None
    """Looks without a better one before it stops early."""
    best_by: Literal["CIDEr", "Bleu_4", "ROUGE_L", "exact", "loss"] = "CIDEr"
    log: tuple[Literal["tensorboard", "wandb", "trackio"], ...] = ("tensorboard",)


class GenerateSection(Section):
    """How captions are made."""

    max_new_tokens: PositiveInt = 60
    num_beams: PositiveInt = 1
    batch_size: PositiveInt = 32


class TrainRecipe(Section):
    """All of a training."""

    name: str
    seed: NonNegativeInt = 0
    mix: MixConfig
    model: ModelConfig = ModelConfig()
    train: TrainSection = TrainSection()
    generate: GenerateSection = GenerateSection()

    @model_validator(mode="after")
    def _fits_together(self) -> TrainRecipe:
        model = self.model
        if model.quantize != "none" and model.tune == "full":
            raise ValueError("model.quantize: a base in four bits cannot be fully tuned")
        if model.paper and model.join in ("native", "streams"):
            raise ValueError("model.paper: the release joins pictures vertical or horizontal")
        if model.base == "scratch" and model.tune == "lora":
            raise ValueError("model.base: a new model has nothing to adapt; set model.tune=full")
        if model.tune == "lora" and any(p.learns != "captions" for p in self.mix.phases):
            raise ValueError(
                "mix.phases: an adapter learns captions; set model.tune=full for words or language"
            )
        if self.train.augment and any(p.learns == "words" for p in self.mix.phases):
            raise ValueError("train.augment: a phase that learns words takes pictures as they are")
        if model.adapter and model.tune == "full":
            raise ValueError("model.adapter: it is gone on from with model.tune=lora only")
        if self.train.patience and self.mix.validation is None:
            raise ValueError("train.patience: there are no validation pairs to stop by")
        return self


def builtin(kind: Literal["recipes", "mixes"]) -> dict[str, Path]:
    """Return the training recipes or the mixes that ship with syned, by name."""
    folder = Path(str(resources.files("trainer") / kind))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
