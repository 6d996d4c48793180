"""The gate: may this run replace its baseline? Pass, regress, or not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from summarizer.digest import Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import (
    COMPLETE,
    SAME,
    Compared,
    Comparison,
    margin_outcome,
    unscored_reason,
)
from summarizer.evaluation.compare.operands import criteria_of
from summarizer.evaluation.compare.paired import Criteria, compare
from summarizer.evaluation.figures import interval_words, number
from summarizer.evaluation.judge.judge import Panel
from summarizer.evaluation.judge.reliability import unreliable
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.scores import TIMED, VariantScores, measure
from summarizer.evaluation.selftest.record import load_stored, may_gate_judged, staleness
from summarizer.evaluation.stats.power import ONE_LOOK, Looks, MarginOutcome
from summarizer.evaluation.suite.definition import COMPLETENESS, Suite

GateOutcome = Literal["pass", "regress", "inconclusive", "incomplete"]
_NO_LIMITS: Final[Mapping[str, float]] = MappingProxyType({})


class Rules(NamedTuple):
    """What a run must keep to.

    Attributes:
        criteria: what is compared with the baseline; its margins are gates.
        limits: metric -> the worst value that is acceptable, whatever the baseline.
        complete: the share of the digests that must be there; None: 98 %.
        reliability: metric -> the agreement with people that its judge must have.
    """

    criteria: Criteria
    limits: Mapping[str, float] = _NO_LIMITS
    complete: float | None = None
    reliability: Mapping[str, float] = _NO_LIMITS

    @property
    def gated(self) -> tuple[str, ...]:
        """The metrics that have a margin or a limit."""
        return tuple(dict.fromkeys((*self.criteria.margins, *self.limits)))

    @property
    def needs_baseline(self) -> bool:
        """Whether anything is compared, or all gates are limits."""
        return bool(self.criteria.margins)

    @property
    def least_complete(self) -> float:
        """The share of the digests that must be there."""
        return COMPLETE if self.complete is None else self.complete


class Limited(Value):
    """A metric of a variant against its limit.

    The value decides, not its interval: a limit says what may be shipped, and what was measured
    is over it or is not. The interval tells how far the next articles may be from it.

    Attributes:
        direction: higher: the limit is the least.
        value: null: no article is scored.
        low: 95 % interval of the value.
        n: articles.
    """

    metric: str
    direction: Literal["higher", "lower"]
    limit: float
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    outcome: GateOutcome


class GatedVariant(Stored):
    """One variant against its baseline and its limits.

    Attributes:
        baseline: the variant of the baseline; null: only limits.
        reasons: why it is not a pass, for people.
        articles: of the variant.
        made: share of the digests that should be there, 0 to 1.
    """

    variant: str
    baseline: str | None
    outcome: GateOutcome
    reasons: tuple[str, ...]
    articles: int
    made: float
    comparison: Comparison | None
    limits: tuple[Limited, ...] = ()

    @property
    def gates(self) -> tuple[Compared, ...]:
        """The metrics that have a margin."""
        rows = self.comparison.metrics if self.comparison else ()
        return tuple(row for row in rows if row.margin is not None)


class GateReport(Stored):
    """What the gate says; of several variants the worst counts.

    Attributes:
        warnings: why the gate itself may be off, for people.
        cost_usd: of the run; null: not known.
    """

    format: Literal[1] = 1
    suite: str
    outcome: GateOutcome
    warnings: tuple[str, ...] = ()
    variants: tuple[GatedVariant, ...]
    cost_usd: float | None = None

    @property
    def exit_code(self) -> int:
        """0 pass, 10 regress, 11 inconclusive, 12 incomplete."""
        return {"pass": 0, "regress": 10, "inconclusive": 11, "incomplete": 12}[self.outcome]


def rules_of(suite: Suite, *, looks: Looks = ONE_LOOK) -> Rules:
    """What the gates of a suite say; ``looks``: that there were at the run."""
    limits = {gate.metric: gate.limit for gate in suite.gates if gate.limit is not None}
    complete = limits.pop(COMPLETENESS, None)
    reliability = {gate.metric: gate.reliability for gate in suite.gates if gate.reliability}
    return Rules(criteria_of(suite, looks=looks), limits, complete, reliability)


def check_gates(rules: Rules, *, judges: Iterable[Panel | None] = ()) -> tuple[str, ...]:
    """Looks at the self-tests on record: a metric that fails its controls can fail no build.

    Args:
        rules: what is gated.
        judges: who judged the variants; None: nobody. A judge's metric is tested for each judge.

    Returns:
        Warnings: the record was made with other code or data.

    Raises:
        ConfigurationError: a gated metric may not gate, or no self-test is on record.
    """
    if not rules.gated:
        return ()
    stored, panels = load_stored(), set(judges)
    for name in rules.gated:
        refusals = [stored.refusal(name)]
        if METRICS[name].is_judged:
            refusals = [may_gate_judged(name, panel) for panel in panels]
            if least := rules.reliability.get(name):
                refusals += [unreliable(panel, least=least) for panel in panels]
        for refusal in filter(None, refusals):
            raise ConfigurationError(
                f"metric {name!r} may not gate: {refusal}",
                hint="summarizer eval selftest and eval judge --against show which metrics may",
            )
    stale = staleness(stored)
    return (stale,) if stale else ()


def gate(
    suite: str,
    variants: Iterable[tuple[VariantScores | None, VariantScores]],
    rules: Rules,
    *,
    allow_incomplete: bool = False,
    warnings: Sequence[str] = (),
) -> GateReport:
    """Holds variants against their baselines and limits.

    Args:
        suite: its name, for people.
        variants: (baseline, candidate) of each variant; None: only limits apply.
        rules: what they must keep to.
        allow_incomplete: judge what is there, though too little is.
        warnings: of ``check_gates``.

    Raises:
        ConfigurationError: the rules ask for nothing.
    """
    if not rules.gated and rules.complete is None:
        raise ConfigurationError(
            f"suite {suite!r} has no gates", hint="gates: [{metric: topic_f1, margin: 0.05}]"
        )
    gated = [_gated(*pair, rules, allow_incomplete=allow_incomplete) for pair in variants]
    severity: Sequence[GateOutcome] = ("incomplete", "regress", "inconclusive", "pass")
    outcome = min((variant.outcome for variant in gated), key=severity.index)
    return GateReport(suite=suite, outcome=outcome, warnings=tuple(warnings), variants=tuple(gated))


def lowered(report: GateReport) -> list[str]:
    """The metrics with a margin that are worse than the baseline at all, for people.

    Latency is never the same twice, so it counts only beyond its margin.
    """
    rows = [(variant.variant, row) for variant in report.variants for row in variant.gates]
    return [
        f"{name}: {row.metric} {row.a:.4f} -> {row.b:.4f}"
        for name, row in rows
        if (row.outcome == "regress" if row.metric in TIMED else row.gain < -SAME)
    ]


def _gated(
    baseline: VariantScores | None,
    candidate: VariantScores,
    rules: Rules,
    *,
    allow_incomplete: bool,
) -> GatedVariant:
    found = compare(baseline, candidate, rules.criteria) if baseline else None
    limits = [
        _limited(candidate, METRICS[name], limit, seed=rules.criteria.seed)
        for name, limit in rules.limits.items()
    ]
    made, there = candidate.share, [candidate.share]
    reasons: list[str] = []
    if found and baseline:
        there += found.made_a, found.made_b * found.articles / max(1, len(baseline.samples))
        reasons += _changes(baseline, found)
    if made < 1:
        reasons.append(f"{made:.1%} of the digests are there")
    outcome: GateOutcome = "incomplete"
    if allow_incomplete or not is_beyond(min(there), rules.least_complete):
        margins = [row for row in found.metrics if row.margin is not None] if found else []
        outcome = margin_outcome([*map(_settled, margins), *(row.outcome for row in limits)])
        told = (*map(_reason, margins), *map(_limit_reason, limits))
        reasons += [reason for reason in told if reason]
    if rules.complete is not None:
        complete = Limited(
            metric=COMPLETENESS,
            direction="higher",
            limit=rules.complete,
            value=made,
            n=len(candidate.samples),
            outcome="incomplete" if is_beyond(made, rules.complete) else "pass",
        )
        limits.insert(0, complete)
    return GatedVariant(
        variant=candidate.name,
        baseline=baseline.name if baseline else None,
        outcome=outcome,
        reasons=tuple(reasons),
        articles=len(candidate.samples),
        made=made,
        comparison=found,
        limits=tuple(limits),
    )


def _limited(scores: VariantScores, metric: Metric, limit: float, *, seed: int) -> Limited:
    """A metric of a variant with all its articles against its limit, the limit itself included."""
    measured = measure(scores, metric, seed=seed)
    direction: Literal["higher", "lower"] = "lower" if metric.direction == "lower" else "higher"
    outcome: MarginOutcome = "inconclusive"
    if measured.value is not None:
        outcome = "regress" if is_beyond(measured.value, limit, direction=direction) else "pass"
    return Limited(
        metric=metric.name,
        direction=direction,
        limit=limit,
        outcome=outcome,
        **measured.model_dump(exclude={"unscored"}),
    )


def is_beyond(
    value: float, limit: float, *, direction: Literal["higher", "lower"] = "higher"
) -> bool:
    """Whether a value is worse than its limit by more than rounding.

    >>> is_beyond(0.1 + 0.2, 0.3, direction="lower")
    False
    """
    return (limit - value if direction == "higher" else value - limit) > SAME


def _changes(baseline: VariantScores, found: Comparison) -> Iterator[str]:
    """Articles of the baseline that cannot be compared, for people."""
    missing = [name for name in found.absent if name in baseline.samples]
    if found.changed:
        yield (
            f"{len(found.changed)} articles changed since the baseline "
            f"({_few(found.changed)}): --update makes a new one"
        )
    if missing:
        yield f"{len(missing)} articles of the baseline are missing ({_few(missing)})"


def _settled(row: Compared) -> MarginOutcome | None:
    """Against the margin; what is scored in one of both alone lets nothing pass."""
    return "inconclusive" if row.outcome == "pass" and row.is_lopsided else row.outcome


def _reason(row: Compared) -> str | None:
    """Why a margin does not pass, for people."""
    if row.outcome == "pass":
        return unscored_reason(row) if row.is_lopsided else None
    if row.outcome is None:
        timed = ": times of two runs are not compared, a limit can gate them" * (
            row.metric in TIMED
        )
        return f"{row.metric}: no article is scored{timed}"
    needed = f"; about {row.n_needed:,} articles would settle it" if row.n_needed else ""
    difference = number(row.difference or 0.0, "+")
    return (
        f"{row.metric}: {row.outcome}, {difference} ({interval_words(row.low, row.high, '+')}, "
        f"margin {row.margin:g}){needed}"
    )


def _limit_reason(row: Limited) -> str | None:
    """Why a limit does not pass, for people."""
    if row.outcome == "pass":
        return None
    if row.value is None:
        return f"{row.metric}: no article is scored"
    bound = "least" if row.direction == "higher" else "most"
    value = f"{number(row.value)} ({interval_words(row.low, row.high)})"
    return f"{row.metric}: {row.outcome}, {value}, at {bound} {row.limit:g}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
