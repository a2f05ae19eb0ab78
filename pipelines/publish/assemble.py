"""Lays out what is published of a run, in `RUN/publish`: shards, card, pictures of the card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.card import render_card
from pipelines.card_facts import CardFacts, CheckFacts, ConfigFacts
from pipelines.export import read_exported
from pipelines.funnel import read_funnel
from pipelines.generate import card_facts
from pipelines.publish.pictures import write_pictures
from pipelines.publish.variants import VARIANTS, write_variant
from pipelines.recipe import Recipe
from pipelines.sample import read_layout
from pipelines.verify.known import Known
from pipelines.verify.report import Verified
from pipelines.verify.verify import Progress, verify
from syned.dataset import CARD
from syned.errors import RunError, SourceError
from syned.folders import appear_whole, link
from syned.recipes import check
from syned.run import RunFolder
from syned.storage import write_whole

PICTURES = "card"
"""The folder with the pictures of the card."""
PUBLISHED = frozenset((CARD, "data", PICTURES, *VARIANTS))
"""What lies in the folder that a run is published from."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A dataset ready to be published.

    Attributes:
        folder: Where it is.
        verified: What verification found of it.
        alone: Whether it is no run's, so that all of its files are published.
    """

    folder: Path
    verified: Verified
    alone: bool = False

    @property
    def files(self) -> dict[str, Path]:
        """Return its files by their path; hidden ones, and those that are not a run's, stay."""
        found = ((p.relative_to(self.folder), p) for p in sorted(self.folder.rglob("*")))
        return {
            name.as_posix(): path
            for name, path in found
            if path.is_file()
            and not any(part.startswith(".") for part in name.parts)
            and (self.alone or name.parts[0] in PUBLISHED)
        }


def assemble(
    run: RunFolder,
    *,
    variants: Sequence[str] | None = None,
    repo: str | None = None,
    name: str | None = None,
    known: Known | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Assembled:
    """Lay out the dataset of a run with its variants, verify it and write its card.

    Shards are linked, and variants that are there already stay.

    Args:
        run: A finished run.
        variants: Names of `VARIANTS`; those that were laid out before if not given.
        repo: Where it will be published, for the card.
        name: What the dataset is called on its card.
        known: Pictures of evaluation sets that nothing may come close to.
        progress: Told of rows as they are verified.

    Raises:
        RunError: The run is not finished, or there is no such variant.
    """
    folder = run.local / "publish"
    if variants is None:
        variants = [name for name in VARIANTS if (folder / name).is_dir()]
    unknown = sorted(set(variants) - set(VARIANTS))
    if unknown:
        raise RunError(f"there is no variant {unknown[0]!r}; known are {', '.join(VARIANTS)}")
    recipe = check(Recipe, run.load_recipe(), str(run.recipe_path))
    facts, mark = _facts(run, recipe)
    facts = replace(facts, repo=repo or facts.repo, name=name or facts.name)
    parts = read_layout(run, recipe).parts
    folder.mkdir(exist_ok=True)
    appear_whole(folder / "data", mark, lambda new: link(run.local / "dataset" / "data", new))
    for other in set(VARIANTS) - set(variants):
        shutil.rmtree(folder / other, ignore_errors=True)
    configs = []
    for variant in variants:
        rows = write_variant(variant, run, parts, recipe, folder / variant, mark)
        kind = VARIANTS[variant]
        configs.append(ConfigFacts(variant, kind.meaning, rows, kind.row_type))
    pictures = write_pictures(run, recipe, parts, folder / PICTURES, mark)
    facts = replace(facts, configs=configs, pictures=pictures)
    # The card states counts, which are verified, and tells what came of it.
    write_whole(folder / CARD, render_card(facts))
    verified = verify(folder, name=str(folder), known=known, progress=progress)
    write_whole(folder / CARD, render_card(replace(facts, checks=_checks(verified))))
    return Assembled(folder, verified)


def _facts(run: RunFolder, recipe: Recipe) -> tuple[CardFacts, str]:
    """Return what a card says of a run, and the fingerprint of its dataset."""
    funnel, exported = read_funnel(run), read_exported(run)
    if exported is None:
        raise RunError(
            f"{run.path} has no finished dataset; run its `syned generate` command again, "
            "or `syned filter`"
        )
    return card_facts(recipe, run, funnel, exported), exported.fingerprint


def _checks(verified: Verified) -> list[CheckFacts]:
    return [CheckFacts(found.what, found.ok) for found in verified.checks]


def verify_folder(
    folder: Path, variants: Sequence[str], known: Known | None, progress: Progress
) -> Assembled:
    """Verify a folder that is no run, and take it as it is.

    Raises:
        RunError: Variants are asked for, which only a run has.
        SourceError: There is no such folder, or no Parquet file in it.
    """
    if variants:
        raise RunError(f"{folder} is no run, so it has no variants but those that lie in it")
    if not folder.is_dir():
        raise SourceError(f"{folder}: expected a run, or a folder with shards and a card")
    return Assembled(folder, verify(folder, known=known, progress=progress), alone=True)
