"""Reading YAML that somebody else wrote: what it stands for is bounded, and no key comes twice."""

from __future__ import annotations

from typing import Any

import yaml

MOST_CHARACTERS = 1_000_000
"""Of a text; reading takes a minute for ten times as many."""
MOST_VALUES = 100_000
"""That a text may stand for, its aliases written out. Ten lines of aliases of aliases can stand for
billions ("billion laughs"), which whoever walks through them never ends with."""


def read_yaml_text(text: str) -> Any:
    """Return the value of a YAML text, of plain types only.

    Raises:
        yaml.YAMLError: It is not YAML, has more than `MOST_CHARACTERS`, a key is given twice, or
            aliases make it endless or stand for more than `MOST_VALUES`.
        ValueError: A value is not what it looks like, as a date that is none.
        RecursionError: Its values lie too deep in one another.
    """
    if len(text) > MOST_CHARACTERS:
        raise yaml.YAMLError(f"it has more than {MOST_CHARACTERS:,} characters")
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _weight(node, {}) > MOST_VALUES:
            raise yaml.YAMLError(f"its aliases stand for more than {MOST_VALUES:,} values")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _weight(node: yaml.Node, known: dict[int, int | None]) -> int:
    """Return how many values a node stands for; each node is looked at once."""
    weight = known.get(id(node), 0)
    if weight is None:
        raise yaml.YAMLError(f"a value refers to itself{_place(node)}")
    if not weight:
        known[id(node)] = None
        weight = known[id(node)] = 1 + sum(_weight(child, known) for child in _children(node))
    return weight


def _children(node: yaml.Node) -> list[yaml.Node]:
    """Return what a node holds.

    Raises:
        yaml.YAMLError: It is a mapping in which a key comes twice.
    """
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if (key.tag, key.value) in seen:
                raise yaml.YAMLError(f"the key {key.value!r} is given twice{_place(key)}")
            seen.add((key.tag, key.value))
    return [child for pair in node.value for child in pair]


def _place(node: yaml.Node) -> str:
    return "" if node.start_mark is None else f", in line {node.start_mark.line + 1}"
