"""What templates make: pages that need no network, Markdown, mail; what others wrote is text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from summarizer import __version__
from summarizer.digest import Digest, Failure
from summarizer.pages import wording
from summarizer.pages.marked_text import LABELS

if TYPE_CHECKING:
    from summarizer.briefing import Briefing

HERE: Final = Path(__file__).parent
MOST_CHARACTERS: Final = 20_000
# Controls but tab and line feed; what is invisible or turns the direction of what follows; line
# separators; halves of surrogate pairs, which are no characters.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

# What starts markup anywhere in a line, and what only does at its beginning.
_ANYWHERE = re.compile(r"[\\`*_\[\]<>&|~#]")
_AT_START = re.compile(r"^(?:[-+=]|\d{1,9}(?=[.)]))")
# GitHub links bare addresses.
_ADDRESS = re.compile(r"(?<=\w)(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
SAFE_URL = re.compile(r"https?://[^\s<>\\`]+", re.IGNORECASE)


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
    content["style"] = Markup(style)  # noqa: S704 - our own files
    content["policy"] = f"{policy}; base-uri 'none'; form-action 'none'"
    return environment(folder).get_template(template).render(**content)


def render_text(template: Path, **content: Any) -> str:
    """The text that a template makes of ``content``; it escapes nothing."""
    plain = Environment(undefined=StrictUndefined, trim_blocks=True)  # noqa: S701 - no markup
    return plain.from_string(_read(template)).render(**content)


@cache
def environment(folder: Path) -> Environment:
    """The templates of ``folder`` and the shared ones; whatever they print is escaped."""
    return _templates(folder, HERE, finalize=inert, autoescape=True)


def _templates(*folders: Path, finalize: Callable[[Any], Any], autoescape: bool) -> Environment:
    found = Environment(
        loader=FileSystemLoader(folders),
        finalize=finalize,
        autoescape=autoescape,  # noqa: S701 - where it is off, ``finalize`` escapes for Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"wording": wording, "version": __version__, "is_link": SAFE_URL.fullmatch}
    return found


@cache
def shared_style() -> str:
    """The CSS that all pages have.

    A claim that is pointed at, focused or jumped from lights up its evidence, and the reverse. CSS
    cannot compare two names, so that each label has its own selectors.
    """
    selectors = ",\n".join(
        f".beside:has(.c-{name}:is(:hover, :focus-within), .a-{name}:target) .e-{name}, "
        f".beside:has(.e-{name}:hover, .a-{name}:focus) .c-{name} .claim"
        for name in LABELS
    )
    lit = f"{selectors} {{ background: var(--lit); box-shadow: 0 0 0 2px var(--lit); }}\n"
    return _read(HERE / "page.css") + lit


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


def escape(text: str) -> str:
    r"""``text`` in one line that Markdown and HTML show as it is.

    >>> print(escape("1. <b>*bold*</b>"))
    1\. \<b\>\*bold\*\</b\>
    """
    text = _ANYWHERE.sub(r"\\\g<0>", _plain(text))
    text = _ADDRESS.sub(r"\\", text)
    found = _AT_START.match(text)
    if found is None:
        return text
    end = found.end() if found.group()[0].isdigit() else 0
    return f"{text[:end]}\\{text[end:]}"


def render_markdown(record: Digest | Failure, *, verbosity: int = 0) -> str:
    """The record as a section that begins with its title; evidence and cost from -v (1) on."""
    markers = wording.markers(record) if isinstance(record, Digest) else {}
    template = _markdown(escape).get_template("record.md.j2")
    return template.render(record=record, markers=markers, verbosity=verbosity)


def briefing_markdown(
    briefing: Briefing, title: str, *, escape: Callable[[str], str] = escape
) -> str:
    """The briefing, a section for each story; what articles say is only text in it.

    ``escape`` keeps what articles say from being markup; where nothing reads markup, it need not.
    """
    template = _markdown(escape).get_template("briefing.md.j2")
    return template.render(briefing=briefing, title=title)


@cache
def _markdown(escape: Callable[[str], str]) -> Environment:
    """The templates of this folder; whatever text they print is escaped."""

    def escaped(value: Any) -> Any:
        return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = _templates(HERE, finalize=escaped, autoescape=False)
    environment.globals |= {
        "link": _link,
        "percent": "{:.0%}".format,
        "line_feed": Markup("\n"),
    }
    return environment


def _link(source: str) -> str:
    """An address that leads somewhere; another source as it is, to be escaped."""
    source = wording.printable(source)
    return Markup(f"<{source}>") if SAFE_URL.fullmatch(source) else source  # noqa: S704 - see there


def briefing_page(briefing: Briefing, title: str) -> str:
    """The briefing as one HTML file."""
    styles = ["briefing.css"]
    return render_page("briefing.html.j2", styles=styles, title=title, briefing=briefing)


def briefing_text(briefing: Briefing, title: str) -> str:
    """The same without the escapes of Markdown."""
    return briefing_markdown(briefing, title, escape=_plain)


def briefing_mail(briefing: Briefing, title: str) -> str:
    """The briefing as an e-mail without sender and receiver, in plain text and in HTML."""
    message = EmailMessage()
    message["Subject"] = _plain(title)
    message["X-Unsent"] = "1"  # mail programs open it as a draft
    message.set_content(briefing_text(briefing, title))
    message.add_alternative(briefing_page(briefing, title), subtype="html")
    return message.as_string()


def _plain(text: str) -> str:
    return wording.one_line(wording.printable(text))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
