"""``render_page``: one HTML file that needs no network, and in which what others wrote is text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from summarizer.pages.marked_text import LABELS

HERE: Final = Path(__file__).parent
MOST_CHARACTERS: Final = 20_000
# Controls but tab and line feed; what is invisible or turns the direction of what follows; line
# separators; halves of surrogate pairs, which are no characters.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def render_page(
    template: str,
    *,
    folder: Path = HERE,
    styles: Iterable[str] = (),
    css: str = "",
    script: str | None = None,
    **content: Any,
) -> str:
    """The page that ``template`` makes of ``content``.

    The template puts ``style`` and ``script`` between their tags and ``policy`` into its Content
    Security Policy: nothing else may run, and nothing is fetched.

    Args:
        template: its name in ``folder``; it may import the shared ``pieces.html.j2``.
        folder: where the template, its styles and its script are.
        styles: files whose CSS follows the shared one.
        css: more CSS; it is not escaped.
        script: the file with the page's script; None: the page has none.
        content: the template's variables.
    """
    style = "\n".join([shared_style(), *(_read(folder / name) for name in styles), css])
    policy = f"default-src 'none'; style-src 'sha256-{_sha256(style)}'"
    if script is not None:
        code = _read(folder / script)
        content["script"] = Markup(code)  # noqa: S704 - our own file
        policy += f"; script-src 'sha256-{_sha256(code)}'"
    return (
        environment(folder)
        .get_template(template)
        .render(
            **content,
            style=Markup(style),  # noqa: S704 - our own files
            policy=f"{policy}; base-uri 'none'; form-action 'none'",
        )
    )


def render_text(template: Path, **content: Any) -> str:
    """The text that a template makes of ``content``; it escapes nothing."""
    plain = Environment(undefined=StrictUndefined, trim_blocks=True)  # noqa: S701 - no markup
    return plain.from_string(_read(template)).render(**content)


@cache
def environment(folder: Path) -> Environment:
    """The templates of ``folder`` and the shared ones; whatever they print is escaped."""
    return Environment(
        loader=FileSystemLoader([folder, HERE]),
        autoescape=True,
        finalize=inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def shared_style() -> str:
    """The CSS that all pages have."""
    return _read(HERE / "page.css") + _evidence_rules()


def inert(value: Any) -> Any:
    r"""What a template prints instead of ``value``; its markup is escaped after this.

    Characters that would act unseen are shown by their number, text beyond 20,000 characters is
    left out, and None is nothing:

    >>> inert("total\u202e001")
    'total⟨U+202E⟩001'
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    more = len(value) - MOST_CHARACTERS
    text = value if more <= 0 else f"{value[:MOST_CHARACTERS]} … (and {more:,} characters)"
    return _UNSAFE.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


def _evidence_rules() -> str:
    """A claim that is pointed at, focused or jumped from lights up its evidence, and the reverse.

    CSS cannot compare two names, so that each label has its own selectors.
    """
    selectors = ",\n".join(
        f".beside:has(.c-{name}:is(:hover, :focus-within), .a-{name}:target) .e-{name}, "
        f".beside:has(.e-{name}:hover, .a-{name}:focus) .c-{name} .claim"
        for name in LABELS
    )
    return f"{selectors} {{ background: var(--lit); box-shadow: 0 0 0 2px var(--lit); }}\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
