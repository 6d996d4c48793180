"""What is compared: runs, variants of runs, and baselines, as users name them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from summarizer.batch.job_folder import replace_file
from summarizer.errors import ConfigurationError, data_errors, system_errors
from summarizer.evaluation.compare.paired import Criteria, Pair
from summarizer.evaluation.metrics import JUDGED, METRICS
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Revision, Stored, find_variant
from summarizer.evaluation.scores import VariantScores
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.stats.power import ALPHA, ONE_LOOK, Looks
from summarizer.evaluation.suite.definition import Suite

_WRITES_ONE: Final = "summarizer eval gate RUN --baseline FILE --update writes one"


class Baseline(Stored):
    """The scores of a run, as far as the suite compares them.

    Attributes:
        created: when the run began.
        revision: the code that it was made with.
    """

    format: Literal[1] = 1
    suite: str
    created: str
    revision: Revision | None
    variants: dict[str, VariantScores]


def baseline_of(
    folder: RunFolder, scores: Mapping[str, VariantScores], old: Mapping[str, VariantScores]
) -> Baseline:
    """The baseline that a run would be: with only the metrics that its suite compares.

    Variants of an ``old`` baseline that the run does not have stay.
    """
    manifest = folder.manifest

    def kept(records: dict[str, Any] | None) -> dict[str, Any] | None:
        names = manifest.suite.measured
        return records and {name: records[name] for name in names if records.get(name) is not None}

    variants = dict(old)
    for name, variant in scores.items():
        samples = {
            # Times of a baseline are compared with nothing, and what failed is unscored.
            id_: sample.model_copy(
                update={"epochs": tuple(map(kept, sample.epochs)), "sessions": (), "bugs": ()}
            )
            for id_, sample in variant.samples.items()
        }
        variants[name] = variant.model_copy(update={"samples": samples})
    return Baseline(
        suite=manifest.suite.name,
        created=manifest.created,
        revision=manifest.revision,
        variants=variants,
    )


def load_baseline(path: Path, *, suite: str | None = None) -> Baseline:
    """The baseline in a file.

    Raises:
        ConfigurationError: there is none, it is malformed, or it is not of this suite.
    """
    with (
        system_errors(f"cannot read the baseline {str(path)!r}", hint=_WRITES_ONE),
        data_errors(f"{str(path)!r} is not a baseline", hint=_WRITES_ONE),
    ):
        found = Baseline.model_validate_json(path.read_bytes())
    if suite not in (None, found.suite):
        raise ConfigurationError(
            f"{str(path)!r} is the baseline of suite {found.suite!r}, not of {suite!r}",
            hint="--baseline FILE names another one",
        )
    return found


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline, a line for each article.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    empty = {"variants": {"__all__": {"samples": {"__all__": {"sessions", "bugs"}}}}}
    data = baseline.model_dump(mode="json", exclude=empty)
    text = json.dumps(data, indent=1, ensure_ascii=False)
    text = re.sub(r"\n {4}([]}])", r"\1", re.sub(r"\n {5,}", " ", text))
    with system_errors(f"cannot write the baseline {str(path)!r}"):
        replace_file(path, text + "\n")


class Operand(NamedTuple):
    """What a user named.

    Attributes:
        name: as it was given.
        variants: the scores that it has.
        suite: what the run was asked to compare; None for a baseline.
        looks: of a run that was decided while it was made.
    """

    name: str
    variants: dict[str, VariantScores]
    suite: Suite | None
    looks: Looks = ONE_LOOK


def load_operand(name: str, *, suite: str | None = None) -> Operand:
    """``RUN``, ``RUN:VARIANT``, ``BASELINE.json`` or ``BASELINE.json:VARIANT``.

    A part of a variant's name is enough where only one has it.

    Raises:
        ConfigurationError: there is no such run, baseline or variant, or the baseline is not of
            this suite.
    """
    if run := _find_run(name):
        folder, names = run
        scores = load_scores(folder)
        found = {variant: scores[variant] for variant in names}
        return Operand(name, found, folder.manifest.suite, folder.looks)
    for path, variant in readings(name):
        if path.is_file():
            variants = load_baseline(path, suite=suite).variants
            names = list(variants) if variant is None else [find_variant(variant, variants)]
            return Operand(name, {one: variants[one] for one in names}, None)
    if name.endswith(".json"):
        raise ConfigurationError(f"there is no baseline {name!r}", hint=_WRITES_ONE)
    raise ConfigurationError(
        f"{name!r} is neither a run's folder nor a baseline", hint="summarizer eval list"
    )


def run_variants(name: str) -> tuple[RunFolder, list[str]]:
    """The run that ``RUN`` or ``RUN:VARIANT`` names, and the variants of it that are meant.

    Raises:
        ConfigurationError: there is no such run or variant.
    """
    if run := _find_run(name):
        return run
    raise ConfigurationError(f"{name!r} is not the folder of a run", hint="summarizer eval list")


def _find_run(name: str) -> tuple[RunFolder, list[str]] | None:
    for path, variant in readings(name):
        folder = RunFolder(path)
        if folder.exists:
            variants = list(folder.manifest.planned)
            return folder, variants if variant is None else [find_variant(variant, variants)]
    return None


def pairs(a: Operand, b: Operand | None) -> list[Pair]:
    """What is compared with what: A is what was, B what is new.

    One operand alone: all pairs of its variants. One variant of each: these two,
    whatever their names. Else the variants of equal names.

    Raises:
        ConfigurationError: nothing can be compared.
    """
    if b is None:
        if len(a.variants) < 2:
            raise ConfigurationError(
                f"{a.name!r} has one variant, which needs another to be compared with",
                hint="name a second run, or --baseline FILE",
            )
        return list(combinations(a.variants.values(), 2))
    return [(a.variants[one], b.variants[two]) for one, two in matched(a.variants, b.variants)]


def matched(a: Collection[str], b: Collection[str]) -> list[tuple[str, str]]:
    """The variants of A and of B that are held against each other.

    One of each: these two, whatever their names. Else those of equal names.

    Raises:
        ConfigurationError: there are none.
    """
    found = [(name, name) for name in a if name in b]
    if len(a) == len(b) == 1:
        found = list(zip(a, b, strict=True))
    if not found:
        raise ConfigurationError(
            "the two have no variant in common",
            hint=f"choose one of each, RUN:VARIANT; there are {', '.join(dict.fromkeys([*a, *b]))}",
        )
    return found


def criteria_between(
    suite: Suite,
    variants: Collection[VariantScores],
    looks: Iterable[Looks],
    *,
    more: Iterable[str] = (),
    margins: Mapping[str, float] | None = None,
) -> Criteria:
    """What a suite compares of these variants, and what a judge said of them.

    Args:
        suite: of the runs.
        variants: what is compared.
        looks: at each of the runs. One that grew until something was found was looked at as often,
            whatever the others are.
        more: metrics that are shown besides.
        margins: instead of those of the suite's gates.

    Raises:
        ConfigurationError: a name is no metric.
    """
    judged = [name for name in JUDGED if any(one.rows(METRICS[name]) for one in variants)]
    strictest = min(looks, key=lambda one: one.level(ALPHA))
    return criteria_of(suite, more=(*more, *judged), margins=margins, looks=strictest)


def criteria_of(
    suite: Suite,
    *,
    more: tuple[str, ...] = (),
    margins: Mapping[str, float] | None = None,
    looks: Looks = ONE_LOOK,
) -> Criteria:
    """What a suite compares, and the metrics in ``more``.

    Args:
        suite: the suite.
        more: metrics that are shown besides.
        margins: instead of those of its gates.
        looks: at the articles so far.

    Raises:
        ConfigurationError: a name is no metric.
    """
    own = {gate.metric: gate.margin for gate in suite.gates if gate.margin is not None}
    more = (*more, *(margins or ()))
    check_metrics(more)
    return Criteria(
        metrics=[METRICS[name] for name in dict.fromkeys((*suite.measured, *more))],
        primary=suite.metrics.primary,
        margins={**own, **(margins or {})},
        seed=suite.seed,
        looks=looks,
    )


def check_metrics(names: Iterable[str]) -> None:
    """Raises ConfigurationError for a name that is no metric."""
    for name in names:
        if name not in METRICS:
            known = ", ".join(METRICS)
            raise ConfigurationError(f"there is no metric {name!r}", hint=f"metrics: {known}")


def readings(name: str) -> Iterator[tuple[Path, str | None]]:
    """The name as a path, then with a variant after one of its colons."""
    yield Path(name), None
    for colon in re.finditer(":", name):
        yield Path(name[: colon.start()]), name[colon.end() :]
