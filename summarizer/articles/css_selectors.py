"""Elements of a page by CSS selectors: chains of names by look-up, others by XPath.

A page's style sheets have hundreds of selectors such as ".a > .b p"; an XPath walks the whole page
for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_NAME: Final = re.compile(r"[.#](?:[\w-]|\\.)++")
_COMPOUND: Final = re.compile(rf"(?P<tag>[a-z][a-z0-9]*+)?(?P<names>(?:{_NAME.pattern})*)", re.I)
_ARGUMENTS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COMBINATOR: Final = re.compile(r"(?<!\\)[\s>+~]+")
_ESCAPE: Final = re.compile(r"\\(.)")
# What only an act of the reader selects, and what is no element.
_STATE: Final = re.compile(r"(?<!\\):(?::|hover|focus|active|visited|checked|target|before|after)")
_LONGEST: Final = 200
# Elements that are remembered, for all chains together.
_MOST_KEPT: Final = 1_000_000


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
        self._chains: dict[str, dict[HtmlElement, None]] = {}
        self._inside: dict[str, set[HtmlElement]] = {}
        self._kept = 0

    def may_match(self, selector: str, names: set[str]) -> bool:
        """False where the page has not all its names, or its last part none of ``names``."""
        if len(selector) > _LONGEST or _STATE.search(selector):
            return False
        plain = _ARGUMENTS.sub("", selector).strip()  # ":not(.wide)" needs no such class
        last = _COMBINATOR.split(plain)[-1]
        return all(_unescaped(name) in names for name in _NAME.findall(last)) and all(
            _unescaped(name) in self.named for name in _NAME.findall(plain)
        )

    def select(self, selector: str) -> tuple[Iterable[HtmlElement], tuple[int, ...]]:
        """What it selects, and its specificity. Most are chains of names, which are looked up."""
        chain = selector.replace(">", " > ").split()
        parts = [_COMPOUND.fullmatch(part) for part in chain if part != ">"]
        misplaced = ">" in {*chain[:1], *chain[-1:]} or "> >" in " ".join(chain)
        if not (parts and all(parts)) or misplaced:
            compiled = _compile(selector)
            return (compiled[0](self._tree), compiled[1]) if compiled else ((), ())
        names = [name for part in parts if part for name in _NAME.findall(part["names"])]
        ids = sum(name.startswith("#") for name in names)
        tags = sum(bool(part and part["tag"]) for part in parts)
        return self._chain(chain), (ids, len(names) - ids, tags)

    def _chain(self, chain: list[str]) -> dict[HtmlElement, None]:
        """The elements of ".a > .b p", split at spaces, in the order of the page."""
        key = " ".join(chain)
        if key not in self._chains:
            found = self._compound(chain[-1])
            above = chain[:-1]
            if above[-1:] == [">"]:
                parents = self._chain(above[:-1])
                found = {e: None for e in found if e.getparent() in parents}
            elif above:
                inside = self._below(above)
                found = {e: None for e in found if e in inside}
            self._keep(len(found))
            self._chains[key] = found
        return self._chains[key]

    def _below(self, chain: list[str]) -> set[HtmlElement]:
        """The descendants of the elements of a chain; each part of the page is walked once."""
        key = " ".join(chain)
        if key not in self._inside:
            inside: set[HtmlElement] = set()
            for element in self._chain(chain):
                if element not in inside:
                    inside.update(element.iterdescendants())
            self._keep(len(inside))
            self._inside[key] = inside
        return self._inside[key]

    def _keep(self, elements: int) -> None:
        self._kept += elements
        if self._kept > _MOST_KEPT:
            self._chains.clear()
            self._inside.clear()
            self._kept = elements

    def _compound(self, selector: str) -> dict[HtmlElement, None]:
        part = _COMPOUND.fullmatch(selector)
        tag = part["tag"].lower() if part and part["tag"] else None
        names = [_unescaped(name) for name in _NAME.findall(selector)]
        if not names:
            return dict.fromkeys(self._tree.iter(tag))
        first, *others = (self.named.get(name, {}) for name in names)
        return {
            e: None
            for e in first
            if all(e in other for other in others) and (tag is None or e.tag == tag)
        }


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
