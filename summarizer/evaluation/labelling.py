"""From digests to gold data: what a person is asked to label, and the file of what they said."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from summarizer.articles import Article, Source, expand
from summarizer.batch.job import Job
from summarizer.batch.job_folder import AppendLog, alone, read_log, write_lines
from summarizer.batch.records import JobRecords
from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.operands import run_variants
from summarizer.evaluation.run.folder import MANIFEST, RunFolder
from summarizer.evaluation.stats.agreement import Agreement, krippendorff_alpha, masi_distance
from summarizer.evaluation.suite.file import Claim, SampleRow, load_suite
from summarizer.evaluation.suite.samples import drawn, load_samples
from summarizer.settings import Settings
from summarizer.taxonomy import Taxonomy, default_taxonomy, load_taxonomy

_ROW_NUMBER: Final = re.compile(r":\d+$")
_RESULT: Final[TypeAdapter[Digest | Failure]] = TypeAdapter(Digest | Failure)
LeftOut = Callable[[str], None]


class ToLabel(NamedTuple):
    """An article with what was made of it.

    Attributes:
        id: of its row.
        article: the article.
        topics: ids that were given, which a person keeps or drops.
        statements: sentences of its summary, or the key facts of its gold data.
        story: shared by articles on one event.
    """

    id: str
    article: Article
    topics: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    story: str | None = None

    def row(self, rater: str, topics: Sequence[str], checked: Mapping[str, bool]) -> SampleRow:
        """What a person says: ``checked`` has each statement, and whether the article says so."""
        published = self.article.published
        return SampleRow(
            id=self.id,
            article=self.article.text,
            title=self.article.title,
            date=published.isoformat() if published else None,
            language=self.article.language,
            gold_topics=tuple(topics),
            key_facts=tuple(text for text, right in checked.items() if right),
            claims=tuple(Claim(text=text, supported=right) for text, right in checked.items()),
            story_id=self.story,
            rater=rater,
        )


def read_items(
    source: str, *, settings: Settings, limit: int | None, left_out: LeftOut
) -> tuple[list[ToLabel], Taxonomy]:
    """The articles to label, drawn by lot, and the topics to choose from.

    Args:
        source: the folder of a batch, a file of digests (``-f jsonl``), a run or one
            variant of it, a suite, or a file of rows. Articles of digests are read where they were.
        settings: for reading articles.
        limit: so many articles, always the same ones; a larger limit adds to a smaller one.
        left_out: called with one sentence for each article that is not there as it was.

    Raises:
        ConfigurationError: there is nothing of that name, or nothing to label in it.
    """
    path, taxonomy = Path(source), None
    if _is_job(path):
        job = Job.open(path)
        settings, taxonomy = job.settings(), load_taxonomy(job.taxonomy_file)
        with JobRecords(path) as records:
            made = {one.item: one.result for one in records.in_order() if one.repeats is None}
        items = _of_digests(made, job.sources(settings), limit, left_out)
    elif made := _digests(path):
        files = dict.fromkeys(map(_file_of, made))
        items = _of_digests(made, expand(list(files), settings=settings), limit, left_out)
    elif ":" in source or RunFolder(path).exists:
        items, taxonomy = _of_run(source, limit)
    else:
        data = load_samples(load_suite(source), settings=settings, limit=limit)
        for refused in data.refused:
            left_out(refused)
        items = [
            ToLabel(one.id, one.article, one.gold.topics or (), one.gold.key_facts, one.story)
            for one in data.samples
        ]
        taxonomy = data.taxonomy or default_taxonomy()
    if not items:
        raise ConfigurationError(
            f"there is nothing to label in {source!r}",
            hint="a suite, a file of rows or of digests, the folder of a batch or of a run",
        )
    if taxonomy is None:
        taxonomy = load_taxonomy(settings.taxonomy)
    return items, taxonomy


def _is_job(path: Path) -> bool:
    """Whether it is the folder of a batch, and not of a run."""
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("kind") == "batch"


def _digests(path: Path) -> dict[str, Digest | Failure]:
    """The results in a file of digests by their source; empty where it is no such file."""
    found: dict[str, Digest | Failure] = {}
    if path.suffix != ".jsonl" or not path.is_file():
        return found
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                result = _RESULT.validate_json(line)
            except ValidationError:
                if not found:
                    return found
                raise ConfigurationError(
                    f"line {number} of {str(path)!r} is no digest",
                    hint="a file that summarizer summarize --format jsonl wrote",
                ) from None
            found[result.source if isinstance(result, Failure) else result.article.source] = result
    return found


def _file_of(source: str) -> str:
    """The file of a row that is named "file.jsonl:12"; else the source itself."""
    file = _ROW_NUMBER.sub("", source)
    return file if Path(file).is_file() else source


def _of_digests(
    made: Mapping[str, Digest | Failure],
    sources: Iterable[Source],
    limit: int | None,
    left_out: LeftOut,
) -> list[ToLabel]:
    """The digests that were drawn, with their articles."""
    digests = {name: result for name, result in made.items() if isinstance(result, Digest)}
    chosen = {name: digests[name] for name in drawn(digests, limit=limit, seed=0)}
    articles: dict[str, Article] = {}
    for source in sources:
        if source.name in chosen and source.name not in articles:
            try:
                articles[source.name] = source.load()
            except Exception as error:  # whatever one raises, the others are there
                left_out(f"{source.name}: {ErrorInfo.of(error).message}")
    items = []
    for name, digest in chosen.items():
        if (article := articles.get(name)) and article.id == digest.article.id:
            items.append(_item(article.id, article, digest))
        else:
            left_out(f"{name}: the article is not there as it was when it was digested")
    return items


def _of_run(source: str, limit: int | None) -> tuple[list[ToLabel], Taxonomy]:
    """The first digest of each article, by the first variant that is meant."""
    folder, variants = run_variants(source)
    made = folder.digests(variants[0])
    digests = {sample: digest for (sample, epoch), digest in made.items() if epoch == 0}
    items = [
        _item(name, folder.samples[name].article, digests[name], folder.samples[name].story)
        for name in drawn(digests, limit=limit, seed=0)
    ]
    return items, folder.taxonomy


def _item(id_: str, article: Article, digest: Digest, story: str | None = None) -> ToLabel:
    topics = tuple(topic.id for topic in digest.topics or ())
    sentences = digest.summary.sentences if digest.summary else ()
    statements = tuple(dict.fromkeys(sentence.text for sentence in sentences))
    return ToLabel(id_, article, topics, statements, story)


class Labels:
    """The file of what raters said, a line for each article and rater; the later counts.

    What a rater has begun and not kept is in a file beside it, so that nothing is lost at any key.

    Args:
        path: JSON lines.
        rater: who labels.
    """

    def __init__(self, path: Path, rater: str) -> None:
        self.path, self.rater = path, rater
        mark = hashlib.sha256(rater.encode()).hexdigest()[:8]
        self._drafts = path.with_name(f".{path.name}.{mark}.drafts")
        rows = list(read_log(path, SampleRow))
        if any(row.rater is None for row in rows):
            raise ConfigurationError(
                f"{str(path)!r} has rows that nobody labelled", hint="name another file"
            )
        self.done = {row.id: row for row in rows if row.rater == rater}
        self.drafts = {row.id: row for row in read_log(self._drafts, SampleRow)}

    def sketch(self, row: SampleRow) -> None:
        """Remember what is said of an article so far."""
        self.drafts[row.id] = row
        write_lines(self._drafts, self.drafts.values())

    def keep(self, row: SampleRow) -> None:
        """Put it on record.

        Raises:
            ConfigurationError: another process is writing.
        """
        with (
            alone(self.path.with_name(f".{self.path.name}.lock"), hint="wait"),
            AppendLog[SampleRow](self.path) as log,
        ):
            log.append(row)
        self.done[row.id] = row
        self.drafts.pop(row.id, None)
        if self.drafts:
            write_lines(self._drafts, self.drafts.values())
        else:
            self._drafts.unlink(missing_ok=True)


class RaterAgreement(NamedTuple):
    """How far the raters of a file agree.

    Attributes:
        raters: in the order of the file.
        articles: that two of them or more labelled.
        topics: Krippendorff's alpha of the sets of topics, by the MASI distance.
        claims: of the statements that several checked, yes or no, clustered by article.
        differ: the articles on which they differ.
    """

    raters: tuple[str, ...]
    articles: int
    topics: Agreement
    claims: Agreement
    differ: tuple[str, ...]


def rater_agreement(path: Path) -> RaterAgreement:
    """How far the raters of a file agree.

    Raises:
        ConfigurationError: the file is damaged, or one rater alone labelled.
    """
    if not path.is_file():
        raise ConfigurationError(f"there is no file {str(path)!r}", hint="check the path")
    said: dict[str, dict[str, SampleRow]] = {}
    for row in read_log(path, SampleRow):
        said.setdefault(row.id, {})[row.rater or ""] = row
    raters = tuple(dict.fromkeys(rater for rows in said.values() for rater in rows))
    if len(raters) < 2:
        raise ConfigurationError(
            f"{str(path)!r} has labels of {len(raters)} rater{'s' * (not raters)}, and agreement "
            "takes two",
            hint=f"summarizer eval label SOURCE -o {path} --rater ANOTHER",
        )
    both = {id_: list(rows.values()) for id_, rows in said.items() if len(rows) > 1}
    topics = [[frozenset(row.gold_topics or ()) for row in rows] for rows in both.values()]
    claims: dict[tuple[str, str], list[bool]] = {}
    for id_, rows in both.items():
        for row in rows:
            for claim in row.claims:
                claims.setdefault((id_, claim.text), []).append(claim.supported)
    differ = {id_ for id_, sets in zip(both, topics, strict=True) if len(set(sets)) > 1}
    differ |= {id_ for (id_, _), values in claims.items() if len(set(values)) > 1}
    return RaterAgreement(
        raters,
        len(both),
        krippendorff_alpha(topics, masi_distance),
        krippendorff_alpha(list(claims.values()), clusters=[id_ for id_, _ in claims]),
        tuple(id_ for id_ in both if id_ in differ),
    )
