from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer
from report_runs import POLITICS, SPORT, Make, digest, write_run
from small_suite import row
from typer.testing import CliRunner

from summarizer.cli import evaluation
from summarizer.cli.main import ErrorGroup
from summarizer.digest import Check, ErrorInfo, Failure
from summarizer.errors import ConfigurationError
from summarizer.evaluation.report.page import render_report
from summarizer.evaluation.report.variants import load_variants, shown_articles
from summarizer.evaluation.run.folder import Looked, RunFolder
from summarizer.evaluation.suite.samples import Sample
from summarizer.taxonomy import default_taxonomy

app = typer.Typer(cls=ErrorGroup)
app.callback()(lambda: None)
app.command()(evaluation.report)

HOSTILE = (
    "</title></style></script></textarea><script>document.title='owned'</script>"
    '<img src=x onerror=alert(1)><svg/onload=alert(2)><a href="javascript:alert(3)">x</a>'
    "<iframe src='//evil.example'></iframe>{{ 7 * 7 }}{% raw %}\" onmouseover=\"alert(4)' "
    "<!-- --><![CDATA[ \u202egnp.exe\u2066 \u200b&lt;b&gt; "
)
# What the page itself is made of.
TAGS = {
    "a", "abbr", "b", "bdi", "body", "br", "button", "caption", "circle", "code", "dd", "del",
    "details", "div", "dl", "dt", "figcaption", "figure", "g", "h1", "h2", "h3", "head", "header",
    "html", "input", "ins", "label", "li", "line", "main", "mark", "meta", "nav", "ol", "option",
    "output", "p", "path", "pre", "script", "section", "select", "small", "span", "strong", "style",
    "sup", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
    "wbr",
}  # fmt: skip


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.raw.get(self.cdata_elem or "", self.words).append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def good(sample: Sample) -> Any:
    return digest(sample, sample.article.text.split("\n")[0])


def bad(sample: Sample) -> Any:
    flag = Check(
        kind="number", status="flagged", message="'99' is not in the article", text="99", sentence=1
    )
    return digest(
        sample,
        "The council voted on Tuesday to rebuild the ferry.",
        "It costs 99 million euros.",
        topics=(SPORT,),
        checks=(flag,),
    )


def hostile(sample: Sample) -> Any:
    check = Check(kind="name", status="flagged", message=HOSTILE, text="alert", sentence=0)
    return digest(sample, HOSTILE, "w" * 50_000, topics=(POLITICS, HOSTILE), checks=(check,))


def failing(sample: Sample) -> Any:
    if sample.id.endswith("0"):
        error = ErrorInfo(type="ModelOutputError", message="no JSON", hint=None, exit_code=5)
        return Failure(source="text", error=error)
    return good(sample)


def page_of(folder: Path, variants: dict[str, Make], **changes: Any) -> Page:
    return Page(render_report([str(write_run(folder, variants, **changes))]))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("two")
    gates = [{"metric": "topic_f1", "margin": 0.05}, {"metric": "rouge2", "margin": 0.05}]
    return render_report(
        [str(write_run(folder, {"m+digest@v1": good, "m+digest@v2": bad}, rows=8, gates=gates))]
    )


def test_the_banner_says_what_b_is(two: str) -> None:
    text = Page(two).text

    assert "✗ Do not ship B: topic_f1 lost more than accepted" in text
    assert "topic_f1: −1.000" in text
    assert "✗ topic_f1 : regress at a margin of 0.050" in text.replace("topic_f1:", "topic_f1 :")


def test_the_other_way_round_b_is_better(tmp_path: Path) -> None:
    text = page_of(tmp_path, {"m+digest@v1": bad, "m+digest@v2": good}, rows=8).text

    assert "✓ Ship B: it is better on topic_f1" in text


def test_the_same_twice_shows_no_difference(tmp_path: Path) -> None:
    text = page_of(tmp_path, {"m+digest@v1": good, "m+digest@v2": good}).text

    assert "are the same on every article" in text


def test_what_lacks_digests_is_not_compared(tmp_path: Path) -> None:
    text = page_of(tmp_path, {"m+digest@v1": good, "m+digest@v2": failing}).text

    assert "Too little is there to decide" in text
    assert "75.0% of B's" in text
    assert "ModelOutputError: no JSON" in text


def test_a_metric_that_fails_its_self_test_has_a_dagger(two: str) -> None:
    text = Page(two).text

    assert "rouge2 †" in re.sub(r"\s*†", " †", text)
    assert "fails its control" in text


def test_slices_have_intervals(tmp_path: Path) -> None:
    text = page_of(tmp_path, {"m+digest@v1": good, "m+digest@v2": bad}, rows=10, gates=[]).text

    assert "all articles n 10" in text
    assert "Slices of fewer than 5" in text


def test_evidence_is_marked_and_unsupported_words_are_named(two: str) -> None:
    page = Page(two)

    assert {"class": "A e-A1"} in page.of("mark")
    assert "⚠ unsupported" in page.text
    assert "'99' is not in the article" in page.text
    assert re.search(r'<span class="flag">99</span>', two)
    assert re.search(r"<ins>[^<]*ferry", two)


def test_topics_say_in_words_how_they_stand(two: str) -> None:
    text = Page(two).text

    assert "right" in text
    assert "wrong" in text
    assert "politics and government missed" in text


def test_gold_below_the_level_that_is_scored_is_shown_as_it_is_scored(tmp_path: Path) -> None:
    election = next(topic for topic in default_taxonomy().topics if topic.parent == POLITICS)
    rows = [row(0, gold_topics=[election.id])]

    assert shown_topics(tmp_path, rows) == [("right", POLITICS)]
    assert shown_topics(tmp_path / "deep", rows, settings={"depth": 2})[0] == ("wrong", POLITICS)


def shown_topics(folder: Path, rows: list[dict[str, Any]], **suite: Any) -> list[tuple[str, str]]:
    """(how it stands, name) of each topic that the report shows of one article."""
    run = write_run(folder, {"m+digest@v1": good}, rows=rows, **suite)
    (side,) = load_variants([str(run)])
    (shown,) = shown_articles(side, None, ["topic_f1"], most=1)
    return [(topic.state, topic.name) for topic in shown.outputs[0].topics]


def test_one_variant_has_a_report_of_its_own(tmp_path: Path) -> None:
    text = page_of(tmp_path, {"m+digest@v1": good}).text

    assert "The worst first" in text
    assert "B is" not in text


def test_many_variants_are_compared_where_one_thing_differs(tmp_path: Path) -> None:
    variants: dict[str, Make] = {f"m+digest@v{n}": good for n in (1, 2, 3, 4)}
    page = page_of(tmp_path, variants)

    assert page.text.count("the same on every article") >= 6


def test_variants_of_two_runs_can_be_chosen(tmp_path: Path) -> None:
    first = write_run(tmp_path / "one", {"m+digest@v1": good, "m+digest@v2": good}, rows=2)
    second = write_run(tmp_path / "two", {"m+digest@v1": bad}, rows=2)
    text = Page(render_report([f"{first}:v1", str(second)])).text

    assert f"Am+digest@v1 ({first}) what was" in text
    assert f"Bm+digest@v1 ({second}) what is new" in text


def test_nothing_is_fetched_and_only_our_script_may_run(two: str) -> None:
    page = Page(two)
    policy = next(
        meta["content"] for meta in page.of("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )  # fmt: skip

    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for name in ("script", "style"):
        [text] = page.raw[name]
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{hashed}'" in policy
        assert "http" not in text.replace("http-equiv", "")
    assert_inert(page)


def assert_inert(page: Page) -> None:
    """The page has only tags of ours, no handler, no style, and links within itself."""
    assert {tag for tag, _ in page.tags} <= TAGS
    assert len(page.of("script")) == 1
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not attributes.keys() & {"src", "action", "srcset", "xlink:href"}
        if "href" in attributes:
            assert re.fullmatch("#[a-z]+(-[0-9]+-[ce]-[AB][0-9]+)?", attributes["href"] or ""), tag


def test_hostile_articles_outputs_and_names_are_text(tmp_path: Path) -> None:
    row = {
        "id": HOSTILE[:200],
        "article": f"{HOSTILE} The council of Velmar voted on Tuesday. " * 6,
        "title": HOSTILE,
        "gold_topics": [POLITICS],
        "references": [HOSTILE],
        "key_facts": [HOSTILE],
        "slices": [HOSTILE, "x"],
        "language": "en",
        "story_id": HOSTILE,
    }
    rows = [{**row, "id": f"{number} {row['id'][:190]}"} for number in range(6)]
    variants: dict[str, Make] = {"m+<b>\u202e\"'": hostile, "n</script>": good}
    html = render_report([str(write_run(tmp_path, variants, rows=rows, description=HOSTILE))])
    page = Page(html)

    assert_inert(page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", html)
    assert "<script>document.title='owned'</script>" in page.text
    assert "⟨U+202E⟩" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in page.text.split("onmouseover")[0][-40:]
    assert "w" * 25_000 not in html


def test_long_runs_show_the_articles_that_differ_most(tmp_path: Path) -> None:
    run = write_run(tmp_path, {"m+digest@v1": good, "m+digest@v2": failing})
    page = Page(render_report([str(run)], most_articles=2))

    assert len([d for d in page.of("details") if d.get("class") == "article"]) == 2
    assert "2 articles on which A and B differ less are left out" in page.text


def test_the_command_writes_the_page_and_prints_its_path(tmp_path: Path) -> None:
    run = write_run(tmp_path, {"m+digest@v1": good})
    out = tmp_path / "page.html"

    done = CliRunner().invoke(app, ["report", str(run), "-o", str(out)])

    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_in_no_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", "nothing", "-o", str(tmp_path / "no" / "p.html")])

    assert done.exit_code == 2
    assert "error: the folder of the output" in done.stderr


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nothing"], "not the folder of a run"),
        (["{run}:v9"], "no variant"),
        (["{run}", "{run}:v1"], "twice"),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, names: list[str], message: str) -> None:
    run = write_run(tmp_path, {"m+digest@v1": good})

    with pytest.raises(ConfigurationError, match=message):
        render_report([name.format(run=run) for name in names])


def test_runs_of_two_suites_are_refused(tmp_path: Path) -> None:
    first = write_run(tmp_path / "one", {"m+digest@v1": good})
    second = write_run(tmp_path / "two", {"m+digest@v1": good}, name="others")

    with pytest.raises(ConfigurationError, match="different suites: bridges, others"):
        render_report([str(first), str(second)])


def test_the_looks_at_one_of_two_runs_count_as_in_compare(tmp_path: Path) -> None:
    a, b = (write_run(tmp_path / name, {name: make}) for name, make in (("a", good), ("b", bad)))
    plain = Page(render_report([str(a), str(b)])).text
    RunFolder(b).look(Looked(planned=40, articles=(2, 4)))

    assert Page(render_report([str(a), str(b)])).text != plain
