"""Values from outside in Markdown: shown as they are, whatever they hold."""

from __future__ import annotations

import re

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from syned.plain import is_odd, plain


def escape(text: str) -> Markup:
    """Return a text of one line that Markdown shows as it is, in a table too.

    No link is made of an address (https://github.github.com/gfm/#autolinks-extension-).
    """
    line = _one_line(text).replace("&", "&amp;")
    line = re.sub(r"([\\`*_{}\[\]<>#|~$@])", r"\\\1", line)
    return Markup(re.sub(r":(?=//)|(?<=www)\.", r"\\\g<0>", line))


def code(text: str) -> Markup:
    """Return a text as a code span, or escaped where a span could not hold it."""
    line = _one_line(str(text))
    return escape(line) if not line or re.search("[`|]", line) else Markup(f"`{line}`")


def _one_line(text: str) -> str:
    """Return a text without line breaks, odd characters named."""
    return plain(" ".join(text.split()))


def fence(text: str) -> Markup:
    """Return a fence for a block of code that no line of the text closes."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return Markup("`" * max(3, longest + 1))


def block(values: object) -> Markup:
    """Return values as YAML for a front matter or a block of code, odd characters escaped."""
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    if any(is_odd(ch) and ch != "\n" for ch in text):
        text = yaml.safe_dump(values, sort_keys=False, width=1000)
    return Markup(text)


def environment(package: str) -> Environment:
    """Return a Jinja environment for templates of a package that escapes every value."""
    found = Environment(
        loader=PackageLoader(package, ""),
        finalize=lambda value: value if isinstance(value, Markup) else escape(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"code": code, "number": "{:,}".format, "prose": Markup}
    return found
