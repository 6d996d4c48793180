"""What the gate writes for others: JUnit XML for CI servers, Markdown for GitHub's step summary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from summarizer.evaluation.comparison import Compared
from summarizer.evaluation.gate import GatedCell, GateReport

# XML 1.0 has no place for these, not even escaped.
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")
_SIGNS: Final = {"pass": "✅", "regress": "❌", "inconclusive": "❔", "incomplete": "⚠️"}


def junit(report: GateReport) -> str:
    """The report as JUnit XML: a test suite for each cell, a test case for each gate.

    A regression is a failure; what is inconclusive or incomplete is an error, as no test took
    place that could pass.
    """
    root = ET.Element("testsuites", name=_xml(f"eval {report.suite}"))
    for cell in report.cells:
        suite = ET.SubElement(root, "testsuite", name=_xml(cell.cell))
        failures, errors = 0, 0
        for row in cell.gates:
            case = ET.SubElement(
                suite, "testcase", classname=_xml(f"{report.suite}.{cell.cell}"), name=row.metric
            )
            outcome = "incomplete" if cell.outcome == "incomplete" else row.outcome
            if outcome == "pass":
                continue
            kind = "failure" if outcome == "regress" else "error"
            failures += kind == "failure"
            errors += kind == "error"
            message = _xml(f"{outcome or 'unscored'}: {_numbers(row)}")
            problem = ET.SubElement(case, kind, type=outcome or "unscored", message=message)
            problem.text = _xml("\n".join(cell.reasons))
        suite.set("tests", str(len(cell.gates)))
        suite.set("failures", str(failures))
        suite.set("errors", str(errors))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(report: GateReport) -> str:
    """The report as Markdown; names of articles and cells stay text."""
    lines = [f"## {_SIGNS[report.outcome]} eval {_plain(report.suite)}: {report.outcome}", ""]
    for cell in report.cells:
        lines += [*_cell_markdown(cell), ""]
    return "\n".join(lines)


def _cell_markdown(cell: GatedCell) -> Iterator[str]:
    against = "" if cell.baseline == cell.cell else f" against {_plain(cell.baseline)}"
    yield (
        f"**{_plain(cell.cell)}**{against}: {cell.outcome}, "
        f"{cell.comparison.articles:,} articles, {cell.comparison.made_b:.1%} complete"
    )
    yield ""
    yield "| metric | baseline | now | difference | 95 % interval | margin | verdict |"
    yield "|---|--:|--:|--:|:-:|--:|---|"
    for row in cell.comparison.metrics:
        verdict = row.outcome or ""
        sign = f"{_SIGNS[verdict]} " if verdict else ""
        margin = "" if row.margin is None else f"{row.margin:g}"
        name = f"**{row.metric}**" if row.primary else row.metric
        yield (
            f"| {name} | {_number(row.a)} | {_number(row.b)} | {_number(row.difference, '+')} | "
            f"{_interval(row)} | {margin} | {sign}{verdict} |"
        )
    yield ""
    for reason in cell.reasons:
        yield f"- {_plain(reason)}"


def _numbers(row: Compared) -> str:
    return (
        f"{row.metric} {_number(row.a)} -> {_number(row.b)}, difference "
        f"{_number(row.difference, '+')} ({_interval(row)}), margin {row.margin}"
    )


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.4f}"


def _interval(row: Compared) -> str:
    return f"{_number(row.low, '+')} to {_number(row.high, '+')}" if row.low is not None else "–"


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _MARKUP.sub(r"\\\1", _xml(" ".join(text.split())))
