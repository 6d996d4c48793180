"""Elements of a page that a browser does not show: orders to a model hide there.

Seen are attributes (``hidden``, ``aria-hidden``), inline styles, and the page's own style sheets
as a browser would apply them (order, specificity, ``!important``). Left out: external style
sheets, scripts, and text in the colour of its background.
"""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.tables import any_of, names_in

if TYPE_CHECKING:
    from cssselect.parser import Tree
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

Declarations = dict[str, tuple[str, bool]]  # value and whether it is important, by property
_Named = dict[str, list["HtmlElement"]]  # the elements with a class (".a"), an id ("#a"), or a tag

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
_WHOLE_PAGE: Final = {"html", "body", "main", "article"}

_CSS_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DECLARATION: Final = re.compile(r"\s*+([\w-]++)\s*+:([^;]*+)")
_RELEVANT: Final = re.compile(any_of("css", "relevant"), re.I)
_OTHER_MEDIA: Final = re.compile(any_of("css", "other_media"), re.I)
_ALWAYS: Final = re.compile(r"@(?:layer|supports)\b|@media\s+(?:only\s+)?(?:screen|all)$", re.I)
_NO_SCREEN: Final = {"print", "speech"}
_LONGEST_SELECTOR: Final = 200

_NAME: Final = re.compile(r"[.#](?:[\w-]|\\.)++")
_TAG: Final = re.compile(r"^[a-z][\w-]*+", re.I)
_HYPHENS: Final = re.compile(r"([.#])--")
_NONE_OF: Final = re.compile(r":not\([^()]*\)")
_ARGUMENTS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COMBINATOR: Final = re.compile(r"(?<!\\)[\s>+~]+")
# Not one inside ":is(.a, .b)".
_OUTER_COMMA: Final = re.compile(r",(?![^()]{0,200}+(?:\([^()]{0,200}+\)[^()]{0,200}+)?\))")
_ESCAPE: Final = re.compile(r"\\(.)")
# What only an act of the reader selects, and what is no element.
_STATE: Final = re.compile(r"(?<!\\):(?::|hover|focus|active|visited|checked|target|before|after)")
# A page may hold any number of rules; the work for them is bounded.
_MAX_SECONDS: Final = 2


# From an element to the one that stands before the combinator.
_AXES: Final = {
    " ": "ancestor::",
    ">": "parent::",
    "~": "preceding-sibling::",
    "+": "preceding-sibling::*[1]/self::",
}


class Hidden:
    """The hidden parts of a page, which are emptied by ``drop``."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        cascade = _Cascade(tree)
        candidates = {*tree.xpath("//*[@hidden or @aria-hidden]"), *cascade.hidden()}
        candidates.update(tree.iter(*_NEVER_SHOWN))
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
        # trafilatura drops what has "hidden" in its style, as "overflow: hidden".
        for element in self._tree.xpath("//*[@style]"):
            del element.attrib["style"]

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
    return {name for name, won in cascade.winners.get(element, {}).items() if won.hides} or None


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
    properties: Sequence[str]
    hides: bool


class _Winner(NamedTuple):
    """The declaration of a property that wins for an element."""

    priority: tuple[float, ...]  # important or not, specificity, and the place in the sheets
    hides: bool
    value: str


class _Cascade:
    """What a page's own style sheets and attributes say of the properties that may hide."""

    def __init__(self, tree: HtmlElement) -> None:
        # What wins for an element, by property.
        self.winners: dict[HtmlElement, dict[str, _Winner]] = {}
        for element in tree.xpath("//*[@style]"):
            declared = _declarations(element.get("style"))
            self._declare(element, declared, _HIDDEN.keys() & declared, (math.inf,))
        sheets = (style for style in tree.iter("style") if style.get("media") not in _NO_SCREEN)
        css = "\n".join(_CSS_COMMENT.sub("", style.text or "") for style in sheets)
        blocks = sorted(_blocks(css), key=lambda block: not block.hides)
        if not (blocks and (blocks[0].hides or self.hidden())):
            return
        self._selectors = Selectors(tree)
        self._end = time.thread_time() + _MAX_SECONDS
        # Those that hide first: what the others say matters where something is hidden.
        for hides, group in itertools.groupby(blocks, key=lambda block: block.hides):
            hidden = () if hides else self.hidden()
            parts = {e for h in hidden if h.tag not in _WHOLE_PAGE for e in h.iter()}
            within = None if hides else _by_name(parts, tags=True)
            hiding = {name for e in hidden for name, won in self.winners[e].items() if won.hides}
            for block in group:
                if hides or not hiding.isdisjoint(block.properties):
                    self._apply(block, within)

    def hidden(self) -> list[HtmlElement]:
        """The elements that a declaration hides."""
        return [e for e, won in self.winners.items() if any(w.hides for w in won.values())]

    def shown_again(self, element: HtmlElement, properties: set[str]) -> set[HtmlElement]:
        """The descendants that can be seen although ``properties`` hide the element."""
        if not properties or not properties <= _SHOWN_AGAIN.keys():
            return set()
        return {
            inner
            for inner in element.iterdescendants()
            if properties <= (won := self.winners.get(inner, {})).keys()
            and all(_SHOWN_AGAIN[name].fullmatch(won[name].value) for name in properties)
        }

    def _apply(self, block: _Block, within: _Named | None) -> None:
        """Let the declarations of a rule win over weaker ones, for elements ``within`` some."""
        for selector in _OUTER_COMMA.split(block.selectors):
            if self._selectors.may_match(selector, within) and time.thread_time() < self._end:
                elements, specificity = self._selectors.select(selector.strip(), within)
                for element in elements:
                    rank = (*specificity, block.place)
                    self._declare(element, block.declared, block.properties, rank)

    def _declare(
        self,
        element: HtmlElement,
        declared: Declarations,
        names: Iterable[str],
        rank: tuple[float, ...],
    ) -> None:
        winners = self.winners.setdefault(element, {})
        for name in names:
            value, important = declared[name]
            winner = _Winner((important, *rank), _hides(declared, name), value)
            winners[name] = max(winner, winners.get(name, winner))


class Selectors:
    """The selectors of one page, whose tree does not change meanwhile."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        self._named = _by_name(tree.xpath("//*[@class or @id]"))

    def may_match(self, selector: str, within: _Named | None = None) -> bool:
        """False where the page has not all of its names, or no element ``within`` its last."""
        if len(selector) > _LONGEST_SELECTOR or _STATE.search(selector):
            return False
        plain = _ARGUMENTS.sub("", selector).strip()  # ":not(.wide)" needs no such class
        last = _COMBINATOR.split(plain)[-1]
        if not _names_in(plain) <= self._named.keys():
            return False
        names = {*_names_in(last), *map(str.lower, _TAG.findall(last))}
        return within is None or names <= within.keys()

    def select(
        self, selector: str, within: _Named | None = None
    ) -> tuple[list[HtmlElement], tuple[int, ...]]:
        """What it selects, and its specificity; nothing for what is no selector of elements."""
        from cssselect import HTMLTranslator, SelectorError, parse
        from lxml import etree  # type: ignore[import-untyped]

        try:
            # cssselect takes no list in :not(), and no name that begins with two hyphens as it is.
            selector = _NONE_OF.sub(lambda found: found[0].replace(",", "):not("), selector)
            (parsed,) = parse(_HYPHENS.sub(r"\1\\--", selector))
            if parsed.pseudo_element:
                return [], ()
            path, names = _outwards(parsed.parsed_tree)
            named = within or self._named
            if found := [named[name] for name in names if name in named]:
                fewest = min(found, key=len)
                return list(filter(etree.XPath(path), fewest)), parsed.specificity()
            path = HTMLTranslator().selector_to_xpath(parsed)
            return self._tree.xpath(path), parsed.specificity()
        except (SelectorError, ValueError, etree.XPathError, RecursionError):
            return [], ()


def _outwards(tree: Tree, axis: str = "self::") -> tuple[str, set[str]]:
    """The XPath that finds something from an element that is selected, and names that it must have.

    The whole tree is not walked: what is around an element is little, what is within one is much.
    The steps are no conditions within each other, whose time would grow exponentially.
    """
    from cssselect.parser import Class, CombinedSelector, Element, Hash
    from cssselect.xpath import HTMLTranslator

    if isinstance(tree, CombinedSelector):
        path, names = _outwards(tree.subselector, axis)
        outer, _ = _outwards(tree.selector, _AXES[tree.combinator])
        return f"{path}/{outer}", names
    path, names = f"{axis}{HTMLTranslator().xpath(tree)}", set()
    while not isinstance(tree, Element):
        if isinstance(tree, (Class, Hash)):
            names.add(f".{tree.class_name}" if isinstance(tree, Class) else f"#{tree.id}")
        tree = tree.selector
    return path, {*names, tree.element.lower()} if tree.element else names


def _by_name(elements: Iterable[HtmlElement], *, tags: bool = False) -> _Named:
    named: _Named = {}
    for element in elements:
        for name in [*_names(element), element.tag] if tags else _names(element):
            named.setdefault(name, []).append(element)
    return named


def _names(element: HtmlElement) -> list[str]:
    """Its classes (".a") and id ("#a")."""
    names, id_ = element.get("class"), element.get("id")
    found = [f".{name}" for name in names.split()] if names else []
    return [*found, f"#{id_}"] if id_ else found


def _names_in(selector: str) -> set[str]:
    return {_ESCAPE.sub(r"\1", name) for name in _NAME.findall(selector)}


def _blocks(css: str) -> Iterator[_Block]:
    """The rules for a screen that may hide or show."""
    open_blocks: list[str] = []
    start = 0
    for brace in re.finditer("[{}]", css):
        text = css[start : brace.start()]
        start = brace.end()
        if brace[0] == "{":
            open_blocks.append(text.rpartition(";")[2].strip())
        elif open_blocks:
            selectors = open_blocks.pop()
            lower = text.lower()
            named = any(name in lower for name in _IN_SHEETS)  # the pattern takes longer
            off_screen = any(map(_OTHER_MEDIA.match, open_blocks))
            if named and selectors[:1] != "@" and not off_screen and _RELEVANT.search(lower):
                declared = _declarations(text)
                hides = {name: _hides(declared, name) for name in _IN_SHEETS if name in declared}
                # Under a condition a rule may show an element, but not hide it.
                asked = any(not _ALWAYS.match(outer) for outer in open_blocks)
                properties = [name for name, hid in hides.items() if not (hid and asked)]
                hidden = any(map(hides.get, properties))
                yield _Block(start, selectors, declared, properties, hidden)
