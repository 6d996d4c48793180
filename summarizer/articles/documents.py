"""Text of PDF files and office documents: .docx, .odt, .epub and .rtf, without what is hidden.

Left out: .doc and other formats of before 2007, footnotes, comments, text boxes and pictures; of
PDF files, scanned pages (they hold no text), tables, and the order of columns beyond what the file
itself says.
"""

from __future__ import annotations

import io
import logging
import posixpath
import re
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from statistics import quantiles
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from summarizer.articles.article import Document, Fields
from summarizer.articles.blocks import Block
from summarizer.articles.dates import first_day, to_date
from summarizer.articles.encoding import decode
from summarizer.articles.feeds import parse_xml
from summarizer.articles.gate import refusal
from summarizer.articles.html import page_blocks
from summarizer.articles.messages import split_items
from summarizer.articles.pasted import is_title
from summarizer.articles.plain import PAGE_NUMBER
from summarizer.articles.tables import any_of, names_in
from summarizer.errors import NotAnArticleError, SourceError
from summarizer.text import count_words

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # type: ignore[import-untyped]
    from pypdf import PageObject, PdfReader

# A few bytes may stand for gigabytes.
_MAX_BYTES: Final = 50_000_000
_PARTS: Final = ("word/document.xml", "content.xml")  # of .docx and of .odt
_KINDS: Final = {start: kind for kind, (start,) in names_in("archives").items()}
_NOT_TEXT: Final = re.compile(rb"opendocument\.(presentation|spreadsheet|graphics)")
# What was deleted or moved away while changes were tracked, and what stands beside the text.
_UNSEEN: Final = ("del", "moveFrom", "tracked-changes", "annotation", "note")
_HEAD_LINES: Final = 8
_LONGEST_STORY: Final = 2500  # words
_CHAPTER: Final = re.compile(any_of("page", "chapter"), re.I)
_RTF_INFO: Final = re.compile(r"\{\\(title|author) ([^{}\\]{1,300})\}")
_RTF_MADE: Final = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_RTF_HIDDEN: Final = re.compile(r"\{[^{}]{0,200}\\v(?![a-z0-9])[^{}]*\}")


def read_rtf(data: bytes, *, source: str) -> Document:
    """The text of a .rtf file."""
    from striprtf.striprtf import rtf_to_text

    rtf = _RTF_HIDDEN.sub("", data.decode("latin-1"))
    told, made = dict(_RTF_INFO.findall(rtf)), _RTF_MADE.search(rtf)
    plain = rtf_to_text(rtf, encoding="cp1252", errors="replace")  # type: ignore[no-untyped-call]
    text = "\n\n".join(line.strip() for line in str(plain).split("\n") if line.strip())
    if not text:
        raise NotAnArticleError(f"{source!r} holds no text", hint="pass a document with text")
    day = to_date("{}-{:0>2}-{:0>2}".format(*made.groups())) if made else None
    fields = Fields(title=_headline(told.get("title", ""), text), author=told.get("author"))
    return Document(text, fields, made=day)


def read_zip(data: bytes, *, source: str, whole: bool = False) -> list[Document]:
    """The text of a .docx, .odt or .epub file; a magazine has several, unless ``whole``.

    Raises NotAnArticleError for another kind of archive, SourceError for a damaged one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            kind = _read(archive, "mimetype", source) if "mimetype" in names else b""
            if other := _NOT_TEXT.search(kind):
                raise refusal(source, f"is an OpenDocument {other[1].decode()}, not an article")
            for name in _PARTS:
                if name in names:
                    return [_office(parse_xml(_read(archive, name, source)), archive, source)]
            pages = [n for n in names if n.lower().endswith((".xhtml", ".html", ".htm"))]
            if pages and (b"epub" in kind or any(n.endswith(".opf") for n in names)):
                return _book(archive, pages, source, whole)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise SourceError(
            f"{source!r} is a damaged or locked archive ({error})", hint="open and save it again"
        ) from None
    kinds = (k for start, k in _KINDS.items() if any(n.startswith(start) for n in names))
    kind_of_zip = next(kinds, "a ZIP archive")
    hint = "save it as text, HTML or PDF, or unpack it, and pass that"
    raise refusal(source, f"is {kind_of_zip}, not an article", hint)


def _headline(title: str, text: str) -> str | None:
    """The title that a file has; a short one that is not in the text is the name of a draft."""
    title = " ".join(title.split())
    return title if count_words(title) > 3 or title in text[:_NEAR_START] else None


def _read(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    with archive.open(name) as part:
        data = part.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise SourceError(
            f"{source!r} has more than {_MAX_BYTES:,} bytes when unpacked", hint="pass its text"
        )
    return data


def _value(element: Element, name: str) -> str:
    """An attribute of this local name."""
    return next((v for n, v in element.items() if re.split("[}:]", str(n))[-1] == name), "")


def _office(root: Element, archive: zipfile.ZipFile, source: str) -> Document:
    title: str | None = None
    paragraphs: list[str] = []
    for unseen in root.iter(*_UNSEEN):
        unseen.clear(keep_tail=True)
    for element in root.iter("p", "h"):
        text = " ".join("".join(_runs(element)).split())
        styles = {_value(style, "val").lower() for style in element.iter("pStyle")}
        if text and not paragraphs and title is None and "title" in styles:
            title = text
        elif text:
            paragraphs.append(text)
    about = _about(archive, source, "docProps/core.xml", "meta.xml")
    text = "\n\n".join(paragraphs)
    title = title or _headline(about.title or "", text)
    told = first_day(paragraphs[:_HEAD_LINES])
    # That of the file may be of its template.
    return Document(text, about._replace(title=title, published=told), made=about.published)


def _runs(paragraph: Element) -> Iterator[str]:
    """The text of a paragraph, without runs that are marked as hidden."""
    for element in paragraph.iter("*"):
        name = element.tag
        if name in {"tab", "br", "cr", "s", "line-break"}:
            yield " "
        if name == "t" and not _hidden(element.getparent()):
            yield element.text or ""
        elif name in {"p", "h", "span", "a"} and element.text:  # OpenDocument
            yield element.text
        if name in {"span", "a", "s", "tab", "line-break"} and element is not paragraph:
            yield element.tail or ""


def _hidden(run: Element) -> bool:
    return any(
        mark.tag in {"vanish", "webHidden"} and _value(mark, "val") not in {"0", "false"}
        for mark in run.iterfind("rPr/*")
    )


def _about(archive: zipfile.ZipFile, source: str, *names: str) -> Fields:
    """Title, author, language and day from the part of an archive that describes it."""
    name = next((name for name in names if name in archive.namelist()), None)
    if name is None:
        return Fields()
    elements = reversed(list(parse_xml(_read(archive, name, source)).iter("*")))
    found = {element.tag: " ".join((element.text or "").split()) for element in elements}
    if found.get("creator") == "python-docx":  # its template's, with a day of 2013
        found |= {"creator": "", "created": ""}
    return Fields(
        title=found.get("title") or None,
        author=found.get("creator") or None,
        language=found.get("language", "")[:2].lower() or None,
        published=to_date(found.get("date") or found.get("creation-date") or found.get("created")),
    )


def _book(archive: zipfile.ZipFile, pages: list[str], source: str, whole: bool) -> list[Document]:
    package = next((n for n in archive.namelist() if n.endswith(".opf")), None)
    if package:
        pages = _spine(parse_xml(_read(archive, package, source)), package, pages)
    blocks: list[Block] = []
    for page in pages:
        content = decode(_read(archive, page, source), source=source).text
        found = page_blocks(f"<html><body>{content}</body></html>", source=source)
        heading = next((b for b in found[:3] if b.heading), None)
        # The table of contents leads to it.
        blocks += [Block(b.text, b is heading, b is heading) for b in found]
    fields = _about(archive, source, package) if package else Fields()
    stories = [] if whole else split_items(blocks)
    lengths = sorted(count_words(story.text) for story in stories)
    # The parts of a book are numbered, or long.
    numbered = any(_CHAPTER.match(block.text) for block in blocks if block.heading)
    if stories and not numbered and lengths[len(stories) // 2] <= _LONGEST_STORY:
        return [story._replace(fields=story.fields.over(fields)) for story in stories]
    return [Document("\n\n".join(block.text for block in blocks), fields)]


def _spine(root: Element, package: str, pages: list[str]) -> list[str]:
    """The pages in the order in which they are read, without the table of contents."""
    folder = posixpath.dirname(package)
    files = {
        e.get("id"): posixpath.normpath(posixpath.join(folder, unquote(e.get("href", ""))))
        for e in root.iter("item")
        if "nav" not in e.get("properties", "").split()
    }
    order = [files.get(e.get("idref")) for e in root.iter("itemref")]
    return [page for page in order if page in pages] or pages


_MAX_PAGES = 500
# Pages may share a stream, and 90 kB become an hour's work: no page is begun after this time, or
# after this much text (War and Peace has 3.2 million characters).
_CPU_SECONDS = 10
_MAX_CHARACTERS = 4_000_000
_SENTENCE_END = re.compile(r"""[.!?…:。]["'”’»)\]]*$""")
_NEAR_START = 200  # characters
_LONE: Final = re.compile(r"\d{1,4}")
# Programs write the file's name here, not the headline.
_NOT_A_TITLE = re.compile(r"untitled.*|microsoft word.*|.*\.\w{2,5}|\W*|[\w-]+", re.I)


def read_pdf(data: bytes, *, source: str) -> Document:
    """The text of a PDF file.

    Raises SourceError for a file that is damaged or needs a password, NotAnArticleError for one
    without text.
    """
    from pypdf import DocumentInformation, PdfReader

    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError(
                f"{source!r} needs a password", hint="save a copy without one, and pass that"
            )
        pages = _pages(reader)
        unread = len(reader.pages) - len(pages)
        described = reader.metadata or DocumentInformation()
        title, author = " ".join(str(described.title or "").split()), str(described.author or "")
        if _NOT_A_TITLE.fullmatch(title):
            title = _in_large_letters(reader.pages[0])
        created = None
        with suppress(ValueError):  # many programs write no date of ISO 32000 there
            created = described.creation_date
    except SourceError:
        raise
    # pypdf raises whatever a damaged file leads it to: KeyError, RecursionError, its own.
    except Exception as error:
        raise SourceError(
            f"{source!r} is not a readable PDF: {error}", hint="open and save it again as PDF"
        ) from error
    text = _with_title_apart(_paragraphs(pages), title)
    if not text:
        raise NotAnArticleError(
            f"{source!r} holds no text: its pages are images",
            hint="run OCR on it (for example ocrmypdf), and pass the result",
        )
    fields = Fields(
        title=title or None,
        published=first_day(pages[0].strip().split("\n")[:_HEAD_LINES]),
        author=author.strip() or None,
    )
    note = f"only the first {len(pages)} of {len(reader.pages)} pages were read"
    return Document(text, fields, (note,) if unread else (), made=to_date(created))


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


def _in_large_letters(page: PageObject) -> str:
    """The headline of a page: what is written in its largest letters, if most are smaller."""
    written: defaultdict[float, str] = defaultdict(str)

    def visit(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        written[round(size * abs(tm[3] * cm[3]), 1)] += f" {text.strip()}"

    page.extract_text(visitor_text=visit)
    most = max(written, key=lambda height: len(written[height]), default=0)
    heights = sorted((height for height in written if height > 1.2 * most), reverse=True)
    return next(filter(is_title, (" ".join(written[height].split()) for height in heights)), "")


def _paragraphs(pages: list[str]) -> str:
    """The text of all pages without running heads and page numbers, one paragraph a block."""
    # A page that is there again is one: else all of its lines would be those that pages share.
    split = [[line.strip() for line in page.strip().splitlines()] for page in dict.fromkeys(pages)]
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


def _with_title_apart(text: str, title: str) -> str:
    """The text with its title, where it is near the start and a sentence begins after it, alone."""
    words = r"\s+".join(map(re.escape, title.split()))
    found = re.search(rf"{words}\s+", text[: _NEAR_START + 2 * len(title)])
    if not found or " " not in title or text[found.end() :][:1].islower():
        return text
    return "\n\n".join(filter(None, (text[: found.start()].strip(), title, text[found.end() :])))


def _running_lines(pages: list[list[str]]) -> set[str]:
    """Page numbers, and the first or last lines that at least half of the pages share.

    Up to three of them run above a text or below it; of a short page one is looked at. Where the
    pages' numbers are their second lines, or the last but one, the line outside is running, too.
    """
    running: set[str] = set()
    for fewest in (1, 8, 8):
        left = [[line for line in page if line and line not in running] for page in pages]
        left = [page for page in left if len(page) >= fewest]
        counts = Counter(line for page in left for line in {page[0], page[-1]})
        running |= {line for line, n in counts.items() if n > 1 and 2 * n >= len(left)}
        running |= {line for line in counts if PAGE_NUMBER.fullmatch(line)}
        for outer, inner in ((0, 1), (-1, -2)):
            numbered = {int(p[inner]): p for p in left if len(p) > 3 and _LONE.fullmatch(p[inner])}
            for n, page in numbered.items():
                if {n - 1, n + 1} & numbered.keys():
                    running |= {page[outer], page[inner]}
    return running
