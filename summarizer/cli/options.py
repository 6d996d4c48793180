"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Sources = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, globs, http(s) URLs, or - for standard input.", show_default=False
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Model name, catalog name, path of a .gguf file, or 'extractive' (no model).",
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="OpenAI-compatible endpoint (…/v1).", show_default=False),
]
TaxonomyFile = Annotated[
    Path | None,
    typer.Option("--taxonomy", help="Your own labels (YAML); default IPTC Media Topics."),
]
Depth = Annotated[
    int | None,
    typer.Option("--depth", min=1, help="Levels of the taxonomy: default 1 for IPTC, else all."),
]
Strategy = Annotated[
    Literal["auto", "score", "list"] | None,
    typer.Option(
        "--topics", help="Ask label by label (score) or for a list; default by model size."
    ),
]
Check = Annotated[
    Literal["auto", "rules", "model"] | None,
    typer.Option(
        "--check",
        help="Check the summary by rules alone, or ask a model about each sentence, too; default "
        "a model where the embedded engine's own answers.",
    ),
]
CheckModel = Annotated[
    str | None,
    typer.Option("--check-model", help="Ask this model about the sentences; default --model."),
]
MaxTopics = Annotated[int | None, typer.Option("--max-topics", min=1, max=20, help="Default 3.")]
PromptsDir = Annotated[
    Path | None, typer.Option("--prompts-dir", help="Folder whose prompts override ours.")
]
PromptVersions = Annotated[
    list[str] | None,
    typer.Option("--prompt", help="Another version of a prompt, such as digest@v1; repeatable."),
]
CorpusName = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        help="Index of earlier articles: a name, a file, or postgresql://…; default 'default'.",
        show_default=False,
    ),
]
NoContext = Annotated[bool, typer.Option("--no-context", help="Leave the corpus out of it.")]
TextField = Annotated[
    str | None, typer.Option("--text-field", help="Column with the text (.jsonl, .csv).")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=256, help="Articles at a time.")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="So many articles, drawn by lot.")
]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", min=0, metavar="USD", help="Stop before it costs more."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        "--max-tokens-total", min=1, help="Stop before more tokens are sent and generated in all."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON (an array for several sources).")]
Length = Annotated[
    str | None,
    typer.Option("--length", "-l", help="short, medium, long, or a number of words."),
]
SummaryStyle = Annotated[
    Literal["paragraph", "bullets", "headline"] | None,
    typer.Option("--style", help="Default paragraph."),
]
Language = Annotated[
    str | None, typer.Option("--language", help="Language of the summary, such as en or fr.")
]
JobFolder = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", help="The job's folder, made if need be."),
]
FirstArticles = Annotated[
    int | None,
    typer.Option(
        "--limit", "-n", min=1, help="Only the first so many articles; later, more may be named."
    ),
]
JsonReport = Annotated[bool, typer.Option("--json", help="Write JSON.")]
FormatName = Literal["text", "json", "jsonl", "markdown", "html"]
Format = Annotated[
    FormatName | None,
    typer.Option(
        "--format", "-f", help="Output format; default: as the name of the output ends, else text."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write stored answers.")]
NoDefence = Annotated[
    bool, typer.Option("--no-defence", help="Show the model passages that give it orders, too.")
]
PrivateUrls = Annotated[
    bool, typer.Option("--allow-private-urls", help="Fetch from private addresses, too.")
]
Roots = Annotated[
    list[Path] | None,
    typer.Option("--root", help="Folder whose files may be read; repeatable. Default: none."),
]
NoUrls = Annotated[bool, typer.Option("--no-urls", help="Fetch no web pages.")]
EngineLog = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the engine's log on stderr.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress; errors are still told.")
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose", "-v", count=True, help="-v: evidence, notes and cost; -vv: the engine's log."
    ),
]
