"""Files of instructions by row, as the authors of arXiv 2412.15939 released for Emu Edit.

Each line is `ROW <INSTRUCT> TEXT`: a row of the dataset's split, counted from 0, and what is to be
done to its picture.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pipelines.sections.sources import EmuEditSource
from syned.errors import SourceError

_LINE = re.compile(r"(\d+)\s*<INSTRUCT>(.*)")


@cache
def read_instructions(path: str) -> dict[int, str]:
    """Return the instruction of each row, in the order of the file.

    Raises:
        SourceError: The file cannot be read, or a line is not of the form above or names a row
            again.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SourceError(f"{path}: the instructions cannot be read ({why})") from error
    found: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            row, instruction = _parsed(line, f"{path}, line {number}")
            if row in found:
                raise SourceError(f"{path}, line {number}: row {row} is there twice")
            found[row] = instruction
    if not found:
        raise SourceError(f"{path}: no instruction in this file")
    return found


def _parsed(line: str, where: str) -> tuple[int, str]:
    """Return the row and the instruction of a line."""
    match = _LINE.fullmatch(line.strip())
    if match is None or not match[2].strip():
        raise SourceError(f"{where}: expected `ROW <INSTRUCT> TEXT`, found {line.strip()[:60]!r}")
    return int(match[1]), match[2].strip()


def expected_rows(config: EmuEditSource) -> int | None:
    """Return how many rows a source must have by its recipe, without opening it.

    Raises:
        SourceError: Its file of instructions cannot be read, or has another number of rows.
    """
    if config.instructions is None:
        return config.rows
    found = len(read_instructions(config.instructions))
    check_rows(config, found)
    return found


def check_rows(config: EmuEditSource, found: int) -> None:
    """Check the number of a source's rows.

    Raises:
        SourceError: It is not the one that the recipe names.
    """
    if config.rows is not None and found != config.rows:
        where = config.instructions or config.path
        raise SourceError(
            f"{where}: {found} rows, and the recipe expects {config.rows}; give the file or split "
            "that it is about, or set `rows` of the source to null"
        )
