"""Options that several commands share, alone and in groups that a command takes as one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, getdoc, signature
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer
from typer import Argument, Option

if TYPE_CHECKING:
    from summarizer.settings import Settings

Command = TypeVar("Command", bound=Callable[..., None])

# Whether no command will run: what commands work with is not loaded then. Every module of commands
# asks for it at its head; in functions stands only what comes with an extra, or is slow.
only_help = False

Sources = Annotated[
    list[str],
    Argument(
        help="Files, folders, globs, http(s) URLs, or - for standard input.", show_default=False
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


def _file(path: Path | None) -> Path | None:
    """As with sources, - is the standard stream."""
    return None if path == Path("-") else path


Output = Annotated[
    Path | None,
    Option("--output", "-o", help="Write to this file, not to stdout.", callback=_file),
]
NoCache = Annotated[bool, Option("--no-cache", help="Neither read nor write stored answers.")]
PrivateUrls = Annotated[
    bool, Option("--allow-private-urls", help="Fetch from private addresses, too.")
]
EngineLog = Annotated[bool, Option("--verbose", "-v", help="Show the engine's log on stderr.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Show no progress; errors are still told.")]


def settings(**flags: Any) -> Settings:
    """The settings in force: those given here, of the environment, of files, and defaults."""
    from summarizer.settings import load_settings

    return load_settings(**flags)


# Settings that are on unless their option says no.
_NOT = ("cache", "context", "defence")


@dataclass(kw_only=True)
class ModelOptions:
    """Which model is asked, and where.

    Attributes:
        model: Model name, catalog name, path of a .gguf file, or 'extractive' (no model).
    """

    model: Annotated[str | None, Option("--model", "-m", show_default=False)] = None
    base_url: BaseUrl = None

    def flags(self) -> dict[str, Any]:
        """The settings that were given, by name."""
        from summarizer.flags import Flags

        given = {n: v for n, v in vars(self).items() if v is not None and v is not False}
        found = {name: given[name] for name in Flags.__annotations__ if name in given}
        return found | {name: False for name in _NOT if f"no_{name}" in given}

    def settings(self, **more: Any) -> Settings:
        """The settings in force; ``more``: others by name."""
        return settings(**self.flags(), **more)


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
    """What all commands take that find topics.

    Attributes:
        depth: Levels of the taxonomy: default 1 for IPTC, else all.
        topic_strategy: By similarity alone, or ask the model for a list; default similarity for
            small models, a list for others.
        max_topics: Default 3.
        prompt: Another version of a prompt, such as digest@v1; repeatable.
        no_context: Leave the corpus out of it.
        no_defence: Show the model passages that give it orders, too.
    """

    depth: Annotated[int | None, Option(min=1)] = None
    topic_strategy: Annotated[Literal["auto", "similarity", "list"] | None, Option("--topics")] = (
        None
    )
    max_topics: Annotated[int | None, Option(min=1, max=20)] = None
    prompts_dir: PromptsDir = None
    prompt: list[str] | None = None
    corpus: CorpusName = None
    no_context: bool = False
    no_defence: bool = False

    def flags(self) -> dict[str, Any]:
        """The settings that were given, by name; PromptError for a prompt that does not exist."""
        if not self.prompt:
            return super().flags()
        from summarizer.prompts.store import named_versions

        folder = settings(prompts_dir=self.prompts_dir).prompts_dir
        versions = named_versions(self.prompt, folder=folder)
        return super().flags() | {"prompt_versions": versions}

    def settings(self, **more: Any) -> Settings:
        """The settings in force; the corpus of this machine is looked into if there is one."""
        found = super().settings(**more)
        # Without an error for a folder that may not be looked into.
        if not found.context or not os.path.isdir(found.data_dir / "corpora"):  # noqa: PTH112
            return found
        from summarizer.retrieval.corpus import with_default_corpus

        return with_default_corpus(found)


@dataclass(kw_only=True)
class StyleOptions:
    """How summaries are to be.

    Attributes:
        length: short, medium, long, or a number of words.
        style: Default paragraph.
        language: Language of the summary, such as en or fr. In another than the article's,
            only numbers and dates are checked.
    """

    length: Annotated[str | None, Option("--length", "-l")] = None
    style: Literal["paragraph", "bullets", "headline"] | None = None
    language: str | None = None


@dataclass(kw_only=True)
class ClassifyOptions(TaskOptions):
    """Topics, and where they are written.

    Attributes:
        json: Write JSON (an array for several sources).
        output_format: Output format; default: as the name of the output ends, else text.
        verbose: -v: evidence, notes and cost; -vv: the engine's log.
    """

    jobs: Jobs = 1
    json: bool = False
    output_format: Annotated[FormatName | None, Option("--format", "-f")] = None
    output: Output = None
    verbose: Annotated[int, Option("--verbose", "-v", count=True)] = 0


@dataclass(kw_only=True)
class SummarizeOptions(StyleOptions, ClassifyOptions):
    """Topics and summaries, and where they are written.

    Attributes:
        focus: A question that the summary should answer.
        check: Check the summary by rules alone, or ask a model about each sentence, too; default a
            model where the embedded engine's own answers.
        check_model: Ask this model about the sentences; default --model, and for 'extractive' the
            embedded default model, which is fetched at its first use.
    """

    focus: str | None = None
    check: Literal["auto", "rules", "model"] | None = None
    check_model: str | None = None


@dataclass(kw_only=True)
class JobOptions(StyleOptions, TaskOptions):
    """A job of many articles.

    Attributes:
        out: The job's folder, made if need be.
        limit: Only the first so many articles; later, more may be named.
    """

    out: Annotated[Path | None, Option("--out", "-o", metavar="FOLDER")] = None
    limit: Annotated[int | None, Option("--limit", "-n", min=1)] = None
    max_cost: MaxCost = None
    as_json: JsonReport = False


@dataclass(kw_only=True)
class ServerOptions(ModelOptions):
    """What a server works with, and where it listens.

    Attributes:
        root: Folder whose files may be read; repeatable. Default: none.
        no_urls: Fetch no web pages.
        host: Address to listen on.
        allowed_host: Name by which clients reach us; repeatable.
    """

    taxonomy: TaxonomyFile = None
    corpus: CorpusName = None
    root: list[Path] | None = None
    no_urls: bool = False
    jobs: Jobs = 4
    host: str = "127.0.0.1"
    allowed_host: list[str] | None = None
    verbose: EngineLog = False


class Commands(typer.Typer):
    """Commands whose docstrings say under ``Args`` what their options are for.

    A parameter ``options`` is one of the groups above: each of its fields is an option.
    """

    def command(self, *args: Any, **settings: Any) -> Callable[[Command], Command]:
        """Register a command, as Typer does."""
        register = super().command(*args, **settings)

        def registered(command: Command) -> Command:
            register(_expanded(command))
            return command

        return registered


def _expanded(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` as Typer reads it: with the options of its group, and a help for each."""
    text, helps = _described(command, "Args")
    hints = get_type_hints(command, include_extras=True)
    found = {
        name: parameter.replace(annotation=hints[name])
        for name, parameter in signature(command).parameters.items()
    }
    group = hints.get("options")
    if group is not None:
        del found["options"]
        for base in group.__mro__:
            helps |= _described(base, "Attributes")[1]
        kinds = get_type_hints(group, include_extras=True)
        for field in fields(group):
            one = Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default)
            found[field.name] = one.replace(annotation=kinds[field.name])

    def run(**given: Any) -> None:
        if group is not None:
            names = [field.name for field in fields(group)]
            given["options"] = group(**{name: given.pop(name) for name in names})
        command(**given)

    run.__name__, run.__doc__ = command.__name__, text
    shown = [_with_help(parameter, helps.get(name)) for name, parameter in found.items()]
    run.__signature__ = Signature(shown)  # type: ignore[attr-defined]
    return run


def _described(owner: Any, section: str) -> tuple[str, dict[str, str]]:
    """The docstring before a section, and what that says of each name."""
    text, _, rest = (getdoc(owner) or "").partition(f"\n\n{section}:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", rest, re.MULTILINE)
    return text, {name: " ".join(help_.split()) for name, help_ in found}


def _with_help(parameter: Parameter, text: str | None) -> Parameter:
    kind, info = parameter.annotation, None
    if get_origin(kind) is Annotated:
        kind, info = get_args(kind)
    if info is None and parameter.default is Parameter.empty:
        info = typer.Argument()
    elif info is None:  # a flag of Typer's own would have a --no- beside it
        flag = [f"--{parameter.name.replace('_', '-')}"] if kind is bool else []
        info = typer.Option(*flag)
    info = copy(info)
    info.help = text or info.help
    return parameter.replace(annotation=Annotated[kind, info])
