"""``summarizer summarize`` and ``summarizer classify``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import options, prompts

if TYPE_CHECKING:
    from summarizer.cli.run import MakeTask


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
    _run(
        locals(),
        lambda summarizer, on_text: partial(summarizer.digest, focus=focus, on_text=on_text),
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
    _run(locals(), lambda summarizer, _: summarizer.classify)


def _run(given: dict[str, Any], make_task: MakeTask) -> None:
    """Digest the sources; ``given``: the options by name, those not given None or False."""
    from summarizer.cli.run import Run
    from summarizer.flags import Flags

    named = {name: given.get(name) for name in Flags.__annotations__}
    flags = {name: None if value is False else value for name, value in named.items()}
    flags |= {name: False for name in ("cache", "defence", "context") if given[f"no_{name}"]}
    flags["prompt_versions"] = prompts.prompt_versions(given["prompt"], given["prompts_dir"])
    Run(
        given["sources"],
        jobs=given["jobs"],
        text_field=given["text_field"],
        output_format=_format(given["json"], given["output_format"], given["output"]),
        output=given["output"],
        verbosity=given["verbose"],
        quiet=given["quiet"],
    ).execute(make_task, **flags)


def _format(
    json: bool, output_format: options.FormatName | None, output: Path | None
) -> options.FormatName:
    if json and output_format not in (None, "json"):
        raise typer.BadParameter(f"--json and --format {output_format} contradict each other")
    from summarizer.cli.output import format_of

    return "json" if json else output_format or format_of(output)
