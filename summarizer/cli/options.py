"""Options that several commands share, alone and in groups that a command takes as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from typer import Argument, Option

Sources = Annotated[
    list[str],
    Argument(
        help="Files, folders, globs, http(s) URLs, or - for standard input.", show_default=False
    ),
]
Model = Annotated[
    str | None,
    Option(
        "--model",
        "-m",
        help="Model name, catalog name, path of a .gguf file, or 'extractive' (no model).",
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str | None, Option("--base-url", help="OpenAI-compatible endpoint (…/v1).", show_default=False)
]
TaxonomyFile = Annotated[
    Path | None, Option("--taxonomy", help="Your own labels (YAML); default IPTC Media Topics.")
]
PromptsDir = Annotated[
    Path | None, Option("--prompts-dir", help="Folder whose prompts override ours.")
]
CorpusName = Annotated[
    str | None,
    Option(
        "--corpus",
        help="Index of earlier articles: a name, a file, or postgresql://…; default 'default'.",
        show_default=False,
    ),
]
TextField = Annotated[
    str | None, Option("--text-field", help="Column with the text (.jsonl, .csv).")
]
Jobs = Annotated[int, Option("--jobs", "-j", min=1, max=256, help="Articles at a time.")]
Limit = Annotated[
    int | None, Option("--limit", "-n", min=1, help="So many articles, drawn by lot.")
]
MaxCost = Annotated[
    float | None, Option("--max-cost", min=0, metavar="USD", help="Stop before it costs more.")
]
MaxTokens = Annotated[
    int | None,
    Option(
        "--max-tokens-total", min=1, help="Stop before more tokens are sent and generated in all."
    ),
]
JsonReport = Annotated[bool, Option("--json", help="Write JSON.")]
FormatName = Literal["text", "json", "jsonl", "markdown", "html"]
Output = Annotated[Path | None, Option("--output", "-o", help="Write to this file, not to stdout.")]
NoCache = Annotated[bool, Option("--no-cache", help="Neither read nor write stored answers.")]
PrivateUrls = Annotated[
    bool, Option("--allow-private-urls", help="Fetch from private addresses, too.")
]
EngineLog = Annotated[bool, Option("--verbose", "-v", help="Show the engine's log on stderr.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Show no progress; errors are still told.")]

# Settings that are on unless their option says no.
_NOT = ("cache", "context", "defence")


@dataclass(kw_only=True)
class ModelOptions:
    """Which model is asked, and where."""

    model: Model = None
    base_url: BaseUrl = None

    def flags(self) -> dict[str, Any]:
        """The settings that were given, by name."""
        from summarizer.flags import Flags

        given = {n: v for n, v in vars(self).items() if v is not None and v is not False}
        found = {name: given[name] for name in Flags.__annotations__ if name in given}
        return found | {name: False for name in _NOT if f"no_{name}" in given}


@dataclass(kw_only=True)
class ReadingOptions(ModelOptions):
    """What all commands take that read articles and ask a model about them."""

    taxonomy: TaxonomyFile = None
    text_field: TextField = None
    no_cache: NoCache = False
    allow_private_urls: PrivateUrls = False
    quiet: Quiet = False


@dataclass(kw_only=True)
class TaskOptions(ReadingOptions):
    """What all commands take that find topics."""

    depth: Annotated[
        int | None,
        Option("--depth", min=1, help="Levels of the taxonomy: default 1 for IPTC, else all."),
    ] = None
    topic_strategy: Annotated[
        Literal["auto", "score", "list"] | None,
        Option("--topics", help="Ask label by label (score) or for a list; default by model size."),
    ] = None
    max_topics: Annotated[int | None, Option("--max-topics", min=1, max=20, help="Default 3.")] = (
        None
    )
    prompts_dir: PromptsDir = None
    prompt: Annotated[
        list[str] | None,
        Option("--prompt", help="Another version of a prompt, such as digest@v1; repeatable."),
    ] = None
    corpus: CorpusName = None
    no_context: Annotated[bool, Option("--no-context", help="Leave the corpus out of it.")] = False
    no_defence: Annotated[
        bool, Option("--no-defence", help="Show the model passages that give it orders, too.")
    ] = False

    def flags(self) -> dict[str, Any]:
        """The settings that were given, by name; PromptError for a prompt that does not exist."""
        from summarizer.cli.prompts import prompt_versions

        versions = prompt_versions(self.prompt, self.prompts_dir)
        return super().flags() | ({"prompt_versions": versions} if versions else {})


@dataclass(kw_only=True)
class StyleOptions:
    """How summaries are to be."""

    length: Annotated[
        str | None, Option("--length", "-l", help="short, medium, long, or a number of words.")
    ] = None
    style: Annotated[
        Literal["paragraph", "bullets", "headline"] | None,
        Option("--style", help="Default paragraph."),
    ] = None
    language: Annotated[
        str | None, Option("--language", help="Language of the summary, such as en or fr.")
    ] = None


@dataclass(kw_only=True)
class ClassifyOptions(TaskOptions):
    """Topics, and where they are written."""

    jobs: Jobs = 1
    json: Annotated[bool, Option("--json", help="Write JSON (an array for several sources).")] = (
        False
    )
    output_format: Annotated[
        FormatName | None,
        Option(
            "--format",
            "-f",
            help="Output format; default: as the name of the output ends, else text.",
        ),
    ] = None
    output: Output = None
    verbose: Annotated[
        int,
        Option(
            "--verbose",
            "-v",
            count=True,
            help="-v: evidence, notes and cost; -vv: the engine's log.",
        ),
    ] = 0


@dataclass(kw_only=True)
class SummarizeOptions(StyleOptions, ClassifyOptions):
    """Topics and summaries, and where they are written."""

    focus: Annotated[
        str | None, Option("--focus", help="A question that the summary should answer.")
    ] = None
    check: Annotated[
        Literal["auto", "rules", "model"] | None,
        Option(
            "--check",
            help="Check the summary by rules alone, or ask a model about each sentence, too; "
            "default a model where the embedded engine's own answers.",
        ),
    ] = None
    check_model: Annotated[
        str | None,
        Option("--check-model", help="Ask this model about the sentences; default --model."),
    ] = None


@dataclass(kw_only=True)
class JobOptions(StyleOptions, TaskOptions):
    """A job of many articles."""

    out: Annotated[
        Path | None,
        Option("--out", "-o", metavar="FOLDER", help="The job's folder, made if need be."),
    ] = None
    limit: Annotated[
        int | None,
        Option(
            "--limit",
            "-n",
            min=1,
            help="Only the first so many articles; later, more may be named.",
        ),
    ] = None
    max_cost: MaxCost = None
    as_json: JsonReport = False


@dataclass(kw_only=True)
class ServerOptions(ModelOptions):
    """What a server works with, and where it listens."""

    taxonomy: TaxonomyFile = None
    corpus: CorpusName = None
    root: Annotated[
        list[Path] | None,
        Option("--root", help="Folder whose files may be read; repeatable. Default: none."),
    ] = None
    no_urls: Annotated[bool, Option("--no-urls", help="Fetch no web pages.")] = False
    jobs: Jobs = 4
    host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1"
    allowed_host: Annotated[
        list[str] | None,
        Option("--allowed-host", help="Name by which clients reach us; repeatable."),
    ] = None
    verbose: EngineLog = False


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` as Typer reads it: the fields of its parameter ``options`` are options each."""
    hints = get_type_hints(command, include_extras=True)
    group = hints.pop("options")
    own = [p for p in signature(command).parameters.values() if p.name != "options"]
    found = [p.replace(annotation=hints[p.name]) for p in own]
    kinds, names = get_type_hints(group, include_extras=True), [f.name for f in fields(group)]
    for field in fields(group):
        one = Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default)
        found.append(one.replace(annotation=kinds[field.name]))

    @wraps(command)
    def run(**given: Any) -> None:
        command(options=group(**{name: given.pop(name) for name in names}), **given)

    run.__signature__ = Signature(found)  # type: ignore[attr-defined]
    return run
