"""``summarizer summarize`` and ``summarizer classify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from summarizer.cli import options, prompts


def summarize(
    sources: options.Sources,
    *,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    length: options.Length = None,
    style: options.SummaryStyle = None,
    language: options.Language = None,
    focus: Annotated[
        str | None, typer.Option("--focus", help="A question that the summary should answer.")
    ] = None,
    taxonomy: options.TaxonomyFile = None,
    depth: options.Depth = None,
    topic_strategy: options.Strategy = None,
    max_topics: options.MaxTopics = None,
    check: options.Check = None,
    check_model: options.CheckModel = None,
    prompts_dir: options.PromptsDir = None,
    prompt: options.PromptVersions = None,
    corpus: options.CorpusName = None,
    no_context: options.NoContext = False,
    text_field: options.TextField = None,
    jobs: options.Jobs = 1,
    json: options.Json = False,
    output_format: options.Format = None,
    output: options.Output = None,
    no_cache: options.NoCache = False,
    no_defence: options.NoDefence = False,
    allow_private_urls: options.PrivateUrls = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Topics and a summary of each article, with evidence."""
    from summarizer.cli.run import Run

    Run(
        sources,
        jobs=jobs,
        text_field=text_field,
        output_format=_format(json, output_format, output),
        output=output,
        verbosity=verbose,
        quiet=quiet,
    ).execute(
        lambda summarizer, on_text: (
            lambda source: summarizer.digest(source, focus=focus, on_text=on_text)
        ),
        model=model,
        base_url=base_url,
        length=length,
        style=style,
        language=language,
        taxonomy=taxonomy,
        depth=depth,
        topic_strategy=topic_strategy,
        max_topics=max_topics,
        check=check,
        check_model=check_model,
        prompts_dir=prompts_dir,
        prompt_versions=prompts.prompt_versions(prompt, prompts_dir),
        corpus=corpus,
        **_switches(no_cache, no_defence, no_context, allow_private_urls),
    )


def classify(
    sources: options.Sources,
    *,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    taxonomy: options.TaxonomyFile = None,
    depth: options.Depth = None,
    topic_strategy: options.Strategy = None,
    max_topics: options.MaxTopics = None,
    prompts_dir: options.PromptsDir = None,
    prompt: options.PromptVersions = None,
    corpus: options.CorpusName = None,
    no_context: options.NoContext = False,
    text_field: options.TextField = None,
    jobs: options.Jobs = 1,
    json: options.Json = False,
    output_format: options.Format = None,
    output: options.Output = None,
    no_cache: options.NoCache = False,
    no_defence: options.NoDefence = False,
    allow_private_urls: options.PrivateUrls = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """The topics of each article alone."""
    from summarizer.cli.run import Run

    Run(
        sources,
        jobs=jobs,
        text_field=text_field,
        output_format=_format(json, output_format, output),
        output=output,
        verbosity=verbose,
        quiet=quiet,
    ).execute(
        lambda summarizer, _: summarizer.classify,
        model=model,
        base_url=base_url,
        taxonomy=taxonomy,
        depth=depth,
        topic_strategy=topic_strategy,
        max_topics=max_topics,
        prompts_dir=prompts_dir,
        prompt_versions=prompts.prompt_versions(prompt, prompts_dir),
        corpus=corpus,
        **_switches(no_cache, no_defence, no_context, allow_private_urls),
    )


def _format(
    json: bool, output_format: options.FormatName | None, output: Path | None
) -> options.FormatName:
    if json and output_format not in (None, "json"):
        raise typer.BadParameter(f"--json and --format {output_format} contradict each other")
    from summarizer.cli.output import format_of

    return "json" if json else output_format or format_of(output)


def _switches(
    no_cache: bool, no_defence: bool, no_context: bool, allow_private_urls: bool
) -> dict[str, Any]:
    """Flags as settings; a flag that is not given leaves the setting as it is."""
    return {
        "cache": False if no_cache else None,
        "defence": False if no_defence else None,
        "context": False if no_context else None,
        "allow_private_urls": True if allow_private_urls else None,
    }
