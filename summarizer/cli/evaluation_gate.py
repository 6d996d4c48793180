"""``summarizer eval gate``: fail a build that made digests worse, and say so where it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from summarizer.cli import console, options
from summarizer.cli.evaluation_compare import AllowIncomplete, comparison_text
from summarizer.errors import ConfigurationError, system_errors

if TYPE_CHECKING or not options.only_help:
    from summarizer.cli.output import checked_output
    from summarizer.evaluation.compare import gating, operands
    from summarizer.evaluation.compare.comparison import Compared
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.scores import VariantScores
    from summarizer.evaluation.scoring import load_scores

_REGRESS = 10
# XML 1.0 has no place for these, not even escaped.
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FLIPS: Final = 5  # articles that are named
_SIGNS: Final = {"pass": "✅", "regress": "❌", "inconclusive": "❔", "incomplete": "⚠️"}


def gate(
    run: Annotated[str, typer.Argument(metavar="RUN[:VARIANT]")],
    baseline: Annotated[str | None, typer.Option(metavar="FILE[:VARIANT]")] = None,
    update: bool = False,
    allow_regression: bool = False,
    allow_incomplete: AllowIncomplete = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    pass_inconclusive: bool = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare a run with its baseline and its limits, as the gates of the suite say.

    Exit code: 0 pass, 10 regress, 11 inconclusive, 12 incomplete, 2 wrong configuration.

    Args:
        run: The run that may pass.
        baseline: What it is compared with; default baseline.json beside the suite.
        update: Make the run the new baseline, if it is no worse.
        allow_regression: With --update: though it is worse.
        junit: Write JUnit XML.
        markdown: Append Markdown: for $GITHUB_STEP_SUMMARY.
        pass_inconclusive: Exit with 0 where no loss is known: for pull requests, with few articles.
        as_json: Write the report as JSON.
    """
    if update:
        _update(run, baseline, allow_regression=allow_regression)
        return
    report = _report(run, baseline, allow_incomplete=allow_incomplete)
    if junit is not None:
        _write(junit, "w", junit_xml(report))
    if markdown is not None:
        _write(markdown, "a", markdown_of(report) + "\n")
    shown = console.filled("gate.txt.j2", report=report, comparison_text=comparison_text)
    console.show_found(report, [shown], as_json=as_json)
    if pass_inconclusive and report.outcome == "inconclusive":
        console.say(
            "inconclusive, and passed as --pass-inconclusive says: no loss is known, nor ruled out"
        )
        return
    raise typer.Exit(report.exit_code)


def _beside_the_suite(folder: RunFolder) -> str:
    """The suite's own baseline, where the suite was when the run began."""
    return str(Path(folder.manifest.suite_path).parent / "baseline.json")


def _report(run: str, baseline: str | None, *, allow_incomplete: bool) -> gating.GateReport:
    folder, names = operands.run_variants(run)
    candidate, suite = operands.load_operand(run), folder.manifest.suite
    rules = gating.rules_of(suite, looks=candidate.looks)
    warnings = gating.check_gates(
        rules, judges=[variant.judge for variant in candidate.variants.values()]
    )
    for warning in warnings:
        console.show_warning(warning)
    if rules.needs_baseline:
        before = operands.load_operand(baseline or _beside_the_suite(folder), suite=suite.name)
        variants = _beside_baselines(candidate, before)
    elif baseline is not None:
        raise ConfigurationError(
            f"suite {suite.name!r} has only limits, which need no baseline",
            hint="leave out --baseline, or give a gate a margin",
        )
    else:
        variants = [(None, variant) for variant in candidate.variants.values()]
    found = gating.gate(
        suite.name, variants, rules, allow_incomplete=allow_incomplete, warnings=warnings
    )
    return found.model_copy(update={"cost_usd": folder.cost_usd(names)})


def _beside_baselines(
    candidate: operands.Operand, baseline: operands.Operand
) -> list[tuple[VariantScores | None, VariantScores]]:
    """Each variant with its baseline."""
    found = operands.pairs(baseline, candidate)
    without = candidate.variants.keys() - {variant.name for _, variant in found}
    if without:
        raise ConfigurationError(
            f"the baseline has no variant {sorted(without)[0]!r}",
            hint="add it with --update, or choose: RUN:VARIANT and --baseline FILE:VARIANT",
        )
    return list(found)


def _update(run: str, baseline: str | None, *, allow_regression: bool) -> None:
    folder, names = operands.run_variants(run)
    suite, path = folder.manifest.suite, Path(baseline or _beside_the_suite(folder))
    rules = gating.rules_of(suite)
    scores = {name: found for name, found in load_scores(folder).items() if name in names}
    for variant in scores.values():
        if variant.share < rules.least_complete:
            console.say(
                f"{variant.name} has {variant.made:,} of {variant.expected:,} digests: no baseline"
            )
            raise typer.Exit(console.INCOMPLETE_EXIT)
    old = operands.load_baseline(path, suite=suite.name).variants if path.exists() else {}
    both = [(old[name], scores[name]) for name in scores if name in old]
    if both and rules.needs_baseline and not allow_regression:
        worse = gating.lowered(gating.gate(suite.name, both, rules, allow_incomplete=True))
        for line in worse:
            console.say(f"worse than the baseline: {line}")
        if worse:
            console.say("the baseline stays; --allow-regression makes it the new one all the same")
            raise typer.Exit(_REGRESS)
    operands.write_baseline(operands.baseline_of(folder, scores, old), path)
    console.say(f"{path} is the baseline of {', '.join({**old, **scores})}")


def _write(path: Path, mode: Literal["w", "a"], content: str) -> None:
    problem = f"{str(path)!r} cannot be written"
    with system_errors(problem), checked_output(path, ()).open(mode, encoding="utf-8") as file:
        file.write(content)


def junit_xml(report: gating.GateReport) -> str:
    """JUnit XML: a test suite for each variant, a test case for each margin and limit.

    A regression is a failure; what is inconclusive or incomplete is an error, as no test took
    place that could pass.
    """
    from xml.sax.saxutils import escape

    return console.filled(
        "junit.xml.j2",
        report=report,
        cases={variant.variant: list(_cases(variant)) for variant in report.variants},
        limit=_limit,
        xml=lambda found: escape(_NOT_XML.sub("�", found), {'"': "&quot;", "\n": "&#10;"}),
    )


def _cases(
    variant: gating.GatedVariant,
) -> Iterator[tuple[str, str, str, Compared | gating.Limited]]:
    """The name of each test case, what it is (an empty text: passed), its outcome and row."""
    rows: list[tuple[str, Compared | gating.Limited]] = [(row.metric, row) for row in variant.gates]
    rows += [(f"{row.metric} limit", row) for row in variant.limits]
    for name, row in rows:
        outcome = "incomplete" if variant.outcome == "incomplete" else row.outcome or "unscored"
        kind = {"pass": "", "regress": "failure"}.get(outcome, "error")
        yield name, kind, outcome, row


def markdown_of(report: gating.GateReport) -> str:
    """The report as Markdown; names of articles and variants stay text."""
    from summarizer.pages.document import escape

    shown = console.filled(
        "gate.md.j2",
        plain=escape,
        report=report,
        signs=_SIGNS,
        most=_FLIPS,
        limit=_limit,
        verdict=lambda row: f"{_SIGNS[row.outcome]} {row.outcome}" if row.outcome else "",
    )
    return f"{shown}\n"


def _limit(row: gating.Limited) -> str:
    return f"{'≥' if row.direction == 'higher' else '≤'} {row.limit:g}"
