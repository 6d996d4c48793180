"""``summarizer cache``: the answers kept on disk."""

from __future__ import annotations

import typer

from summarizer.cli import options
from summarizer.cli.console import write_json
from summarizer.progress import size

app = typer.Typer(no_args_is_help=True, help="The answers of models, kept on disk.")


@app.command()
def info(as_json: options.JsonReport = False) -> None:
    """Show where the cache is and how much is in it."""
    from summarizer.llm.response_cache import ResponseCache
    from summarizer.settings import load_settings

    settings = load_settings()
    cache = ResponseCache(settings.cache_dir)
    found = cache.info()
    cache.close()
    if as_json:
        record = {**found._asdict(), "path": str(found.path), "enabled": settings.cache}
        write_json(record)
        return
    used, limit = size(found.bytes), size(found.max_bytes)
    state = "" if settings.cache else " (off)"
    typer.echo(f"{found.path}\n{found.entries:,} answers, {used} of at most {limit}{state}")


@app.command()
def clear() -> None:
    """Delete all kept answers, and what is remembered about endpoints."""
    from summarizer.llm.response_cache import clear_folder
    from summarizer.settings import load_settings

    dropped = clear_folder(load_settings().cache_dir)
    typer.echo(f"{dropped:,} answers deleted")
