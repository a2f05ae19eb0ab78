"""The conversation about one job: what is asked in turn, what is taken, and when to give up.

A dialogue is a generator. It yields a `Request`, receives the `Reply`, and returns what is written
or why nothing is. Engines only carry requests out, so that all of them ask the same.

The steps are a plan (instruction and edited caption, and the source caption of a picture that has
none), then the captions, then, if it was asked for, the same for the way back. Each step has the
temperatures of the recipe as its ladder: what is bad is asked for again one rung higher and with
another seed, and what is good is kept.

What raised the share of rows that SmolLM2-135M-Instruct gets right, under rules like these, from
captions of photographs (32 to 40 rows each; one standard error is 8 points): one answer, all bad
ones again, at temperatures of 0.6 to 0.8: 33 %; at 0.1 to 0.7, where it copies what it is shown:
25 %; with drafts of the edited caption and each bad caption asked for by itself: 44 %; with only
the instruction shown when it is asked again, so that there is nothing else to copy: 72 %.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.engines import Rejected, WriteJob, Written
from pipelines.sections.writers import ModelWriter
from pipelines.writers import answers, prompt
from pipelines.writers.drafts import drafts
from pipelines.writers.prompt import TASKS, Brief, Message
from pipelines.writers.tasks import NAMES_A_THING, task_of
from syned.errors import RowError
from syned.ids import seed_for
from syned.reasons import Reason
from syned.rows import TASK_BACK, EncodedImage


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    """Of the JSON that it must answer."""
    temperature: float
    seed: int
    image: EncodedImage | None
    """What the model is to see with the last message."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    finish_reason: str | None
    """Why it stopped; anything but "stop" means that it was cut off."""


Dialogue = Generator[Request, Reply, Written | Rejected]


@dataclass(slots=True)
class _Talk:
    """What is asked by, and what was said so far."""

    config: ModelWriter
    seed: int
    raw: list[str] = field(default_factory=list)
    bad: int = 0

    def ask(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        brief: Brief,
        step: str,
        rung: int,
    ) -> Generator[Request, Reply, Reply]:
        """Ask once, and keep what was answered."""
        seed = seed_for(self.seed, step, str(rung))
        temperature = self.config.temperatures[rung]
        reply = yield Request(messages, schema, temperature, seed, brief.image)
        # A server may send half of a surrogate pair, which no file can hold.
        self.raw.append(reply.text.encode("utf-8", "replace").decode("utf-8"))
        return reply


def dialogue(job: WriteJob, config: ModelWriter) -> Dialogue:
    """Ask for all that a job needs.

    An engine that cannot carry a request out throws a `RowError` into the generator.

    Returns:
        What was written; its `attempts` are one more than the bad answers. Or why nothing was, with
        every answer of the model, a line each.
    """
    talk = _Talk(config, job.seed)
    try:
        brief, captions = yield from _written(brief_of(job, config), talk, "")
    except RowError as error:
        raw = "\n".join(talk.raw) or None
        return Rejected(error.reason, error.message, max(talk.bad, 1), raw)
    first = (brief.instruction,) if brief.keep_instruction else ()
    written = Written(
        task=brief.task,
        instruction=brief.instruction,
        captions=first + captions,
        source_caption=brief.source_caption,
        edited_caption=brief.edited_caption,
        attempts=1 + talk.bad,
    )
    return (yield from _with_way_back(written, brief, talk)) if job.inverse else written


def _with_way_back(
    written: Written, brief: Brief, talk: _Talk
) -> Generator[Request, Reply, Written]:
    """Ask for the way back too; without a good answer the pair is good as it is."""
    try:
        back, captions = yield from _written(_way_back(brief), talk, "back ")
    except RowError:
        return written
    first = (back.instruction,) if back.keep_instruction else ()
    return replace(written, inverse_instruction=back.instruction, inverse_captions=first + captions)


def brief_of(job: WriteJob, config: ModelWriter) -> Brief:
    """Return what is known of a job before a model is asked.

    Raises:
        RowError: No model can be asked: there is nothing to paraphrase, a model cannot do this
            task, or not without a caption.
    """
    given = job.given_instruction or ""
    if config.mode == "paraphrase" and not given.strip():
        hint = "give the pictures instructions, or set instruct.writer.mode to write"
        raise RowError(Reason.NO_INSTRUCTION, f"no instruction came with the picture; {hint}")
    if job.task not in TASKS:
        raise RowError(Reason.NO_EDIT_FITS, f"a model cannot be asked for the task {job.task}")
    looks = config.mode == "look"
    if not (job.source_caption or given.strip() or looks) and job.task in NAMES_A_THING:
        hint = "give the pictures captions, or leave this task out"
        raise RowError(Reason.NO_EDIT_FITS, f"no caption says what there is to {job.task}; {hint}")
    return Brief(
        task=task_of(given, job.task) if given.strip() else job.task,
        source_caption=job.source_caption or ("" if looks else prompt.NO_CAPTION),
        instruction=given if given.strip() else "",
        edited_caption=job.given_edited_caption or "",
        seed=job.seed,
        image=job.image if looks else None,
        keep_instruction=config.keep_instruction,
    )


def _way_back(brief: Brief) -> Brief:
    """Return the brief of the way back: the captions of both pictures are known, the edit is not.

    The edited picture is not there yet, so nothing is looked at.
    """
    return replace(
        brief,
        task=TASK_BACK.get(brief.task, brief.task),
        source_caption=brief.edited_caption,
        instruction="",
        edited_caption=brief.source_caption,
        image=None,
        undoes=brief.instruction,
    )


def _written(
    brief: Brief, talk: _Talk, step: str
) -> Generator[Request, Reply, tuple[Brief, tuple[str, ...]]]:
    """Ask for the plan, unless all of it is known, and for the captions.

    Raises:
        RowError: The last defect, where no rung of a ladder gave a good answer.
    """
    if prompt.missing(brief):
        brief = yield from _plan(brief, talk, step + "plan")
    captions = yield from _captions(brief, talk, step + "captions")
    return brief, captions


def _plan(brief: Brief, talk: _Talk, step: str) -> Generator[Request, Reply, Brief]:
    """Ask for what is missing of a plan until all of it is good."""
    fault: RowError | None = None
    for rung in range(len(talk.config.temperatures)):
        known = drafts(answers.change_of(brief)) if rung and brief.instruction else []
        chat, schema = prompt.plan_chat(brief, rung), prompt.plan_schema(brief, known)
        reply = yield from talk.ask(chat, schema, brief, step, rung)
        try:
            brief, fault = answers.take_plan(reply.text, reply.finish_reason, brief)
        except RowError as error:
            fault = error
        if fault is None:
            return brief
        talk.bad += 1
    assert fault is not None, "a ladder has at least one rung"
    raise fault


def _captions(brief: Brief, talk: _Talk, step: str) -> Generator[Request, Reply, tuple[str, ...]]:
    """Ask for all captions at once, then for each that is not good yet by itself."""
    fault: RowError | None = None
    good: dict[str, str] = {}
    for rung in range(len(talk.config.temperatures)):
        missing = [way for way in brief.ways if way not in good]
        for ways in [missing] if rung == 0 else [[way] for way in missing]:
            chat, schema = prompt.captions_chat(brief, ways, rung > 0), prompt.captions_schema(ways)
            part = step + "".join(ways) if rung else step
            reply = yield from talk.ask(chat, schema, brief, part, rung)
            try:
                good, bad = answers.take_captions(
                    reply.text, reply.finish_reason, brief, ways, good
                )
            except RowError as error:
                bad = error
            fault = bad or fault
            talk.bad += bad is not None
        if len(good) == len(brief.ways):
            return tuple(good[way] for way in brief.ways)
    assert fault is not None, "a ladder has at least one rung"
    raise fault


def proceed(dialogue: Dialogue, reply: Reply | RowError | None) -> Request | Written | Rejected:
    """Go on with a dialogue until it asks again or ends.

    Args:
        dialogue: The dialogue.
        reply: What the model answered, why it could not be asked, or nothing at the beginning.
    """
    try:
        if isinstance(reply, RowError):
            return dialogue.throw(reply)
        return dialogue.send(reply)  # type: ignore[arg-type]
    except StopIteration as end:
        answer: Written | Rejected = end.value
        return answer
