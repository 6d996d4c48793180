"""The articles of a suite with their gold data: rows chosen, labels looked up, articles loaded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.articles import Article, load
from summarizer.articles.content import article_from_record
from summarizer.digest import ErrorInfo, Value
from summarizer.errors import (
    ConfigurationError,
    NotAnArticleError,
    SourceError,
    SummarizerError,
    TaxonomyError,
)
from summarizer.evaluation.metrics import METRICS, Gold
from summarizer.evaluation.suite.definition import Suite, SuiteFile
from summarizer.evaluation.suite.file import SourceRow, read_source_rows
from summarizer.settings import Settings
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy, load_taxonomy


class Sample(Value):
    """An article with its gold data, ready to be digested and scored."""

    id: str
    article: Article
    gold: Gold
    story: str | None = None
    slices: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when article or gold do: scores of two runs are comparable where it is equal."""
        gold = json.dumps(self.gold.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(f"{self.article.id}\n{gold}".encode()).hexdigest()[:16]


def to_sample(source: SourceRow, topics: tuple[str, ...] | None, *, settings: Settings) -> Sample:
    """The sample of a row, its article loaded and cleaned as the product does it.

    Args:
        source: the row.
        topics: its gold topics as ids of the taxonomy in force.
        settings: limits for reading files.

    Raises:
        NotAnArticleError: what is there is not an article.
        ConfigurationError: the article cannot be read, or a reference or key fact says nothing;
            the message names the row.
    """
    row = source.row
    try:
        article = _article(source, settings)
    except NotAnArticleError:
        raise
    except SourceError as error:
        raise ConfigurationError(f"{source.where}: row {row.id!r}: {error}") from None
    for text in (*row.references, *row.key_facts):
        if not any(map(str.isalnum, text)):
            raise ConfigurationError(f"{source.where}: {text!r} of row {row.id!r} says nothing")
    gold = Gold(
        topics=topics, references=row.references, key_facts=row.key_facts, injection=row.injection
    )
    return Sample(
        id=row.id, article=article, gold=gold, story=row.story_id or None, slices=row.slices
    )


def _article(source: SourceRow, settings: Settings) -> Article:
    row = source.row
    if row.path is not None:
        # What the file itself says of title and date is what users would get.
        return load(str(source.folder / row.path), settings=settings)
    record = row.model_dump(include={"article", "title", "date", "language"}, exclude_none=True)
    return article_from_record(record, source=source.where, text_field="article")


def drawn(ids: Iterable[str], *, limit: int | None, seed: int) -> list[str]:
    """``limit`` of the ids drawn by lot, in their order; always the same of the same ids."""
    found = list(ids)
    kept = set(sorted(found, key=partial(lot, seed=seed))[:limit])
    return [id_ for id_ in found if id_ in kept]


def lot(name: str, *, seed: int) -> str:
    """What articles are drawn by: always the same of a name, in no order of names."""
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()


class SuiteSamples(NamedTuple):
    """The articles of a suite.

    Attributes:
        samples: in the order of the data.
        taxonomy: that of their gold topics; None: the product's default.
        refused: for each row that is left out, why.
        doubts: what else a user should look at.
    """

    samples: list[Sample]
    taxonomy: Taxonomy | None
    refused: list[str]
    doubts: Sequence[str] = ()


def load_samples(
    file: SuiteFile, *, settings: Settings, limit: int | None = None, slices: Sequence[str] = ()
) -> SuiteSamples:
    """The samples of a suite.

    Args:
        file: the suite.
        settings: limits for reading files.
        limit: that many articles, drawn by lot with the suite's seed.
        slices: only articles of any of these.

    Raises:
        ConfigurationError: the data is malformed, or nothing is left of it.
    """
    rows = list(read_source_rows(file.suite.data, folder=file.folder))
    meanings, own = _labelling(file.suite, file.folder, rows)
    chosen = [row for row in rows if not slices or set(slices) & set(row.row.slices)]
    if not chosen:
        names = sorted({name for row in rows for name in row.row.slices})
        raise ConfigurationError(
            f"no article of {file.suite.name!r} is in the slice {' or '.join(map(repr, slices))}",
            hint=f"slices: {', '.join(names)}" if names else "the data names no slices",
        )
    kept = set(drawn((row.row.id for row in chosen), limit=limit, seed=file.suite.seed))
    samples, refused = [], []
    for row in (row for row in chosen if row.row.id in kept):
        if row.fault is not None:
            refused.append(row.fault)
            continue
        topics = None
        if row.row.gold_topics is not None:
            found = (topic for label in row.row.gold_topics for topic in meanings[label])
            topics = tuple(dict.fromkeys(found))
        try:
            samples.append(to_sample(row, topics, settings=settings))
        except NotAnArticleError as error:
            refused.append(f"{row.row.id}: {error}")
        except SummarizerError:
            raise
        except Exception as error:  # a bug costs its article, not the others
            refused.append(f"{row.row.id}: {ErrorInfo.of(error).message}")
    if not samples:
        raise ConfigurationError(f"no row of {file.suite.name!r} is an article: {refused[0]}")
    doubts = [*_unlabelled(rows), *_undecidable(file.suite, samples)]
    return SuiteSamples(samples, own, refused, doubts)


def _unlabelled(rows: Sequence[SourceRow]) -> Iterator[str]:
    """What to say where some rows have topics, and others say nothing of them."""
    without = [row.where for row in rows if row.row.gold_topics is None and row.fault is None]
    if without and len(without) < len(rows):
        shown = ", ".join(without[:_SHOWN]) + (", ..." if len(without) > _SHOWN else "")
        yield f"{len(without):,} of {len(rows):,} rows have no topics, which are unscored: {shown}"


def scorable(samples: Sequence[Sample], metric: str) -> list[Sample]:
    """The articles that have the gold data which a metric needs."""
    fields = [_GOLD[need] for need in METRICS[metric].needs if need in _GOLD]
    # No gold topic is gold as well, while no reference or key fact is none.
    none = {"topics": (None,)}
    return [
        sample
        for sample in samples
        if all(getattr(sample.gold, name) not in none.get(name, (None, ())) for name in fields)
    ]


def _undecidable(suite: Suite, samples: Sequence[Sample]) -> Iterator[str]:
    """What to say of metrics that decide, and that nothing can be scored by."""
    gated = [gate.metric for gate in suite.gates if gate.metric in METRICS]
    for name in dict.fromkeys((*suite.metrics.primary, *gated)):
        if not scorable(samples, name):
            needs = " and ".join(need for need in METRICS[name].needs if need in _GOLD)
            yield f"{name} decides nothing: no article has {needs}"


def _labelling(
    suite: Suite, folder: Path, rows: Sequence[SourceRow]
) -> tuple[dict[str, Labels], Taxonomy | None]:
    """What labels mean, and the taxonomy, unless it is the product's default."""
    data = suite.data
    labels = [label for row in rows for label in row.row.gold_topics or ()]
    own = None
    if suite.settings.taxonomy is not None:
        own = load_taxonomy(folder / suite.settings.taxonomy)
    elif data.format != "rows" and data.labels is None and labels:
        own = taxonomy_of(labels, name=f"labels of {suite.name}")
    where = str(folder / data.path)
    return label_meanings(labels, own or default_taxonomy(), data.labels, where=where), own


_GOLD: Final = {
    "gold topics": "topics",
    "references": "references",
    "key facts": "key_facts",
    "injection": "injection",
}
_SHOWN: Final = 8  # labels in a message
_LONGEST: Final = 100  # characters of a label: whoever has more named the wrong column
_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9._-]+")

Labels = tuple[str, ...]


def label_meanings(
    labels: Iterable[str],
    taxonomy: Taxonomy,
    mapping: Mapping[str, Labels] | None = None,
    *,
    where: str,
) -> dict[str, Labels]:
    """The topic ids of each label.

    Args:
        labels: as rows have them.
        taxonomy: where the ids are from.
        mapping: labels to ids or names of topics; an empty tuple drops a label. None: a label
            is itself an id or a name.
        where: the file, for people.

    Raises:
        ConfigurationError: some mean nothing; the message names them.
    """
    found, unknown, hint = {}, [], None
    for label in dict.fromkeys(labels):
        try:
            names = (label,) if mapping is None else mapping[label]
            found[label] = tuple(taxonomy.named(name).id for name in names)
        except KeyError:
            unknown.append(repr(_short(label)))
        except TaxonomyError as error:
            mapped = "" if mapping is None else f" (mapped to {', '.join(mapping[label])})"
            unknown.append(f"{_short(label)!r}{mapped}")
            hint = hint or (error.hint if mapping else None)
    if unknown:
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        raise ConfigurationError(
            f"{where}: no topic of {taxonomy.name!r} for {', '.join(unknown[:_SHOWN])}{more}",
            hint=hint or "data.labels in suite.yaml maps labels to topics; null drops one",
        )
    return found


def taxonomy_of(labels: Sequence[str], *, name: str) -> Taxonomy:
    """A flat taxonomy of somebody's labels, in alphabetical order.

    Its ids are the labels as far as the characters are allowed in ids; labels that differ in
    case or white space alone are one topic:

        "Sci/Tech", "World", "world" -> topics sci-tech, world

    Raises:
        ConfigurationError: what one is called cannot be a label.
    """
    spelled: dict[str, str] = {}
    for label in sorted(set(labels)):
        if len(label) > _LONGEST:
            raise ConfigurationError(
                f"{_short(label)!r} is no label: it has {len(label):,} characters",
                hint="data.fields.labels in suite.yaml names the column of the topics",
            )
        plain = " ".join(label.split())
        spelled.setdefault(plain.casefold(), plain)
    topics: dict[str, Topic] = {}
    # What looks like an id keeps it: labels are looked up by id first.
    for folded in sorted(spelled, key=lambda label: (_stem(label) != label, label)):
        topic_id, number = _stem(folded), 1
        while topic_id in topics:
            number += 1
            topic_id = f"{_stem(folded)}-{number}"
        topics[topic_id] = Topic(id=topic_id, name=spelled[folded])
    ordered = sorted(topics.values(), key=lambda topic: topic.name)
    return Taxonomy(name=name, version="1", topics=tuple(ordered))


def _stem(folded: str) -> str:
    """As much of a label as an id may hold."""
    return _NOT_IN_IDS.sub("-", folded).strip("-._")[:60] or "label"


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST // 2]}…"
