"""Comparing two results of another tool: matched by sample, by the statistics of our own runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import COMPLETE, Comparison
from summarizer.evaluation.compare.operands import Operand, pairs, readings
from summarizer.evaluation.compare.paired import Criteria, Pair, compare_pairs
from summarizer.evaluation.interchange.inspect_logs import read_inspect_log
from summarizer.evaluation.interchange.result_files import (
    USAGE,
    ForeignResults,
    read_promptfoo,
    read_table,
)
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.run.manifest import find_variant
from summarizer.evaluation.scores import VariantScores

_HEAD: Final = 4_096
_INSPECT_JSON: Final = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"(status|eval)"')
_PROMPTFOO: Final = re.compile(rb'\s*\{\s*"(evalId|id|createdAt|results)"\s*:')
_TABLES: Final = (".jsonl", ".csv")


class Choices(NamedTuple):
    """How files are compared.

    Attributes:
        metrics: those that decide; empty: all but what answers cost.
        lower: metrics of which less is better.
        cluster: key of the samples' metadata that says which ones are not independent.
        by_id: pair the samples of Inspect logs by their id alone.
        partly: compare though few samples match.
        margins: for each metric the loss that is acceptable; none: no loss is.
    """

    metrics: Sequence[str] = ()
    lower: Collection[str] = ()
    cluster: str | None = None
    by_id: bool = False
    partly: bool = False
    margins: Mapping[str, float] = MappingProxyType({})


def is_foreign(name: str) -> bool:
    """Whether ``FILE`` or ``FILE:VARIANT`` is the result of another tool."""
    return _kind(_named(name)[0]) is not None


def compare_files(a: str, b: str | None, choices: Choices) -> list[Comparison]:
    """What the samples of both files say of B against A.

    Args:
        a: ``FILE`` or ``FILE:VARIANT``: what was.
        b: what is new; None: all pairs of the variants of A.
        choices: how they are compared.

    Raises:
        ConfigurationError: a file is damaged or of another tool than the other, a metric does not
            exist, or too few samples are in both.
    """
    files = [_load(name, choices) for name in (a, b) if name is not None]
    first, last = files[0], files[-1]
    if first.kind != last.kind:
        raise ConfigurationError(
            f"{first.name!r} and {last.name!r} are of two tools ({first.kind}, {last.kind})",
            hint="name two of one kind",
        )
    operands = [Operand(file.name, file.variants, None) for file in files]
    found = pairs(operands[0], operands[1] if b is not None else None)
    criteria = _criteria(first, last, choices)
    filled = [(_filled(*pair), _filled(*reversed(pair))) for pair in found]
    compared = compare_pairs(filled, criteria)
    for one, pair in zip(compared, filled, strict=True):
        _check_matched(one, pair, first, last, partly=choices.partly)
    return [_told(one, pair, files, criteria) for one, pair in zip(compared, filled, strict=True)]


def _load(name: str, choices: Choices) -> ForeignResults:
    path, variant = _named(name)
    kind = _kind(path)
    if not path.exists():
        raise ConfigurationError(f"there is no file {name!r}", hint="check the path")
    if kind is None:
        raise ConfigurationError(
            f"{name!r} is neither an Inspect log, results of promptfoo, nor a table of scores",
            hint="two files of one kind can be compared",
        )
    if kind == "inspect":
        file = read_inspect_log(path, cluster=choices.cluster, by_id=choices.by_id)
    else:
        read = read_promptfoo if kind == "promptfoo" else read_table
        file = read(path, cluster=choices.cluster)
    samples = [sample for one in file.variants.values() for sample in one.samples.values()]
    if choices.cluster is not None and not any(sample.story for sample in samples):
        raise ConfigurationError(
            f"no sample of {file.name!r} has {choices.cluster!r}",
            hint="--cluster KEY: of the samples' metadata, or a column",
        )
    if variant is not None:
        chosen = find_variant(variant, file.variants)
        file = file._replace(variants={chosen: file.variants[chosen]})
    return file


def _named(name: str) -> tuple[Path, str | None]:
    """The file, and what follows the colon after it."""
    return next((one for one in readings(name) if one[0].is_file()), (Path(name), None))


def _kind(path: Path) -> Literal["inspect", "promptfoo", "table"] | None:
    if not path.is_file():
        return None
    if path.suffix.lower() in _TABLES:
        return "table"
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    if path.suffix == ".eval" or head.startswith(b"PK\x03\x04") or _INSPECT_JSON.match(head):
        return "inspect"
    return "promptfoo" if _PROMPTFOO.match(head) else None


def _criteria(first: ForeignResults, last: ForeignResults, choices: Choices) -> Criteria:
    """The metrics that both have, those that decide first.

    Raises:
        ConfigurationError: one that was named is not among them.
    """
    both = [name for name in first.metrics if name in last.metrics]
    for name in (*choices.metrics, *choices.lower, *choices.margins):
        if name not in both:
            raise ConfigurationError(
                f"there is no metric {name!r} in both", hint=f"metrics of both: {', '.join(both)}"
            )
    primary = list(choices.metrics) or [name for name in both if name not in USAGE]
    if not primary:
        raise ConfigurationError(
            f"no metric is in both: {first.name!r} has {', '.join(first.metrics)}, "
            f"{last.name!r} has {', '.join(last.metrics)}",
            hint="name two files with a score of one name",
        )
    variants = [*first.variants.values(), *last.variants.values()]
    scored = [one for variant in variants for one in variant.results]
    metrics = [
        Metric(
            name=name,
            subject="cost" if name in USAGE else "summary",
            direction="lower" if name in (*USAGE, *choices.lower) else "higher",
            description="as the file has it",
            record=lambda _: None,  # the other tool took it
            values="share" if _is_share(name, scored) else "any",
        )
        for name in dict.fromkeys([*primary, *both])
    ]
    return Criteria(metrics, primary, choices.margins)


def _is_share(metric: str, scored: Sequence[Mapping[str, float | None]]) -> bool:
    """Whether it may go from 0 to 1: what a missing sample could be worth is only known of such."""
    return metric not in USAGE and all(0 <= (one.get(metric) or 0) <= 1 for one in scored)


def _filled(one: VariantScores, other: VariantScores) -> VariantScores:
    """``one``, where a sample that it has no result of is the same as the other's."""
    samples = dict(one.samples)
    for name, sample in one.samples.items():
        if sample.made == 0 and sample.fingerprint == "" and (same := other.samples.get(name)):
            update = {"fingerprint": same.fingerprint, "story": same.story}
            samples[name] = sample.model_copy(update=update)
    return one.model_copy(update={"samples": samples})


def _check_matched(
    found: Comparison, pair: Pair, first: ForeignResults, last: ForeignResults, *, partly: bool
) -> None:
    """Raises ConfigurationError where too few samples are in both."""
    a, b = (list(one.samples) for one in pair)
    # In a table what failed has no row, so that whatever one of both lacks is missing.
    least = max if first.kind == "table of scores" else min
    if found.articles and (partly or found.articles >= COMPLETE * least(len(a), len(b))):
        return
    hints = []
    if first.kind == "promptfoo results":
        hints.append("tests match by their variables and assertions")
    elif found.changed:
        hints.append("--by-id, where the prompt is part of the input")
    if found.articles:
        hints.append("--allow-incomplete compares those that are in both")
    elif not found.changed:
        hints.append(f"the ids of A begin with {a[:2]!a}, those of B with {b[:2]!a}")
    raise ConfigurationError(
        f"{found.articles:,} samples are the same in {first.name!r} ({len(a):,}) and "
        f"{last.name!r} ({len(b):,}); {len(found.changed):,} more have the same id, but another "
        "input or target",
        hint="; ".join(hints),
    )


def _told(
    found: Comparison, pair: Pair, files: Sequence[ForeignResults], criteria: Criteria
) -> Comparison:
    """The comparison with the names of the files, and with what a reader should know."""
    a, b = (
        f"{file.name}: {one.name}" for file, one in zip((files[0], files[-1]), pair, strict=True)
    )
    notes = tuple(_notes(pair, files, [metric.name for metric in criteria.metrics]))
    return found.model_copy(update={"a": a, "b": b, "notes": notes})


def _notes(pair: Pair, files: Sequence[ForeignResults], metrics: Sequence[str]) -> Iterator[str]:
    named = list(zip(("A", "B"), files, strict=False))
    for letter, file in named:
        yield from (f"{letter}: {note}" for note in file.notes)
    for letter, file in named:
        if alone := [name for name in file.metrics if name not in metrics]:
            yield f"only {letter} has {', '.join(alone)}"
    for name in metrics:
        # Results without a value are left out: they are no zeros.
        counts = [sum(one.get(name) is None for one in variant.results) for variant in pair]
        if name not in USAGE and any(counts):
            yield f"{name}: unscored are {counts[0]:,} results of A, {counts[1]:,} of B"
