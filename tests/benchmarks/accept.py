"""How many answers of a language model the writer takes, and how good those are.

    python tests/benchmarks/accept.py TEXTS [N] [--mode paraphrase] [--out ROWS.jsonl]

TEXTS is a folder with `metadata.jsonl`, a JSONL or CSV file with a column `caption` (with `--mode
paraphrase`: `instruction`), or a file of lines. The writer is that of the recipe `tiny`; `--set
KEY=VALUE` changes its values. Texts are used in turn until there are N, and so are the tasks.
Defects of what was taken are counted by code that shares nothing with the writer's rules: sets of
characters and trigrams, short lists of words, and the first and last letters.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from pipelines.diversity import distinct_n
from pipelines.engines import Rejected, WriteJob, Written
from pipelines.recipe import Recipe, builtin_recipes
from syned.ids import seed_for
from syned.recipes import check, read_yaml, set_values
from syned.rows import EncodedImage, Task

BATCH = 64
"""Jobs that the writer gets at once; after each batch the figures so far are printed."""
TASKS = [task for task in Task if task is not Task.NONE]
NEAR = 0.7
"""Jaccard similarity of character trigrams from which two texts are near copies."""
TALK = ("as an ai", "i'm sorry", "i cannot", "language model", "here are", "sure,", "apolog")
LEAKS = ("caption", "<instruct", "json", "prompt", "{", "}", "[", "]", "|", "http")
EMPTY = frozenset(
    "the a an picture image photo edited edit changed change changes has have been is was were new"
    " second first different now it something some shows show version this that in of".split()
)
OPPOSITES = (("night", "day"), ("winter", "summer"), ("open", "closed"), ("bigger", "smaller"))
COLORS = frozenset("red orange yellow green blue purple pink brown black white gray".split())


def read_texts(path: Path, column: str) -> Iterator[str]:
    """Yield the texts of a folder or file."""
    path = path / "metadata.jsonl" if path.is_dir() else path
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            yield from (row[column] for row in csv.DictReader(file))
        elif path.suffix == ".jsonl":
            yield from (json.loads(line)[column] for line in file)
        else:
            yield from (line.strip() for line in file if line.strip())


def make_jobs(texts: list[str], n: int, mode: str) -> list[WriteJob]:
    """Return N jobs, with the texts and the tasks in turn."""
    given = mode == "paraphrase"
    return [
        WriteJob(
            image=EncodedImage(b""),
            scene=None,
            task=TASKS[i % len(TASKS)],
            source_caption="" if given else texts[i % len(texts)],
            given_instruction=texts[i % len(texts)] if given else None,
            given_edited_caption=None,
            seed=seed_for(0, "accept", str(i)),
        )
        for i in range(n)
    ]


def trigrams(text: str) -> set[str]:
    """Return the trigrams of a text's letters and digits."""
    plain = " ".join("".join(ch if ch.isalnum() else " " for ch in text.lower()).split())
    return {plain[i : i + 3] for i in range(max(1, len(plain) - 2))}


def alike(one: str, other: str) -> bool:
    """Say whether two texts are near copies."""
    a, b = trigrams(one), trigrams(other)
    return len(a & b) / max(1, len(a | b)) >= NEAR


def set_defects(row: Written) -> Iterator[str]:
    """Yield the defects of the five captions together."""
    if len(row.captions) != 5:
        yield "count"
    if any(alike(a, b) for a, b in combinations(row.captions, 2)):
        yield "near copies"
    others = (row.instruction, row.source_caption, row.edited_caption)
    if any(trigrams(c) == trigrams(o) for c in row.captions for o in others):
        yield "copy of instruction or caption"


def caption_defects(text: str, row: Written) -> Iterator[str]:
    """Yield the defects of one caption."""
    low = text.lower()
    tokens = "".join(ch if ch.isalnum() else " " for ch in low).split()
    if set(text) & set('"“”`') and (text[0] == text[-1] or text.count('"') % 2):
        yield "quotes"
    if text[:1].isdigit() and text[1:2] in ".):":
        yield "numbering"
    if any(mark in low for mark in TALK):
        yield "talk about itself"
    if any(mark in low for mark in LEAKS) and not any(m in row.instruction.lower() for m in LEAKS):
        yield "leak"
    if not 12 <= len(text) < 160 or text[-1] in ",;:-" or tokens[-1:] in (["the"], ["a"], ["and"]):
        yield "truncated"
    if not set(tokens) - EMPTY:
        yield "says nothing"
    if "\n" in text or "  " in text or not text.isprintable():
        yield "white space"
    yield from opposites(set(tokens), row)


def opposites(tokens: set[str], row: Written) -> Iterator[str]:
    """Yield contradictions that a list of opposites and of colors can tell."""
    told, known = row.instruction.lower().split(), f"{row.source_caption} {row.edited_caption}"
    command = {word.strip(".,\"'") for word in told}
    context = command | set(known.lower().replace(".", " ").split())
    for pair in OPPOSITES:
        for wanted, other in (pair, pair[::-1]):
            if wanted in command and other not in context and tokens & {*pair} == {other}:
                yield "contradiction"
    colors = tokens & COLORS
    if row.task is Task.COLOR and colors and not colors & context:
        yield "contradiction"
    if row.task is Task.REMOVE and tokens & {"added", "appeared", "inserted"}:
        yield "contradiction"


def defects(row: Written) -> list[str]:
    """Return the defects of what was written."""
    return [*set_defects(row), *(d for text in row.captions for d in caption_defects(text, row))]


def main(
    texts: Path,
    n: Annotated[int, typer.Argument()] = 500,
    mode: str = "write",
    out: Path | None = None,
    set_: Annotated[list[str] | None, typer.Option("--set")] = None,
) -> None:
    """Run the writer and print what came of it."""
    from pipelines.instruct import load_writer

    changes = [f"mode={mode}", *(set_ or [])]
    values = read_yaml(builtin_recipes()["tiny"])
    values = set_values(values, [f"instruct.writer.{change}" for change in changes])
    writer = load_writer(check(Recipe, values, "tiny").instruct.writer)
    lines = list(read_texts(texts, "instruction" if mode == "paraphrase" else "caption"))
    asked = make_jobs(lines, n, mode)
    answers: list[Written | Rejected] = []
    begun = time.perf_counter()
    for start in range(0, n, BATCH):
        answers += writer.write(asked[start : start + BATCH])
        report(asked[: len(answers)], answers, time.perf_counter() - begun)
        if out:
            rows = [json.dumps(as_row(j, a)) for j, a in zip(asked, answers, strict=False)]
            out.write_text("\n".join(rows), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # the engine's threads are not waited for


def as_row(job: WriteJob, answer: Written | Rejected) -> dict[str, object]:
    """Return a job and its answer for a person to read."""
    row: dict[str, object] = {"picture": job.source_caption, "given": job.given_instruction}
    names = ["task", "instruction", "edited_caption", "captions", "attempts"]
    if isinstance(answer, Rejected):
        row["task"], names = job.task, ["reason", "message", "raw_answer", "attempts"]
    return row | {name: getattr(answer, name) for name in names}


def report(asked: list[WriteJob], answers: list[Written | Rejected], seconds: float) -> None:
    """Print the figures."""
    pairs = list(zip(asked, answers, strict=True))
    written = [answer for answer in answers if isinstance(answer, Written)]
    some = max(1, len(written))
    shares = Counter(job.task for job, answer in pairs if isinstance(answer, Written))
    totals = Counter(job.task for job in asked)
    reasons = Counter(a.reason.value for a in answers if isinstance(a, Rejected))
    spoilt = [found for row in written if (found := defects(row))]
    kinds = Counter(kind for found in spoilt for kind in found)
    print(f"\naccepted    {len(written)} of {len(asked)} ({len(written) / len(asked):.1%})")
    print("by task    ", ", ".join(f"{task} {shares[task]}/{totals[task]}" for task in TASKS))
    print(f"attempts    {sum(a.attempts for a in answers) / some:.2f} per accepted row")
    print("rejects    ", ", ".join(f"{r} {c}" for r, c in reasons.most_common()) or "none")
    print(f"defects     {len(spoilt)} of {len(written)} rows", dict(kinds) or "")
    for size in (1, 2):
        mean = sum(distinct_n(row.captions, size) for row in written) / some
        print(f"distinct-{size}  {mean:.3f}")
    print(f"rate        {len(asked) / seconds:.2f} rows/s in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    typer.run(main)
