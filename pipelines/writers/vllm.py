"""A language model in vLLM's offline engine, held to the JSON schemas of the prompt."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pipelines.engines import Rejected, WriteJob, Writer, Written
from pipelines.models import resolve_model
from pipelines.sections.writers import VllmWriter
from pipelines.torch_setup import import_or_explain, load_or_explain, quiet_transformers
from pipelines.writers.chat_marks import refuse_marks
from pipelines.writers.dialogue import Dialogue, Reply, Request, dialogue, proceed
from pipelines.writers.prompt import prompt_version
from syned.errors import EngineError, RowError
from syned.images import load_picture
from syned.reasons import Reason

KEY = "instruct.writer"


def load_vllm_writer(config: VllmWriter) -> Writer:
    """Load the writer that a recipe asks for. The process that does so should be the stage's own.

    Raises:
        MissingExtra: vLLM is not installed.
        EngineError: The model cannot be loaded, or is not one to chat with.
    """
    _set_environment(config)
    # vLLM's threads on a CPU belong to the thread that loads it.
    driver = ThreadPoolExecutor(1, "vllm")
    engine = load_or_explain(
        lambda: driver.submit(import_or_explain, lambda: _load(config), config.device).result(),
        config.model,
        f"{KEY}.model",
    )
    if not getattr(engine.get_tokenizer(), "chat_template", None):
        raise EngineError(
            f"{KEY}.model = {config.model!r} has no chat template; give an instruction-tuned model"
        )
    version = prompt_version(config.mode, config.keep_instruction)
    return _Vllm(f"vllm:{config.model}", version, config, engine, driver)


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


def engine_arguments(config: VllmWriter) -> dict[str, Any]:
    """Return the arguments of vLLM's engine for a recipe's section."""
    arguments: dict[str, Any] = {
        "model": resolve_model(config.model),
        "revision": config.revision,
        "dtype": config.dtype,
        "quantization": config.quantization,
        "seed": 0,
        "max_model_len": config.max_model_len,
        "tensor_parallel_size": config.tensor_parallel_size,
        "gpu_memory_utilization": config.gpu_memory_utilization,
        "enforce_eager": config.enforce_eager,
        "enable_prefix_caching": config.enable_prefix_caching,
        # vLLM 0.32 on a CPU fails on a request with a seed whose prompt is computed in two chunks.
        "enable_chunked_prefill": False,
        # White space between items of JSON is free otherwise, and small models spend tokens on it.
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
    }
    if config.max_num_seqs is not None:
        arguments["max_num_seqs"] = config.max_num_seqs
    if config.mode == "look":
        arguments["limit_mm_per_prompt"] = {"image": 1}
    return arguments


def _load(config: VllmWriter) -> Any:
    """Load the model into an engine that gives the same answers to the same requests."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")
    quiet_transformers()
    from vllm import LLM
    from vllm.platforms import current_platform

    # vLLM has no setting for it: it runs on what it was built for.
    if current_platform.device_type != config.device:
        raise EngineError(
            f"{KEY}.device is {config.device}, but the vLLM that is installed finds "
            f"{current_platform.device_type or 'no device'}; change {KEY}.device, or install vLLM "
            f"for {config.device}"
        )
    engine = LLM(**engine_arguments(config), use_tqdm_on_load=False)
    # Grammars are compiled in a thread, and a request whose grammar is late misses the first batch.
    # vLLM itself switches that off where schedulers have to agree (its external launcher).
    core = engine.llm_engine.engine_core.engine_core
    core.structured_output_manager._use_async_grammar_compilation = False
    return engine


@dataclass(eq=False, slots=True)
class _Talk:
    """A dialogue, and where its outcome goes."""

    dialogue: Dialogue
    answers: dict[int, Written | Rejected]
    place: int


@dataclass(slots=True)
class _Vllm:
    """A writer with a loaded engine, which may be asked by several threads at once.

    Attributes:
        driver: The one thread that uses the engine.
        running: Dialogues that wait for the engine, by their requests.
    """

    name: str
    prompt_version: str
    config: VllmWriter
    engine: Any
    driver: ThreadPoolExecutor
    running: dict[str, _Talk] = field(default_factory=dict)

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order.

        All dialogues of all callers run at once: what follows from an answer joins the requests
        that are running.
        """
        answers: dict[int, Written | Rejected] = {}
        talks = [_Talk(dialogue(job, self.config), answers, i) for i, job in enumerate(jobs)]
        self.driver.submit(self._begin, talks).result()
        while len(answers) < len(talks):
            self.driver.submit(self._step).result()
        return [answers[place] for place in range(len(jobs))]

    def _begin(self, talks: Sequence[_Talk]) -> None:
        """Begin some dialogues."""
        if not self.running:
            # What is cached from earlier calls would change the batches, and with them the
            # rounding.
            self.engine.reset_prefix_cache()
        for talk in talks:
            self._go_on(talk, None)

    def _step(self) -> None:
        """Have the engine make one token of each answer, and go on with what is answered."""
        for output in self.engine.llm_engine.step() if self.running else ():
            if output.finished:
                self._go_on(self.running.pop(output.request_id), _reply(output))

    def _go_on(self, talk: _Talk, reply: Reply | None) -> None:
        """Go on with a dialogue until it waits for the engine or ends."""
        outcome = proceed(talk.dialogue, reply)
        while isinstance(outcome, Request):
            try:
                self.running[self._add(outcome)] = talk
                return
            except RowError as error:
                outcome = proceed(talk.dialogue, error)
        talk.answers[talk.place] = outcome

    def _add(self, request: Request) -> str:
        """Hand a request to the engine, and return the id that its output will have.

        Raises:
            RowError: The prompt leaves no room for an answer, or the picture cannot be read.
        """
        name = str(next(self.engine.request_counter))
        self.engine.llm_engine.add_request(name, self._prompt(request), self._sampling(request))
        return name

    def _prompt(self, request: Request) -> dict[str, Any]:
        """Return the tokens of a chat, and the picture that it shows.

        Raises:
            RowError: The prompt leaves no room for an answer, or a given text could end a turn.
        """
        tokenizer = self.engine.get_tokenizer()
        refuse_marks(request.messages[-1]["content"], tokenizer)
        chat = _with_picture(request) if request.image else list(request.messages)
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        tokens: list[int] = tokenizer.encode(text, add_special_tokens=False)
        room = self.config.max_model_len - self.config.max_tokens
        if len(tokens) > room:
            raise RowError(
                Reason.PROMPT_TOO_LONG,
                f"the prompt has {len(tokens)} tokens, and {KEY}.max_model_len "
                f"({self.config.max_model_len}) less max_tokens leaves {room}",
            )
        prompt: dict[str, Any] = {"prompt_token_ids": tokens}
        if request.image:
            prompt["multi_modal_data"] = {"image": load_picture(request.image)}
        return prompt

    def _sampling(self, request: Request) -> Any:
        """Return how the model is to answer a request."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        return SamplingParams(
            temperature=request.temperature,
            frequency_penalty=self.config.frequency_penalty,
            max_tokens=self.config.max_tokens,
            seed=request.seed,
            structured_outputs=StructuredOutputsParams(json=request.schema),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )


def _reply(output: Any) -> Reply:
    """Return what the model answered."""
    return Reply(output.outputs[0].text, output.outputs[0].finish_reason)


def _with_picture(request: Request) -> list[dict[str, Any]]:
    """Return a chat in parts, as the templates of vision models take it, the picture at its end."""
    chat = [
        {"role": message["role"], "content": [{"type": "text", "text": message["content"]}]}
        for message in request.messages
    ]
    chat[-1]["content"] = [{"type": "image"}, *chat[-1]["content"]]
    return chat
