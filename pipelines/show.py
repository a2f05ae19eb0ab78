"""Plans and results as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from pipelines.diversity import Diversity
from pipelines.funnel import Funnel
from pipelines.generate import Outcome
from pipelines.plan import Plan, SourcePlan
from pipelines.recipe import Recipe
from pipelines.requirements import engine_name
from pipelines.sections.base import Section
from pipelines.sections.writers import ModelWriter
from syned.progress import describe_reasons, size
from syned.run import RunFolder

NUMERIC = frozenset("ok filtered failed found instructions each workers time disk".split())
"""Columns that are set to the right."""


def new_table(title: str, *columns: str) -> Table:
    """Return an empty table; columns of numbers are set to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for column in columns:
        numeric = column in NUMERIC
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    return table


def print_plan(plan: Plan, run: RunFolder, console: Console) -> None:
    """Print what a run will do: stages, engines, models, parts, pictures and disk."""
    recipe = plan.recipe
    console.print(_stage_table(recipe))
    console.print(_source_table(plan))
    found = "any number" if None in _found(plan) else str(sum(n or 0 for n in _found(plan)))
    console.print(
        f"pairs     {recipe.n:,} before filtering, from {plan.instructions:,} instructions"
    )
    if plan.most_kept:
        most = ", ".join(f"{number:,} {name}" for name, number in plan.most_kept.items())
        console.print(f"kept      at most {most}")
    console.print(f"parts     {plan.parts} of up to {recipe.part_size} pairs")
    console.print(f"pictures  {plan.needed} needed at least, {found} found")
    console.print(f"disk      about {size(plan.disk_bytes)} in {run.path}")


def _found(plan: Plan) -> list[int | None]:
    return [source.found for source in plan.sources]


def _stage_table(recipe: Recipe) -> Table:
    """Return the stages with their engines and models."""
    table = new_table(f"Plan of recipe {recipe.name}", "stage", "engine", "model", "settings")
    rules = recipe.filter.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    table.add_row("sample", ", ".join(s.kind for s in recipe.sample.sources), "", _image(recipe))
    candidates = f"{recipe.edit.candidates} candidates per instruction"
    settings = {"instruct": _tasks(recipe), "edit": candidates}
    for key, section in recipe.engines().items():
        stage = key.partition(".")[0]
        table.add_row(stage, _engine(key, section), _model(section), settings.pop(stage, ""))
    table.add_row("score", "pixels, captions", "", "")
    table.add_row("filter", "", "", ", ".join(f"{k}={v}" for k, v in rules.items()))
    table.add_row(
        "export", "", "", ", ".join(f"{k} {v:g}" for k, v in recipe.export.splits.items())
    )
    return table


def _engine(key: str, section: Section) -> str:
    """Return the name of an engine, its mode, and the task that it is for if not for all."""
    _, routed, task = key.partition(".routes.")
    mode = f", {section.mode}" if isinstance(section, ModelWriter) else ""
    return engine_name(key, section) + mode + (f" (for {task})" if routed else "")


def _image(recipe: Recipe) -> str:
    image = recipe.image
    return f"longer side {image.resolution} px, {image.format} quality {image.quality}"


def _tasks(recipe: Recipe) -> str:
    return ", ".join(f"{task} {share:g}" for task, share in recipe.instruct.writer.tasks.items())


def _model(config: object) -> str:
    """Return a model and its revision, if the engine has one."""
    model, revision = getattr(config, "model", ""), getattr(config, "revision", None)
    return f"{model}@{revision}" if revision else model


def _source_table(plan: Plan) -> Table:
    table = new_table("Sources", "source", "found", "instructions", "split")
    for source in plan.sources:
        numbers = (_count(source), f"{source.instructions:,}")
        table.add_row(source.name, *numbers, source.into or "drawn")
    return table


def _count(source: SourcePlan) -> str:
    return "drawn" if source.found is None else f"{source.found:,}"


def print_outcome(outcome: Outcome, run: RunFolder, console: Console) -> None:
    """Print the funnel, the splits, and where things are."""
    console.print(funnel_table(outcome.funnel))
    splits = ", ".join(f"{name} {rows}" for name, rows in outcome.exported.rows.items())
    kept = f"{outcome.funnel.kept} of {outcome.funnel.asked} pairs"
    console.print(f"kept      {kept} ({splits or 'no split has any'})")
    tasks = ", ".join(f"{task} {rows}" for task, rows in outcome.funnel.by_task.items())
    console.print(f"tasks     {tasks}")
    console.print(f"words     {_words(outcome.funnel.diversity)}")
    for task, bounds in outcome.funnel.rules.get("calibrated", {}).items():
        told = ", ".join(f"{rule}={value:.3g}" for rule, value in bounds.items())
        console.print(f"found     {told} (of {task})")
    if outcome.exported.inverse:
        console.print(f"inverse   {outcome.exported.inverse} pairs also turned round")
    if outcome.exported.note:
        console.print(f"note      {outcome.exported.note}")
    if not outcome.funnel.kept:
        rules = "loosen the rules with `syned filter`, or look with `syned preview`"
        console.print(f"dataset   empty: no pair was kept; {rules}")
        return
    place = run.dataset
    console.print(
        f"dataset   {place} ({size(sum(outcome.exported.files.values()))})", soft_wrap=True
    )
    files = f'"parquet", data_files="{place}/data/*.parquet"'
    load = f'"{place}"' if isinstance(run.dataset, Path) else files
    console.print(f"load      datasets.load_dataset({load})", soft_wrap=True)
    console.print(f"look      syned preview {run.path}", soft_wrap=True)


def _words(found: Diversity) -> str:
    """Return how varied the kept instructions and captions are."""
    verbs = ", ".join(f"{verb} {count}" for verb, count in list(found.verbs.items())[:3])
    objects = ", ".join(f"{name} {count}" for name, count in list(found.objects.items())[:3])
    return (
        f"{found.distinct} different of {found.instructions} instructions; most: {verbs}; "
        f"{objects}; distinct-1 of the captions {found.distinct_1:.2f}, distinct-2 "
        f"{found.distinct_2:.2f}"
    )


def funnel_table(funnel: Funnel) -> Table:
    """Return the funnel: rows per stage and what became of them."""
    table = new_table("Funnel", "stage", "rows", "ok", "filtered", "failed", "reasons")
    for count in funnel.stages:
        reasons = describe_reasons(Counter(count.reasons), most=6)
        numbers = (str(count.ok), str(count.filtered), str(count.failed))
        table.add_row(count.stage, count.unit, *numbers, reasons)
    return table
