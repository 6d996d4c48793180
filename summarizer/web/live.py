"""The reading page: digests that stream in, the corpus, and topics that a reader corrects."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import Field

from summarizer import __version__
from summarizer.articles import Article
from summarizer.digest import Digest, Value
from summarizer.pages.digests import article_section, digest_section
from summarizer.pages.document import environment, shared_style
from summarizer.plugins.operations import SummaryOptions, digest_of
from summarizer.progress import step
from summarizer.web.corrections import Corrections
from summarizer.web.problems import problem_of

if TYPE_CHECKING:
    from summarizer.plugins.service import Service
    from summarizer.web.admission import Admission

_HERE: Final = Path(__file__).parent
_MOST_NAME: Final = 200  # characters of a file's name


class CorrectedTopics(Value):
    """What a reader says of an article's topics."""

    article: str = Field(max_length=100, description="Its id, as the digest has it.")
    topics: tuple[str, ...] = Field(
        max_length=20, description="Ids or names; empty: no topic fits."
    )


class KeptTopics(Value):
    """The labels that the corpus has now."""

    topics: tuple[str, ...] = Field(description="Names from the top of the taxonomy down.")


def add_page(app: FastAPI, service: Service, queue: Admission) -> None:
    """Add the page, and what it asks for, to the application."""
    corrections = Corrections(service)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> HTMLResponse:
        template = environment(_HERE).get_template("live.html.j2")
        names = await queue.run(corrections.topic_names, uses_model=False)
        return HTMLResponse(template.render(topics=names, version=__version__))

    @app.get("/page.css", include_in_schema=False)
    async def style() -> Response:
        own = (_HERE / "live.css").read_text(encoding="utf-8")
        return Response(f"{shared_style()}\n{own}", media_type="text/css")

    @app.get("/page.js", include_in_schema=False)
    async def script() -> FileResponse:
        return FileResponse(_HERE / "live.js", media_type="text/javascript")

    @app.post("/page/digest", include_in_schema=False)
    async def digest(request: SummaryOptions) -> StreamingResponse:
        return _stream(partial(service.read, request.source), request)

    @app.post("/page/file", include_in_schema=False)
    async def digest_file(
        request: Request, name: str = Query(max_length=_MOST_NAME)
    ) -> StreamingResponse:
        data = await request.body()
        return _stream(partial(_uploaded, data, name), SummaryOptions(source=name or "file"))

    def _stream(read: Callable[[], Article], options: SummaryOptions) -> StreamingResponse:
        events = _Events()

        def work() -> None:
            article = read()
            made = digest_of(article, options, service=service, on_text=events.text)
            corrections.remember(article, made)
            section = digest_section(made, article, prefix=f"d{article.id}", live=True)
            events.send("digest", {"id": article.id, "html": section, "title": _title(made)})

        run = queue.run(work, uses_model=True, on_step=events.step)
        return StreamingResponse(events.follow(run), media_type="text/event-stream")

    @app.get("/page/article", response_class=HTMLResponse, include_in_schema=False)
    async def article(
        key: str = Query(max_length=2000), article_id: str = Query("", alias="id", max_length=100)
    ) -> HTMLResponse:
        found = await queue.run(lambda: corrections.article(key, article_id), uses_model=False)
        return HTMLResponse(article_section(found))

    @app.post("/page/topics", include_in_schema=False)
    async def correct(wanted: CorrectedTopics) -> KeptTopics:
        kept = await queue.run(
            lambda: corrections.keep(wanted.article, wanted.topics), uses_model=False
        )
        return KeptTopics(topics=kept)

    @app.get("/page/corrections.jsonl", include_in_schema=False)
    async def export() -> Response:
        rows = await queue.run(corrections.export, uses_model=False)
        return Response(rows, media_type="application/jsonl")


class _Events:
    """What a digest tells while it is made, as server-sent events."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self._events: asyncio.Queue[str | None] = asyncio.Queue()

    def send(self, event: str | None, data: object = None) -> None:
        """Give the browser an event; None: it was the last. From any thread."""
        line = None
        if event is not None:
            line = f"event: {event}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n"
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._events.put_nowait, line)

    def step(self, message: str) -> None:
        """Tell what happens now."""
        self.send("step", {"step": message, "seconds": round(time.monotonic() - self._began, 1)})

    def text(self, piece: str) -> None:
        """Pass on a piece of the draft."""
        self.send("text", piece)

    async def follow(self, run: Any) -> AsyncIterator[str]:
        """The events of ``run``, and its error as the last one. Ends it when nobody listens."""

        async def finish() -> None:
            try:
                await run
            except Exception as error:
                self.send("problem", problem_of(error))
            finally:
                self.send(None)

        self.step("waiting for a place")
        task = asyncio.create_task(finish())
        try:
            while (line := await self._events.get()) is not None:
                yield line
        finally:
            task.cancel()


def _uploaded(data: bytes, name: str) -> Article:
    """The article of a file that a browser sent: it is read like a file of its name."""
    from summarizer.articles.content import article_from_bytes

    step("reading the article")
    shown = Path(name).name or "file"
    # The name leads to no file of this machine.
    return article_from_bytes(data, source=f"{shown} (uploaded)", suffix=Path(shown).suffix.lower())


def _title(digest: Digest) -> str:
    return digest.article.title or digest.article.source
