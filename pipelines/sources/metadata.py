"""`metadata.jsonl` and `metadata.csv`: what an imagefolder says about its pictures."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.sources.base import as_task, as_text
from syned.errors import SourceError
from syned.rows import Task
from syned.storage import Place

METADATA_NAMES = ("metadata.jsonl", "metadata.csv")
"""In this order; the second is read where the first is not there."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a metadata file says about one picture."""

    caption: str = ""
    license: str = ""
    instruction: str | None = None
    task: Task | None = None
    edited_caption: str | None = None


def read_notes(file: Place) -> dict[str, Note]:
    """Read a metadata file.

    It needs a column `file_name`, relative to the file's own folder. Known beside it are
    `caption` or `text`, `license`, `instruction`, `task` and `edited_caption`; others are ignored.

    Returns:
        Notes by `file_name`, as a normal path; it may name no file, or one outside of the folder.

    Raises:
        SourceError: The file is malformed; the message names the line.
    """
    notes: dict[str, Note] = {}
    lines: dict[str, int] = {}
    for line, values in _records(file):
        name = os.path.normpath(_text(values, "file_name", file, line) or _no_name(file, line))
        note = _note(values, file, line)
        if notes.setdefault(name, note) != note:
            raise SourceError(
                f"{_where(file, line)}: {as_text(name)!r} was already listed in line "
                f"{lines[name]}, with other values; list each file once"
            )
        lines.setdefault(name, line)
    return notes


def _records(file: Place) -> Iterator[tuple[int, dict[str, Any]]]:
    """Return the records of a metadata file with their line numbers."""
    read = _csv_records if file.suffix == ".csv" else _jsonl_records
    # Line ends are left to the readers: a quoted cell of a CSV file may hold some.
    return read(file, io.StringIO(_decoded(file), newline=""))


def _decoded(file: Place) -> str:
    """Return the text of a file, without the mark that some editors put at its beginning."""
    try:
        data = file.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SourceError(f"{_where(file, line)}: {what}") from error
    except OSError as error:
        raise SourceError(f"{_where(file)}: cannot be read ({error.strerror})") from error


def _jsonl_records(file: Place, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON Lines file."""
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{_where(file, number)}: not JSON ({error})") from error
        if not isinstance(record, dict):
            found = type(record).__name__
            raise SourceError(f"{_where(file, number)}: expected a JSON object, found a {found}")
        yield number, record


def _csv_records(file: Place, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a CSV file with a header."""
    reader = csv.DictReader(lines, restkey="", strict=True)
    try:
        for record in reader:
            if "" in record and isinstance(record[""], list):
                fields = reader.fieldnames or ()
                raise SourceError(
                    f"{_where(file, reader.line_num)}: {len(fields) + len(record[''])} cells, but "
                    f"the header has {len(fields)}; quote cells that hold a comma"
                )
            yield reader.line_num, record
    except csv.Error as error:
        raise SourceError(f"{_where(file, reader.line_num)}: not CSV ({error})") from error


def _note(values: dict[str, Any], file: Place, line: int) -> Note:
    """Return what one record says."""

    def get(column: str) -> str:
        return _text(values, column, file, line)

    return Note(
        caption=get("caption") or get("text"),
        license=get("license"),
        instruction=get("instruction") or None,
        task=as_task(get("task")),
        edited_caption=get("edited_caption") or None,
    )


def _text(values: dict[str, Any], column: str, file: Place, line: int) -> str:
    """Return the text of a column, empty if it is not there or null."""
    value = values.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        found = f"{type(value).__name__} {str(value)[:40]!r}"
        raise SourceError(f"{_where(file, line)}: `{column}` must be text, found {found}")
    return value if column == "file_name" else as_text(value.strip())


def _no_name(file: Place, line: int) -> str:
    """Say that a record names no file."""
    raise SourceError(
        f"{_where(file, line)}: no `file_name`; each record needs the path of its picture, "
        "relative to this file's folder"
    )


def _where(file: Place, line: int | None = None) -> str:
    """Name a place in a metadata file."""
    return as_text(str(file)) + (f", line {line}" if line else "")
