"""The gate: may this run replace its baseline? Pass, regress, or not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from pydantic import Field

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare import COMPLETE, Criteria, compare
from summarizer.evaluation.comparison import Compared, Comparison
from summarizer.evaluation.selftest.stored import may_gate
from summarizer.evaluation.sides import Pair
from summarizer.values import Value

GateOutcome = Literal["pass", "regress", "inconclusive", "incomplete"]
EXIT_CODES: Final[dict[GateOutcome, int]] = {
    "pass": 0,
    "regress": 10,
    "inconclusive": 11,
    "incomplete": 12,
}
_SAME: Final = 1e-9


class GatedCell(Value):
    """One cell against its baseline."""

    cell: str
    baseline: str = Field(description="The cell of the baseline.")
    outcome: GateOutcome
    reasons: tuple[str, ...] = Field(description="Why it is not a pass, for people.")
    comparison: Comparison

    @property
    def gates(self) -> tuple[Compared, ...]:
        """The metrics that have a margin."""
        return tuple(row for row in self.comparison.metrics if row.margin is not None)


class GateReport(Value):
    """What the gate says; of several cells the worst counts."""

    format: Literal[1] = 1
    suite: str
    outcome: GateOutcome
    cells: tuple[GatedCell, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 10 regress, 11 inconclusive, 12 incomplete."""
        return EXIT_CODES[self.outcome]


def check_gates(criteria: Criteria) -> None:
    """Looks at the self-test on record: a metric that fails its controls can fail no build.

    Raises:
        ConfigurationError: a gated metric may not gate, or no self-test is on record.
    """
    for name in criteria.margins:
        refusal = may_gate(name)
        if refusal is not None:
            raise ConfigurationError(
                f"metric {name!r} may not gate: {refusal}",
                hint="summarizer eval selftest shows which metrics may",
            )


def gate(
    suite: str, pairs: Iterable[Pair], criteria: Criteria, *, allow_incomplete: bool = False
) -> GateReport:
    """Holds cells against their baselines.

    Args:
        suite: its name, for people.
        pairs: (baseline, candidate) of each cell.
        criteria: what is compared; its margins are the gates.
        allow_incomplete: judge what is there, though less than 98 % is.

    Raises:
        ConfigurationError: no metric has a margin.
    """
    if not criteria.margins:
        raise ConfigurationError(
            f"suite {suite!r} has no gates", hint="gates: [{metric: topic_f1, margin: 0.05}]"
        )
    cells = [_gated(pair, criteria, allow_incomplete=allow_incomplete) for pair in pairs]
    severity: Sequence[GateOutcome] = ("incomplete", "regress", "inconclusive", "pass")
    found = {cell.outcome for cell in cells}
    outcome = next(outcome for outcome in severity if outcome in found)
    return GateReport(suite=suite, outcome=outcome, cells=tuple(cells))


def lowered(report: GateReport) -> list[str]:
    """The gated metrics that are worse than the baseline at all, for people."""
    return [
        f"{cell.cell}: {row.metric} {row.a:.4f} -> {row.b:.4f}"
        for cell in report.cells
        for row in cell.gates
        if row.difference is not None
        and (-row.difference if row.direction == "lower" else row.difference) < -_SAME
    ]


def _gated(pair: Pair, criteria: Criteria, *, allow_incomplete: bool) -> GatedCell:
    baseline, candidate = pair
    found = compare(baseline, candidate, criteria)
    missing = [name for name in found.absent if name in baseline.cases]
    share = found.made_b * found.articles / len(baseline.cases) if baseline.cases else 0.0
    lacking = share < COMPLETE or found.made_a < COMPLETE
    reasons = []
    if found.changed:
        reasons.append(
            f"{len(found.changed)} articles changed since the baseline ({_few(found.changed)}): "
            "--update makes a new one"
        )
    if missing:
        reasons.append(f"{len(missing)} articles of the baseline are missing ({_few(missing)})")
    if found.made_b < 1:
        reasons.append(f"{found.made_b:.1%} of the digests are there")
    outcome: GateOutcome = "incomplete"
    if not lacking or allow_incomplete:
        outcome = _outcome([row for row in found.metrics if row.margin is not None])
        reasons += [_reason(row) for row in found.metrics if row.outcome not in (None, "pass")]
        reasons += [
            f"{row.metric}: no article is scored"
            for row in found.metrics
            if row.margin is not None and row.outcome is None
        ]
    return GatedCell(
        cell=candidate.name,
        baseline=baseline.name,
        outcome=outcome,
        reasons=tuple(reasons),
        comparison=found,
    )


def _outcome(gates: Sequence[Compared]) -> GateOutcome:
    outcomes = {row.outcome for row in gates}
    if "regress" in outcomes:
        return "regress"
    return "pass" if outcomes == {"pass"} else "inconclusive"


def _reason(row: Compared) -> str:
    interval = "no interval"
    if row.low is not None and row.high is not None:
        interval = f"95 % interval {row.low:+.4f} to {row.high:+.4f}"
    needed = f"; about {row.n_needed:,} articles would tell" if row.n_needed else ""
    return (
        f"{row.metric}: {row.outcome}, {row.difference:+.4f} ({interval}, margin "
        f"{row.margin:g}){needed}"
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
