"""``summarizer taxonomy`` and ``label``: look at topics, import IPTC's, learn your own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import console, options
from summarizer.errors import SummarizerError, TaxonomyError

if TYPE_CHECKING or not options.only_help:
    from summarizer.articles import Article, expand
    from summarizer.cli.output import checked_output
    from summarizer.taxonomy import Taxonomy, Topic, import_skos, load_taxonomy, write_taxonomy

taxonomy_commands = options.Commands()


@taxonomy_commands.command("list")
def list_(
    taxonomy: options.TaxonomyFile = None,
    depth: Annotated[int | None, typer.Option(min=1)] = None,
    as_json: options.JsonReport = False,
) -> None:
    """List ids and names, indented by level.

    Args:
        depth: Levels to list; default all.
    """
    found = load_taxonomy(options.settings(taxonomy=taxonomy).taxonomy)
    topics = list(_walk(found, None, levels=depth))
    ids = ["  " * (len(found.path(topic.id)) - 1) + topic.id for topic in topics]
    width = max(map(len, ids), default=0)
    lines = (f"{shown:<{width}}  {topic.name}" for shown, topic in zip(ids, topics, strict=True))
    console.show_found([_record(found, topic) for topic in topics], lines, as_json=as_json)


@taxonomy_commands.command()
def show(
    topic_id: Annotated[str, typer.Argument(metavar="ID")],
    taxonomy: options.TaxonomyFile = None,
    as_json: options.JsonReport = False,
) -> None:
    """Show a topic: its path, description, examples and the topics below it.

    Args:
        topic_id: A topic's id.
    """
    found = load_taxonomy(options.settings(taxonomy=taxonomy).taxonomy)
    topic = found.topic(topic_id)
    lines = [f"{topic.id}  {' > '.join(found.path(topic.id))}"]
    if topic.id != topic_id:
        lines.append(f"{topic_id} is retired; this topic replaces it")
    lines += [topic.description] if topic.description else []
    lines += [f"example: {example}" for example in topic.examples]
    lines += [f"below: {child.id}  {child.name}" for child in found.children(topic.id)]
    console.show_found(_record(found, topic), lines, as_json=as_json)


@taxonomy_commands.command("import")
def import_(
    file: Path,
    output: Annotated[Path, typer.Option("--output", "-o")],
    language: str = "en",
    force: bool = False,
) -> None:
    """Turn IPTC's SKOS JSON export into a YAML file for --taxonomy.

    Its 1,100 topics are read once, which takes a minute and is kept, so that no article waits.

    Args:
        file: IPTC NewsCodes as SKOS JSON.
        output: YAML file to write.
        language: Language of names and definitions.
        force: Replace an existing file.
    """
    from summarizer.topics.similarity import read_levels

    if output.exists() and not force:
        raise TaxonomyError(f"{str(output)!r} exists", hint="--force replaces it")
    checked_output(output, [str(file)])
    imported = import_skos(file, language=language)
    write_taxonomy(imported, output)
    with console.article_progress():
        read_levels(imported)
    replaced = sum(successor is not None for successor in imported.retired.values())
    console.say(
        f"{output}: {imported.name} {imported.version}, {len(imported.topics):,} topics; "
        f"{len(imported.retired):,} retired ids, {replaced:,} of them with a successor"
    )


@taxonomy_commands.command()
def fit(
    file: Annotated[Path, typer.Argument(metavar="TAXONOMY")],
    on: Annotated[str, typer.Option()],
    labels: Annotated[str, typer.Option(metavar="FIELD")] = "labels",
    text_field: options.TextField = None,
    unlabelled: bool = False,
    output: Annotated[Path | None, typer.Option("--output", "-o")] = None,
) -> None:
    """Learn your topics from labelled articles, if that is better; needs ten of a topic.

    The report compares, in cross-validation, what is learnt with the topics' own texts and with
    the vote of labelled neighbours. Only what is better is written, beside TAXONOMY, and used
    wherever that file is. With --unlabelled no topics are needed, and nothing can be compared.

    Args:
        file: Your own labels (YAML).
        on: A corpus, or files and folders of labelled articles.
        labels: Field of rows with the topics.
        unlabelled: Learn from articles that clearly resemble a topic.
        output: Write here; only beside TAXONOMY it is used.
    """
    from summarizer.topics.head_fit import fit_head
    from summarizer.topics.self_training import teach_itself
    from summarizer.topics.topic_head import SUFFIX, write_head

    if output is not None:
        checked_output(output, [str(file), on])
    taxonomy = load_taxonomy(file)
    learn = teach_itself if unlabelled else fit_head
    failures: list[SummarizerError] = []
    articles = _articles(on, failures, labels=None if unlabelled else labels, text_field=text_field)
    with console.article_progress():
        head = learn(articles, taxonomy)
    console.echo(head.report)
    if head.levels:
        path = output or file.with_suffix(SUFFIX)
        write_head(head, path)
        console.say(f"{path}: written, {path.stat().st_size / 1e3:,.0f} kB, hash {head.digest}")
    else:
        console.say("nothing is written")
    if failures:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def label(
    sources: list[str],
    topic: Annotated[list[str], typer.Option("--topic", "-t")],
    corpus: options.CorpusName = None,
    taxonomy: options.TaxonomyFile = None,
) -> None:
    """Say which topics articles have: the corpus keeps it, and later digests learn from it.

    The topics replace those that the corpus has for the article. Articles with topics vote on
    those of new ones; summarizer taxonomy fit learns from ten or more of a topic.

    Args:
        sources: Files, URLs, or keys as 'index list' prints them.
        topic: Name or id of a topic that is right; repeatable.
    """
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.entries import Entry
    from summarizer.retrieval.ingestion import entry_of

    settings = options.settings(corpus=corpus, taxonomy=taxonomy)
    known = load_taxonomy(settings.taxonomy)
    names = tuple(known.named(name).name for name in topic)
    failures: list[SummarizerError] = []
    with Corpus.open(settings.corpus, settings=settings, create=True) as index:
        entries: list[Entry] = []
        for source in sources:
            kept = index.entry(source)
            found = expand([source], settings=settings) if kept is None else ()
            entries += [kept] if kept else map(entry_of, console.loaded(found, failures))
        if not entries and failures:
            raise typer.Exit(failures[0].exit_code)
        report = index.add(
            Entry.of(entry.key, entry.article.model_copy(update={"labels": names}))
            for entry in entries
        )
    console.say(
        f"labelled {'; '.join(names)}: {report.added:,} added, "
        f"{report.changed + report.updated:,} changed, {report.unchanged:,} had it before"
    )
    if failures:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def _articles(
    on: str, failures: list[SummarizerError], *, labels: str | None, text_field: str | None
) -> list[Article]:
    """The articles of a corpus, or of files; those with topics unless ``labels`` is None."""
    from summarizer.retrieval.corpus import Corpus

    settings = options.settings(corpus=on)
    if Path(on).exists() and Path(on).suffix != ".sqlite":
        sources = expand([on], settings=settings, text_field=text_field, labels_field=labels)
        found = list(console.loaded(sources, failures))
    else:
        with Corpus.open(on, settings=settings) as index:
            found = [article for one in index.articles() if (article := index.get(one.key))]
    articles = [article for article in found if labels is None or article.labels]
    if not articles:
        raise TaxonomyError(
            f"no article of {on!r} has topics",
            hint="--labels FIELD names the field of rows that has them; "
            "summarizer label FILE --topic NAME --taxonomy TAXONOMY sets those of a corpus; "
            "--unlabelled needs none",
        )
    return articles


def _walk(taxonomy: Taxonomy, parent: str | None, *, levels: int | None) -> Iterator[Topic]:
    """The topics below ``parent``, each before its children."""
    for topic in taxonomy.children(parent) if levels != 0 else ():
        yield topic
        yield from _walk(taxonomy, topic.id, levels=levels and levels - 1)


def _record(taxonomy: Taxonomy, topic: Topic) -> dict[str, Any]:
    return {**topic.model_dump(mode="json"), "path": list(taxonomy.path(topic.id))}
