"""What the writer adds to the time that vLLM needs for the same requests.

    python tests/benchmarks/writer.py TEXTS [JOBS] [REPEATS] [--part JOBS]

One `write()` of JOBS jobs, from the captions in the lines of TEXTS, is recorded: every request, and
before which step of the engine it came. Then the same call is timed, in turn with a bare loop that
hands the recorded requests, tokens and settings ready made, to the same engine in the same order of
dependence. The engine gives the same answers to the same requests, so both do the same work. Both
begin with an empty cache of prefixes. What is printed are ratios of medians, by
the clock and by the time of the processor, which other programs disturb less.

With --part the jobs are also written in parts of so many, once one after another, as a stage
would that lets the engine run empty at the end of each, and once all at the same time, as the
stage does (`parts_at_once`); answers that differ between the two are counted.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from accept import make_jobs, read_texts

from pipelines.recipe import Recipe, builtin_recipes
from syned.batches import batched
from syned.recipes import check, read_yaml

Wave = list[tuple[Any, Any]]
"""Requests, each a prompt and its settings, that came before one step of the engine."""


def recorded(write: Any, engine: Any) -> list[Wave]:
    """Return the requests that a call makes, in waves."""
    inner, waves, wave = engine.llm_engine, [], []
    add, step = inner.add_request, inner.step

    def add_and_note(name: str, prompt: Any, settings: Any) -> str:
        wave.append((prompt, settings))
        return str(add(name, prompt, settings))

    def step_and_note() -> Any:
        waves.append(wave.copy())
        wave.clear()
        return step()

    inner.add_request, inner.step = add_and_note, step_and_note
    try:
        write()
    finally:
        inner.add_request, inner.step = add, step
    return waves


def replay(waves: list[Wave], engine: Any) -> None:
    """Hand recorded requests to the engine, wave by wave."""
    engine.reset_prefix_cache()
    for wave in waves:
        for prompt, settings in wave:
            engine.llm_engine.add_request(str(next(engine.request_counter)), prompt, settings)
        engine.llm_engine.step()
    while engine.llm_engine.has_unfinished_requests():
        engine.llm_engine.step()


def seconds_of(call: Any) -> tuple[float, float]:
    """Return the seconds of a call, by the clock and of the processor."""
    begun, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - begun, time.process_time() - used


def compare_parts(writer: Any, asked: list[Any], size: int) -> None:
    """Print what parts that are written at once save over parts one after another."""
    parts = list(batched(asked, size))

    def one_after_another() -> list[Any]:
        return [answer for part in parts for answer in writer.write(part)]

    def at_once() -> list[Any]:
        with ThreadPoolExecutor(len(parts)) as threads:
            return [answer for answers in threads.map(writer.write, parts) for answer in answers]

    results: dict[str, list[Any]] = {}
    took = {}
    for run in (one_after_another, at_once):
        took[run.__name__] = seconds_of(lambda run=run: results.update({run.__name__: run()}))
    (alone, alone_used), (beside, beside_used) = took.values()
    differ = sum(one != other for one, other in zip(*results.values(), strict=True))
    print(f"{len(parts)} parts: one after another {alone:.1f} s, at once {beside:.1f} s")
    print(
        f"ratio by the clock {beside / alone:.3f}, by the processor {beside_used / alone_used:.3f}"
    )
    print(f"{differ} of {len(asked)} answers differ")


def main(
    texts: Path,
    jobs: Annotated[int, typer.Argument()] = 64,
    repeats: Annotated[int, typer.Argument()] = 3,
    part: Annotated[int | None, typer.Option()] = None,
) -> None:
    """Print the ratios."""
    from pipelines.writers.vllm import load_vllm_writer

    config = check(Recipe, read_yaml(builtin_recipes()["tiny"]), "tiny").instruct.writer
    writer: Any = load_vllm_writer(config)
    asked = make_jobs(list(read_texts(texts, "caption")), jobs, "write")
    writer.write(asked)  # warm
    waves = recorded(lambda: writer.write(asked), writer.engine)
    ours, bare = [], []
    for _ in range(repeats):
        ours.append(seconds_of(lambda: writer.write(asked)))
        bare.append(seconds_of(lambda: writer.driver.submit(replay, waves, writer.engine).result()))
        print(f"write() {ours[-1][0]:.1f} s, bare engine {bare[-1][0]:.1f} s", flush=True)
    print(f"{sum(map(len, waves))} requests for {jobs} jobs in {len(waves)} steps")
    for kind, what in enumerate(("clock", "processor")):
        mine, its = (statistics.median(times[kind] for times in all_) for all_ in (ours, bare))
        print(f"ratio by the {what} {mine / its:.3f}")
    if part:
        compare_parts(writer, asked, part)
    sys.stdout.flush()
    os._exit(0)  # the engine's threads are not waited for


if __name__ == "__main__":
    typer.run(main)
