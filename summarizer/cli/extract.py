"""``summarizer extract``: the cleaned article, without any model."""

from __future__ import annotations

from typing import Annotated

import typer

from summarizer.cli import options

_RULE = "\n" + "-" * 72 + "\n\n"


def extract(
    sources: options.Sources,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    text_field: options.TextField = None,
    allow_private_urls: options.PrivateUrls = False,
    output: options.Output = None,
) -> None:
    """Print the cleaned article: title, date and body, as they would be sent to a model.

    Args:
        as_json: One JSON object; a line each for several.
    """
    from itertools import chain, islice

    from summarizer.articles import expand
    from summarizer.cli.console import SOME_FAILED_EXIT, show_error, show_warning
    from summarizer.cli.output import OutputWriter, article_json, article_text
    from summarizer.errors import SummarizerError
    from summarizer.settings import load_settings

    settings = load_settings(allow_private_urls=allow_private_urls or None)
    found = expand(sources, settings=settings, text_field=text_field, on_passed_over=show_warning)
    first = list(islice(found, 2))
    several = len(first) > 1
    failed = False
    output_format: options.FormatName = "jsonl" if as_json else "text"
    with OutputWriter(output_format, output, several=several, verbosity=0) as writer:
        for source in chain(first, found):
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
                writer.write_text(article_json(article, indent=None if several else 2))
            else:
                writer.write_text((_RULE if writer.records else "") + article_text(article))
    if failed:
        raise typer.Exit(SOME_FAILED_EXIT)
