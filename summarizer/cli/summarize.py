"""``summarizer summarize`` and ``summarizer classify``."""

from __future__ import annotations

from functools import partial

from summarizer.cli import options as given


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
