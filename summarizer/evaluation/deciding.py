"""Deciding while digests are made: batch after batch, until it is known which prompt is better.

All variants of an article are made together; after each batch they are compared at a level that
allows for all looks (``stats.power``), by the rule of ``compare.comparison``. The run's folder
holds only what was looked at, so that ``eval compare`` and ``eval report`` say the same of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final, Literal, NamedTuple

from summarizer.digest import Digest
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import Comparison, Decision, told
from summarizer.evaluation.compare.operands import criteria_of
from summarizer.evaluation.compare.paired import Criteria, compare_pairs
from summarizer.evaluation.run.folder import Looked, Report, RunFolder
from summarizer.evaluation.run.manifest import Key
from summarizer.evaluation.run.plan import Plan, begin
from summarizer.evaluation.scores import VariantScores
from summarizer.evaluation.scoring import RunOutputs, ScoreLine
from summarizer.evaluation.stats.power import Looks
from summarizer.evaluation.suite.samples import Sample, lot
from summarizer.worker_pool import Stopped

# Fewer articles a look say little, and more looks than this save little more.
_LEAST_BATCH: Final = 10
_MOST_LOOKS: Final = 10


class Decided(NamedTuple):
    """What is known after a look.

    Attributes:
        decision: what to do.
        winner: the variant to ship; None: none.
        comparisons: of all pairs, the earlier variant as A.
        articles: that were looked at.
        planned: at most.
        looks: so far.
        cost_usd: of the run so far; None: a price is not known.
        stopped: the limit that ended it; None: none did.
    """

    decision: Decision
    winner: str | None
    comparisons: list[Comparison]
    articles: int
    planned: int
    looks: int
    cost_usd: float | None
    stopped: Stopped | None

    @property
    def is_final(self) -> bool:
        """Whether more articles would change nothing, or cannot be had."""
        known = self.decision.outcome in ("ship", "do-not-ship")
        return known or self.stopped is not None or self.articles >= self.planned


def decide_run(
    plan: Plan,
    path: Path,
    *,
    make: Callable[[RunFolder], Report],
    margins: Mapping[str, float],
    batch: int | None = None,
    looked: Callable[[Decided], None] = lambda _: None,
) -> Decided:
    """Makes and compares batch after batch until the decision is known.

    Args:
        plan: the suite, with two variants or more; the first is what was.
        path: the run's folder, new or of an earlier call.
        make: makes the digests that a folder lacks.
        margins: losses that are acceptable, instead of those of the suite's gates.
        batch: articles between two looks; None: a tenth of all, and 10 at least.
        looked: called after each look.

    Raises:
        ConfigurationError: there is nothing to compare, or the folder is of another plan.
    """
    if len(plan.manifest.variants) < 2:
        raise ConfigurationError(
            "one variant is nothing to decide between",
            hint="name two: --prompt digest@v1 --prompt digest@v2, or two --model",
        )
    samples = by_lot(plan.data.samples, seed=plan.manifest.suite.seed)
    planned = len(samples)
    counts = _earlier_looks(RunFolder(path), planned)
    scored: dict[tuple[str, str], ScoreLine] = {}
    for count in _next_looks(planned, batch, done=max(counts, default=0)):
        data = plan.data._replace(samples=samples[:count])
        folder = begin(plan._replace(data=data), path)
        folder.look(Looked(planned=planned, articles=counts))
        report = make(folder)
        variants, there = _scores(folder, scored)
        if not there:
            raise ConfigurationError(
                "the budget does not suffice for one article",
                hint="more of --max-cost or --max-tokens-total",
            )
        counts = (*(one for one in counts if one < there), there)
        folder.look(Looked(planned=planned, articles=counts))
        looks = Looks(tuple(one / planned for one in counts))
        criteria = criteria_of(plan.manifest.suite, margins=margins, looks=looks)
        pairs = list(combinations(variants, 2))
        comparisons = compare_pairs(pairs, _core(criteria))
        decision, winner = overall(comparisons)
        decided = Decided(
            decision, winner, comparisons, there, planned, len(counts),
            cost_usd=folder.cost_usd(plan.manifest.planned), stopped=report.stopped,
        )  # fmt: skip
        looked(decided)
        if decided.is_final:
            return decided._replace(comparisons=compare_pairs(pairs, criteria))
    raise AssertionError("the last look is final")


def by_lot(samples: Sequence[Sample], *, seed: int) -> list[Sample]:
    """The articles in an order by lot, always the same; those on one story stay together."""
    return sorted(
        samples, key=lambda one: (lot(one.story or one.id, seed=seed), lot(one.id, seed=seed))
    )


def overall(comparisons: Sequence[Comparison]) -> tuple[Decision, str | None]:
    """One decision of all pairs, and the variant to ship: one, or none.

    The first variant is what was. Of those that may be shipped instead of it, one that may be
    shipped instead of all others wins; else the one whose primary metrics gained most, as each of
    them is better than what was.
    """
    before = comparisons[0].a
    against = [found for found in comparisons if found.a == before]
    if len(against) == 1:
        decision = against[0].decision
        return decision, against[0].b if decision.outcome == "ship" else None
    reasons = tuple(f"{found.b}: {found.decision.sentence}" for found in against)
    open_ = [one.decision for one in against if one.decision.outcome in ("unclear", "incomplete")]
    winner, more = None, None
    outcome: Literal["ship", "do-not-ship", "unclear", "incomplete"]
    if open_:
        counts = [decision.more_articles or 0 for decision in open_]
        more = max(counts) if all(counts) else None
        outcome = "incomplete" if any(one.outcome == "incomplete" for one in open_) else "unclear"
        sentence = f"{told(more)} what to ship instead of {before}."
    elif shipped := [found for found in against if found.decision.outcome == "ship"]:
        beaten = Counter(one.b for one in comparisons if one.decision.outcome == "ship")
        winner = max(shipped, key=lambda found: (beaten[found.b], _gain(found))).b
        outcome, sentence = "ship", f"Ship {winner} instead of {before}."
    else:
        outcome, sentence = "do-not-ship", f"Ship none of them: {before} stays."
    return Decision(outcome=outcome, sentence=sentence, reasons=reasons, more_articles=more), winner


def _gain(found: Comparison) -> float:
    return sum(row.gain for row in found.metrics if row.primary)


def _core(criteria: Criteria) -> Criteria:
    """Only what decides: the others are computed once, at the end."""
    names = {*criteria.primary, *criteria.margins}
    return criteria._replace(metrics=[one for one in criteria.metrics if one.name in names])


def _earlier_looks(folder: RunFolder, planned: int) -> tuple[int, ...]:
    """The articles at each look of earlier calls; none where the run is yet to begin."""
    if not folder.exists:
        return ()
    looked = folder.looked
    if looked is None or looked.planned != planned:
        raise ConfigurationError(
            f"{str(folder.path)!r} is a run that was not begun by eval decide on {planned:,} "
            "articles",
            hint="begin a new run: leave out --out",
        )
    return looked.articles


def _next_looks(planned: int, batch: int | None, *, done: int) -> Iterator[int]:
    """The articles at each look to come; what an earlier call had ``done`` is looked at again."""
    size = batch or max(_LEAST_BATCH, math.ceil(planned / _MOST_LOOKS))
    yield from (count for count in (*range(size, planned, size), planned) if count >= done)


def _scores(
    folder: RunFolder, scored: dict[tuple[str, str], ScoreLine]
) -> tuple[list[VariantScores], int]:
    """The scores of each variant, and of how many articles.

    An article counts where nothing of it is missing but what failed for good: a budget that ends
    within an article leaves it out for all variants.

    Args:
        folder: the run, which grows.
        scored: what was scored at earlier looks, by article and variant; what is new is added.
    """
    outputs = RunOutputs(folder)
    names = list(folder.manifest.planned)
    begun = {key.sample for key in folder.missing() if key not in outputs.made}
    there = [sample for id_, sample in folder.samples.items() if id_ not in begun]
    for sample in there:
        for name in names:
            keys = [Key(sample.id, name, epoch) for epoch in range(folder.manifest.epochs)]
            done = all(isinstance(outputs.made[key].result, Digest) for key in keys)
            if not done or (sample.id, name) not in scored:
                scored[sample.id, name] = outputs.line(sample, name)
    lines = [scored[sample.id, name] for name in names for sample in there]
    return list(outputs.by_variant(lines).values()), len(there)
