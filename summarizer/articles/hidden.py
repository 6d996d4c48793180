"""Elements of a page that a browser does not show: orders to a model hide there.

Seen are attributes (``hidden``, ``aria-hidden``), inline styles, and the page's own style sheets
as a browser would apply them (order, specificity, ``!important``). Left out: external style
sheets, scripts, and text in the colour of its background.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.tables import any_of, names_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

Declarations = dict[str, tuple[str, bool]]  # value and whether it is important, by property

_HIDDEN: Final = {name: re.compile(any_of("hidden", name), re.I) for name in names_in("hidden")}
# What a style sheet hides a script may show later: only the plainest rules count. They cost one
# of 80 pages three paragraphs of a tab; hidden text is how orders to models travel.
_FAR: Final = ("left", "text-indent")
_IN_SHEETS: Final = ("display", "visibility", "font-size", *_FAR)
# Inherited: a descendant may be seen again by a value of its own.
_SHOWN_AGAIN: Final = {
    name: re.compile(any_of("shown_again", name), re.I) for name in names_in("shown_again")
}
_SMALL_BOX: Final = ("height", "width", "max-height", "max-width")
_NEVER_SHOWN: Final = ("template", "noscript", "dialog", "datalist")
_CANDIDATES: Final = f"//*[@hidden or @aria-hidden or self::{' or self::'.join(_NEVER_SHOWN)}]"
_WHOLE_PAGE: Final = {"html", "body", "main", "article"}

_CSS_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DECLARATION: Final = re.compile(r"\s*+([\w-]++)\s*+:([^;]*+)")
_RELEVANT: Final = re.compile(any_of("css", "relevant"), re.I)
_OTHER_MEDIA: Final = re.compile(any_of("css", "other_media"), re.I)
_LONGEST_SELECTOR: Final = 200

_NAME: Final = re.compile(r"[.#](?:[\w-]|\\.)++")
_COMPOUND: Final = re.compile(rf"(?P<tag>[a-z][a-z0-9]*+)?(?P<names>(?:{_NAME.pattern})+)", re.I)
_ARGUMENTS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COMBINATOR: Final = re.compile(r"(?<!\\)[\s>+~]+")
_ESCAPE: Final = re.compile(r"\\(.)")
# What only an act of the reader selects, and what is no element.
_STATE: Final = re.compile(r"(?<!\\):(?::|hover|focus|active|visited|checked|target|before|after)")
# A page may hold any number of rules; the work for them is bounded.
_MAX_SELECTORS: Final = 1000
_MAX_SECONDS: Final = 2


class Hidden:
    """The hidden parts of a page, which are emptied by ``drop``."""

    def __init__(self, tree: HtmlElement) -> None:
        cascade = _Cascade(tree)
        candidates = {*tree.xpath(_CANDIDATES), *cascade.hidden()}
        found = {
            element: cascade.shown_again(element, properties)
            for element in candidates
            if (properties := _hiding(element, cascade)) is not None
            and element.getparent() is not None
        }
        self._parts = [
            (element, shown)
            for element, shown in found.items()
            if not any(found.get(above) == set() for above in element.iterancestors())
        ]

    @property
    def characters(self) -> int:
        """The length of the text that is hidden."""
        return sum(len(e.text_content()) for e, shown in self._parts if not shown)

    def drop(self) -> None:
        """Empty the hidden elements; text after an element stays.

        They are not removed: each removal copies the text before it, which takes time that is
        quadratic in their number.
        """
        for element, shown in self._parts:
            _empty(element, shown)

    def reveal(self) -> None:
        """Let them look like other elements, so that trafilatura reads them."""
        for element, _ in self._parts:
            element.attrib.clear()
            if element.tag in _NEVER_SHOWN:
                element.tag = "div"


def _empty(element: HtmlElement, shown: set[HtmlElement]) -> None:
    """Without its text, but for the descendants in ``shown``."""
    if not shown:
        element.clear(keep_tail=True)
        return
    on_the_way = {ancestor for inner in shown for ancestor in inner.iterancestors()}
    element.text = None
    for child in element:
        child.tail = None
        if child not in shown:
            _empty(child, shown if child in on_the_way else set())


def _hiding(element: HtmlElement, cascade: _Cascade) -> set[str] | None:
    """The properties that hide it; empty for another reason; None where it is shown."""
    if element.tag in _NEVER_SHOWN:
        return set() if element.tag != "dialog" or "open" not in element.attrib else None
    # Pages hide all of themselves until a script has run: then nothing can be told from it.
    if element.tag in _WHOLE_PAGE:
        return None
    attributes = element.attrib
    if "hidden" in attributes or attributes.get("aria-hidden", "").strip().lower() == "true":
        return set()
    return {name for name, won in cascade.of(element).items() if won.hides} or None


def _hides(declared: Declarations, name: str) -> bool:
    if not _HIDDEN[name].fullmatch(declared[name][0]):
        return False
    # What does not fit into a box of no size is seen beside it, unless it is cut off.
    cut_off = declared.get("overflow", ("",))[0].lower() in {"hidden", "clip"}
    return name not in _SMALL_BOX or cut_off


def _declarations(style: str) -> Declarations:
    """The last value of each property, except over an important one.

    >>> _declarations("color: red; Color: blue !important; color: green")
    {'color': ('blue', True)}
    """
    found: Declarations = {}
    for match in _DECLARATION.finditer(style):
        value, _, mark = match[2].partition("!")
        name, important = match[1].lower(), mark.strip().lower() == "important"
        if important or not found.get(name, ("", False))[1]:
            found[name] = (value.strip(), important)
    return found


class _Block(NamedTuple):
    """A rule of a style sheet, and the properties by which it hides and shows elements."""

    place: int
    selectors: str
    declared: Declarations
    hiding: Sequence[str]
    showing: Sequence[str]


class _Winner(NamedTuple):
    """The declaration of a property that wins for an element."""

    priority: tuple[float, ...]  # important or not, specificity, and the place in the sheets
    hides: bool
    value: str


class _Cascade:
    """What a page's own style sheets and attributes say of the properties that may hide."""

    def __init__(self, tree: HtmlElement) -> None:
        self._winners: dict[HtmlElement, dict[str, _Winner]] = {}
        css = "\n".join(_CSS_COMMENT.sub("", style.text or "") for style in tree.iter("style"))
        blocks = list(_blocks(css))
        if any(block.hiding for block in blocks):
            self._selectors = Selectors(tree)
            self._selectors_left = _MAX_SELECTORS
            self._end = time.thread_time() + _MAX_SECONDS
            named = self._selectors.named
            self._apply([(block, block.hiding) for block in blocks], set(named))
            hidden = {inner for element in self.hidden() for inner in element.iter()}
            inside = {name for name, those in named.items() if not hidden.isdisjoint(those)}
            by = {name for won in self._winners.values() for name in won}
            self._apply([(b, [n for n in b.showing if n in by]) for b in blocks], inside)
        for element in tree.xpath("//*[@style]"):
            declared = _declarations(element.get("style"))
            self._declare(element, declared, _HIDDEN.keys() & declared, (math.inf,))

    def hidden(self) -> list[HtmlElement]:
        """The elements that a declaration hides."""
        return [e for e, won in self._winners.items() if any(w.hides for w in won.values())]

    def of(self, element: HtmlElement) -> dict[str, _Winner]:
        """What wins for an element, by property."""
        return self._winners.get(element, {})

    def shown_again(self, element: HtmlElement, properties: set[str]) -> set[HtmlElement]:
        """The descendants that can be seen although ``properties`` hide the element."""
        if not properties or not properties <= _SHOWN_AGAIN.keys():
            return set()
        return {
            inner
            for inner in element.iterdescendants()
            if properties <= (won := self.of(inner)).keys()
            and all(_SHOWN_AGAIN[name].fullmatch(won[name].value) for name in properties)
        }

    def _apply(self, rules: list[tuple[_Block, Sequence[str]]], names: set[str]) -> None:
        """Let these properties of each rule win over weaker ones.

        ``names`` are the classes and ids of the elements that count.
        """
        for block, properties in rules:
            for selector in block.selectors.split(",") if properties else ():
                if (
                    self._selectors_left
                    and self._selectors.may_match(selector, names)
                    and time.thread_time() < self._end
                ):
                    self._selectors_left -= 1
                    elements, specificity = self._selectors.select(selector.strip())
                    for element in elements:
                        rank = (*specificity, block.place)
                        self._declare(element, block.declared, properties, rank)

    def _declare(
        self,
        element: HtmlElement,
        declared: Declarations,
        names: Iterable[str],
        rank: tuple[float, ...],
    ) -> None:
        winners = self._winners.setdefault(element, {})
        for name in names:
            value, important = declared[name]
            winner = _Winner((important, *rank), _hides(declared, name), value)
            winners[name] = max(winner, winners.get(name, winner))


class Selectors:
    """The selectors of one page, whose tree does not change meanwhile."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        # The elements of a class (".a") or an id ("#a"), in the order of the page.
        self.named: dict[str, dict[HtmlElement, None]] = {}
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
            return self._by_xpath(selector)
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

    def _by_xpath(self, selector: str) -> tuple[list[HtmlElement], tuple[int, ...]]:
        from cssselect import HTMLTranslator, SelectorError, parse
        from lxml import etree  # type: ignore[import-untyped]

        try:
            (parsed,) = parse(selector)
            if parsed.pseudo_element:
                return [], ()
            path = HTMLTranslator().selector_to_xpath(parsed)
            return self._tree.xpath(path), parsed.specificity()
        except (SelectorError, ValueError, etree.XPathError, RecursionError):
            return [], ()


def _unescaped(name: str) -> str:
    return _ESCAPE.sub(r"\1", name) if "\\" in name else name


def _blocks(css: str) -> Iterator[_Block]:
    """The rules for a screen that may hide or show; inside @media one may show, but not hide."""
    open_blocks: list[str] = []
    start = 0
    for brace in re.finditer("[{}]", css):
        text = css[start : brace.start()]
        start = brace.end()
        if brace[0] == "{":
            open_blocks.append(text.rpartition(";")[2].strip())
        elif open_blocks:
            selectors = open_blocks.pop()
            off_screen = any(map(_OTHER_MEDIA.match, open_blocks))
            if not selectors.startswith("@") and not off_screen and _RELEVANT.search(text):
                declared = _declarations(text)
                hides = {name: _hides(declared, name) for name in _IN_SHEETS if name in declared}
                hiding = [name for name, hid in hides.items() if hid and not open_blocks]
                showing = [name for name, hid in hides.items() if not hid]
                yield _Block(start, selectors, declared, hiding, showing)
