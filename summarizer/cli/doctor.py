"""``summarizer doctor`` and ``summarizer cache``: the model in force, and its stored answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options as given
from summarizer.cli.console import show_found
from summarizer.progress import size

if TYPE_CHECKING:
    from summarizer.llm.diagnosis import Diagnosis, Findings, Weights

_SCHEMA_MODES = {
    "json_schema": "enforced by JSON Schema",
    "json_object": "JSON mode, the schema in the prompt",
    "prompt": "asked for in the prompt",
}
_TOPICS = {
    "similarity": "found by similarity: a small model is not asked",
    "list": "listed in one answer",
}
app = given.Commands(no_args_is_help=True, help="The answers of models, kept on disk.")
_UNSURE = 0.2  # between two answers of which one is certain to be yes and the other no


def doctor(
    *,
    as_json: given.JsonReport = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True)] = 0,
    options: given.ModelOptions,
) -> None:
    """Tell which model is chosen and why, ask it one question, and say what to do if it fails.

    Downloads nothing. Exit code: 0 the model answers, 2 wrong configuration, 4 it does not answer.

    Args:
        verbose: -vv: the engine's log.
    """
    from summarizer.llm.diagnosis import diagnose

    diagnosis = diagnose(options.settings(), verbose=verbose > 1)
    lines = (f"{name:<9} {text}" for name, text in _lines(diagnosis))
    show_found(lambda: diagnosis.model_dump(mode="json"), lines, as_json=as_json)
    raise typer.Exit(diagnosis.exit_code)


@app.command()
def info(as_json: given.JsonReport = False) -> None:
    """Show where the cache is and how much is in it."""
    from summarizer.llm.response_cache import ResponseCache

    settings = given.settings()
    with ResponseCache(settings.cache_dir) as cache:
        found = cache.info()
    used, limit = size(found.bytes), size(found.max_bytes)
    state = "" if settings.cache else " (off)"
    lines = (str(found.path), f"{found.entries:,} answers, {used} of at most {limit}{state}")
    about = {"path": str(found.path), "enabled": settings.cache}
    show_found(lambda: {**found._asdict(), **about}, lines, as_json=as_json)


@app.command()
def clear() -> None:
    """Delete all kept answers, and what is remembered about endpoints."""
    from summarizer.llm.response_cache import clear_folder

    dropped = clear_folder(given.settings().cache_dir)
    typer.echo(f"{dropped:,} answers deleted")


def _lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "model", diagnosis.model or "the first that the server lists"
    yield "why", diagnosis.reason
    if diagnosis.url:
        yield "address", diagnosis.url
        yield "key", diagnosis.key
    if diagnosis.weights:
        yield "weights", _weights(diagnosis.weights)
    if found := diagnosis.findings:
        yield "answers", f"yes, in {found.seconds:.1f} s"
        yield "JSON", _SCHEMA_MODES[found.schema_mode]
        yield "logprobs", _logprobs(found)
        yield "topics", _TOPICS[found.topics]
        yield "tokens", f"counted by {found.tokenizer}"
        yield "window", f"{found.context_length:,} tokens"
    cache = diagnosis.cache
    state = "" if cache["enabled"] else " (off)"
    yield "cache", f"{cache['path']}: {cache['entries']:,} answers, {size(cache['bytes'])}{state}"
    if diagnosis.error:
        yield "answers", f"no: {diagnosis.error.message}"
        if diagnosis.error.hint:
            yield "try", diagnosis.error.hint


def _logprobs(found: Findings) -> str:
    if found.yes_white is None or found.yes_black is None:
        return "no, or they do not tell yes from no"
    shown = f"snow is white: {found.yes_white:.2f}, black: {found.yes_black:.2f}"
    if found.yes_white - found.yes_black < _UNSURE:
        return f"yes, but poor ones ({shown}): name another one with --check-model"
    return f"yes ({shown})"


def _weights(weights: Weights) -> str:
    known = f" ({size(weights.size_bytes)})" if weights.size_bytes is not None else ""
    return f"{weights.path}{known}" if weights.present else f"not fetched{known}"
