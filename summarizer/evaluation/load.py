"""From a suite's data to its cases: rows chosen, labels looked up, articles loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from summarizer.errors import ConfigurationError, NotAnArticleError
from summarizer.evaluation.adapters import read_source_rows
from summarizer.evaluation.cases import Case, SourceRow, sample, to_case
from summarizer.evaluation.labels import Labelling, taxonomy_of
from summarizer.evaluation.suite import Suite, SuiteFile
from summarizer.taxonomy import Taxonomy, default_taxonomy, load_taxonomy

if TYPE_CHECKING:
    from summarizer.settings import Settings


class SuiteCases(NamedTuple):
    """The articles of a suite.

    Attributes:
        cases: in the order of the data.
        taxonomy: that of their gold topics; None: the product's default.
        refused: for each row whose article is none, what it is instead.
    """

    cases: list[Case]
    taxonomy: Taxonomy | None
    refused: list[str]


def load_cases(
    file: SuiteFile,
    *,
    settings: Settings,
    limit: int | None = None,
    slices: Sequence[str] = (),
) -> SuiteCases:
    """The cases of a suite.

    Args:
        file: the suite.
        settings: limits for reading files.
        limit: that many articles, drawn by lot with the suite's seed.
        slices: only articles of any of these.

    Raises:
        ConfigurationError: the data is malformed, or nothing is left of it.
    """
    rows = list(read_source_rows(file.suite.data, folder=file.folder))
    labelling, own = _labelling(file.suite, file.folder, rows)
    chosen = [row for row in rows if not slices or set(slices) & set(row.row.slices)]
    if not chosen:
        names = sorted({name for row in rows for name in row.row.slices})
        raise ConfigurationError(
            f"no article of {file.suite.name!r} is in the slice {' or '.join(map(repr, slices))}",
            hint=f"slices: {', '.join(names)}" if names else "the data names no slices",
        )
    cases, refused = [], []
    for row in sample(chosen, limit=limit, seed=file.suite.seed):
        topics = labelling.topics(row.row.gold_topics)
        try:
            cases.append(to_case(row, topics, settings=settings))
        except NotAnArticleError as error:
            refused.append(f"{row.row.id}: {error}")
    if not cases:
        raise ConfigurationError(f"no row of {file.suite.name!r} is an article: {refused[0]}")
    return SuiteCases(cases, own, refused)


def _labelling(
    suite: Suite, folder: Path, rows: Sequence[SourceRow]
) -> tuple[Labelling, Taxonomy | None]:
    """What labels mean, and the taxonomy, unless it is the product's default."""
    data = suite.data
    labels = [label for row in rows for label in row.row.gold_topics or ()]
    own = None
    if suite.settings.taxonomy is not None:
        own = load_taxonomy(folder / suite.settings.taxonomy)
    elif data.format != "rows" and data.labels is None and labels:
        own = taxonomy_of(labels, name=f"labels of {suite.name}")
    labelling = Labelling(own or default_taxonomy(), data.labels)
    labelling.check(labels, where=str(folder / data.path))
    return labelling, own
