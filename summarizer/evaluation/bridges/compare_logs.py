"""Comparing two results of another tool: matched by sample, by the statistics of our own runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from summarizer.errors import ConfigurationError
from summarizer.evaluation.bridges.inspect_logs import read_inspect_log
from summarizer.evaluation.bridges.log import USAGE, Direction, Log
from summarizer.evaluation.bridges.promptfoo import read_promptfoo
from summarizer.evaluation.compare.comparison import Comparison
from summarizer.evaluation.compare.operands import Pair, Side, pairs
from summarizer.evaluation.compare.paired import COMPLETE, Criteria, compare
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.run.variants import find_cell
from summarizer.evaluation.scores import CellScores

_HEAD: Final = 4_096
_INSPECT_JSON: Final = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"(status|eval)"')
_PROMPTFOO: Final = re.compile(rb'\s*\{\s*"(evalId|id|createdAt|results)"\s*:')


class Choices(NamedTuple):
    """How logs are compared.

    Attributes:
        metrics: those that decide; empty: those that the logs name, else all but what answers cost.
        lower: metrics of which less is better.
        cluster: key of the samples' metadata that says which ones are not independent.
        by_id: pair samples by their id alone.
        partly: compare though few samples match.
    """

    metrics: Sequence[str] = ()
    lower: Collection[str] = ()
    cluster: str | None = None
    by_id: bool = False
    partly: bool = False


def is_log(name: str) -> bool:
    """Whether ``FILE`` or ``FILE:CELL`` is the result of another tool."""
    path, _ = _named(name)
    return _kind(path) is not None


def compare_logs(a: str, b: str | None, choices: Choices) -> list[Comparison]:
    """What the samples of both files say of B against A.

    Args:
        a: ``FILE`` or ``FILE:CELL``: what was.
        b: what is new; None: all pairs of the cells of A.
        choices: how they are compared.

    Raises:
        ConfigurationError: a file is damaged or of another tool than the other, a metric does not
            exist, or too few samples are in both.
    """
    logs = [_load(name, choices) for name in (a, b) if name is not None]
    if logs[0].kind != logs[-1].kind:
        raise ConfigurationError(
            f"{logs[0].name!r} and {logs[-1].name!r} are of two tools ({logs[0].kind}, "
            f"{logs[-1].kind})",
            hint="name two of one kind",
        )
    sides = [Side(log.name, log.cells, None) for log in logs]
    found = pairs(sides[0], sides[1] if b is not None else None)
    criteria = _criteria(logs, choices)
    return [_compared(pair, logs, criteria, partly=choices.partly) for pair in found]


def _load(name: str, choices: Choices) -> Log:
    path, cell = _named(name)
    kind = _kind(path)
    if kind is None:
        raise ConfigurationError(
            f"{name!r} is neither an Inspect log nor results of promptfoo",
            hint="two files of one kind can be compared",
        )
    if kind == "inspect":
        log = read_inspect_log(path, cluster=choices.cluster, by_id=choices.by_id)
    else:
        log = read_promptfoo(path, cluster=choices.cluster)
    if choices.cluster is not None and not any(
        case.story for side in log.cells.values() for case in side.cases.values()
    ):
        raise ConfigurationError(f"no sample of {log.name!r} has {choices.cluster!r}")
    if cell is not None:
        chosen = find_cell(cell, log.cells)
        log = log._replace(cells={chosen: log.cells[chosen]})
    return log


def _named(name: str) -> tuple[Path, str | None]:
    """The file, and what follows the colon after it."""
    for place in (found.start() for found in re.finditer("$|:", name)):
        if place < len(name) and Path(name[:place]).is_file():
            return Path(name[:place]), name[place + 1 :]
    return Path(name), None


def _kind(path: Path) -> Literal["inspect", "promptfoo"] | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    if path.suffix == ".eval" or head.startswith(b"PK\x03\x04") or _INSPECT_JSON.match(head):
        return "inspect"
    return "promptfoo" if _PROMPTFOO.match(head) else None


def _criteria(logs: Sequence[Log], choices: Choices) -> Criteria:
    """The metrics that both have, those that decide first.

    Raises:
        ConfigurationError: one that was named is not among them.
    """
    directions = {
        name: direction
        for name, direction in logs[0].directions.items()
        if name in logs[-1].directions
    }
    for name in (*choices.metrics, *choices.lower):
        if name not in directions:
            raise ConfigurationError(
                f"there is no metric {name!r} in both",
                hint=f"metrics of both: {', '.join(directions)}",
            )
    directions.update(dict.fromkeys(choices.lower, "lower"))
    quality = [name for name in directions if name not in USAGE and directions[name] != "none"]
    declared = [name for name in logs[0].primary if name in logs[-1].primary]
    primary = list(choices.metrics) or declared or quality
    if not primary:
        raise ConfigurationError(
            f"no metric is in both: {logs[0].name!r} has {', '.join(logs[0].directions)}, "
            f"{logs[-1].name!r} has {', '.join(logs[-1].directions)}"
        )
    ordered = [*primary, *(name for name in directions if name not in primary)]
    return Criteria(
        metrics=[_metric(name, directions[name]) for name in ordered],
        primary=primary,
        margins={},
    )


def _metric(name: str, direction: Direction) -> Metric:
    """A metric that others have taken already."""
    return Metric(
        name=name,
        subject="cost" if name in USAGE else "summary",
        direction=direction,
        description="as the log has it",
        record=lambda _: None,
    )


def _compared(pair: Pair, logs: Sequence[Log], criteria: Criteria, *, partly: bool) -> Comparison:
    a, b = _aligned(*pair)
    found = compare(a, b, criteria)
    fewest = min(len(a.cases), len(b.cases))
    if not found.articles or (found.articles < COMPLETE * fewest and not partly):
        raise ConfigurationError(
            f"{found.articles:,} samples are the same in {logs[0].name!r} ({len(a.cases):,}) and "
            f"{logs[-1].name!r} ({len(b.cases):,}); {len(found.changed):,} more have the same id, "
            "but another input or target",
            hint=_remedy(found, logs[0]),
        )
    unbounded = {
        metric.name
        for metric in criteria.metrics
        if any(not 0 <= value <= 1 for side in (a, b) for value in side.values(metric).values())
    }
    # What a missing sample could be worth is only known of a metric from 0 to 1.
    rows = [
        row.model_copy(update={"worst": None, "best": None}) if row.metric in unbounded else row
        for row in found.metrics
    ]
    names = {"a": f"{logs[0].name}: {a.name}", "b": f"{logs[-1].name}: {b.name}"}
    notes = tuple(_notes(a, b, logs, criteria))
    return found.model_copy(update={**names, "metrics": tuple(rows), "notes": notes})


def _aligned(a: CellScores, b: CellScores) -> Pair:
    """Both, where a sample that one side has no result of is the same as the other's."""
    return _filled(a, b), _filled(b, a)


def _filled(side: CellScores, other: CellScores) -> CellScores:
    cases = {
        name: case.model_copy(
            update={
                "fingerprint": other.cases[name].fingerprint,
                "story": other.cases[name].story,
            }
        )
        if case.made == 0 and case.fingerprint == "" and name in other.cases
        else case
        for name, case in side.cases.items()
    }
    return side.model_copy(update={"cases": cases})


def _remedy(found: Comparison, log: Log) -> str:
    if log.kind == "promptfoo results":
        return "tests match by their variables and assertions; --allow-incomplete compares the rest"
    if found.changed:
        return "--by-id, where the prompt is part of the input; else --allow-incomplete"
    return "--allow-incomplete compares those that are in both" if found.articles else "same task?"


def _notes(a: CellScores, b: CellScores, logs: Sequence[Log], criteria: Criteria) -> Iterator[str]:
    for side, log in zip(("A", "B"), logs, strict=False):
        yield from (f"{side}: {note}" for note in log.notes)
    shared = {metric.name for metric in criteria.metrics}
    for side, log in zip(("A", "B"), logs, strict=False):
        if alone := [name for name in log.directions if name not in shared]:
            yield f"only {side} has {', '.join(alone)}"
    for metric in criteria.metrics:
        if metric.name in USAGE:
            continue
        counts = [_unscored(side, metric.name) for side in (a, b)]
        if any(counts):
            yield f"{metric.name}: unscored are {counts[0]:,} results of A, {counts[1]:,} of B"


def _unscored(side: CellScores, metric: str) -> int:
    """Results without a value, which are left out: they are no zeros."""
    return sum(
        records is not None and records.get(metric) is None
        for case in side.cases.values()
        for records in case.epochs
    )
