"""Scoring: every metric, from the digests of a run alone; nothing is sent to a model."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, ValidationError

from summarizer.articles import Article
from summarizer.digest import Digest, Failure, ModelRef, Usage, Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.estimate import summary_request
from summarizer.evaluation.judge.verdicts import Panel, Verdicts, load_verdicts
from summarizer.evaluation.metrics import JUDGED, METRICS, Sample
from summarizer.evaluation.metrics.code_version import metrics_sha256
from summarizer.evaluation.run.folder import RunFolder, read_log, replace_file, write_lines
from summarizer.evaluation.run.manifest import Generation, Key
from summarizer.evaluation.scores import CaseScores, CellScores, Measured, measure

if TYPE_CHECKING:
    from summarizer.evaluation.suite.samples import Case

_DIGITS: Final = 6


class ScoreLine(CaseScores):
    """A line of scores.jsonl."""

    case: str
    cell: str


class CellResult(Value):
    """What a cell came to."""

    model: ModelRef
    prompts: tuple[str, ...] = Field(description="Prompts that its digests used.")
    expected: int = Field(description="Digests that there should be.")
    made: int = Field(description="Digests that are there.")
    failures: dict[str, int] = Field(description="Kinds of error -> how many.")
    usage: Usage = Field(description="Of all digests together.")
    judge: Panel | None = Field(default=None, description="Who judged them; null: nobody.")
    metrics: dict[str, Measured]
    slices: dict[str, dict[str, Measured]] = Field(
        description="Slice -> metric -> value; of the metrics that the suite names."
    )

    @property
    def completeness(self) -> float:
        """The share of the digests that are there, 0 to 1."""
        return self.made / self.expected if self.expected else 0.0


class Results(Value):
    """results.json: all cells of a run."""

    format: Literal[1] = 1
    suite: str
    generations_sha256: str = Field(description="What was scored.")
    code_sha256: str = Field(description="Version of the metrics that scored it.")
    metric_names: tuple[str, ...]
    cells: dict[str, CellResult]


def score_run(
    folder: RunFolder, *, judge: str | None = None, progress: Callable[[], None] = lambda: None
) -> Results:
    """Scores all digests and writes scores.jsonl and results.json anew.

    Args:
        folder: the run.
        judge: the model whose answers make the judge's metrics; None: the one that was asked last.
        progress: called after each digest.

    Raises:
        ConfigurationError: that model did not judge the run.
    """
    verdicts = load_verdicts(folder, judge=judge)
    scorer = _Scorer(folder, verdicts)
    made = folder.generations()
    lines = []
    for planned in folder.manifest.cells:
        for case in folder.cases.values():
            keys = [Key(case.id, planned.cell.name, n) for n in range(folder.manifest.epochs)]
            epochs = []
            for key in keys:
                epochs.append(scorer.records(case, made.get(key), key))
                progress()
            lines.append(
                ScoreLine(
                    case=case.id,
                    cell=planned.cell.name,
                    fingerprint=case.fingerprint,
                    story=case.story,
                    slices=case.slices,
                    epochs=tuple(epochs),
                )
            )
    results = Results(
        suite=folder.manifest.suite.name,
        generations_sha256=_generations_sha256(folder),
        code_sha256=metrics_sha256(),
        metric_names=tuple(METRICS),
        cells=dict(_cell_results(folder, made, _by_cell(folder, lines, made, verdicts))),
    )
    write_lines(folder.scores, lines)
    replace_file(folder.results, results.model_dump_json(indent=1) + "\n")
    return results


def load_results(folder: RunFolder) -> Results:
    """The results of a run; it is scored anew if data or the metrics' code changed since."""
    try:
        results = Results.model_validate_json(folder.results.read_bytes())
    except (OSError, ValidationError):
        return score_run(folder)
    scored = (results.generations_sha256, results.code_sha256, results.metric_names)
    now = (_generations_sha256(folder), metrics_sha256(), tuple(METRICS))
    return results if scored == now else score_run(folder)


def load_scores(folder: RunFolder) -> dict[str, CellScores]:
    """The scores of a run by cell; see ``load_results``.

    Raises:
        ConfigurationError: scores.jsonl is damaged.
    """
    results = load_results(folder)
    cells: dict[str, dict[str, CaseScores]] = {name: {} for name in results.cells}
    for line in read_log(folder.scores, ScoreLine):
        if line.cell not in cells:
            raise ConfigurationError(
                f"{str(folder.scores)!r} is of another run", hint="summarizer eval score RUN"
            )
        cells[line.cell][line.case] = line
    return {
        name: CellScores(
            name=name,
            model=result.model.name,
            prompts=result.prompts,
            judge=result.judge,
            code_sha256=results.code_sha256,
            cases=cells[name],
        )
        for name, result in results.cells.items()
    }


class _Scorer:
    """Metrics of the digests of one run."""

    def __init__(self, folder: RunFolder, verdicts: Verdicts | None) -> None:
        self._samples = RunSamples(folder)
        self._verdicts = verdicts

    def records(self, case: Case, made: Generation | None, key: Key) -> dict[str, Any] | None:
        """What each metric takes from a digest; None where there is none."""
        sample = self._samples.sample(case, made)
        if sample is None:
            return None
        if self._verdicts is not None:
            sample = self._verdicts.judged(sample, key)
        return {name: _rounded(metric.record(sample)) for name, metric in METRICS.items()}


def _by_cell(
    folder: RunFolder,
    lines: list[ScoreLine],
    made: Mapping[Key, Generation],
    verdicts: Verdicts | None,
) -> dict[str, CellScores]:
    found = {}
    for planned in folder.manifest.cells:
        name = planned.cell.name
        cases = {line.case: line for line in lines if line.cell == name}
        judged = any(case.records(metric) for case in cases.values() for metric in JUDGED)
        found[name] = CellScores(
            name=name,
            model=planned.model.name,
            prompts=_prompts(made, name),
            judge=verdicts.panel if verdicts and judged else None,
            cases=cases,
        )
    return found


def _cell_results(
    folder: RunFolder, made: Mapping[Key, Generation], scores: Mapping[str, CellScores]
) -> Iterator[tuple[str, CellResult]]:
    suite = folder.manifest.suite
    for planned in folder.manifest.cells:
        cell = scores[planned.cell.name]
        results = [made[key].result for key in made if key.cell == planned.cell.name]
        failures = [result for result in results if isinstance(result, Failure)]
        digests = [result for result in results if isinstance(result, Digest)]
        measured = {
            name: measure(cell, metric, seed=suite.seed, interval=name in suite.measured)
            for name, metric in METRICS.items()
        }
        slices = {
            slice_: {
                name: measure(cell.in_slice(slice_), METRICS[name], seed=0, interval=False)
                for name in suite.measured
            }
            for slice_ in cell.slice_names()
        }
        yield (
            planned.cell.name,
            CellResult(
                model=planned.model,
                prompts=cell.prompts,
                expected=cell.expected,
                made=cell.made,
                failures=dict(Counter(failed.error.type for failed in failures)),
                usage=sum((digest.usage for digest in digests), Usage()),
                judge=cell.judge,
                metrics=measured,
                slices=slices,
            ),
        )


def _prompts(made: Mapping[Key, Generation], cell: str) -> tuple[str, ...]:
    digests = (
        made[key].result
        for key in made
        if key.cell == cell and isinstance(made[key].result, Digest)
    )
    used = {
        f"{ref.name}@v{ref.version}"
        for digest in digests
        if isinstance(digest, Digest)
        for ref in digest.prompts
    }
    return tuple(sorted(used))


def _generations_sha256(folder: RunFolder) -> str:
    """Of what is scored: digests and gold."""
    parts = [
        hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
        for path in folder.scored_files
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _rounded(record: Any) -> Any:
    """The record as it is kept: no more digits than a metric means."""
    if isinstance(record, float):
        return round(record, _DIGITS)
    if isinstance(record, list | tuple):
        return [_rounded(item) for item in record]
    return record


def labelled_depth(folder: RunFolder) -> int | None:
    """Levels that a run labels: IPTC's first, all of a user's own, as in the product."""
    depth = folder.manifest.suite.settings.depth
    return depth or (1 if folder.taxonomy_file is None else None)


class RunSamples:
    """Samples of the digests of one run."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def sample(self, case: Case, made: Generation | None) -> Sample | None:
        """A digest as a sample; None where there is no digest."""
        if made is None or isinstance(made.result, Failure):
            return None
        return Sample(
            article=case.article,
            digest=made.result,
            gold=case.gold.model_copy(update={"relevant": self._relevant(case, made.result)}),
            taxonomy=self._folder.taxonomy,
            depth=labelled_depth(self._folder),
            request=summary_request(self._folder.manifest.suite, case.article),
            related=tuple(
                self._articles[other.id]
                for other in made.result.related or ()
                if other.relation == "related" and other.id in self._articles
            ),
        )

    @cached_property
    def _corpus(self) -> dict[str, Case]:
        return {case.article.id: case for case in self._folder.corpus_cases}

    @cached_property
    def _articles(self) -> dict[str, Article]:
        """What digests may have seen, of whatever corpus."""
        kept = {article.id: article for article in read_log(self._folder.related, Article)}
        return kept | {id_: case.article for id_, case in self._corpus.items()}

    def _relevant(self, case: Case, digest: Digest) -> dict[str, float] | None:
        """The articles of the same story that the digest could have seen."""
        if digest.related is None or case.story is None:
            return None
        day = case.article.published
        return {
            id_: 1.0
            for id_, other in self._corpus.items()
            if other.story == case.story
            and id_ != case.article.id
            and (day is None or other.article.published is None or other.article.published <= day)
        } or None
