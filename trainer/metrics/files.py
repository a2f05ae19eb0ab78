"""Read predictions and references from the files that caption evaluation uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.metrics.join import ScoreError, some

SHOWN_FAULTS = 5

PREDICTIONS_LOOK = (
    'a JSON list of {"image_id": ..., "caption": "..."}, or lines of {"id": ..., "caption": "..."}'
)
REFERENCES_LOOK = (
    '{"annotations": [{"image_id": ..., "caption": "..."}, ...]}, or lines or a JSON list of '
    '{"id": ..., "captions": ["...", ...]}'
)
_LOOK = f"Expected for predictions {PREDICTIONS_LOOK}; for references {REFERENCES_LOOK}."
_ENTRY_KEYS = frozenset(["id", "image_id", "caption", "captions"])
"""An object with any of these is an entry, though it may be a wrong one."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a file."""

    where: str
    """Where it stands, such as `line 3`."""
    value: Any


@dataclass(frozen=True, slots=True)
class _Content:
    """The entries of a file, whatever its format."""

    path: Path
    entries: tuple[_Entry, ...]
    annotations: bool
    """Whether they are the annotations of a COCO file."""


@dataclass(slots=True)
class _Faults:
    """What is wrong in a file, told at once."""

    path: Path
    expected: str
    found: list[str] = field(default_factory=list)

    def add(self, entry: _Entry, what: str) -> None:
        """Note a fault."""
        self.found.append(f"{entry.where}: {what}")

    def check(self) -> None:
        """Raise an error if there is a fault."""
        if not self.found:
            return
        lines = [f"  - {fault}" for fault in self.found[:SHOWN_FAULTS]]
        if len(self.found) > SHOWN_FAULTS:
            lines.append(f"  and {len(self.found) - SHOWN_FAULTS} more")
        raise ScoreError("\n".join([f"{self.path}:", *lines, f"Expected {self.expected}."]))


def read_predictions(path: Path) -> dict[str, str]:
    """Read one caption for each id.

    Raises:
        ScoreError: The file cannot be read, or is no file of predictions.
    """
    content = _load(path)
    if content.annotations:
        raise ScoreError(
            f"{path} is a file of references: it has `annotations`. "
            "Give the predictions first, then the references."
        )
    return _one_each(content)


def read_references(path: Path) -> dict[str, list[str]]:
    """Read the captions of each id.

    Raises:
        ScoreError: The file cannot be read, or is no file of references.
    """
    content = _load(path)
    return _annotations(content) if content.annotations else _groups(content)


def _one_each(content: _Content) -> dict[str, str]:
    faults = _Faults(content.path, PREDICTIONS_LOOK)
    captions: dict[str, str] = {}
    for entry in content.entries:
        name = _name(entry, faults)
        if isinstance(entry.value, dict) and "captions" in entry.value:
            faults.add(entry, "has `captions`, as references do; give the predictions first")
        elif name in captions:
            faults.add(entry, f"a second caption for id {name!r}; predictions have one each")
        else:
            captions[name] = _caption(entry, faults)
    faults.check()
    return captions


def _annotations(content: _Content) -> dict[str, list[str]]:
    faults = _Faults(content.path, REFERENCES_LOOK)
    groups: dict[str, list[str]] = {}
    for entry in content.entries:
        groups.setdefault(_name(entry, faults), []).append(_caption(entry, faults))
    faults.check()
    return groups


def _groups(content: _Content) -> dict[str, list[str]]:
    faults = _Faults(content.path, REFERENCES_LOOK)
    groups: dict[str, list[str]] = {}
    for entry in content.entries:
        name = _name(entry, faults)
        if isinstance(entry.value, dict) and "caption" in entry.value:
            faults.add(entry, "has one `caption`, as predictions do; give the references second")
        elif name in groups:
            faults.add(entry, f"a second entry for id {name!r}")
        else:
            groups[name] = _captions(entry, faults)
    faults.check()
    return groups


def _name(entry: _Entry, faults: _Faults) -> str:
    """Return the id; 7, "7" and "7 " are the same."""
    value = entry.value
    if not isinstance(value, Mapping):
        faults.add(entry, f"is {_kind(value)}, not an object")
        return entry.where
    found = value.get("image_id", value.get("id"))
    name = str(found).strip() if isinstance(found, int | str) and found is not True else ""
    if not name or isinstance(found, bool):
        told = "has no `image_id` or `id` that is text or a whole number; keys: "
        faults.add(entry, told + _keys(value))
        return entry.where
    return name


def _caption(entry: _Entry, faults: _Faults) -> str:
    if not isinstance(entry.value, Mapping):
        return ""
    caption = entry.value.get("caption")
    if isinstance(caption, str):
        return caption
    faults.add(entry, f"`caption` is {_kind(caption)}, not text")
    return ""


def _captions(entry: _Entry, faults: _Faults) -> list[str]:
    if not isinstance(entry.value, Mapping):
        return []
    captions = entry.value.get("captions")
    if isinstance(captions, list) and all(isinstance(caption, str) for caption in captions):
        return captions
    faults.add(entry, f"`captions` is {_kind(captions)}, not a list of texts")
    return []


def _keys(value: Mapping[str, Any]) -> str:
    """Name the first keys of an object."""
    return some(list(value)) or "none"


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "missing" if value is None else kinds.get(type(value), "a number")


def _load(path: Path) -> _Content:
    """Read the entries of a file of JSON or of JSON lines."""
    text = _text(path)
    start = text.lstrip()
    if not start:
        raise ScoreError(f"{path} is empty.\n{_LOOK}")
    if start[0] not in "[{":
        raise ScoreError(
            f"{path} holds no JSON list or object: it begins with {start[:20]!r}.\n{_LOOK}"
        )
    lines = _is_lines(start)
    return _Content(path, _lines(path, text), annotations=False) if lines else _value(path, text)


def _value(path: Path, text: str) -> _Content:
    """Read the entries of a file that holds one JSON value."""
    value = _parse(path, text, 0)
    annotations = isinstance(value, dict)
    listed = value.get("annotations") if annotations else value
    if not isinstance(listed, list):
        raise ScoreError(
            f"{path} is one object without a list of `annotations` (keys: {_keys(value)}).\n{_LOOK}"
        )
    if not listed:
        raise ScoreError(f"{path} holds no captions: its list is empty.\n{_LOOK}")
    entries = (_Entry(f"entry {number}", each) for number, each in enumerate(listed, start=1))
    return _Content(path, tuple(entries), annotations)


def _is_lines(text: str) -> bool:
    """Say whether a text is JSON lines, not one value: its first line is an object of its own."""
    first, _, rest = text.partition("\n")
    try:
        value = json.loads(first)
    except (json.JSONDecodeError, RecursionError):
        return False
    if not isinstance(value, dict) or "annotations" in value:
        return False
    return bool(rest.strip()) or not _ENTRY_KEYS.isdisjoint(value)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScoreError(f"{path} cannot be read: {error.strerror}.\n{_LOOK}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScoreError(f"{path} is not UTF-8 (line {line}); save it as UTF-8.") from error


def _lines(path: Path, text: str) -> tuple[_Entry, ...]:
    numbered = enumerate(text.split("\n"), start=1)
    return tuple(
        _Entry(f"line {number}", _parse(path, line, number - 1))
        for number, line in numbered
        if line.strip()
    )


def _parse(path: Path, text: str, lines_before: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = lines_before + getattr(error, "lineno", 1)
        told = getattr(error, "msg", "it is nested too deeply")
        raise ScoreError(f"{path} is not JSON (line {line}): {told}.\n{_LOOK}") from error
