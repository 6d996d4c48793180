"""The variants that a report is about, with their digests and articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.batch.job_folder import read_log
from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.operands import run_variants
from summarizer.evaluation.judge.judge import Judged, Verdicts
from summarizer.evaluation.metrics.scored_output import Judging
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import EXTRACTIVE, Generation, Key, Variant
from summarizer.evaluation.scores import VariantScores
from summarizer.evaluation.scoring import RunOutputs, VariantResult, load_results, load_scores
from summarizer.evaluation.suite.samples import Sample

# With more variants, only those pairs are compared that differ in one thing.
_FEW: Final = 3


class LoadedRun:
    """A run, read once."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder.open(path)
        self.results = load_results(self.folder)
        self.scores = load_scores(self.folder)
        self.outputs = RunOutputs(self.folder)

    @property
    def samples(self) -> dict[str, Sample]:
        """The articles by id."""
        return self.folder.samples

    @cached_property
    def made(self) -> dict[Key, Generation]:
        """What was made."""
        return self.folder.generations()

    @cached_property
    def verdicts(self) -> Verdicts | None:
        """The judge's answers that were scored; None where there are none."""
        panels = [variant.judge for variant in self.results.variants.values() if variant.judge]
        return Verdicts(read_log(self.folder.judged, Judged), panels[0]) if panels else None


class ReportVariant(NamedTuple):
    """A variant of a report.

    Attributes:
        name: unlike that of any other variant of the report.
        run: where it is from.
        variant: the point of the matrix.
        scores: article by article.
        result: in all.
    """

    name: str
    run: LoadedRun
    variant: Variant
    scores: VariantScores
    result: VariantResult

    def output(self, sample: str) -> Digest | Failure | None:
        """The first digest of an article that there is; else the failure, or None."""
        made = self._made(sample)
        return made.result if made else None

    def judging(self, sample: str) -> Judging | None:
        """What the judge whose answers were scored says of ``output``; None: nothing."""
        made = self._made(sample)
        output = self.run.outputs.output(self.run.samples[sample], made)
        if made is None or output is None or self.run.verdicts is None:
            return None
        return self.run.verdicts.judged(output, made.key).judging

    def _made(self, sample: str) -> Generation | None:
        epochs = range(self.run.folder.manifest.epochs)
        made = [self.run.made.get(Key(sample, self.variant.name, epoch)) for epoch in epochs]
        made.sort(key=lambda found: (found is None, found and isinstance(found.result, Failure)))
        return made[0]


def load_variants(names: Sequence[str]) -> list[ReportVariant]:
    """The variants of ``RUN`` or ``RUN:VARIANT``, in order.

    Raises:
        ConfigurationError: there is no such run or variant, or the runs are of different suites.
    """
    runs: dict[Path, LoadedRun] = {}
    found = [item for name in names for item in _variants(name, runs)]
    suites = {run.folder.manifest.suite.name for run, _ in found}
    if len(suites) > 1:
        raise ConfigurationError(
            f"the runs are of different suites: {', '.join(sorted(suites))}",
            hint="one report for each suite",
        )
    plain = [variant for _, variant in found]
    variants: dict[str, ReportVariant] = {}
    for run, name in found:
        shown = name if plain.count(name) == 1 else f"{name} ({run.folder.path})"
        if shown in variants:
            raise ConfigurationError(f"the variant {shown!r} is named twice", hint="leave one out")
        planned = next(p for p in run.folder.manifest.variants if p.variant.name == name)
        scores = run.scores[name].model_copy(update={"name": shown})
        variants[shown] = ReportVariant(
            shown, run, planned.variant, scores, run.results.variants[name]
        )
    return list(variants.values())


def compared_pairs(variants: Sequence[ReportVariant]) -> list[tuple[ReportVariant, ReportVariant]]:
    """The pairs (what was, what is new) to compare, the first of which the report is about.

    Of many variants, those pairs that differ in one thing: the model, the prompts, the context, or
    the run.
    """
    every = list(combinations(variants, 2))
    if len(variants) <= _FEW:
        return every
    return [pair for pair in every if _differences(*pair) == 1] or every


def _variants(name: str, runs: dict[Path, LoadedRun]) -> Iterator[tuple[LoadedRun, str]]:
    """The variants that a user named; ``runs`` are those that were read before."""
    folder, names = run_variants(name)
    run = runs.setdefault(folder.path, runs.get(folder.path) or LoadedRun(folder.path))
    yield from ((run, found) for found in names)


def _differences(a: ReportVariant, b: ReportVariant) -> int:
    prompts = a.variant.prompts != b.variant.prompts and EXTRACTIVE not in (
        a.variant.model,
        b.variant.model,
    )
    return sum(
        (
            a.variant.model != b.variant.model,
            prompts,
            a.variant.context != b.variant.context,
            a.run.folder.path != b.run.folder.path,
        )
    )
