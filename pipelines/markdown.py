"""Values from outside in Markdown: shown as they are, whatever they hold."""

from __future__ import annotations

import re

from markupsafe import Markup


def escape(text: str) -> Markup:
    """Return a text of one line that Markdown shows as it is, in a table too."""
    line = " ".join(text.split()).replace("&", "&amp;")
    return Markup(re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", line))


def code(text: str) -> Markup:
    """Return a text as a code span, or escaped where a span could not hold it."""
    line = " ".join(str(text).split())
    return escape(line) if not line or re.search("[`|]", line) else Markup(f"`{line}`")
