"""``render_report``: runs as one HTML file that needs neither network nor script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from summarizer import __version__
from summarizer.digest import Digest
from summarizer.errors import ConfigurationError, TaxonomyError
from summarizer.evaluation.compare.comparison import Compared, Comparison, SliceCompared
from summarizer.evaluation.compare.operands import criteria_between
from summarizer.evaluation.compare.paired import compare_pairs
from summarizer.evaluation.figures import dollars, interval, number, p_value, typographic
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.report.plots import Bar, bar, confound_plots, cost_plots, reach
from summarizer.evaluation.report.variants import (
    ReportVariant,
    compared_pairs,
    load_variants,
    shown_articles,
)
from summarizer.evaluation.run.folder import prompt_changes
from summarizer.evaluation.selftest.record import load_stored
from summarizer.evaluation.stats.power import ALPHA
from summarizer.evaluation.suite.samples import Sample
from summarizer.pages.document import render_page
from summarizer.taxonomy import Taxonomy

MOST_ARTICLES: Final = 100
_HERE: Final = Path(__file__).parent
# The interval of fewer articles says nothing, and would squeeze the others.
_FEWEST: Final = 5
Part = Compared | SliceCompared


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
    scores, looks = zip(*((one.scores, one.run.folder.looks) for one in variants), strict=True)
    criteria = criteria_between(suite, scores, looks)
    pairs = compared_pairs(variants)
    sides = list(pairs[0]) if pairs else [variants[0]]
    primary = suite.metrics.primary
    articles = shown_articles(sides[0], sides[1] if pairs else None, primary, most=most_articles)
    confusions = [
        (letter, side.name, _confusion(side)) for letter, side in zip("AB", sides, strict=False)
    ]
    return render_page(
        "report.html.j2",
        folder=_HERE,
        styles=["report.css"],
        script="report.js",
        words=_WORDS,
        suite=suite,
        comparisons=compare_pairs([(a.scores, b.scores) for a, b in pairs], criteria),
        variants=variants,
        metrics=criteria.metrics,
        refusals=_refusals(),
        sides=[(letter, name) for letter, name, _ in confusions],
        articles=articles,
        articles_left=len(sides[0].run.folder.samples) - len(articles),
        slices=sorted({name for article in articles for name in article.sample.slices}),
        confusions=[one for one in confusions if one[2].counts],
        mistakes=_mistakes([found for _, _, found in confusions]),
        confounds=confound_plots(sides, primary),
        cost_plots=cost_plots(variants, primary[0]),
        quality=primary[0],
        fewest=_FEWEST,
        nothing=NOTHING,
        prompt_changes=prompt_changes(*((one.run.folder.manifest, one.variant) for one in pairs[0]))
        if pairs
        else [],
        runs=list({id(variant.run): variant.run.folder for variant in variants}.values()),
        version=__version__,
    )


def _refusals() -> dict[str, str]:
    """For each metric that fails its self-test, why; empty where none is on record."""
    try:
        tests = load_stored().metrics
    except ConfigurationError:
        return {}
    return {test.metric: test.refusal for test in tests if test.directed and test.refusal}


class Forest(NamedTuple):
    """A forest plot: one primary metric on all articles and on each slice.

    Attributes:
        metric: on all articles.
        scale: the difference at the ends of the bars.
        rows: all articles and each slice, with their bars.
    """

    metric: Compared
    scale: float
    rows: list[tuple[Part, Bar]]


def _forests(found: Comparison) -> list[Forest]:
    """A forest plot for each primary metric that has slices."""
    plots = []
    for row in found.metrics:
        slices = [part for part in found.slices if part.metric == row.metric and part.n >= _FEWEST]
        if slices and row.difference is not None:
            parts: list[Part] = [row, *slices]
            plots.append(Forest(row, *_bars([(part, _limit(row)) for part in parts])))
    return plots


def _metric_bars(found: Comparison) -> dict[str, Bar]:
    """The bars of the metrics from 0 to 1, whose differences can stand on one scale."""
    rows = [
        r for r in found.metrics if METRICS[r.metric].values == "share" and r.difference is not None
    ]
    return {row.metric: drawn for row, drawn in _bars([(row, _limit(row)) for row in rows])[1]}


def _bars(rows: Sequence[tuple[Part, float | None]]) -> tuple[float, list[tuple[Part, Bar]]]:
    """Of rows and their margins: the difference at the ends of the bars, each row with its bar."""
    scale = reach([value for row, _ in rows for value in (row.difference, row.low, row.high)])
    return scale, [
        (row, bar(row.difference or 0.0, row.low, row.high, scale=scale, margin=margin))
        for row, margin in rows
    ]


def _limit(row: Compared) -> float | None:
    """The difference at which a gate's margin is used up."""
    if row.margin is None:
        return None
    return row.margin if row.direction == "lower" else -row.margin


# What the templates write with.
_WORDS: Final[dict[str, Any]] = {
    "number": lambda *given: typographic(number(*given)),
    "interval": lambda *given: typographic(interval(*given)),
    "p_value": lambda value: typographic(p_value(value)),
    "dollars": dollars,
    "alpha": ALPHA,
    "bars": _metric_bars,
    "forests": _forests,
}


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

    @property
    def rows(self) -> list[tuple[str, list[float]]]:
        """For each branch that is gold somewhere, the count of each branch that was given."""
        names = self.branches
        rows = [(gold, [self.counts.get((gold, given), 0.0) for given in names]) for gold in names]
        return [(gold, counts) for gold, counts in rows if any(counts)]


def _confusion(side: ReportVariant) -> Confusion:
    outputs = ((sample, side.output(sample.id)) for sample in side.run.folder.samples.values())
    made = ((sample, output) for sample, output in outputs if isinstance(output, Digest))
    return confusion(made, side.run.folder.taxonomy)


def confusion(outputs: Iterable[tuple[Sample, Digest]], taxonomy: Taxonomy) -> Confusion:
    """The confusion over the articles that have gold topics."""
    counts: defaultdict[tuple[str, str], float] = defaultdict(float)
    for sample, digest in outputs:
        if sample.gold.topics is None or digest.topics is None:
            continue
        gold = {_branch(topic, taxonomy) for topic in sample.gold.topics}
        given = {_branch(topic.id, taxonomy) for topic in digest.topics}
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


def _branch(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return taxonomy.path(topic)[0]
    except TaxonomyError:
        return OFF_TAXONOMY


def _mistakes(found: Sequence[Confusion], *, most: int = 12) -> list[tuple[str, str, list[str]]]:
    """The most frequent mistakes of all variants: (gold, given, [count of each])."""
    pairs = {pair for side in found for pair in side.counts if pair[0] != pair[1]}
    total = {pair: sum(side.counts.get(pair, 0.0) for side in found) for pair in pairs}
    worst = sorted(total, key=lambda pair: (-total[pair], pair))[:most]
    return [(*pair, [f"{side.counts.get(pair, 0):.3g}" for side in found]) for pair in worst]
