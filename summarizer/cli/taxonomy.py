"""``summarizer taxonomy``: look at the labels, check a file of your own, import IPTC's export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli.console import printable, write_json
from summarizer.errors import TaxonomyError

if TYPE_CHECKING:
    from summarizer.taxonomy import Taxonomy, Topic

app = typer.Typer(no_args_is_help=True, help="The topics that articles can get.")

_File = Annotated[
    Path | None,
    typer.Option("--taxonomy", help="YAML file; default the one in the settings, or IPTC's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    taxonomy: _File = None,
    depth: Annotated[int | None, typer.Option(min=1, help="Levels to list; default all.")] = None,
    as_json: _Json = False,
) -> None:
    """List ids and names, indented by level."""
    found = _load(taxonomy)
    rows = list(_walk(found, None, levels=depth))
    if as_json:
        write_json([_record(found, topic) for topic, _ in rows])
        return
    width = max(2 * level + len(topic.id) for topic, level in rows)
    for topic, level in rows:
        indented = "  " * level + topic.id
        typer.echo(printable(f"{indented:<{width}}  {topic.name}"))


@app.command()
def show(
    topic_id: Annotated[str, typer.Argument(metavar="ID", help="A topic's id.")],
    taxonomy: _File = None,
    as_json: _Json = False,
) -> None:
    """Show a topic: its path, description, examples and the topics below it."""
    found = _load(taxonomy)
    topic = found.topic(topic_id)
    if as_json:
        write_json(_record(found, topic))
        return
    lines = [f"{topic.id}  {' > '.join(found.path(topic.id))}"]
    if topic.id != topic_id:
        lines.append(f"{topic_id} is retired; this topic replaces it")
    lines += [topic.description] if topic.description else []
    lines += [f"example: {example}" for example in topic.examples]
    lines += [f"below: {child.id}  {child.name}" for child in found.children(topic.id)]
    typer.echo(printable("\n".join(lines)))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="IPTC NewsCodes as SKOS JSON.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="YAML file to write.")],
    language: Annotated[str, typer.Option(help="Language of names and definitions.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Turn IPTC's SKOS JSON export into a YAML file for --taxonomy."""
    from summarizer.taxonomy import import_skos, write_taxonomy

    if output.exists() and not force:
        raise TaxonomyError(f"{str(output)!r} exists", hint="--force replaces it")
    imported = import_skos(file, language=language)
    write_taxonomy(imported, output)
    replaced = sum(successor is not None for successor in imported.retired.values())
    typer.echo(
        f"{output}: {imported.name} {imported.version}, {len(imported.topics):,} topics; "
        f"{len(imported.retired):,} retired ids, {replaced:,} of them with a successor",
        err=True,
    )


def _load(file: Path | None) -> Taxonomy:
    from summarizer.settings import load_settings
    from summarizer.taxonomy import default_taxonomy, load_taxonomy

    path = file or load_settings().taxonomy
    return load_taxonomy(path) if path else default_taxonomy()


def _walk(
    taxonomy: Taxonomy, parent: str | None, *, levels: int | None, level: int = 0
) -> Iterator[tuple[Topic, int]]:
    """The topics below ``parent`` with their level, each before its children."""
    if levels is not None and level >= levels:
        return
    for topic in taxonomy.children(parent):
        yield topic, level
        yield from _walk(taxonomy, topic.id, levels=levels, level=level + 1)


def _record(taxonomy: Taxonomy, topic: Topic) -> dict[str, Any]:
    return {**topic.model_dump(mode="json"), "path": list(taxonomy.path(topic.id))}
