"""Comparing two variants: paired by article, clustered by story, epochs averaged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import (
    COMPLETE,
    SAME,
    Compared,
    Comparison,
    Conclusion,
    Decision,
    Flip,
    SliceCompared,
    decide,
)
from summarizer.evaluation.compare.differences import bounds, difference_of, repeats_of
from summarizer.evaluation.judge.judge import family_warning
from summarizer.evaluation.metrics import JUDGED, METRICS, Metric
from summarizer.evaluation.scores import TIMED, SampleScores, VariantScores
from summarizer.evaluation.stats import power
from summarizer.evaluation.stats.interval import Interval, least_p
from summarizer.evaluation.stats.significance import benjamini_hochberg, holm

_UNDECIDED: Final = Decision(outcome="incomplete", sentence="")  # until p-values are adjusted


Pair = tuple[VariantScores, VariantScores]


class Criteria(NamedTuple):
    """What is compared and how it is read.

    Attributes:
        metrics: what is compared, the primary ones first.
        primary: names of those that decide.
        margins: for each gated metric the loss that is acceptable.
        seed: of permutations and resamples.
        looks: where the articles are looked at while they come in: the looks so far.
    """

    metrics: Sequence[Metric]
    primary: Collection[str]
    margins: Mapping[str, float]
    seed: int = 0
    looks: power.Looks = power.ONE_LOOK


def compare(a: VariantScores, b: VariantScores, criteria: Criteria) -> Comparison:
    """What B did to the metrics of A; see ``compare_pairs``."""
    return compare_pairs([(a, b)], criteria)[0]


def compare_pairs(pairs: Sequence[Pair], criteria: Criteria) -> list[Comparison]:
    """What B did to the metrics of A, for each pair (A, B) of what was and what is new.

    The p-values of the primary metrics of all pairs are adjusted together (Holm): whoever
    compares all pairs of four equal prompts has 18 tests, one of which would find something in
    17 % of runs.

    Args:
        pairs: what is compared.
        criteria: what is compared and how it is read.

    Raises:
        ConfigurationError: different versions of the metrics scored A and B.
    """
    family = len(pairs) * max(1, len(criteria.primary))
    found = [_comparison(a, b, criteria, family=family) for a, b in pairs]
    adjusted = iter(holm([row.p or 0.0 for one in found for row in one.metrics if _is_tested(row)]))
    decided = []
    for one in found:
        rows = (_adjusted(row, next(adjusted)) if _is_tested(row) else row for row in one.metrics)
        whole = one.model_copy(update={"metrics": tuple(rows)})
        decided.append(whole.model_copy(update={"decision": decide(whole, tests=family)}))
    return decided


def _is_tested(row: Compared) -> bool:
    return row.primary and row.p is not None


def _adjusted(row: Compared, p: float) -> Compared:
    """With the p-value that is adjusted for the number of primary metrics (Holm)."""
    same = row.conclusion == "same"
    conclusion = "same" if same else _conclude(row.difference or 0.0, p, row.direction)
    return row.model_copy(update={"p_adjusted": p, "conclusion": conclusion})


def _comparison(
    a: VariantScores, b: VariantScores, criteria: Criteria, *, family: int
) -> Comparison:
    if a.code_sha256 != b.code_sha256:
        raise ConfigurationError(
            f"{a.name!r} and {b.name!r} were scored by different versions of the metrics",
            hint="a run is scored anew by itself; a baseline is written anew by "
            "summarizer eval gate RUN --update --allow-regression",
        )
    shared = [name for name in a.samples if name in b.samples]
    same = [name for name in shared if a.samples[name].fingerprint == b.samples[name].fingerprint]
    absent = a.samples.keys() ^ b.samples.keys()
    a_same, b_same = a.of(same), b.of(same)
    return Comparison(
        a=a.name,
        b=b.name,
        articles=len(same),
        changed=tuple(name for name in shared if name not in a_same.samples),
        absent=tuple(name for name in {**a.samples, **b.samples} if name in absent),
        made_a=a_same.share,
        made_b=b_same.share,
        complete=min(a_same.share, b_same.share) >= COMPLETE,
        decision=_UNDECIDED,
        metrics=tuple(
            _compared(a_same, b_same, metric, criteria, family=family)
            for metric in criteria.metrics
        ),
        slices=_slices(a_same, b_same, criteria),
        notes=tuple(_notes(a, b, (a_same, b_same), criteria)),
    )


def _compared(
    a: VariantScores, b: VariantScores, metric: Metric, criteria: Criteria, *, family: int
) -> Compared:
    names, looks = _scored_in_both(a, b, metric), criteria.looks
    margin, is_primary = criteria.margins.get(metric.name), metric.name in criteria.primary
    row = partial(
        Compared,
        metric=metric.name,
        direction=metric.direction,
        primary=is_primary,
        margin=margin,
        n=len(names),
        one_sided=_one_sided(a, b, metric),
    )
    confidence = 1 - looks.level(power.ALPHA)
    found = None
    if names:
        found = difference_of(a, b, metric, names, seed=criteria.seed, confidence=confidence)
    if found is None:
        return row(conclusion="unclear")
    interval, p = found.interval, None if found.p is None else looks.p_value(found.p)
    outcome, n_needed = None, None
    if margin is not None:
        gain = interval.negated() if metric.direction == "lower" else interval
        outcome, n_needed = power.verdict(gain, margin)
    worst, best = bounds(a, b, metric)
    # The p that finds a difference of this metric, whatever Holm finds in the others.
    alpha = looks.level(power.ALPHA / family if is_primary else power.ALPHA)
    same = metric.direction != "none" and found.same and interval.clusters > 1
    flips = _flips(a, b, metric, names) if metric.is_additive else None
    wins = sum(metric.gain(flip.a, flip.b) > 0 for flip in flips or ())
    return row(
        clusters=interval.clusters,
        a=found.a,
        b=found.b,
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        standard_error=interval.standard_error,
        p=p,
        test=found.test,
        wins=None if flips is None else wins,
        ties=None if flips is None else len(names) - len(flips),
        losses=None if flips is None else len(flips) - wins,
        flips=flips or (),
        detectable=_detectable(interval, alpha=alpha),
        repeats=repeats_of(a, b, metric, names),
        worst=worst,
        best=best,
        outcome=outcome,
        n_needed=n_needed,
        conclusion="same" if same else _conclude(interval.mean, p, metric.direction),
    )


def _scored_in_both(a: VariantScores, b: VariantScores, metric: Metric) -> list[str]:
    """The articles that the metric scores in both; what two judges say is not compared."""
    if metric.is_judged and a.judge != b.judge:
        return []
    of_b = b.rows(metric)
    names = [name for name in a.rows(metric) if name in of_b]
    if metric.name in TIMED:
        return [name for name in names if _made_in_turns(a.samples[name], b.samples[name])]
    return names


def _one_sided(a: VariantScores, b: VariantScores, metric: Metric) -> int:
    """Articles with a digest of both that only one of both is scored on.

    They may be those on which it failed, such as summaries in another language. What is paid or
    measured in time is known of one alone where the other's answers came from a cache.
    """
    other_judge = metric.is_judged and a.judge != b.judge
    if metric.subject == "cost" or metric.may_be_empty or other_judge:
        return 0
    differing = a.rows(metric).keys() ^ b.rows(metric).keys()
    return sum(a.samples[name].made > 0 and b.samples[name].made > 0 for name in differing)


def _made_in_turns(a: SampleScores, b: SampleScores) -> bool:
    """Whether one process made an article's digests of both, whose times can be compared."""
    return None not in a.sessions and a.sessions == b.sessions != ()


def _flips(
    a: VariantScores, b: VariantScores, metric: Metric, names: Sequence[str]
) -> tuple[Flip, ...]:
    """The articles that differ by a mean: what B lost first, the largest first."""
    of_a, of_b = a.values(metric), b.values(metric)
    gains = {name: metric.gain(of_a[name], of_b[name]) for name in names}
    differing = sorted(
        (name for name in names if abs(gains[name]) > SAME),
        key=lambda name: (gains[name] > 0, -abs(gains[name]), name),
    )
    return tuple(Flip(sample=name, a=of_a[name], b=of_b[name]) for name in differing)


def _detectable(interval: Interval, *, alpha: float) -> float | None:
    """The least true difference that is found; None where none can be, or who knows.

    Exchanging A and B of G stories gives no p below 2^(1-G), however large the difference.
    """
    if not interval.standard_error or least_p(interval.clusters) > alpha:
        return None
    sd = interval.standard_error * interval.n**0.5
    return power.minimum_detectable_effect(sd, interval.n, df=interval.df, alpha=alpha)


def _conclude(difference: float, p: float | None, direction: str) -> Conclusion:
    if p is None or p >= power.ALPHA or difference == 0 or direction == "none":
        return "unclear"
    return "better" if (difference > 0) == (direction == "higher") else "worse"


def _slices(a: VariantScores, b: VariantScores, criteria: Criteria) -> tuple[SliceCompared, ...]:
    """The primary means on every slice of two articles or more."""
    found: list[SliceCompared] = []
    for name in a.slice_names():
        side_a, side_b = a.in_slice(name), b.in_slice(name)
        for metric in criteria.metrics:
            if metric.name not in criteria.primary or not metric.is_additive:
                continue
            names = _scored_in_both(side_a, side_b, metric)
            if len(names) < 2:
                continue
            difference = difference_of(side_a, side_b, metric, names, seed=criteria.seed)
            assert difference is not None  # noqa: S101 - means always have a value
            row = SliceCompared(
                slice=name,
                metric=metric.name,
                n=len(names),
                difference=difference.interval.mean,
                low=difference.interval.low,
                high=difference.interval.high,
                p=difference.p,
                p_adjusted=None,
            )
            found.append(row)
    adjusted = benjamini_hochberg([row.p or 0.0 for row in found]) if found else []
    return tuple(
        row.model_copy(update={"p_adjusted": p}) for row, p in zip(found, adjusted, strict=True)
    )


def _notes(a: VariantScores, b: VariantScores, same: Pair, criteria: Criteria) -> Iterator[str]:
    """What a reader should know; ``same``: both with the articles that are compared.

    Choices that made no difference, because no digest used them; metrics that failed; judges that
    differ, that are relatives, or that left much unscored; times that are not compared.
    """
    sides = {a.name: a, b.name: b}.values()
    for variant, other in ((a, b), (b, a)):
        idle = sorted(_prompts(variant.name) - _prompts(other.name) - set(variant.prompts))
        if idle and variant.made:
            yield (
                f"no digest of {variant.name} used {', '.join(idle)}: {variant.model} is asked in "
                "another way, so this choice changed nothing"
            )
    for variant in sides:
        yield from (f"{variant.name}: unscored is {bug}" for bug in variant.bugs)
    if a.judge != b.judge:
        judges = " and ".join(str(variant.judge or "nobody") for variant in (a, b))
        yield f"A and B were judged by {judges}: the judge's metrics are not compared"
    for variant in sides:
        if variant.judge and (warning := family_warning(variant.judge.judge, variant.model)):
            yield warning
    scored, articles = len(_scored_in_both(*same, METRICS[JUDGED[0]])), len(same[0].samples)
    if a.judge and a.judge == b.judge and scored < COMPLETE * articles:
        yield f"the judge's verdicts on both are there for {scored:,} of {articles:,} articles"
    timed = [metric for metric in criteria.metrics if metric.name in TIMED]
    both = [metric for metric in timed if all(side.rows(metric) for side in same)]
    if both and not any(_scored_in_both(*same, metric) for metric in both):
        yield (
            f"{', '.join(metric.name for metric in both)}: A and B were not made in turns by one "
            "run, so their times are not compared"
        )


def _prompts(variant: str) -> set[str]:
    """The prompts that a variant's name says were chosen."""
    return {part for part in variant.split("+") if "@v" in part}
