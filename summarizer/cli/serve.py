"""``summarizer serve`` and ``summarizer mcp``: the reading page with its HTTP API, and MCP."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.errors import require_extra

if TYPE_CHECKING or not given.only_help:
    from summarizer.llm.endpoint import choose_endpoint
    from summarizer.plugins import serving
    from summarizer.plugins.service import Access, Service
    from summarizer.retrieval.corpus import DEFAULT_CORPUS, Corpus, with_default_corpus
    from summarizer.settings import Settings
    from summarizer.taxonomy import load_taxonomy


_HOST: Final = given.ServerOptions.host
_MCP_PORT: Final = 8765


def _token(variable: str) -> Any:
    return typer.Option(
        envvar=variable,
        show_envvar=True,
        show_default=False,
        help="The bearer token. A command line can be seen by other users: prefer the variable.",
    )


def serve(
    *,
    queue: Annotated[int, typer.Option(min=0, max=10_000)] = 100,
    timeout: Annotated[float, typer.Option(min=1, max=86_400)] = 600,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8766,
    token: Annotated[str | None, _token("SUMMARIZER_SERVE_TOKEN")] = None,
    options: given.ServerOptions,
) -> None:
    """Serve a page to read digests on, and an HTTP API.

    Needs the extra web. Topics that a reader corrects become labels of the corpus.

    Args:
        queue: Requests that may wait.
        timeout: Seconds that a request may take.
        port: Port; 0 takes a free one.
    """
    for module in ("fastapi", "uvicorn", "prometheus_client"):
        require_extra(module, what="the server", extra="web")
    from summarizer.web.app import Limits, create_app

    settings = given.settings(**{"corpus": DEFAULT_CORPUS, **options.flags()})
    listening = _listening(options, port, token, variable="SUMMARIZER_SERVE_TOKEN")
    serving.check(listening)
    with Corpus.open(settings.corpus, settings=settings, create=True):
        pass  # what readers correct needs a place
    limits = Limits(jobs=options.jobs, waiting=queue, seconds=timeout)
    with _service(settings, options) as service:
        app = create_app(service, listening, limits)
        serving.serve(
            app, listening, ready=lambda url: _announce("summarizer", url, token), ending=app.end
        )


def mcp(
    *,
    no_client_roots: bool = False,
    http: bool = False,
    port: Annotated[int, typer.Option(min=0, max=65535)] = _MCP_PORT,
    token: Annotated[str | None, _token("SUMMARIZER_MCP_TOKEN")] = None,
    options: given.ServerOptions,
) -> None:
    """Serve digests to hosts of language models over the Model Context Protocol.

    Needs pip install 'summarizer-llm[mcp]'. Standard output carries the protocol alone. --host,
    --port, --allowed-host and --token are for --http.

    Args:
        no_client_roots: Do not read the folders that the host opened.
        http: Serve streamable HTTP instead of stdio.
        port: Port; 0 takes a free one.
    """
    if not http and (options.allowed_host or options.host != _HOST or port != _MCP_PORT):
        raise typer.BadParameter("--host, --port and --allowed-host are for --http")
    require_extra("mcp", what="the MCP server", extra="mcp")
    from summarizer.plugins.mcp_server import SummarizerServer

    settings = with_default_corpus(options.settings())
    with _service(settings, options) as service:
        client_roots = not (http or no_client_roots)
        server = SummarizerServer(service, jobs=options.jobs, client_roots=client_roots).build()
        if not http:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # as for SIGTERM
            serving.serve_stdio(server)
            return
        listening = _listening(options, port, token, variable="SUMMARIZER_MCP_TOKEN")
        serving.serve_http(server, listening, ready=lambda url: _announce("MCP server", url, token))


def _service(settings: Settings, options: given.ServerOptions) -> Service:
    # The servers end on SIGTERM by themselves, after the answers that are under way; MCP on stdio
    # has nothing to keep, and a thread that waits for its client would delay the end.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # A wrong model or taxonomy is told now, not to the first client.
    if settings.model != "extractive":
        choose_endpoint(settings)
    if settings.taxonomy:
        load_taxonomy(settings.taxonomy)
    access = Access.below(options.root or [], urls=not options.no_urls)
    return Service(settings, access=access, verbose=options.verbose)


def _listening(
    options: given.ServerOptions, port: int, token: str | None, *, variable: str
) -> serving.HttpOptions:
    return serving.HttpOptions(
        options.host, port, token or None, options.allowed_host or (), variable
    )


def _announce(what: str, url: str, token: str | None) -> None:
    who = "who has the token" if token else "every program on this machine"
    console.say(f"{what} at {url}, open to {who}; Ctrl-C ends it")
