"""A language model in vLLM's offline engine, held to the JSON schema of the prompt."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.engines import Rejected, WriteJob, Writer, Written
from pipelines.models import resolve_model
from pipelines.sections.writers import VllmWriter
from pipelines.torch_setup import import_or_explain, load_or_explain, quiet_transformers
from pipelines.writers import prompt
from syned.errors import EngineError, RowError
from syned.ids import seed_for
from syned.reasons import Reason

KEY = "instruct.writer"


def load_vllm_writer(config: VllmWriter) -> Writer:
    """Load the writer that a recipe asks for. The process that does so should be the stage's own.

    Raises:
        MissingExtra: vLLM is not installed.
        EngineError: The model cannot be loaded, or is not one to chat with.
    """
    _set_environment(config)
    engine = load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
    )
    if not getattr(engine.get_tokenizer(), "chat_template", None):
        raise EngineError(
            f"{KEY}.model = {config.model!r} has no chat template; give an instruction-tuned model"
        )
    return _Vllm(f"vllm:{config.model}", prompt.prompt_version(), config, engine)


def _set_environment(config: VllmWriter) -> None:
    """Set what vLLM reads when it is imported."""
    settings = {
        # One process, whose scheduler sees all requests before its first step. With a second
        # process it starts on the first request that arrives, and batches depend on timing.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }
    if config.kv_cache_gib is not None:
        settings["VLLM_CPU_KVCACHE_SPACE"] = str(config.kv_cache_gib)
    os.environ.update(settings)
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _load(config: VllmWriter) -> Any:
    """Load the model into an engine that gives the same answers to the same requests."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")
    quiet_transformers()
    from vllm import LLM

    engine = LLM(
        resolve_model(config.model),
        revision=config.revision,
        dtype=config.dtype,
        seed=0,
        max_model_len=config.max_model_len,
        tensor_parallel_size=config.tensor_parallel_size,
        gpu_memory_utilization=config.gpu_memory_utilization,
        enforce_eager=config.enforce_eager,
        # vLLM 0.32 on a CPU fails on a request with a seed whose prompt is computed in two chunks.
        enable_chunked_prefill=False,
        # White space between items of JSON is free otherwise, and small models spend tokens on it.
        structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
        use_tqdm_on_load=False,
    )
    # Grammars are compiled in a thread, and a request whose grammar is late misses the first batch.
    # vLLM itself switches that off where schedulers have to agree (its external launcher).
    core = engine.llm_engine.engine_core.engine_core
    core.structured_output_manager._use_async_grammar_compilation = False
    return engine


@dataclass(slots=True)
class _Vllm:
    """A writer with a loaded engine."""

    name: str
    prompt_version: str
    config: VllmWriter
    engine: Any

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order; those whose answer is bad are asked again."""
        # What is cached from earlier calls would change the batches, and with them the rounding.
        self.engine.reset_prefix_cache()
        answers: dict[int, Written | Rejected] = {}
        prompts: dict[int, list[int]] = {}
        for place, job in enumerate(jobs):
            try:
                prompts[place] = self._encode(job)
            except RowError as error:
                answers[place] = Rejected(error.reason, error.message)
        open_places = list(prompts)
        for attempt in range(1, len(self.config.temperatures) + 1):
            asked = [(jobs[place], prompts[place]) for place in open_places]
            replies = self._ask(asked, attempt)
            answers |= dict(zip(open_places, replies, strict=True))
            open_places = [p for p in open_places if isinstance(answers[p], Rejected)]
        return [answers[place] for place in range(len(jobs))]

    def _encode(self, job: WriteJob) -> list[int]:
        """Return the tokens of the chat for a job.

        Raises:
            RowError: The model cannot be asked, or the prompt leaves no room for an answer.
        """
        chat = prompt.messages(job)
        text = self.engine.get_tokenizer().apply_chat_template(
            chat, tokenize=False, add_generation_prompt=True
        )
        tokens: list[int] = self.engine.get_tokenizer().encode(text, add_special_tokens=False)
        room = self.config.max_model_len - self.config.max_tokens
        if len(tokens) > room:
            raise RowError(
                Reason.PROMPT_TOO_LONG,
                f"the prompt has {len(tokens)} tokens, and {KEY}.max_model_len "
                f"({self.config.max_model_len}) less max_tokens leaves {room}",
            )
        return tokens

    def _ask(
        self, asked: Sequence[tuple[WriteJob, list[int]]], attempt: int
    ) -> list[Written | Rejected]:
        """Ask the model once about some jobs, each with its own seed."""
        if not asked:
            return []
        replies = self.engine.generate(
            [{"prompt_token_ids": tokens} for _, tokens in asked],
            [self._sampling(job, attempt) for job, _ in asked],
            use_tqdm=False,
        )
        outputs = [reply.outputs[0] for reply in replies]
        return [
            _judge(output.text, output.finish_reason, job, attempt)
            for output, (job, _) in zip(outputs, asked, strict=True)
        ]

    def _sampling(self, job: WriteJob, attempt: int) -> Any:
        """Return how the model is to answer one job."""
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        return SamplingParams(
            temperature=self.config.temperatures[attempt - 1],
            frequency_penalty=self.config.frequency_penalty,
            max_tokens=self.config.max_tokens,
            seed=seed_for(job.seed, "attempt", str(attempt)),
            structured_outputs=StructuredOutputsParams(json=prompt.answer_schema(job)),
        )


def _judge(text: str, finish_reason: str | None, job: WriteJob, attempt: int) -> Written | Rejected:
    """Return what a model wrote, or why it cannot be used."""
    try:
        written = prompt.parse_answer(text, finish_reason, job)
    except RowError as error:
        return Rejected(error.reason, error.message, attempt, text)
    return replace(written, attempts=attempt)
