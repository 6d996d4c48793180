"""Elements of a page that a browser does not show: orders to a model hide there.

Seen are attributes (``hidden``, ``aria-hidden``), inline styles, comments, and the simple
selectors (``.class``, ``#id``) of the page's own style sheets. Left out: external style sheets,
scripts, and text in the colour of its background.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

# Possessive throughout: a style may be a megabyte of zeros or of spaces.
_ZERO = r"[+-]?0*+\.?0*+(?:px|em|rem|pt|%|vh|vw)?\s*+(?:!important)?\s*+(?:;|$)"
_HIDING = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)|content-visibility\s*+:\s*+hidden"
    rf"|(?:font-size|opacity)\s*+:\s*+{_ZERO}|font\s*+:\s*+0(?:px|em)?[\s/]"
    r"|font-size\s*+:\s*+(?:0?\.\d++|1)px"
    rf"|(?<![\w-])(?:max-)?(?:height|width)\s*+:\s*+{_ZERO}"
    r"|color\s*+:\s*+transparent|(?:text-indent|left|top|right|margin-left)\s*+:\s*+-\d{3}"
    r"|clip(?:-path)?\s*+:\s*+(?:rect\(\s*+(?:0|1px)|inset\(\s*+(?:50|100)%)"
    r"|transform\s*+:\s*+scale\(\s*+0\s*+\)",
    re.I,
)
# What a style sheet hides a script may show later: only the plainest rules count. They cost one
# of 80 pages three paragraphs of a tab; hidden text is how orders to models travel.
_HIDING_RULE = re.compile(
    rf"display\s*+:\s*+none|visibility\s*+:\s*+hidden|font-size\s*+:\s*+{_ZERO}", re.I
)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?([.#])([\w-]+)", re.I)
_NEVER_SHOWN = ("template", "noscript", "dialog", "datalist")
_WHOLE_PAGE = {"html", "body", "main", "article"}


def drop_hidden(tree: HtmlElement) -> None:
    """Empty the elements of ``tree`` that are hidden; text after an element stays.

    They are not removed: each removal copies the text before it, which takes time that is
    quadratic in their number.
    """
    from lxml import etree  # type: ignore[import-untyped]

    etree.strip_tags(tree, etree.Comment, etree.ProcessingInstruction)
    selectors = _hiding_selectors(tree)
    for element in [e for e in tree.iter(etree.Element) if _is_hidden(e, selectors)]:
        if element.getparent() is not None:
            element.clear(keep_tail=True)


def _is_hidden(element: HtmlElement, selectors: set[tuple[str, str]]) -> bool:
    if element.tag in _NEVER_SHOWN:
        return element.tag != "dialog" or "open" not in element.attrib
    # Pages hide all of themselves until a script has run: then nothing can be told from it.
    if element.tag in _WHOLE_PAGE:
        return False
    attributes = element.attrib
    if "hidden" in attributes or attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if _HIDING.search(attributes.get("style", "")):
        return True
    return bool(selectors) and (
        ("#", attributes.get("id", "")) in selectors
        or any((".", name) in selectors for name in attributes.get("class", "").split())
    )


def _hiding_selectors(tree: HtmlElement) -> set[tuple[str, str]]:
    """("." or "#", name) of the simple selectors whose rules hide what they select."""
    found: set[tuple[str, str]] = set()
    for style in tree.iter("style"):
        for selectors, body in _rules(_CSS_COMMENT.sub("", style.text or "")):
            if _HIDING_RULE.search(body):
                simple = (_SIMPLE.fullmatch(part.strip()) for part in selectors.split(","))
                found.update((match[1], match[2]) for match in simple if match)
    return found


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """The selectors and the body of each rule that is not inside another, such as @media."""
    depth, start, selectors, nested = 0, 0, "", False
    for brace in re.finditer("[{}]", css):
        if brace[0] == "{":
            if depth == 0:
                selectors, nested = css[start : brace.start()], False
                start = brace.end()
            nested = nested or depth > 0
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not nested:
                    yield selectors.rpartition(";")[2], css[start : brace.start()]
                start = brace.end()
