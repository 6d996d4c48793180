"""Scoring: every metric, from the digests of a run alone; nothing is sent to a model."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import ValidationError

from summarizer.articles import Article
from summarizer.batch.job_folder import read_log, replace_file, write_lines
from summarizer.digest import Digest, ErrorInfo, Failure, ModelRef, Usage, Value
from summarizer.errors import MissingExtraError
from summarizer.evaluation.judge.judge import Judged, Panel, Verdicts, panel_of
from summarizer.evaluation.metrics import JUDGED, METRICS, Output
from summarizer.evaluation.run import manifest
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.scores import (
    TIMED,
    Measured,
    SampleScores,
    VariantScores,
    measure,
    metrics_sha256,
)
from summarizer.evaluation.suite.definition import summary_request
from summarizer.evaluation.suite.samples import Sample

_DIGITS: Final = 6


class ScoreLine(SampleScores):
    """A line of scores.jsonl."""

    sample: str
    variant: str


class VariantResult(Value):
    """What a variant came to.

    Attributes:
        prompts: prompts that its digests used.
        expected: digests that there should be.
        made: digests that are there.
        failures: kinds of error -> how many; bug: a digest or one of its metrics failed.
        bugs: what metrics failed on: unscored.
        usage: of all digests together.
        judge: who judged them; null: nobody.
        slices: slice -> metric -> value; of the metrics that the suite names.
    """

    model: ModelRef
    prompts: tuple[str, ...]
    expected: int
    made: int
    failures: dict[str, int]
    bugs: tuple[str, ...] = ()
    usage: Usage
    judge: Panel | None = None
    metrics: dict[str, Measured]
    slices: dict[str, dict[str, Measured]]


class Results(manifest.Stored):
    """results.json: all variants of a run.

    Attributes:
        generations_sha256: what was scored.
        code_sha256: version of the metrics that scored it.
    """

    format: Literal[1] = 1
    suite: str
    generations_sha256: str
    code_sha256: str
    metric_names: tuple[str, ...]
    variants: dict[str, VariantResult]

    @property
    def panel(self) -> Panel | None:
        """Whose answers were scored; None: nobody's."""
        return next((one.judge for one in self.variants.values() if one.judge), None)


def score_run(folder: RunFolder, *, judge: str | None = None) -> Results:
    """Scores all digests and writes scores.jsonl and results.json anew.

    Args:
        folder: the run.
        judge: the model whose answers make the judge's metrics; None: the one that was asked last.

    Raises:
        ConfigurationError: that model did not judge the run.
    """
    outputs = RunOutputs(folder, panel_of(folder, judge=judge))
    lines = [
        outputs.line(sample, name)
        for name in folder.manifest.planned
        for sample in folder.samples.values()
    ]
    scores = outputs.by_variant(lines)
    results = Results(
        suite=folder.manifest.suite.name,
        generations_sha256=_generations_sha256(folder),
        code_sha256=metrics_sha256(),
        metric_names=tuple(METRICS),
        variants={
            name: _result(outputs, planned, scores[name])
            for name, planned in folder.manifest.planned.items()
        },
    )
    write_lines(folder.scores, lines)
    replace_file(folder.results, results.model_dump_json(indent=1) + "\n")
    return results


def load_results(folder: RunFolder, *, any_code: bool = False) -> Results:
    """The results of a run; it is scored anew if data or the metrics' code changed since.

    Args:
        folder: the run.
        any_code: take the results as they are where only the metrics' code changed.
    """
    try:
        results = Results.model_validate_json(folder.results.read_bytes())
    except (OSError, ValidationError):
        return score_run(folder)
    scored = (results.code_sha256, results.metric_names)
    current = any_code or scored == (metrics_sha256(), tuple(METRICS))
    same = results.generations_sha256 == _generations_sha256(folder)
    return results if current and same else score_run(folder)


class ScoredRun:
    """A run, its digests and their scores, read once; see ``load_results``."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.results = load_results(folder)
        self.outputs = RunOutputs(folder, self.results.panel)
        self.scores = self.outputs.by_variant(read_log(folder.scores, ScoreLine))


def load_scores(folder: RunFolder) -> dict[str, VariantScores]:
    """The scores of a run by variant; see ``load_results``."""
    return ScoredRun(folder).scores


def _result(
    outputs: RunOutputs, planned: manifest.PlannedVariant, scores: VariantScores
) -> VariantResult:
    suite = outputs.folder.manifest.suite
    results = [one.result for key, one in outputs.made.items() if key.variant == scores.name]
    failures = Counter(one.error.type for one in results if isinstance(one, Failure))
    failures.update("bug" for _ in scores.bugs)
    return VariantResult(
        model=planned.model,
        prompts=scores.prompts,
        expected=scores.expected,
        made=scores.made,
        failures=dict(failures),
        bugs=scores.bugs,
        usage=sum((one.usage for one in results if isinstance(one, Digest)), Usage()),
        judge=scores.judge,
        metrics={
            name: measure(scores, metric, seed=suite.seed, interval=name in suite.measured)
            for name, metric in METRICS.items()
        },
        slices={
            slice_: {
                name: measure(scores.in_slice(slice_), METRICS[name], seed=0, interval=False)
                for name in suite.measured
            }
            for slice_ in scores.slice_names()
        },
    )


def _generations_sha256(folder: RunFolder) -> str:
    """Of what is scored: digests and gold."""
    parts = (manifest.content_sha256(path) if path.exists() else "" for path in folder.scored_files)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _rounded(record: Any) -> Any:
    """The record as it is kept: no more digits than a metric means."""
    if isinstance(record, float):
        return round(record, _DIGITS)
    return [_rounded(item) for item in record] if isinstance(record, list | tuple) else record


class RunOutputs:
    """The digests of one run as metrics see them, and their scores.

    Args:
        folder: the run.
        panel: whose verdicts on them count; None: nobody's.

    Attributes:
        made: the digests, and the failures to make one.
    """

    def __init__(self, folder: RunFolder, panel: Panel | None = None) -> None:
        self.folder = folder
        self.made = folder.generations()
        self._panel = panel

    def by_variant(self, lines: Iterable[ScoreLine]) -> dict[str, VariantScores]:
        """The scores of each variant, from those of its articles."""
        used: defaultdict[str, set[str]] = defaultdict(set)
        for key, one in self.made.items():
            if isinstance(one.result, Digest):
                used[key.variant] |= {f"{ref.name}@v{ref.version}" for ref in one.result.prompts}
        samples: defaultdict[str, dict[str, SampleScores]] = defaultdict(dict)
        for line in lines:
            samples[line.variant][line.sample] = line
        found = {}
        for name, planned in self.folder.manifest.planned.items():
            own = samples[name]
            judged = any(sample.records(metric) for sample in own.values() for metric in JUDGED)
            found[name] = VariantScores(
                name=name,
                model=planned.model.name,
                prompts=tuple(sorted(used[name])),
                judge=self._panel if judged else None,
                code_sha256=metrics_sha256(),
                samples=own,
            )
        return found

    def line(self, sample: Sample, variant: str) -> ScoreLine:
        """The scores of an article's digests by one variant."""
        epochs = range(self.folder.manifest.epochs)
        keys = [manifest.Key(sample.id, variant, epoch) for epoch in epochs]
        there = [self.made.get(key) for key in keys]
        bugs: list[str] = []
        return ScoreLine(
            sample=sample.id,
            variant=variant,
            fingerprint=sample.fingerprint,
            story=sample.story,
            slices=sample.slices,
            epochs=tuple(self._records(key, bugs) for key in keys),
            sessions=tuple(one.session if one else None for one in there),
            bugs=tuple(dict.fromkeys(bugs)),
        )

    def _records(self, key: manifest.Key, bugs: list[str]) -> dict[str, Any] | None:
        """What each metric takes from a digest; None where there is none."""
        output = self.output(key)
        if output is None:
            return None
        records: dict[str, Any] = {}
        for name, metric in METRICS.items():
            try:
                records[name] = _rounded(metric.record(output))
            except MissingExtraError:
                raise  # no digest could be scored
            except Exception as error:  # a bug leaves this one unscored, and the others are not
                records[name] = None
                bugs.append(f"{name} of {key.sample}: {ErrorInfo.of(error).message}")
        return records | dict.fromkeys(TIMED) if self.made[key].warm_up else records

    def output(self, key: manifest.Key) -> Output | None:
        """A digest as an output, with what the judge says; None where there is no digest."""
        made = self.made.get(key)
        if made is None or isinstance(made.result, Failure):
            return None
        sample = self.folder.samples[key.sample]
        output = Output(
            article=sample.article,
            digest=made.result,
            gold=sample.gold.model_copy(update={"relevant": self._relevant(sample, made.result)}),
            taxonomy=self.folder.taxonomy,
            depth=self.folder.labelled_depth,
            request=summary_request(self.folder.manifest.suite.settings, sample.article),
            related=tuple(
                self._articles[other.id]
                for other in made.result.related or ()
                if other.relation == "related" and other.id in self._articles
            ),
        )
        return self._verdicts.judged(output, key) if self._verdicts else output

    @cached_property
    def _verdicts(self) -> Verdicts | None:
        panel = self._panel
        return Verdicts(read_log(self.folder.judged, Judged), panel) if panel else None

    @cached_property
    def _corpus(self) -> dict[str, Sample]:
        return {sample.article.id: sample for sample in self.folder.corpus_samples}

    @cached_property
    def _articles(self) -> dict[str, Article]:
        """What digests may have seen, of whatever corpus."""
        kept = {article.id: article for article in read_log(self.folder.related, Article)}
        return kept | {id_: sample.article for id_, sample in self._corpus.items()}

    def _relevant(self, sample: Sample, digest: Digest) -> dict[str, float] | None:
        """The articles of the same story that the digest could have seen."""
        if digest.related is None or sample.story is None:
            return None
        day = sample.article.published
        return {
            id_: 1.0
            for id_, other in self._corpus.items()
            if other.story == sample.story
            and id_ != sample.article.id
            and (day is None or other.article.published is None or other.article.published <= day)
        } or None
