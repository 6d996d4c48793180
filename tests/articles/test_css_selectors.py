from __future__ import annotations

import lxml.html  # type: ignore[import-untyped]
import pytest
from cssselect import HTMLTranslator, parse
from hypothesis import given
from hypothesis import strategies as st

from summarizer.articles import css_selectors
from summarizer.articles.css_selectors import Selectors

PAGE = """<html><body class="a"><div class="a b"><p class="c" id="x">1</p><div><p class="c">2</p>
</div></div><div class="b"><div class="a"><ul class="b c"><li class="a">3</li></ul></div><p>4</p>
</div></body></html>"""
COMPOUNDS = st.sampled_from(
    [".a", ".b", ".c", ".a.b", "#x", "p", "div", "P.c", "div.a", "li", "ul.b.c"]
)
CHAINS = st.lists(COMPOUNDS, min_size=1, max_size=4).flatmap(
    lambda parts: st.lists(
        st.sampled_from([" ", ">", " > "]), min_size=len(parts) - 1, max_size=len(parts) - 1
    ).map(lambda marks: "".join(a + b for a, b in zip(parts, [*marks, ""], strict=True)))
)


@given(CHAINS)
def test_chains_select_what_xpath_selects(selector: str) -> None:
    tree = lxml.html.document_fromstring(PAGE)
    (parsed,) = parse(selector)

    elements, specificity = Selectors(tree).select(selector)

    assert list(elements) == tree.xpath(HTMLTranslator().selector_to_xpath(parsed))
    assert specificity == parsed.specificity()


@pytest.mark.parametrize("selector", [".a > > .b", "> .a", ".a >", ".a +", "[", ".a::before", ""])
def test_what_is_no_selector_of_elements_selects_nothing(selector: str) -> None:
    assert list(Selectors(lxml.html.document_fromstring(PAGE)).select(selector)[0]) == []


@pytest.mark.parametrize("selector", [".b > :first-child", ".c[id]", ".a ~ .b", "p:not(.c)"])
def test_other_selectors_go_by_xpath(selector: str) -> None:
    assert len(list(Selectors(lxml.html.document_fromstring(PAGE)).select(selector)[0])) >= 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(css_selectors, "_MOST_KEPT", 5)
    selectors = Selectors(lxml.html.document_fromstring(PAGE))
    found = [[e.text for e in selectors.select(".a .b p")[0]] for _ in range(2)]

    assert found == [["1", "2", "4"]] * 2
