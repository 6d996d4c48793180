"""The elements of a page as blocks of text, and the boxes among them that are not the article's."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.metadata import SENTENCE_END, is_see_also
from summarizer.articles.tables import any_of, names_in
from summarizer.text import count_words

if TYPE_CHECKING:
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
_LEADS: Final = re.compile(r"\W*" + any_of("page", "after"), re.I)

# Words of a paragraph that is no entry of a menu or a table.
PROSE: Final = 20


class Block(NamedTuple):
    """The text of an element of a page that begins on a line of its own."""

    text: str
    heading: bool  # all of it is in a heading, in bold or in large letters
    link: bool  # all of it is a link


def text_blocks(tree: HtmlElement) -> list[Block]:
    """What is read in a page, in its order."""
    from lxml import etree  # type: ignore[import-untyped]

    etree.strip_tags(tree, etree.Comment, etree.ProcessingInstruction)
    blocks: list[list[Block]] = [[]]  # what each of their elements says
    strong = links = 0  # elements that are open
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        step, tag = 1 if event == "start" else -1, element.tag
        if tag in _BLOCKS:
            blocks.append([])
        strong += step * is_strong(element)
        links += step * (tag == "a")
        if tag == "br" and step == 1:
            blocks[-1].append(Block("\n", heading=True, link=True))
        text = element.tail if step == -1 else None if tag in _UNREAD else element.text
        if text:
            blank, shown = not text.strip(), " ".join(f"|{text}|".split())[1:-1]
            blocks[-1].append(Block(shown, blank or strong > 0, blank or links > 0))
    found = []
    for block in filter(None, blocks):
        texts, strong_ones, linked = zip(*block, strict=True)
        if lines := [line.strip() for line in "".join(texts).split("\n") if line.strip()]:
            found.append(Block("\n".join(lines), all(strong_ones), all(linked)))
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
    # Boxes are in boxes: to look into each for what is rare in a page takes long.
    headed, with_entry = _around(tree, "h1"), _around(tree, *_ENTRY)
    for element in tree.xpath(_BOXES):
        is_aside = element not in headed and _is_aside(element, entry=element in with_entry)
        if (is_aside or _is_caption(element)) and words_in(element) <= _LONGEST_ASIDE:
            element.clear(keep_tail=True)


def _around(tree: HtmlElement, *tags: str) -> set[HtmlElement]:
    """The elements with such tags, and all around them."""
    found = set()
    for element in tree.iter(*tags):
        while element is not None and element not in found:
            found.add(element)
            element = element.getparent()
    return found


def _is_caption(element: HtmlElement) -> bool:
    """It is under a picture, and its element or class says so."""
    near = itertools.islice(element.iterancestors(), 3)
    named = element.tag == "figcaption" or _CAPTION.search(element.get("class", ""))
    return bool(named) and any(
        next(above.iter("img", "picture", "amp-img"), None) is not None for above in near
    )


def _is_aside(element: HtmlElement, *, entry: bool) -> bool:
    """It is an advert, a form, or half of it are links below words that announce them."""
    if element.tag in _WITHIN_LINES:
        return False
    if _ASIDE_CLASS.search(element.get("class", "")):
        return True
    first = next(filter(None, map(str.strip, element.itertext())), "")
    see_also = is_see_also(first)
    if not (see_also or entry or _LEADS.match(first)) or words_in(element) > _LONGEST_ASIDE:
        return False
    if see_also:
        return len(text_blocks(element)) <= 2
    if entry:
        return not has_paragraph(element)
    return 2 * sum(map(words_in, element.iter("a"))) > words_in(element)


def words_in(element: HtmlElement) -> int:
    """The number of its words."""
    return count_words(element.text_content())


def one_line(element: HtmlElement) -> str:
    """Its text, as a headline is read."""
    for line_break in element.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    return " ".join("".join(element.itertext()).replace("\xad", "").split())
