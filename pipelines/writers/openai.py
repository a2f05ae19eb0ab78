"""A language model behind a server that speaks OpenAI's API, such as `vllm serve`.

A server of vLLM should be started with `--structured-outputs-config
'{"disable_any_whitespace": true}'`, since a request cannot forbid free white space itself.
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from PIL import Image

from pipelines.engines import Rejected, WriteJob, Writer, Written
from pipelines.sections.writers import OpenAIWriter
from pipelines.writers.dialogue import Reply, Request, dialogue, proceed
from pipelines.writers.prompt import prompt_version
from syned.errors import EngineError, RowError
from syned.images import READERS
from syned.reasons import Reason
from syned.rows import EncodedImage
from syned.secrets import SHORTEST, hidden

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY = "instruct.writer"
PAUSE = 0.5
"""Seconds before a request is sent again whose answer was no JSON; doubled each time."""
_NEVER_REACHED = ("ConnectError", "ConnectTimeout")
"""What the HTTP client raises if there is no connection; its package has had two names."""


def load_openai_writer(config: OpenAIWriter) -> Writer:
    """Return the writer that a recipe asks for; the server is asked only when there are jobs.

    Raises:
        EngineError: The key cannot be sent.
    """
    key = os.environ.get(config.api_key_variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EngineError(
            f"{config.api_key_variable} holds characters that no key has; set it anew"
        )
    version = prompt_version(config.mode, config.keep_instruction)
    return _OpenAI(f"openai:{config.model}", version, config, key)


@dataclass(slots=True)
class _OpenAI:
    """A writer that sends its requests to a server."""

    name: str
    prompt_version: str
    config: OpenAIWriter
    key: str

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order.

        Raises:
            EngineError: The server cannot be reached at all, refuses the key, or lacks the model.
        """
        try:
            return asyncio.run(_write(jobs, self.config, self.key))
        except BaseExceptionGroup as group:
            faults = [e for e in group.exceptions if isinstance(e, EngineError)]
            if not faults:
                raise
            # The cause may hold the key in its headers.
            raise faults[0] from None


async def _write(
    jobs: Sequence[WriteJob], config: OpenAIWriter, key: str
) -> list[Written | Rejected]:
    """Hold a dialogue about each job, all at once."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(
        base_url=config.base_url,
        # The client insists on a key; a server without keys does not read it.
        api_key=key or "none",
        timeout=config.timeout_seconds,
        # It waits longer each time, or as long as the server says (`Retry-After`).
        max_retries=config.max_retries,
    )
    async with client, asyncio.TaskGroup() as group:
        server = _Server(client, config, key, asyncio.Semaphore(config.concurrency))
        tasks = [group.create_task(server.talk(job)) for job in jobs]
    return [task.result() for task in tasks]


@dataclass(slots=True)
class _Server:
    """A connection to the server, for the jobs of one call."""

    client: AsyncOpenAI
    config: OpenAIWriter
    key: str
    slots: asyncio.Semaphore
    reached: bool = False
    """Whether it has answered anything yet."""

    async def talk(self, job: WriteJob) -> Written | Rejected:
        """Hold the dialogue about one job."""
        talk = dialogue(job, self.config)
        outcome = proceed(talk, None)
        while isinstance(outcome, Request):
            async with self.slots:
                try:
                    reply: Reply | RowError = await self._ask(outcome)
                except RowError as error:
                    reply = error
            outcome = proceed(talk, reply)
        return outcome

    async def _ask(self, request: Request) -> Reply:
        """Send one request, again and again if need be.

        Raises:
            RowError: No answer came, or the prompt is too long.
            EngineError: No request can succeed.
        """
        from openai import APIError

        asked = _body(request, self.config)
        for attempt in range(self.config.max_retries + 1):
            try:
                completion = await self.client.chat.completions.create(**asked)
            except APIError as error:
                self._explain(error)
            except ValueError:
                completion = None
            self.reached = True
            choices = getattr(completion, "choices", None)
            if choices:
                message = choices[0].message
                text = message.content or getattr(message, "refusal", None) or ""
                return Reply(self._without_key(text), choices[0].finish_reason)
            await asyncio.sleep(PAUSE * 2**attempt)
        raise RowError(Reason.NO_ANSWER, f"{self._where()} answered, but not with a completion")

    def _explain(self, error: Exception) -> NoReturn:
        """Raise an error that says what a request met.

        Raises:
            RowError: Another request may succeed.
            EngineError: None can.
        """
        status = getattr(error, "status_code", None)
        refused = type(error.__cause__).__name__ in _NEVER_REACHED
        if refused and not self.reached:
            raise EngineError(
                f"no server answers at {self._where()}; start it, or set {KEY}.base_url"
            ) from None
        self.reached = self.reached or not refused
        if status in (401, 403):
            raise EngineError(
                f"{self._where()} refuses the key ({status}); set the environment variable "
                f"{self.config.api_key_variable}"
            ) from None
        if status == 404:
            raise EngineError(
                f"{self._where()} has no model {self.config.model!r}, or no chat (404); set "
                f"{KEY}.model to one of those that {self._where()}/models lists"
            ) from None
        said = self._said(error)
        if status == 400 and "context" in said and "length" in said:
            raise RowError(Reason.PROMPT_TOO_LONG, f"the server says: {said}") from None
        tries = self.config.max_retries + 1
        raise RowError(
            Reason.NO_ANSWER, f"no answer from {self._where()} in {tries} tries: {said}"
        ) from None

    def _said(self, error: Exception, length: int = 160) -> str:
        """Return what an error says in one short line, without the key."""
        line = self._without_key(hidden(" ".join(str(error).split())))
        return line if len(line) <= length else line[: length - 1] + "…"

    def _without_key(self, text: str) -> str:
        """Return what a server says; one that repeats the key does not get it into a dataset."""
        return text.replace(self.key, "(key)") if len(self.key) >= SHORTEST else text

    def _where(self) -> str:
        """Return the server's address without what only its user should know."""
        return hidden(self.config.base_url).rstrip("/")


def _body(request: Request, config: OpenAIWriter) -> dict[str, Any]:
    """Return what is sent for a request.

    Raises:
        RowError: The picture cannot be read.
    """
    messages: list[dict[str, Any]] = [dict(message) for message in request.messages]
    if request.image:
        text = {"type": "text", "text": messages[-1]["content"]}
        picture = {"type": "image_url", "image_url": {"url": data_url(request.image)}}
        messages[-1]["content"] = [picture, text]
    form = {"name": "answer", "strict": True, "schema": request.schema}
    return {
        "model": config.model,
        "messages": messages,
        "temperature": request.temperature,
        "seed": request.seed,
        "frequency_penalty": config.frequency_penalty,
        "max_tokens": config.max_tokens,
        "response_format": {"type": "json_schema", "json_schema": form},
    }


def data_url(image: EncodedImage) -> str:
    """Return an encoded picture, byte for byte, as a URL that holds it.

    Raises:
        RowError: It is no picture.
    """
    try:
        with Image.open(io.BytesIO(image.bytes), formats=READERS) as picture:
            kind = Image.MIME[picture.format or ""]
    except (OSError, KeyError) as error:
        raise RowError(Reason.UNREADABLE, f"the picture cannot be sent: {error}") from error
    return f"data:{kind};base64,{base64.b64encode(image.bytes).decode('ascii')}"
