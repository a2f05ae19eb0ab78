"""The terminal: everything that syned prints for people goes through one console.

rich writes the texts that it is given as they are, escape codes included. A caption or the name of
a file could then clear the screen, rename the window or fill the clipboard (OSC 52).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from syned.plain import plain

_LAYOUT = "\n\t"
"""Odd characters that may stand in what is printed."""


class Terminal(Console):
    """A console that names odd characters where it would send them (see `syned.plain`).

    Square brackets are no markup and `:fire:` is no emoji unless a caller asks for it.

    Args:
        options: Of rich's `Console`, such as `stderr`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as rich shows it; made plain first, so that its width is known."""
        return super().render_str(plain(text, _LAYOUT), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the pieces of anything that rich can show."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else plain(text, _LAYOUT), style, control)
