"""The ``summarizer`` command: its parts, how errors and signals end it, and its schemas."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from importlib import import_module
from typing import Annotated, Any, Final, Literal

import typer
from typer.core import TyperGroup

from summarizer import __version__
from summarizer.cli import console, options
from summarizer.cli.options import Commands
from summarizer.errors import SummarizerError


class ErrorGroup(TyperGroup):
    """Shows a SummarizerError as text and exits with its code; bugs keep their traceback.

    A reader that goes away (``| head``) ends every command quietly, as SIGPIPE would.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # what goes wrong there is told here, too
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # pydantic's word
            raise
        except SummarizerError as error:
            console.show_error(error)
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:
            console.abandon(sys.stdout)
            raise typer.Exit(console.SIGPIPE_EXIT) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            console.abandon(sys.stdout)
            where = f" for {error.filename!r}" if error.filename else ""
            hint = "make room on the disk, or write to another one"
            console.show_error(SummarizerError(f"no space is left on the disk{where}", hint=hint))
            raise typer.Exit(SummarizerError.exit_code) from None


def trust(undo: bool = False) -> None:
    """Trust summarizer.toml in the working folder, until its content changes.

    Without trust it may set length, style, language, max_topics, depth, prompt_versions and a
    taxonomy inside the folder. A trusted file may set everything: where articles are sent, which
    model is used and paid, which folders are written. What it sets is shown; keys are not.

    Args:
        undo: Do not trust it any more.
    """
    from summarizer.settings import trust_folder

    path, found = trust_folder(undo=undo)
    console.echo(f"{'not trusted' if undo else 'trusted'}: {path}")
    for name, value in {} if undo else found.items():
        console.echo(f"  {name} = {'(not shown)' if 'key' in name else repr(value)}")


Kind = Literal["digest", "failure", "record"]


def schema(kind: Annotated[Kind, typer.Argument()] = "digest") -> None:
    """Print the JSON Schema of a digest, of a failure, or of either (record).

    Args:
        kind: record: a digest or a failure, as in the output for many sources.
    """
    console.write_json(json_schema(kind))


def json_schema(kind: Kind) -> dict[str, Any]:
    """The schema (draft 2020-12) of the JSON as it is written: every field is always there."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from summarizer.digest import Digest, Failure

    class Written(GenerateJsonSchema):
        def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002
            return True

    types: dict[Kind, Any] = {"digest": Digest, "failure": Failure, "record": Digest | Failure}
    found = TypeAdapter(types[kind]).json_schema(mode="serialization", schema_generator=Written)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def tools(
    style: Annotated[Literal["openai", "anthropic", "mcp"], typer.Option("--format")] = "openai",
) -> None:
    """Print the tools as JSON: names, descriptions and schemas, as an API's requests have them.

    Args:
        style: Whose form.
    """
    from summarizer.plugins.tools import definitions

    console.write_json(definitions(style))


# Where each command is: only the one that is asked for is loaded.
_COMMANDS: Final = {
    "summarize": "summarize",
    "classify": "summarize",
    "label": "taxonomy",
    "extract": "summarize",
    "schema": "main",
    "tools": "main",
    "doctor": "models",
    "mcp": "serve",
    "serve": "serve",
    "briefing": "summarize",
    "trust": "main",
}
# The groups, with their help, so that the list of all needs none of them.
_GROUPS: Final = {
    "models": ("models", "The models of the embedded engine."),
    "prompts": ("prompts", "The versioned prompts that models are sent."),
    "taxonomy": ("taxonomy", "The topics that articles can get."),
    "cache": ("models", "The answers of models, kept on disk."),
    "index": ("index", "The corpus: earlier articles, searched by words and by meaning."),
    "batch": ("batch", "Digest many articles into a folder, whatever happens on the way."),
    "eval": ("evaluation", "Which model or prompt version is better, and how sure that is."),
}


def command_line(wanted: str | None = None) -> Commands:
    """The command line with the one command that is wanted; None: with all of each group.

    A name that is none, and the list of all commands, need every name, and no group's commands.
    """
    app = Commands(
        name="summarizer",
        cls=ErrorGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Topics and a short summary of any article, each backed by evidence in the article.",
        epilog=(
            "Exit codes: 0 all done, 1 some sources failed, 2 usage or configuration, 3 not an "
            "article or unreadable source, 4 model endpoint failed, 5 model output invalid, 130 "
            "interrupted, 141 the reader of the output went away."
        ),
    )
    app.callback()(_root)
    is_known = wanted in (*_COMMANDS, *_GROUPS)
    for name, home in _COMMANDS.items():
        if wanted == name or not is_known:
            app.command()(getattr(import_module(f"summarizer.cli.{home}"), name))
    for name, (home, text) in _GROUPS.items():
        group = Commands()
        if wanted in (None, name):
            group = getattr(import_module(f"summarizer.cli.{home}"), f"{name}_commands")
        if wanted == name or not is_known:
            app.add_typer(group, name=name, help=text, no_args_is_help=True)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"summarizer {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    logger = logging.getLogger("summarizer")
    if not any(isinstance(handler, _WarningLines) for handler in logger.handlers):
        logger.addHandler(_WarningLines(logging.WARNING))


class _WarningLines(logging.Handler):
    """The library's warnings as lines for people."""

    def emit(self, record: logging.LogRecord) -> None:
        console.show_warning(record.getMessage())


def _gets_help(words: list[str], names: list[str]) -> bool:
    """Whether these words get the help of all, of a group or of one command, whatever it does."""
    wanted = next(iter(names), "")
    if wanted not in (*_COMMANDS, *_GROUPS):
        return True
    is_group = wanted in _GROUPS
    return words == [*names[: 1 + is_group], "--help"] or (is_group and words == [wanted])


def main() -> None:
    """Run the command line. SIGTERM ends it as Ctrl-C does, so that what is finished is kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console.open_closed_streams()
    console.prepare_stdout(data=False)
    try:
        words, completing = sys.argv[1:], "_SUMMARIZER_COMPLETE" in os.environ
        # Before a command, --help is that of all.
        names = [] if words[:1] == ["--help"] else [word for word in words if word[:1] != "-"]
        options.only_help = completing or _gets_help(words, names)
        app = command_line(None if completing else next(iter(names), ""))
    except KeyboardInterrupt:  # later ones are Typer's
        sys.exit(console.INTERRUPTED_EXIT)
    app()
