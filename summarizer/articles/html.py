"""The article in an HTML page, by trafilatura, after what a reader cannot see was taken out."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from summarizer.articles import blocks as layout
from summarizer.articles import gate
from summarizer.articles.article import Document, Fields
from summarizer.articles.blocks import PROSE, Block, one_line, text_blocks, words_in
from summarizer.articles.dates import dates_in, parse_date
from summarizer.articles.encoding import visible
from summarizer.articles.feeds import embedded
from summarizer.articles.hidden import Hidden
from summarizer.articles.metadata import read_line, without_by, without_updates
from summarizer.articles.pasted import is_title
from summarizer.articles.tables import any_of
from summarizer.errors import NotAnArticleError
from summarizer.text import count_words, iso_639_1

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_START = re.compile(any_of("page", "start"), re.I | re.DOTALL)
_SITE_NAME: Final = 5  # words
_FRAGMENT: Final = re.compile(any_of("page", "fragment"), re.I)
_CLOSED: Final = re.compile(any_of("page", "closed"), re.I)
_MODIFIED: Final = re.compile(r"modif|updated_time|dateupdate", re.I)
_MODIFIED_IN_DATA: Final = re.compile(r"""("dateModified"\s*:\s*)"[^"]*\"""", re.I)
_EMPTY_LINE = re.compile(r"\n\s*\n")
_PARTS = re.compile(r"\s+[–—›»·•-]\s+|\s*[|_]\s*")
_FIRST_DAY: Final = (
    r"{0}[-./]?0?1[-./]?0?1(?!\d)|(?<!\d)0?1[-./]0?1[-./]{0}|\b1(?:st|er|\.)? ?jan|jan\w*\.? 1\b"
)
_DATED: Final = 100  # lines or short texts with a digit, of which one may be the day
_SHORT: Final = re.compile(r">[^<>]{0,52}\d[^<>]{0,52}<")
# trafilatura drops what joins or parts letters of Persian and Hindi; cuneiform stands for it.
_JOINERS: Final = (("\u200c", "\U00012000"), ("\u200d", "\U00012001"))
_STATED: Final = re.compile(r'"datePublished"\s*:\s*"(\d{4}-\d\d-\d\d)')
# Where a page writes "March 4, 2020", its 03/04/2020 is in March.
_MONTH_FIRST: Final = re.compile(any_of("days", "month_first"))
_CHANGED: Final = re.compile(r"modified\w*[\"']\s*(?::|content=)\s*[\"']$", re.I)
_LONGEST_LABEL: Final = 100  # characters
_BETWEEN = r"\s*(?:\||-|–|—|›|»|:|·|•)\s*"

# Fewer are no article; then trafilatura is asked for more, which may bring what is around one.
_FEW: Final = 2 * PROSE
# The share of a page's text that is hidden, from which on it is looked at what hiding costs.
_MUCH_HIDDEN: Final = 0.3
_NOTE_MARK: Final = re.compile(r"\[\w{1,3}\]")
_REVEALED: Final = (
    "most of the article is hidden in the page as it was saved; it was kept, for browsers show it"
    " once a script has run"
)
_FROM_DATA: Final = "the page shows no article; the text was taken from the data of its scripts"


def is_html(text: str) -> bool:
    """The text begins as an HTML page does."""
    return _START.match(text[:4096]) is not None


def read_page(page: str, *, source: str, url: str | None = None) -> Document:
    """The article of an HTML page, with the title, author and date that it gives.

    Raises NotAnArticleError for a page without one.
    """
    tree = layout.parse_page(page, source)
    scripts = [script.text for script in tree.iter("script") if script.text]
    extract = partial(_extract, url=url, page=page)
    hidden = Hidden(tree)
    hides = hidden.characters
    hidden.drop()
    found, seen = extract(tree)
    all_text = len(seen) + hides
    # What is found in the whole page is no longer than its text, and what is found and hidden.
    most = min(all_text, len(found.text) + hides)
    if hides > _MUCH_HIDDEN * all_text and 2 * len(found.text) < most:
        whole = layout.parse_page(page, source)
        Hidden(whole).reveal()
        shown, all_seen = extract(whole)
        # Pages hide their text until a script fades it in, or behind "read more".
        if 2 * len(found.text) < len(shown.text):
            found, seen = shown._replace(notes=(_REVEALED,)), all_seen
    stub = None
    try:
        gate.refuse_stub(seen, source=source)
    except NotAnArticleError as error:  # what a page of scripts says to those who run none
        stub = error
    if stub or not found.text:
        data = embedded(scripts)
        text = read_fragment(data.text).text
        if count_words(text) < _FEW:
            raise stub or NotAnArticleError(
                f"no article was found in the page {source!r}",
                hint="pass the page of one article, or its text as a .txt file",
            )
        return Document(text, data.fields.over(found.fields), (*found.notes, _FROM_DATA))
    return found


def _extract(tree: HtmlElement, *, url: str | None, page: str) -> tuple[Document, str]:
    """What trafilatura finds, and all text of the page, with the menus around the article."""
    from trafilatura import bare_extraction, settings
    from trafilatura.metadata import extract_metadata

    _drop_updates(tree)
    _drop_notes(tree)
    _open_layout(tree)
    layout.drop_asides(tree)
    headings = {tag: list(map(one_line, tree.iter(tag))) for tag in ("h1", "h2")}
    # A page of the time when large letters were all that made a headline.
    fonts = [] if any(headings.values()) else filter(layout.is_strong, tree.iter("font"))
    only = not headings["h1"] and len(headings["h2"]) == 1
    lines = headings["h2"] if only else map(one_line, fonts)
    headings["font"] = [line for line in lines if 2 < count_words(line) <= PROSE]
    page_title = " ".join((tree.findtext(".//title") or "").split())
    language = iso_639_1(tree.get("lang"))
    # On 80 annotated pages (with/without segments): balanced P .875 R .921 F .897, precision
    # .896 .893 .894 and one page lost, recall .878 .921 .899, without tables .874 .917 .895.
    # The differences are a few segments of 500, so trafilatura's default stays.
    blocks = text_blocks(tree)
    seen = "\n".join(block.text for block in blocks)
    headings["shown"] = [block.text for block in blocks if not block.link]
    if not (page_title or headings["h1"] or headings["h2"]):  # a press release that an office wrote
        strong = (" ".join(block.text.split()) for block in blocks if block.heading)
        headings["font"] = [line for line in strong if is_title(line)]
    # Then the days that a page names somewhere are not tried: each of them costs 10 ms.
    days = settings.set_date_params(extensive=len(_SHORT.findall(page)) <= _DATED)
    extract = partial(
        bare_extraction, tree, url=url, with_metadata=True, include_comments=False,
        date_extraction_params=days,
    )  # fmt: skip
    document = extract()
    if not isinstance(document, settings.Document) or count_words(document.text or "") < _FEW:
        more = extract(favor_recall=True)
        if isinstance(more, settings.Document) and count_words(more.text or "") > 2 * _FEW:
            document = more
    if not isinstance(document, settings.Document):
        document = extract_metadata(tree, default_url=url, date_config=days)
    fields = Fields(
        title=_rejoined(_headline(document.title, headings, page_title)),
        published=_published(document.date, page, headings["shown"]),
        author=_rejoined(without_by(document.author)),
        language=iso_639_1(document.language) or language,
    )
    text = layout.with_headings(_paragraphs(document.text or ""), blocks)
    return Document(_rejoined(text) or "", fields), seen


def _rejoined(text: str | None) -> str | None:
    """With the joiners again that stand-ins brought past trafilatura."""
    for joiner, stand_in in _JOINERS:
        text = text and text.replace(stand_in, joiner)
    return text or None


def _published(day: str | None, page: str, shown: list[str]) -> date | None:
    """The day, not that of a change; None for the first of a year that is all the page says."""
    stated = {*_STATED.findall(page)}
    before = page.split(day)[:-1] if day else []
    changed = any(_CHANGED.search(part[-_LONGEST_LABEL:]) for part in before)
    if len(stated) == 1 and (changed or not day):
        return parse_date(stated.pop())
    found = parse_date(day) if day else None
    if found and found.day <= 12 and f"{found:%d/%m/%Y}" in page and _MONTH_FIRST.search(page):
        found = found.replace(month=found.day, day=found.month)
    if not found or (found.day <= 12 and str(found) not in page):
        found = _told(shown, found)
    if found and (found.month, found.day) == (1, 1):
        return found if re.search(_FIRST_DAY.format(found.year), page, re.I) else None
    return found


def _told(shown: list[str], found: date | None) -> date | None:
    """The day on a line of its own, where none was found, or one that may be in another month."""
    # To read days takes time, and a page may have thousands of them.
    lines = "\n".join(shown).split("\n")[:_DATED]
    with dates_in("\n".join(lines)):
        told = [(line, read) for line in lines if (read := read_line(line, alone=True))]
    for line, read in told:
        # "Published: 5/2/2011"
        if found and read.strong and not read.fields.published and str(found.year) in line:
            return found
    days = (read.fields.published for _, read in told if found or read.strong)
    return next(filter(None, days), found)


def _drop_updates(tree: HtmlElement) -> None:
    """Take away when the page was changed, which trafilatura falls back on for its day."""
    for element in tree.iter():
        tag, text, tail = element.tag, element.text, element.tail
        if tag in ("meta", "time") and _MODIFIED.search(" ".join(element.values())):
            for name in ("content", "datetime"):
                element.attrib.pop(name, None)
        elif tag == "script" and text:
            element.text = _MODIFIED_IN_DATA.sub(r'\1""', text)
        else:
            # To set a text takes longer than to see that it stays. Most are white space.
            if text and not text.isspace() and (left := _without_updates(text)) != text:
                element.text = left
            if tail and not tail.isspace() and (left := _without_updates(tail)) != tail:
                element.tail = left


def _drop_notes(tree: HtmlElement) -> None:
    """Take away the marks of footnotes and of comments, and the comments of an exported draft."""
    for link in tree.xpath("//a[starts-with(@href, '#')]"):
        if _NOTE_MARK.fullmatch(link.text_content().strip()):
            comment = link.get("href").startswith("#cmnt_ref")
            (link.getparent() if comment else link).clear(keep_tail=True)


def _without_updates(text: str) -> str:
    text = without_updates(text)
    for joiner, stand_in in _JOINERS:
        text = text.replace(joiner, stand_in)
    return text


def _open_layout(tree: HtmlElement) -> None:
    """Let trafilatura see text where it would see data, a program, or a teaser of other pages."""
    from lxml.etree import SubElement  # type: ignore[import-untyped]

    _open_tables(tree)
    for block in list(tree.iter("pre")):
        parts = [" ".join(part.split()) for part in _EMPTY_LINE.split(block.text_content())]
        # A text that was typed, not a program.
        if any(count_words(part) >= PROSE and part.endswith((".", "?", "!")) for part in parts):
            block.clear(keep_tail=True)
            block.tag = "div"
            for part in filter(None, parts):
                SubElement(block, "p").text = part
    # Of the first one in each box: what is below the others is below it, too.
    for element in tree.xpath("//h1[1]/following-sibling::*"):
        # The words "teaser", "widget" or "related" in its class do not make it one.
        if next(element.iterdescendants("a", "form"), None) is None and any(
            words_in(p) >= PROSE // 2 for p in element.iterdescendants("p")
        ):
            element.attrib.pop("class", None)
            element.attrib.pop("id", None)


def _open_tables(tree: HtmlElement) -> None:
    """Turn tables that lay out a page into boxes, without the columns beside its text."""
    from lxml.etree import Element

    for table in tree.iter("table"):
        if count_words(table.tail or "") >= PROSE:  # trafilatura leaves it out
            table.addnext(paragraph := Element("p"))
            paragraph.text, table.tail = table.tail, None
        nested = next(table.iterdescendants("h1", "h2", "table"), None) is not None
        if nested or any(map(layout.has_paragraph, table.xpath(".//td[p or .//br]"))):
            for row in table.xpath("tr | tbody/tr"):
                side = [cell for cell in row if not layout.has_paragraph(cell)]
                for cell in side if len(side) < len(row) else ():
                    cell.clear(keep_tail=True)
            for element in [table, *table.iterdescendants("tbody", "tr", "td", "th")]:
                element.tag = "div"


def read_fragment(text: str) -> Document:
    """The text of a piece of HTML, and its heading as the title; other text comes back as it is.

    It has no menus around it; it begins with an element, and some element ends in it.
    """
    if not (_FRAGMENT.match(text[:4096]) and _CLOSED.search(text)):
        return Document(text)
    from lxml import html  # type: ignore[import-untyped]

    tree = html.fragment_fromstring(visible(text), create_parent="div", parser=layout.parser())
    Hidden(tree).drop()
    layout.drop_asides(tree)
    heading = next(tree.iter("h1", "h2", "h3"), None)
    title = one_line(heading) if heading is not None else None
    blocks = text_blocks(tree)
    prose = any(count_words(block.text) >= PROSE and not block.link for block in blocks)
    # Beside text a paragraph that is a link leads elsewhere.
    shown = [block.text for block in blocks if block.heading or not (prose and block.link)]
    paragraphs = "\n\n".join(shown)
    if title and paragraphs.startswith(f"{title}\n\n"):
        return Document(paragraphs[len(title) :].strip(), Fields(title=title))
    return Document(paragraphs)


def page_blocks(page: str, *, source: str) -> list[Block]:
    """The blocks of a page without what is hidden."""
    tree = layout.parse_page(page, source)
    Hidden(tree).drop()
    return text_blocks(tree)


def _paragraphs(text: str) -> str:
    """One empty line between paragraphs; trafilatura puts each on a line."""
    return "\n\n".join(line.strip() for line in text.split("\n") if line.strip())


def _headline(title: str | None, headings: dict[str, list[str]], page_title: str) -> str | None:
    """The title without the site's name, where the page has the rest as its heading.

    Of 72 titles 39 are exactly right as trafilatura gives them, 54 with this rule.
    """
    title = re.sub(r"\s[|–—-]$", "", " ".join((title or "").split()))
    parts, named = {*_PARTS.split(page_title)}, page_title.casefold()
    # Above the headline stands the site's name, which is in the title of its pages.
    large = [h for h in headings["font"] if h.casefold() not in named or h in parts]
    # What is written for social networks is not what readers of the page see.
    main = [h for h in headings["h1"] if h] or [h for h in headings["h2"] if h not in title]
    # The site's name is the first heading of some pages.
    whole = [h for h in [*main, *headings["h2"], *large] if h in parts and count_words(h) > 2]
    if not (whole or main):  # a headline in a box without a name
        whole = [h for h in headings["shown"] if h in parts and count_words(h) > 2]
    if whole:
        return max(whole, key=count_words)
    for heading in [*main, *large]:
        words = re.escape(heading)
        # A page may have thousands of headings, and each of them is a pattern to compile.
        if heading in title and re.fullmatch(f"{words}{_BETWEEN}.+|.+{_BETWEEN}{words}", title):
            return heading
    is_site = count_words(title) <= _SITE_NAME or len(large) < len(headings["font"])
    if large and title not in large and is_site:
        return large[0]
    return title or None
