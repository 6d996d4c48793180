"""Digests, failures and briefings as Markdown in which an article's text is only text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from summarizer.digest import Digest, Failure
from summarizer.pages import wording

if TYPE_CHECKING:
    from summarizer.briefing.stories import Briefing

# What starts markup anywhere in a line, and what only does at its beginning.
_ANYWHERE = re.compile(r"[\\`*_\[\]<>&|~#]")
_AT_START = re.compile(r"^(?:[-+=]|\d{1,9}(?=[.)]))")
# GitHub links bare addresses.
_ADDRESS = re.compile(r"(?<=\w)(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
SAFE_URL = re.compile(r"https?://[^\s<>\\`]+")


def escape(text: str) -> str:
    r"""``text`` in one line that Markdown and HTML show as it is.

    >>> print(escape("1. <b>*bold*</b>"))
    1\. \<b\>\*bold\*\</b\>
    """
    text = _ANYWHERE.sub(r"\\\g<0>", wording.one_line(wording.printable(text)))
    text = _ADDRESS.sub(r"\\", text)
    found = _AT_START.match(text)
    if found is None:
        return text
    end = found.end() if found.group()[0].isdigit() else 0
    return f"{text[:end]}\\{text[end:]}"


def render_markdown(record: Digest | Failure, *, verbosity: int = 0) -> str:
    """The record as a section that begins with its title; evidence and cost from -v (1) on."""
    markers = wording.markers(record) if isinstance(record, Digest) else {}
    template = _templates(escape).get_template("record.md.j2")
    return template.render(record=record, markers=markers, verbosity=verbosity)


def briefing_markdown(
    briefing: Briefing, title: str, *, escape: Callable[[str], str] = escape
) -> str:
    """The briefing, a section for each story; what articles say is only text in it.

    ``escape`` keeps what articles say from being markup; where nothing reads markup, it need not.
    """
    template = _templates(escape).get_template("briefing.md.j2")
    return template.render(briefing=briefing, title=title)


@cache
def _templates(escape: Callable[[str], str]) -> Environment:
    """The templates of this folder; whatever text they print is escaped."""

    def inert(value: Any) -> Any:
        return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(  # noqa: S701 - it is Markdown, and ``inert`` escapes for it
        loader=FileSystemLoader(Path(__file__).parent),
        finalize=inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "wording": wording,
        "link": _link,
        "percent": "{:.0%}".format,
        "line_feed": Markup("\n"),
    }
    return environment


def _link(source: str) -> str:
    """An address that leads somewhere; another source as it is, to be escaped."""
    source = wording.printable(source)
    return Markup(f"<{source}>") if SAFE_URL.fullmatch(source) else source  # noqa: S704 - see there
