"""``summarizer extract``: the cleaned article, without any model."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from summarizer.articles import Article
    from summarizer.settings import Settings

_RULE = "\n" + "-" * 72 + "\n\n"


def extract(
    sources: options.Sources,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object; a line each for several.")
    ] = False,
    text_field: options.TextField = None,
    allow_private_urls: options.PrivateUrls = False,
    output: options.Output = None,
) -> None:
    """Print the cleaned article: title, date and body, as they would be sent to a model."""
    from summarizer.settings import load_settings

    settings = load_settings(allow_private_urls=allow_private_urls or None)
    texts = _texts(sources, settings, text_field=text_field, as_json=as_json)
    if output is None:
        _print(texts, as_json=as_json)
        return
    from summarizer.errors import ConfigurationError

    try:
        with _named_at_the_end(output.resolve()) as file:
            file.writelines(texts)
    except OSError as error:
        raise ConfigurationError(
            f"{str(output)!r} cannot be written: {error.strerror}",
            hint="-o FILE in a folder of yours",
        ) from None


@contextmanager
def _named_at_the_end(path: Path) -> Iterator[IO[str]]:
    """A file that takes its name when all is written, for ``path`` may be one of the sources.

    Where nothing was written, an older file stays as it is.
    """
    part = path if path.exists() and not path.is_file() else path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
    finally:
        if part != path and part.exists():
            if part.stat().st_size:
                part.replace(path)
            else:
                part.unlink()


def _texts(
    sources: Sequence[str], settings: Settings, *, text_field: str | None, as_json: bool
) -> Iterator[str]:
    """What to print for each source. The error of an only source is raised; others are shown."""
    from itertools import chain, islice

    from summarizer.articles import expand
    from summarizer.cli.console import show_error, show_warning
    from summarizer.errors import SummarizerError

    found = expand(sources, settings=settings, text_field=text_field, on_passed_over=show_warning)
    first = list(islice(found, 2))
    several = len(first) > 1
    failed = False
    for number, source in enumerate(chain(first, found)):
        try:
            article = source.load()
        except SummarizerError as error:
            if not several:
                raise
            failed = True
            show_error(error)
            continue
        for note in article.notes:
            show_warning(f"{article.source}: {note}")
        if as_json:
            yield _json(article, indent=None if several else 2)
        else:
            yield (_RULE if number else "") + _readable(article)
    if failed:
        raise typer.Exit(1)


def _readable(article: Article) -> str:
    day = article.published.isoformat() if article.published else None
    about = " | ".join(part for part in (day, article.author) if part)
    head = "\n".join(part for part in (article.title, about) if part)
    return (f"{head}\n\n" if head else "") + article.text + "\n"


def _json(article: Article, *, indent: int | None) -> str:
    import json

    from summarizer.cli.console import escape_json

    record = {"id": article.id, **article.model_dump(mode="json"), "words": article.words}
    return escape_json(json.dumps(record, ensure_ascii=False, indent=indent)) + "\n"


def _print(texts: Iterable[str], *, as_json: bool) -> None:
    import sys

    from summarizer.cli.console import printable

    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        # JSON is UTF-8 everywhere; text is what the terminal can show.
        stream.reconfigure(errors="replace", encoding="utf-8" if as_json else None)
    for text in texts:
        stream.write(printable(text) if stream.isatty() else text)
