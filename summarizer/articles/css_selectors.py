"""Elements of a page by CSS selectors: names by look-up, other selectors by XPath."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_LONGEST_SELECTOR: Final = 200

_NAME: Final = re.compile(r"[.#](?:[\w-]|\\.)++")
_COMPOUND: Final = re.compile(rf"(?P<tag>[a-z][a-z0-9]*+)?(?P<names>(?:{_NAME.pattern})+)", re.I)
_ARGUMENTS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COMBINATOR: Final = re.compile(r"(?<!\\)[\s>+~]+")
_ESCAPE: Final = re.compile(r"\\(.)")
# What only an act of the reader selects, and what is no element.
_STATE: Final = re.compile(r"(?<!\\):(?::|hover|focus|active|visited|checked|target|before|after)")


class Selectors:
    """The selectors of one page, whose tree does not change meanwhile."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        self.named: dict[str, dict[HtmlElement, None]] = {}
        """The elements of a class (".a") or an id ("#a"), in the order of the page."""
        for element in tree.xpath("//*[@class or @id]"):
            for name in element.get("class", "").split():
                self.named.setdefault(f".{name}", {})[element] = None
            self.named.setdefault(f"#{element.get('id')}", {})[element] = None

    def may_match(self, selector: str, names: set[str]) -> bool:
        """False where the page has not all its names, or its last part none of ``names``."""
        if len(selector) > _LONGEST_SELECTOR or _STATE.search(selector):
            return False
        plain = _ARGUMENTS.sub("", selector).strip()  # ":not(.wide)" needs no such class
        last = _COMBINATOR.split(plain)[-1]
        return all(_unescaped(name) in names for name in _NAME.findall(last)) and all(
            _unescaped(name) in self.named for name in _NAME.findall(plain)
        )

    def select(self, selector: str) -> tuple[Iterable[HtmlElement], tuple[int, ...]]:
        """What it selects, and its specificity. Names are looked up: XPath walks the whole page."""
        part = _COMPOUND.fullmatch(selector)
        if part is None:
            compiled = _compile(selector)
            return (compiled[0](self._tree), compiled[1]) if compiled else ((), ())
        tag = part["tag"].lower() if part["tag"] else None
        names = [_unescaped(name) for name in _NAME.findall(part["names"])]
        first, *others = (self.named.get(name, {}) for name in names)
        found = [
            e
            for e in first
            if all(e in other for other in others) and (tag is None or e.tag == tag)
        ]
        ids = sum(name.startswith("#") for name in names)
        return found, (ids, len(names) - ids, int(tag is not None))


def _unescaped(name: str) -> str:
    return _ESCAPE.sub(r"\1", name) if "\\" in name else name


def _compile(
    selector: str,
) -> tuple[Callable[[HtmlElement], list[HtmlElement]], tuple[int, ...]] | None:
    from cssselect import HTMLTranslator, SelectorError, parse
    from lxml import etree  # type: ignore[import-untyped]

    try:
        (parsed,) = parse(selector)
        if parsed.pseudo_element:
            return None
        return etree.XPath(HTMLTranslator().selector_to_xpath(parsed)), parsed.specificity()
    except (SelectorError, ValueError, etree.XPathError, RecursionError):
        return None
