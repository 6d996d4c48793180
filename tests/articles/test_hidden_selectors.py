from __future__ import annotations

import cssselect
import lxml.html  # type: ignore[import-untyped]
import pytest

from summarizer.articles.hidden import Selectors

SELECTED = """<html><body class="a">
<div class="a b"><p class="c" id="x">1</p><div><p class="c">2</p>
</div></div><div class="b"><div class="a"><ul class="b c"><li class="a">3</li></ul></div><p>4</p>
</div></body></html>"""


@pytest.mark.parametrize(
    "selector",
    [".a", ".a.b", "#x", "P.c", "div.a", "ul.b.c", ".a .c", "div > .c", ".b > .a li", ".c[id]"],
)
def test_selectors_select_what_xpath_selects(selector: str) -> None:
    tree = lxml.html.document_fromstring(SELECTED)
    (parsed,) = cssselect.parse(selector)

    elements, specificity = Selectors(tree).select(selector)

    assert list(elements) == tree.xpath(cssselect.HTMLTranslator().selector_to_xpath(parsed)) != []
    assert specificity == parsed.specificity()


@pytest.mark.parametrize("selector", [".a > > .b", "> .a", ".a >", ".a +", "[", ".a::before", ""])
def test_what_is_no_selector_of_elements_selects_nothing(selector: str) -> None:
    tree = lxml.html.document_fromstring(SELECTED)

    assert list(Selectors(tree).select(selector)[0]) == []


def test_a_name_may_begin_with_hyphens() -> None:
    tree = lxml.html.document_fromstring('<p class="a"><b class="--hide-me">1</b></p>')

    assert [e.tag for e in Selectors(tree).select(".a .--hide-me")[0]] == ["b"]
