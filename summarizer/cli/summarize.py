"""``summarizer summarize``, ``classify`` and ``extract``: what is in articles, one record each."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import typer

from summarizer.cli import options as given

_ENDINGS: Final[dict[str, given.FormatName]] = {
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".md": "text",
}
_RULE: Final = "\n" + "-" * 72 + "\n\n"


def summarize(sources: given.Sources, *, options: given.SummarizeOptions) -> None:
    """Topics and a summary of each article, with evidence."""
    from summarizer.cli.run import run

    run(
        sources,
        options,
        lambda summarizer, on_text: partial(
            summarizer.digest, focus=options.focus, on_text=on_text
        ),
    )


def classify(sources: given.Sources, *, options: given.ClassifyOptions) -> None:
    """The topics of each article alone."""
    from summarizer.cli.run import run

    run(sources, options, lambda summarizer, _: summarizer.classify)


def extract(
    sources: given.Sources,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    text_field: given.TextField = None,
    allow_private_urls: given.PrivateUrls = False,
    output: given.Output = None,
) -> None:
    """Print the cleaned article: title, date and body, as they would be sent to a model.

    Args:
        as_json: One JSON object; a line each for several.
    """
    from itertools import chain, islice

    from summarizer.articles import expand
    from summarizer.cli.console import SOME_FAILED_EXIT, show_error, show_warning
    from summarizer.cli.output import OutputWriter, article_json, article_text, format_of
    from summarizer.errors import SummarizerError

    settings = given.settings(allow_private_urls=allow_private_urls or None)
    found = expand(sources, settings=settings, text_field=text_field, on_passed_over=show_warning)
    first = list(islice(found, 2))
    several = len(first) > 1
    failed = False
    output_format = "jsonl" if as_json else format_of(output, _ENDINGS, "text")
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
            if output_format == "jsonl":
                writer.write_text(article_json(article, indent=None if several else 2))
            else:
                writer.write_text((_RULE if writer.records else "") + article_text(article))
    if failed:
        raise typer.Exit(SOME_FAILED_EXIT)
