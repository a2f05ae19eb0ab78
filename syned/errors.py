"""Every error that syned raises on purpose.

    SynedError              the user's input or environment: one message, exit code 2
    ├── RecipeError         a recipe cannot be read, or holds wrong values
    ├── SourceError         pictures cannot be found or read as a whole
    ├── RunError            a run folder is missing, foreign, busy or differs from the recipe
    ├── StorageError        an object store cannot be reached, or does not allow it
    ├── MissingExtra        an optional dependency is not installed
    ├── EngineError         a model or an engine cannot be loaded or has failed as a whole
    └── WorkerDied          worker processes end without a word
    RowError                one row cannot go on: it becomes a row with a status and a reason

Exit codes: 0 done, 1 a bug of ours (traceback), 2 the user's input or environment,
3 finished, but some rows failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from syned.reasons import Reason

EXIT_USER = 2
EXIT_ROWS_FAILED = 3


class SynedError(Exception):
    """The user's input or environment does not allow what was asked.

    The message says what was found, what was expected, where, and what to do.
    """


class RecipeError(SynedError):
    """A recipe is wrong. All its faults are reported at once.

    Args:
        where: The file or name of the recipe.
        faults: One line for each fault.
    """

    def __init__(self, where: str, faults: Sequence[str]) -> None:
        self.where = where
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{where}: {count}\n{lines}")

    def __reduce__(self) -> tuple[type[RecipeError], tuple[str, tuple[str, ...]]]:
        """Pickle by arguments, since the message is not one."""
        return (RecipeError, (self.where, self.faults))


class SourceError(SynedError):
    """Pictures cannot be found, or a source cannot be read as a whole."""


class RunError(SynedError):
    """A run folder is missing, foreign, busy, or was made by another recipe."""


class StorageError(SynedError):
    """An object store cannot be reached, or does not allow what was asked."""


class MissingExtra(SynedError):
    """An optional dependency is not installed.

    Args:
        package: The package that is missing.
        extra: The extra of syned that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed; run: {install_command(extra)}")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        """Pickle by arguments, since the message is not one."""
        return (MissingExtra, (self.package, self.extra))


class EngineError(SynedError):
    """A model or an engine cannot be loaded, or has failed as a whole."""


class WorkerDied(SynedError):
    """Worker processes end without a word, again and again: killed, or out of memory."""


class RowError(Exception):
    """One row cannot go on.

    Args:
        reason: Why, from the closed set.
        message: One short line for a person.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        self.message = message
        super().__init__(f"{reason}: {message}")

    def __reduce__(self) -> tuple[type[RowError], tuple[Reason, str]]:
        """Pickle by arguments, since the message is not one."""
        return (RowError, (self.reason, self.message))


def install_command(extra: str) -> str:
    """Return the command that adds an extra.

    The extra `cpu` needs settings that only uv reads, so it is added in a checkout.
    """
    return "uv sync --extra cpu" if extra == "cpu" else f"pip install 'syned[{extra}]'"
