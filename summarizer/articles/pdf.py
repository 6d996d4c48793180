"""PDF to an ``Article``: the text layer, its lines joined into paragraphs.

Left out: scanned pages (they hold no text), tables, and the order of columns beyond what the
file itself says.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from datetime import datetime
from io import BytesIO
from statistics import quantiles
from typing import TYPE_CHECKING

from summarizer.articles.article import Article
from summarizer.articles.dates import to_date
from summarizer.articles.fields import Fields
from summarizer.articles.plain import build_article
from summarizer.errors import NotAnArticleError, SourceError

if TYPE_CHECKING:
    from pypdf import DocumentInformation, PdfReader

_MAX_PAGES = 500
# Pages may share a stream, and 90 kB become an hour's work: no page is begun after this time, or
# after this much text (War and Peace has 3.2 million characters).
_CPU_SECONDS = 10
_MAX_CHARACTERS = 4_000_000
_SENTENCE_END = re.compile(r"""[.!?…:。]["'”’»)\]]*$""")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|-|–)?\s*\d{1,4}\s*(?:(?:of|/|von|de|-|–)\s*\d{0,4})?", re.I
)
# Programs write the file's name here, not the headline.
_NOT_A_TITLE = re.compile(r"untitled.*|microsoft word.*|.*\.\w{2,5}|\W*|[\w-]+", re.I)


def article_from_pdf(data: bytes, *, source: str) -> Article:
    """The article of a PDF file.

    Raises SourceError for a file that is damaged or needs a password, NotAnArticleError for one
    without text.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError(
                f"{source!r} needs a password", hint="save a copy without one, and pass that"
            )
        pages = _pages(reader)
        unread = len(reader.pages) - len(pages)
        described = reader.metadata
        title = str(described.title or "") if described else ""
        author = str(described.author or "") if described else ""
        created = _created(described)
    except SourceError:
        raise
    # pypdf raises whatever a damaged file leads it to: KeyError, RecursionError, its own.
    except Exception as error:
        raise SourceError(
            f"{source!r} is not a readable PDF: {error}", hint="open and save it again as PDF"
        ) from error
    text = _paragraphs(pages)
    if not text:
        raise NotAnArticleError(
            f"{source!r} holds no text: its pages are images",
            hint="run OCR on it (for example ocrmypdf), and pass the result",
        )
    fields = Fields(
        title=None if _NOT_A_TITLE.fullmatch(title.strip()) else " ".join(title.split()),
        published=to_date(created),
        author=author.strip() or None,
    )
    note = f"only the first {len(pages)} of {len(reader.pages)} pages were read"
    return build_article(text, fields, source=source, notes=(note,) if unread else ())


def _pages(reader: PdfReader) -> list[str]:
    """The text of each page, as far as time and space for this file go."""
    pages: list[str] = []
    started = time.process_time()
    for page in reader.pages[:_MAX_PAGES]:
        spent = time.process_time() - started
        if spent > _CPU_SECONDS or sum(map(len, pages)) > _MAX_CHARACTERS:
            break
        pages.append(page.extract_text())
    return pages


def _created(described: DocumentInformation | None) -> datetime | None:
    try:
        return described.creation_date if described else None
    except ValueError:  # many programs write no date of ISO 32000 there
        return None


def _paragraphs(pages: list[str]) -> str:
    """The text of all pages without running heads and page numbers, one paragraph a block."""
    split = [[line.strip() for line in page.strip().splitlines()] for page in pages]
    running = _running_lines(split)
    lines = [line for page in split for line in page if line not in running]
    widths = [len(line) for line in lines if line]
    # A line much shorter than a full one, and ending a sentence, ends its paragraph.
    full = quantiles(widths, n=10)[8] if len(widths) > 1 else 0
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        block = paragraphs[-1]
        if not line:
            paragraphs.append([])
        elif block and block[-1].endswith("-") and line[0].islower():
            block[-1] = block[-1][:-1] + line
        else:
            block.append(line)
        if line and len(line) < 0.8 * full and _SENTENCE_END.search(line):
            paragraphs.append([])
    return "\n\n".join(" ".join(block) for block in paragraphs if block)


def _running_lines(pages: list[list[str]]) -> set[str]:
    """Page numbers, and the first or last line that at least half of three or more pages share."""
    edges = [{page[0], page[-1]} for page in pages if page]
    counts = Counter(line for edge in edges for line in edge)
    shared = {line for line, n in counts.items() if len(pages) >= 3 and 2 * n >= len(pages)}
    return shared | {line for line in counts if _PAGE_NUMBER.fullmatch(line)}
