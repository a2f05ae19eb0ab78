"""Compares a card with what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.verify.report import Ledger
from syned.dataset import CARD, DEFAULT, Card, Dataset, configs_of

Counts = Mapping[str, Mapping[str, int]]


def look_at_card(dataset: Dataset, counts: Counts, ledger: Ledger) -> None:
    """Check that a card is there and can be read, names the shards and states their counts.

    Args:
        dataset: The dataset.
        counts: Rows by configuration and split, as they were read.
        ledger: Where problems are noted.
    """
    card = dataset.card
    if card.text is None:
        ledger.add("card", "there is no card", CARD)
        return
    if card.fault:
        ledger.add("card", "the card cannot be read by the Hub", f"{CARD}: {card.fault}")
        return
    if not card.front.get("license"):
        ledger.add("licences", "the card states no licence", f"{CARD}: license")
    _patterns_without_files(dataset, ledger)
    _stated(card, counts, ledger)
    _tables(card, counts, ledger)


def _patterns_without_files(dataset: Dataset, ledger: Ledger) -> None:
    """Note splits of the card that have no shard."""
    there = {(shard.config, shard.split) for shard in dataset.shards}
    declared = list(configs_of(dataset.card.front))
    for config, split, pattern in declared:
        if (config, split) not in there:
            where = f"{CARD}: {config}, {split}: {pattern}"
            ledger.add("card", "the card names a split without shards", where)
    if not declared:
        ledger.add("card", "the card does not say which files are which split", f"{CARD}: configs")


def _stated(card: Card, counts: Counts, ledger: Ledger) -> None:
    """Compare the counts of the front matter."""
    stated = dict(_counts_of(card.front.get("dataset_info")))
    if not stated:
        ledger.add("card", "the card states no counts", f"{CARD}: dataset_info")
        return
    found = {(c, split): n for c, splits in counts.items() for split, n in splits.items()}
    for config, split in dict.fromkeys([*stated, *found]):
        one, other = stated.get((config, split)), found.get((config, split), 0)
        if one != other:
            where = f"{config}, {split}: {one} in the card, {other} in the shards"
            ledger.add("card", "a count is not that of the shards", where)


def _counts_of(info: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield configuration and split, and the number of rows that a `dataset_info` states."""
    for config in info if isinstance(info, list) else [info]:
        if isinstance(config, dict):
            name = str(config.get("config_name", DEFAULT))
            splits = config.get("splits")
            for split in splits if isinstance(splits, list) else ():
                if isinstance(split, dict) and isinstance(split.get("num_examples"), int):
                    yield (name, str(split.get("name"))), split["num_examples"]


def _tables(card: Card, counts: Counts, ledger: Ledger) -> None:
    """Compare the counts of the card's own table, `| split | pairs |`, if it has one."""
    found = re.search(r"^\| split \| pairs \|\n\|[-:| ]+\|\n((?:\|.*\|\n)+)", card.text or "", re.M)
    for line in found[1].splitlines() if found else ():
        split, _, number = (cell.strip() for cell in line.strip("|").partition("|"))
        there = counts.get(DEFAULT, {}).get(split, 0)
        if number.replace(",", "") != str(there):
            where = f"the table says {number} for {split}, the shards have {there}"
            ledger.add("card", "a count is not that of the shards", where)
