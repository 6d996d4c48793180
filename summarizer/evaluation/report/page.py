"""``render_report``: runs as one HTML file that needs neither network nor script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from summarizer import __version__
from summarizer.digest import Digest
from summarizer.errors import ConfigurationError, TaxonomyError
from summarizer.evaluation.compare.comparison import Comparison
from summarizer.evaluation.compare.operands import criteria_of, judged_metrics
from summarizer.evaluation.compare.paired import Criteria, compare_pairs
from summarizer.evaluation.figures import dollars, interval, number, p_value
from summarizer.evaluation.report.articles import shown_articles
from summarizer.evaluation.report.findings import (
    FEWEST,
    SYMBOLS,
    Banner,
    Forest,
    bars_of,
    better_is,
    conclusion,
    forests,
    stands_out,
    verdict_of,
)
from summarizer.evaluation.report.plots import Bar, confound_plots, cost_plots
from summarizer.evaluation.report.runs import ReportVariant, compared_pairs, load_variants
from summarizer.evaluation.run.folder import PromptChange, prompt_changes
from summarizer.evaluation.selftest.record import load_stored
from summarizer.evaluation.stats.sequential import ONE_LOOK
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import Sample
from summarizer.pages.document import render_page
from summarizer.taxonomy import Taxonomy

MOST_ARTICLES: Final = 100
_HERE: Final = Path(__file__).parent
# Steps of the background of counts; report.css has a class for each.
_SHADES: Final = 5
# What the templates write figures with.
_WORDS: Final[dict[str, Any]] = {
    "number": number,
    "interval": interval,
    "p_value": p_value,
    "dollars": dollars,
    "better_is": better_is,
    "conclusion": conclusion,
    "stands_out": stands_out,
    "symbols": SYMBOLS,
}


class ComparisonShown(NamedTuple):
    """A comparison as the page shows it."""

    a: str
    b: str
    found: Comparison
    verdict: Banner
    bars: dict[str, Bar]
    forests: list[Forest]


class ConfusionShown(NamedTuple):
    """The confusion of one variant, as rows of (text, shade from 0 to 5)."""

    side: str
    variant: str
    branches: list[str]
    rows: list[tuple[str, list[tuple[str, int]]]]


def render_report(names: Sequence[str], *, most_articles: int = MOST_ARTICLES) -> str:
    """The page about these runs.

    Of two variants, the first is A, what was, and the second is B, what is new. Everything that
    articles and models wrote is text on it.

    Args:
        names: ``RUN`` or ``RUN:VARIANT``.
        most_articles: how many articles are shown whole, those that differ most.

    Raises:
        ConfigurationError: there is no such run or variant, or the runs are of different suites.
    """
    variants = load_variants(names)
    suite = variants[-1].run.folder.manifest.suite
    criteria = _criteria(suite, variants)
    pairs = compared_pairs(variants)
    comparisons = [
        ComparisonShown(
            a=a.name,
            b=b.name,
            found=found,
            verdict=verdict_of(found),
            bars=bars_of(found),
            forests=forests(found),
        )
        for (a, b), found in zip(
            pairs, compare_pairs([(a.scores, b.scores) for a, b in pairs], criteria), strict=True
        )
    ]
    sides = list(pairs[0]) if pairs else [variants[0]]
    primary = suite.metrics.primary
    articles = shown_articles(sides[0], sides[1] if pairs else None, primary, most=most_articles)
    return render_page(
        "report.html.j2",
        folder=_HERE,
        styles=["report.css"],
        script="report.js",
        words=_WORDS,
        suite=suite,
        comparisons=comparisons,
        variants=variants,
        metrics=criteria.metrics,
        refusals=_refusals(),
        sides=[(letter, side.name) for letter, side in zip("AB", sides, strict=False)],
        articles=articles,
        articles_left=len(sides[0].run.samples) - len(articles),
        slices=sorted({name for article in articles for name in article.sample.slices}),
        **_topic_mistakes(sides),
        confounds=confound_plots(sides, primary),
        cost_plots=cost_plots(variants, primary[0]),
        quality=primary[0],
        fewest=FEWEST,
        nothing=NOTHING,
        prompt_changes=_prompt_changes(pairs[0]) if pairs else [],
        runs=list({id(variant.run): variant.run.folder for variant in variants}.values()),
        version=__version__,
    )


def _prompt_changes(pair: tuple[ReportVariant, ReportVariant]) -> list[PromptChange]:
    a, b = ((one.run.folder.manifest, one.variant) for one in pair)
    return prompt_changes(a, b)


def _criteria(suite: Suite, variants: Sequence[ReportVariant]) -> Criteria:
    looks = {variant.run.folder.looks for variant in variants}
    return criteria_of(
        suite,
        more=judged_metrics(variant.scores for variant in variants),
        looks=looks.pop() if len(looks) == 1 else ONE_LOOK,
    )


def _refusals() -> dict[str, str]:
    """For each metric that fails its self-test, why; empty where none is on record."""
    try:
        tests = load_stored().metrics
    except ConfigurationError:
        return {}
    return {test.metric: test.refusal for test in tests if test.directed and test.refusal}


def _topic_mistakes(sides: Sequence[ReportVariant]) -> dict[str, Any]:
    """What the section on topics shows."""
    found = [_confusion(side) for side in sides]
    shown = [
        _shown(letter, side.name, one)
        for letter, side, one in zip("AB", sides, found, strict=False)
        if one.counts
    ]
    return {"confusions": shown, "mistakes": _mistakes(found)}


def _confusion(side: ReportVariant) -> Confusion:
    outputs = ((sample, side.output(sample.id)) for sample in side.run.samples.values())
    made = ((sample, output) for sample, output in outputs if isinstance(output, Digest))
    return confusion(made, side.run.folder.taxonomy)


def _shown(letter: str, name: str, found: Confusion) -> ConfusionShown:
    branches = found.branches
    most = max(found.counts.values())
    rows = []
    for gold in branches:
        counts = [found.counts.get((gold, given), 0.0) for given in branches]
        if any(counts):
            shades = [-(-_SHADES * count // most) for count in counts]
            texts = [f"{count:.3g}" if count else "" for count in counts]
            rows.append((gold, [(t, int(s)) for t, s in zip(texts, shades, strict=True)]))
    return ConfusionShown(letter, name, branches, rows)


def _mistakes(found: Sequence[Confusion], *, most: int = 12) -> list[tuple[str, str, list[str]]]:
    """The most frequent mistakes of all variants: (gold, given, [count of each])."""
    total: dict[tuple[str, str], float] = {}
    for side in found:
        for pair in side.errors():
            total[pair] = total.get(pair, 0.0) + side.counts[pair]
    worst = sorted(total, key=lambda pair: (-total[pair], pair))[:most]
    return [(*pair, [f"{side.counts.get(pair, 0):.3g}" for side in found]) for pair in worst]


NOTHING: Final = "(nothing)"
OFF_TAXONOMY: Final = "(not in the taxonomy)"


class Confusion(NamedTuple):
    """Counts of (gold branch, given branch) over articles.

    A branch that is gold and given counts on the diagonal. Gold that was not given is shared out
    evenly over what was given wrongly in the same article, or else counts as given ``NOTHING``;
    what was given where all gold was found has the gold ``NOTHING``.
    """

    counts: Mapping[tuple[str, str], float]

    @property
    def branches(self) -> list[str]:
        """All that occur, in alphabetical order; those that are no branch last."""
        found = {name for pair in self.counts for name in pair}
        return sorted(found, key=lambda name: (name in (NOTHING, OFF_TAXONOMY), name))

    def errors(self) -> list[tuple[str, str]]:
        """The pairs off the diagonal, the most frequent first."""
        pairs = [pair for pair in self.counts if pair[0] != pair[1]]
        return sorted(pairs, key=lambda pair: (-self.counts[pair], pair))


def confusion(outputs: Iterable[tuple[Sample, Digest]], taxonomy: Taxonomy) -> Confusion:
    """The confusion over the articles that have gold topics."""
    counts: defaultdict[tuple[str, str], float] = defaultdict(float)
    for sample, digest in outputs:
        if sample.gold.topics is None or digest.topics is None:
            continue
        gold = _branches(sample.gold.topics, taxonomy)
        given = _branches([topic.id for topic in digest.topics], taxonomy)
        for branch in gold & given:
            counts[branch, branch] += 1
        missed, wrong = sorted(gold - given), sorted(given - gold)
        for branch in missed:
            for other in wrong or [NOTHING]:
                counts[branch, other] += 1 / max(1, len(wrong))
        if not missed:
            for other in wrong:
                counts[NOTHING, other] += 1
    return Confusion(dict(counts))


def _branches(topics: Sequence[str], taxonomy: Taxonomy) -> set[str]:
    return {_branch(topic, taxonomy) for topic in topics}


def _branch(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return taxonomy.path(topic)[0]
    except TaxonomyError:
        return OFF_TAXONOMY
