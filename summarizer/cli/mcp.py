"""``summarizer mcp``: the Model Context Protocol server."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from summarizer.cli import options


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
        serve_http(server, listening, ready=lambda url: _announce(url, token))


def _announce(url: str, token: str | None) -> None:
    who = "clients with the token" if token else "every program on this machine"
    sys.stderr.write(f"MCP server at {url}, open to {who}; Ctrl-C ends it\n")
    sys.stderr.flush()
