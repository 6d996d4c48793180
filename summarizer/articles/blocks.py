"""The elements of a page as blocks of text, and the boxes among them that are not the article's."""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.metadata import SENTENCE_END, is_see_also
from summarizer.articles.tables import any_of, names_in
from summarizer.errors import NotAnArticleError
from summarizer.text import count_words

if TYPE_CHECKING:
    from lxml.etree import HTMLParser  # type: ignore[import-untyped]
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_BLOCKS: Final = frozenset(names_in("html")["blocks"])
_UNREAD: Final = names_in("html")["unread"]
_STRONG: Final = frozenset({"h1", "h2", "h3", "h4", "b", "strong"})
_LARGE: Final = ("4", "5", "6", "7", "+1", "+2", "+3", "+4")
_CAPTION: Final = re.compile(rf"(?<![^\W_]){any_of('html', 'caption')}(?![^\W_])", re.I)
_LONGEST_ASIDE: Final = 60  # words
_BOXES: Final = "//figcaption | //*[@class] | //table | //aside | //section | //p"
_WITHIN_LINES: Final = ("a", "li", "span", "ul")  # and lists, of which menus are made
_ENTRY: Final = ("input", "textarea", "form")
_ASIDE_CLASS: Final = re.compile(rf"(?<![^\W_]){any_of('html', 'aside')}(?![^\W_])", re.I)
_GAP: Final = re.compile(r"\n{2,}")
_LEADS: Final = re.compile(r"\W*" + any_of("page", "after"), re.I)

# Words of a paragraph that is no entry of a menu or a table.
PROSE: Final = 20


class Block(NamedTuple):
    """The text of an element of a page that begins on a line of its own."""

    text: str
    heading: bool  # all of it is in a heading, in bold or in large letters
    link: bool  # all of it is a link


def parse_page(page: str, source: str) -> HtmlElement:
    """The elements of a page, without comments."""
    from lxml import html  # type: ignore[import-untyped]
    from lxml.etree import ParserError
    from trafilatura.utils import repair_faulty_html

    start = page[:50].lower()
    data = repair_faulty_html(page, start).encode("utf-8", "surrogatepass")
    try:
        tree = html.fromstring(data, parser=parser())
    except ParserError:
        tree = None
    if tree is None or ("html" not in start and len(tree) < 2):
        raise NotAnArticleError(f"{source!r} is not valid HTML", hint="check the file")
    return tree


@cache
def parser() -> HTMLParser:
    """As trafilatura's, but all elements are of one class.

    lxml makes an object of an element at each visit. To look up its class in Python, as its own
    parser of HTML does, takes a tenth of the time that a page takes.
    """
    from lxml import etree, html

    made = etree.HTMLParser(
        collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    made.set_element_class_lookup(etree.ElementDefaultClassLookup(element=html.HtmlElement))
    return made


_SPACE: Final = Block(" ", heading=True, link=True)
_BREAK: Final = Block("\n", heading=True, link=True)


def text_blocks(tree: HtmlElement) -> list[Block]:
    """What is read in a page, in its order."""
    from lxml import etree

    blocks: list[list[Block]] = [[]]  # what each of their elements says
    strong = links = 0  # elements that are open
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        step, tag = 1 if event == "start" else -1, element.tag
        if tag in _BLOCKS:
            blocks.append([])
        strong += step * is_strong(element)
        links += step * (tag == "a")
        if tag == "br" and step == 1:
            blocks[-1].append(_BREAK)
        text = element.tail if step == -1 else None if tag in _UNREAD else element.text
        if text and text.isspace():
            blocks[-1].append(_SPACE)
        elif text:
            shown = " ".join(f"|{text}|".split())[1:-1]
            blocks[-1].append(Block(shown, strong > 0, links > 0))
    found = []
    for block in filter(None, blocks):
        texts, strong_ones, linked = zip(*block, strict=True)
        lines = "\n".join(line.strip() for line in "".join(texts).split("\n")).strip()
        if lines:  # two breaks part paragraphs
            found.append(Block(_GAP.sub("\n\n", lines), all(strong_ones), all(linked)))
    return found


def with_headings(text: str, blocks: list[Block]) -> str:
    """The paragraphs, and the headings between two of them that trafilatura left out."""
    for block in blocks:
        # May be broken into lines.
        if block.heading and "\n" in block.text and count_words(block.text) <= PROSE:
            text = text.replace(block.text.replace("\n", "\n\n"), block.text.replace("\n", " "))
    paragraphs = text.split("\n\n")
    known, pairs = set(paragraphs), set(itertools.pairwise(paragraphs))
    lost: dict[tuple[str, str], str] = {}
    for above, block, below in zip(blocks, blocks[1:], blocks[2:], strict=False):
        start, end = above.text.split("\n")[-1], below.text.split("\n")[0]
        between = SENTENCE_END.search(start) and count_words(end) >= PROSE
        is_lost = block.heading and not block.link and block.text not in known
        if is_lost and between and (start, end) in pairs:
            lost[start, end] = block.text
            known.add(block.text)
            pairs.discard((start, end))
    found = paragraphs[:1]
    for pair in itertools.pairwise(paragraphs):
        found += filter(None, (lost.pop(pair, None), pair[1]))
    return "\n\n".join(found)


def is_strong(element: HtmlElement) -> bool:
    """A heading, or what is as bold or as large as one."""
    tag = element.tag
    return tag in _STRONG or (tag == "font" and element.get("size", "") in _LARGE)


def has_paragraph(cell: HtmlElement) -> bool:
    """A line of it is prose."""
    lines = (line for block in text_blocks(cell) for line in block.text.split("\n"))
    return any(count_words(line) >= PROSE for line in lines)


def drop_asides(tree: HtmlElement) -> None:
    """Take away short boxes: captions, adverts, links to other pages, forms to sign up."""
    # Boxes are in boxes: to look into each for what is rare in a page takes long. They begin with
    # the same words.
    headed, with_entry = _around(tree, "h1"), _around(tree, *_ENTRY)
    leads = cache(lambda first: (is_see_also(first), _LEADS.match(first)))
    named = cache(lambda names: [bool(p.search(names)) for p in (_CAPTION, _ASIDE_CLASS)])
    for element in tree.xpath(_BOXES):
        caption, aside = named(element.get("class", ""))
        if element in headed or element.tag in _WITHIN_LINES:
            aside = False
        elif not aside:
            first = next(filter(None, map(str.strip, element.itertext())), "")
            aside = _is_aside(element, *leads(first), entry=element in with_entry)
        if not aside:
            aside = (caption or element.tag == "figcaption") and _has_picture(element)
        if aside and words_in(element) <= _LONGEST_ASIDE:
            element.clear(keep_tail=True)


def _around(tree: HtmlElement, *tags: str) -> set[HtmlElement]:
    """The elements with such tags, and all around them."""
    found = set()
    for element in tree.iter(*tags):
        while element is not None and element not in found:
            found.add(element)
            element = element.getparent()
    return found


def _has_picture(element: HtmlElement) -> bool:
    """A picture is in a box close around it."""
    near = itertools.islice(element.iterancestors(), 3)
    pictures = (next(above.iter("img", "picture", "amp-img"), None) for above in near)
    return any(picture is not None for picture in pictures)


def _is_aside(element: HtmlElement, see_also: object, leads: object, *, entry: bool) -> bool:
    """It is a form, or half of it are links below words that announce them."""
    if not (see_also or entry or leads):
        return False
    if (words := words_in(element)) > _LONGEST_ASIDE:
        return False
    if see_also:
        return len(text_blocks(element)) <= 2
    if entry:
        return words < PROSE or not has_paragraph(element)
    return 2 * sum(map(words_in, element.iter("a"))) > words


def words_in(element: HtmlElement) -> int:
    """The number of its words."""
    return count_words(element.text_content())


def one_line(element: HtmlElement) -> str:
    """Its text, as a headline is read."""
    for line_break in element.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    return " ".join("".join(element.itertext()).replace("\xad", "").split())
