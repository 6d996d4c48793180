"""``summarizer eval gate``: fail a build that made digests worse, and say so where it is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import INCOMPLETE_EXIT, printable, say, show_warning
from summarizer.cli.evaluation_compare import AllowIncomplete
from summarizer.cli.evaluation_output import comparison_lines, number
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from summarizer.evaluation.compare.gating import GatedVariant, GateReport
    from summarizer.evaluation.compare.operands import Operand
    from summarizer.evaluation.scores import VariantScores

_REGRESS = 10


def gate(
    run: Annotated[str, typer.Argument(metavar="RUN[:VARIANT]", help="The run that may pass.")],
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="FILE[:VARIANT]",
            help="What it is compared with; default baseline.json beside the suite.",
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Make the run the new baseline, if it is no worse.")
    ] = False,
    allow_regression: Annotated[
        bool, typer.Option("--allow-regression", help="With --update: though it is worse.")
    ] = False,
    allow_incomplete: AllowIncomplete = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(
            "--markdown", metavar="FILE", help="Append Markdown: for $GITHUB_STEP_SUMMARY."
        ),
    ] = None,
    pass_inconclusive: Annotated[
        bool,
        typer.Option(
            "--pass-inconclusive",
            help="Exit with 0 where no loss is known: for pull requests, with few articles.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as JSON.")] = False,
) -> None:
    """Compare a run with its baseline and its limits, as the gates of the suite say.

    Exit code: 0 pass, 10 regress, 11 inconclusive, 12 incomplete, 2 wrong configuration.
    """
    if update:
        baseline = baseline or _beside_the_suite(run)
        _update(run, baseline, allow_regression=allow_regression)
        return
    report = _report(run, baseline, allow_incomplete=allow_incomplete)
    _write(report, junit=junit, markdown=markdown)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _print(report)
    if pass_inconclusive and report.outcome == "inconclusive":
        say("inconclusive, and passed as --pass-inconclusive says: no loss is known, nor ruled out")
        return
    raise typer.Exit(report.exit_code)


def _beside_the_suite(run: str) -> str:
    """The suite's own baseline, where the suite was when the run began."""
    from summarizer.evaluation.compare.operands import run_variants

    return str(Path(run_variants(run)[0].manifest.suite_path).parent / "baseline.json")


def _report(run: str, baseline: str | None, *, allow_incomplete: bool) -> GateReport:
    from summarizer.evaluation.compare.gating import check_gates, rules_of
    from summarizer.evaluation.compare.gating import gate as gate_variants
    from summarizer.evaluation.compare.operands import load_operand, run_variants

    candidate = load_operand(run)
    if candidate.suite is None:
        raise ConfigurationError(f"{run!r} is a baseline, not a run")
    rules = rules_of(candidate.suite, looks=candidate.looks)
    warnings = check_gates(rules, judges=[variant.judge for variant in candidate.variants.values()])
    for warning in warnings:
        show_warning(warning)
    if rules.needs_baseline:
        variants = _beside_baselines(candidate, baseline or _beside_the_suite(run))
    elif baseline is not None:
        raise ConfigurationError(
            f"suite {candidate.suite.name!r} has only limits, which need no baseline",
            hint="leave out --baseline, or give a gate a margin",
        )
    else:
        variants = [(None, variant) for variant in candidate.variants.values()]
    found = gate_variants(
        candidate.suite.name,
        variants,
        rules,
        allow_incomplete=allow_incomplete,
        warnings=warnings,
    )
    folder, names = run_variants(run)
    made = [one.usage.cost_usd for one in folder.generations().values() if one.variant in names]
    known = [cost for cost in made if cost is not None]
    return found.model_copy(update={"cost_usd": sum(known) if known else None})


def _beside_baselines(
    candidate: Operand, baseline: str
) -> list[tuple[VariantScores | None, VariantScores]]:
    """Each variant with its baseline."""
    from summarizer.evaluation.compare.operands import load_operand, pairs

    found = pairs(load_operand(baseline), candidate)
    without = candidate.variants.keys() - {variant.name for _, variant in found}
    if without:
        raise ConfigurationError(
            f"the baseline has no variant {sorted(without)[0]!r}",
            hint="add it with --update, or choose: RUN:VARIANT and --baseline FILE:VARIANT",
        )
    return list(found)


def _update(run: str, baseline: str, *, allow_regression: bool) -> None:
    from summarizer.evaluation.compare.gating import gate as gate_variants
    from summarizer.evaluation.compare.gating import lowered, rules_of
    from summarizer.evaluation.compare.operands import (
        baseline_of,
        load_baseline,
        run_variants,
        write_baseline,
    )
    from summarizer.evaluation.scoring import load_scores

    folder, names = run_variants(run)
    suite, path = folder.manifest.suite, Path(baseline)
    rules = rules_of(suite)
    scores = {name: found for name, found in load_scores(folder).items() if name in names}
    for variant in scores.values():
        if variant.share < rules.least_complete:
            say(f"{variant.name} has {variant.made:,} of {variant.expected:,} digests: no baseline")
            raise typer.Exit(INCOMPLETE_EXIT)
    old = load_baseline(path).variants if path.exists() else {}
    pairs = [(old[name], scores[name]) for name in scores if name in old]
    if pairs and rules.needs_baseline and not allow_regression:
        worse = lowered(gate_variants(suite.name, pairs, rules, allow_incomplete=True))
        for line in worse:
            say(f"worse than the baseline: {line}")
        if worse:
            say("the baseline stays; --allow-regression makes it the new one all the same")
            raise typer.Exit(_REGRESS)
    write_baseline(baseline_of(folder, scores, old), path)
    say(f"{path} is the baseline of {', '.join({**old, **scores})}")


def _write(report: GateReport, *, junit: Path | None, markdown: Path | None) -> None:
    from summarizer.evaluation.compare import gate_files

    try:
        if junit is not None:
            junit.write_text(gate_files.junit(report), encoding="utf-8")
        if markdown is not None:
            with markdown.open("a", encoding="utf-8") as file:
                file.write(gate_files.markdown(report) + "\n")
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename!r} cannot be written: {error.strerror}"
        ) from None


def _print(report: GateReport) -> None:
    for variant in report.variants:
        for line in _lines(variant):
            typer.echo(printable(line))
        typer.echo()
    typer.echo(printable(f"{report.suite}: {report.outcome}"))


def _lines(variant: GatedVariant) -> Iterator[str]:
    if variant.comparison:
        yield from comparison_lines(variant.comparison, flips=0, decision=False)
    else:
        yield f"{variant.variant}: {variant.articles:,} articles"
    for row in variant.limits:
        bound = "least" if row.direction == "higher" else "most"
        yield f"{row.metric}: {row.outcome}, {number(row.value)}, at {bound} {row.limit:g}"
    for reason in variant.reasons:
        yield f"{variant.outcome}: {reason}"
