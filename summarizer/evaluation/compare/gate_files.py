"""What the gate writes for others: JUnit XML for CI servers, Markdown for GitHub's step summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal
from xml.etree import ElementTree as ET

from summarizer.evaluation.compare.comparison import Compared
from summarizer.evaluation.compare.gating import GatedVariant, GateReport, Limited
from summarizer.evaluation.figures import dollars

# XML 1.0 has no place for these, not even escaped.
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")
_FLIPS: Final = 5  # articles that are named
_SIGNS: Final = {"pass": "✅", "regress": "❌", "inconclusive": "❔", "incomplete": "⚠️"}


def junit(report: GateReport) -> str:
    """JUnit XML: a test suite for each variant, a test case for each margin and limit.

    A regression is a failure; what is inconclusive or incomplete is an error, as no test took
    place that could pass.
    """
    root = ET.Element("testsuites", name=_xml(f"eval {report.suite}"))
    for variant in report.variants:
        suite = ET.SubElement(root, "testsuite", name=_xml(variant.variant))
        rows: tuple[Compared | Limited, ...] = (*variant.gates, *variant.limits)
        classname = _xml(f"{report.suite}.{variant.variant}")
        counts = Counter(_sample(suite, row, variant=variant, classname=classname) for row in rows)
        suite.set("tests", str(counts.total()))
        suite.set("failures", str(counts["failure"]))
        suite.set("errors", str(counts["error"]))
        if report.warnings:
            ET.SubElement(suite, "system-err").text = _xml("\n".join(report.warnings))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(report: GateReport) -> str:
    """The report as Markdown; names of articles and variants stay text."""
    lines = [f"## {_SIGNS[report.outcome]} eval {_plain(report.suite)}: {report.outcome}", ""]
    for variant in report.variants:
        lines += [*_variant_markdown(variant), ""]
    if report.cost_usd is not None:
        lines += [f"Cost of this run: {dollars(report.cost_usd)}", ""]
    for warning in report.warnings:
        lines += [f"> {_SIGNS['incomplete']} {_plain(warning)}", ""]
    return "\n".join(lines)


def _sample(
    suite: ET.Element, row: Compared | Limited, *, variant: GatedVariant, classname: str
) -> Literal["pass", "failure", "error"]:
    """A test case and how it ended."""
    name = f"{row.metric} limit" if isinstance(row, Limited) else row.metric
    sample = ET.SubElement(suite, "testcase", classname=classname, name=name)
    outcome = "incomplete" if variant.outcome == "incomplete" else row.outcome or "unscored"
    if outcome == "pass":
        return "pass"
    kind: Literal["failure", "error"] = "failure" if outcome == "regress" else "error"
    message = _xml(f"{outcome}: {_numbers(row)}")
    problem = ET.SubElement(sample, kind, type=outcome, message=message)
    problem.text = _xml("\n".join(variant.reasons))
    return kind


def _variant_markdown(variant: GatedVariant) -> Iterator[str]:
    against = (
        ""
        if variant.baseline in (None, variant.variant)
        else f" against {_plain(variant.baseline)}"
    )
    articles = variant.comparison.articles if variant.comparison else variant.articles
    made = variant.comparison.made_b if variant.comparison else variant.made
    yield (
        f"**{_plain(variant.variant)}**{against}: {variant.outcome}, "
        f"{articles:,} articles, {made:.1%} complete"
    )
    yield ""
    if variant.comparison:
        yield from _margins_markdown(variant.comparison.metrics)
    if variant.limits:
        yield from _limits_markdown(variant.limits)
    for reason in variant.reasons:
        yield f"- {_plain(reason)}"
    for row in variant.comparison.metrics if variant.comparison else ():
        if row.primary or row.margin is not None:
            yield from _flips_markdown(row)


def _margins_markdown(rows: Sequence[Compared]) -> Iterator[str]:
    yield "| metric | baseline | now | difference | 95 % interval | margin | verdict |"
    yield "|---|--:|--:|--:|:-:|--:|---|"
    for row in rows:
        margin = "" if row.margin is None else f"{row.margin:g}"
        name = f"**{row.metric}**" if row.primary else row.metric
        yield (
            f"| {name} | {_number(row.a)} | {_number(row.b)} | {_number(row.difference, '+')} | "
            f"{_interval(row, '+')} | {margin} | {_verdict(row)} |"
        )
    yield ""


def _flips_markdown(row: Compared) -> Iterator[str]:
    """The articles that became worse and better by a metric."""
    better, worse = row.turned
    for name, flips in (("worse", worse), ("better", better)):
        if flips:
            shown = ", ".join(
                f"{_plain(flip.sample)} ({flip.a:.3g} → {flip.b:.3g})" for flip in flips[:_FLIPS]
            )
            more = f" and {len(flips) - _FLIPS:,} more" if len(flips) > _FLIPS else ""
            yield f"- {row.metric} {name} on {len(flips):,}: {shown}{more}"


def _limits_markdown(rows: Sequence[Limited]) -> Iterator[str]:
    yield "| metric | now | 95 % interval | limit | verdict |"
    yield "|---|--:|:-:|--:|---|"
    for row in rows:
        yield (
            f"| {row.metric} | {_number(row.value)} | {_interval(row)} | {_limit(row)} | "
            f"{_verdict(row)} |"
        )
    yield ""


def _verdict(row: Compared | Limited) -> str:
    return f"{_SIGNS[row.outcome]} {row.outcome}" if row.outcome else ""


def _limit(row: Limited) -> str:
    return f"{'≥' if row.direction == 'higher' else '≤'} {row.limit:g}"


def _numbers(row: Compared | Limited) -> str:
    if isinstance(row, Limited):
        return f"{row.metric} {_number(row.value)} ({_interval(row)}), limit {_limit(row)}"
    return (
        f"{row.metric} {_number(row.a)} -> {_number(row.b)}, difference "
        f"{_number(row.difference, '+')} ({_interval(row, '+')}), margin {row.margin}"
    )


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.4f}"


def _interval(row: Compared | Limited, sign: str = "") -> str:
    return "–" if row.low is None else f"{_number(row.low, sign)} to {_number(row.high, sign)}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _MARKUP.sub(r"\\\1", _xml(" ".join(text.split())))
