"""``summarizer serve`` and ``summarizer mcp``: the reading page with its HTTP API, and MCP."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from summarizer.cli import options


def serve(
    *,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    taxonomy: options.TaxonomyFile = None,
    corpus: options.CorpusName = None,
    root: options.Roots = None,
    no_urls: options.NoUrls = False,
    jobs: options.Jobs = 4,
    queue: Annotated[
        int, typer.Option("--queue", min=0, max=10_000, help="Requests that may wait.")
    ] = 100,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=86_400, help="Seconds that a request may take.")
    ] = 600,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8766,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option("--allowed-host", help="Name by which browsers reach us; repeatable."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SUMMARIZER_SERVE_TOKEN",
            show_envvar=True,
            show_default=False,
            help="The bearer token. A command line can be seen by other users: prefer the "
            "variable.",
        ),
    ] = None,
    verbose: options.EngineLog = False,
) -> None:
    """Serve a page to read digests on, and an HTTP API.

    Needs the extra web. Topics that a reader corrects become labels of the corpus.
    """
    from summarizer.errors import require_extra
    from summarizer.plugins.service import Access
    from summarizer.settings import load_settings

    for module in ("fastapi", "uvicorn", "prometheus_client"):
        require_extra(module, what="the server", extra="web")
    from summarizer.plugins import serving
    from summarizer.plugins.service import Service
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.locate import DEFAULT_CORPUS
    from summarizer.web.app import Limits, create_app

    settings = load_settings(
        model=model, base_url=base_url, taxonomy=taxonomy, corpus=corpus or DEFAULT_CORPUS
    )
    listening = serving.HttpOptions(
        host, port, token or None, allowed_host or (), "SUMMARIZER_SERVE_TOKEN"
    )
    serving.check(listening)
    with Corpus.open(settings.corpus, settings=settings, create=True):
        pass  # what readers correct needs a place
    access = Access.below(root or [], urls=not no_urls)
    limits = Limits(jobs=jobs, waiting=queue, seconds=timeout)
    # uvicorn ends on SIGTERM after the answers that are under way.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Service(settings, access=access, verbose=verbose) as service:
        app = create_app(service, listening, limits)
        serving.serve(
            app, listening, ready=lambda url: _announce("summarizer", url, token), ending=app.end
        )


def mcp(
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    taxonomy: options.TaxonomyFile = None,
    corpus: options.CorpusName = None,
    root: options.Roots = None,
    no_client_roots: Annotated[
        bool,
        typer.Option("--no-client-roots", help="Do not read the folders that the host opened."),
    ] = False,
    no_urls: options.NoUrls = False,
    jobs: options.Jobs = 4,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP instead of stdio.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --http: port; 0 takes a free one.")
    ] = 8765,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host", help="With --http: name by which clients reach us; repeatable."
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SUMMARIZER_MCP_TOKEN",
            show_envvar=True,
            show_default=False,
            help="With --http: the bearer token. A command line can be seen by other users: "
            "prefer the variable.",
        ),
    ] = None,
    verbose: options.EngineLog = False,
) -> None:
    """Serve digests to hosts of language models over the Model Context Protocol.

    Needs pip install 'summarizer-llm[mcp]'. Standard output carries the protocol alone.
    """
    from summarizer.errors import require_extra
    from summarizer.plugins.service import Access
    from summarizer.retrieval.locate import with_default_corpus
    from summarizer.settings import load_settings

    require_extra("mcp", what="the MCP server", extra="mcp")
    settings = with_default_corpus(
        load_settings(model=model, base_url=base_url, taxonomy=taxonomy, corpus=corpus)
    )
    access = Access.below(root or [], urls=not no_urls)
    from summarizer.plugins.mcp_server.server import SummarizerServer
    from summarizer.plugins.mcp_server.transports import serve_http, serve_stdio
    from summarizer.plugins.service import Service
    from summarizer.plugins.serving import HttpOptions

    # A server has nothing to keep, and a thread that waits for its client would delay the end.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Service(settings, access=access, verbose=verbose) as service:
        server = SummarizerServer(
            service, jobs=jobs, client_roots=not (http or no_client_roots)
        ).build()
        if not http:
            serve_stdio(server)
            return
        listening = HttpOptions(host, port, token or None, allowed_host or ())
        serve_http(server, listening, ready=lambda url: _announce("MCP server", url, token))


def _announce(what: str, url: str, token: str | None) -> None:
    who = "who has the token" if token else "every program on this machine"
    sys.stderr.write(f"{what} at {url}, open to {who}; Ctrl-C ends it\n")
    sys.stderr.flush()
