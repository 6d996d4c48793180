"""The reading page: digests that stream in, the corpus, and topics that a reader corrects."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import Field

from summarizer import __version__
from summarizer.articles import Article
from summarizer.articles.content import About, article_from_bytes
from summarizer.batch.job_folder import AppendLog, make_private_folder, read_log
from summarizer.digest import Digest, Value
from summarizer.errors import SourceError, system_errors
from summarizer.pages.digests import article_section, digest_section
from summarizer.pages.document import environment, shared_style
from summarizer.plugins.operations import SummaryOptions, digest_of
from summarizer.plugins.service import Service
from summarizer.progress import step
from summarizer.taxonomy import Taxonomy
from summarizer.web.admission import Admission
from summarizer.web.problems import problem_of

_REMEMBERED: Final = 200  # articles of this session


class Corrections:
    """The articles of this session, and what readers said of their topics."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._file = service.settings.data_dir / "corrections.jsonl"
        self._lock = threading.Lock()
        self._articles: OrderedDict[str, tuple[Article, tuple[str, ...]]] = OrderedDict()

    def remember(self, article: Article, digest: Digest) -> None:
        """Keep an article whose topics may be corrected, the newest ones in memory alone."""
        given = tuple(topic.id for topic in digest.topics or ())
        with self._lock:
            self._articles[article.id] = (article, given)
            self._articles.move_to_end(article.id)
            while len(self._articles) > _REMEMBERED:
                self._articles.popitem(last=False)

    def topic_names(self) -> list[str]:
        """All topics, as names from the top of the taxonomy down."""
        return [self._path(topic.id) for topic in self._taxonomy.topics]

    def keep(self, article_id: str, topics: Sequence[str]) -> tuple[str, ...]:
        """Store the reader's topics as the labels of the article; their names.

        Raises:
            TaxonomyError: there is no such topic.
            SourceError: the article is not of this session.
            ConfigurationError: it cannot be written down.
        """
        with self._lock:
            found = self._articles.get(article_id)
        if found is None:
            raise SourceError(
                "the article is no longer in this server's memory", hint="digest it again"
            )
        from summarizer.evaluation.suite.file import SampleRow

        article, given = found
        chosen = tuple(dict.fromkeys(self._find(name) for name in topics))
        labels = tuple(self._label(topic) for topic in chosen)
        self._service.corpus.add([article.model_copy(update={"labels": labels})])
        row = SampleRow(
            id=article.id,
            article=article.text,
            gold_topics=chosen,
            slices=("accepted" if set(chosen) == set(given) else "corrected",),
            language=article.language,
            title=article.title,
            date=article.published and article.published.isoformat(),
        )
        with self._lock, system_errors(f"cannot write {str(self._file)!r}"):
            make_private_folder(self._file.parent)
            with AppendLog[SampleRow](self._file) as log:
                log.append(row)
        return tuple(map(self._path, chosen))

    def export(self) -> str:
        """The corrections as rows of an eval suite; of an article the last one.

        Raises ConfigurationError where the file is damaged or cannot be read.
        """
        from summarizer.evaluation.suite.file import SampleRow

        with system_errors(f"cannot read {str(self._file)!r}"):
            rows = {row.id: row for row in read_log(self._file, SampleRow)}
        return "".join(f"{row.model_dump_json(exclude_defaults=True)}\n" for row in rows.values())

    def article(self, key: str, article_id: str = "") -> Article:
        """An article of the corpus by its key, or by its source and its id.

        Raises:
            SourceError: it has none of that name.
        """
        found = self._service.corpus.get(key) or self._service.corpus.get(article_id)
        if found is None:
            raise SourceError("the corpus has no such article", hint="search it")
        return found

    @property
    def _taxonomy(self) -> Taxonomy:
        return self._service.summarizer().taxonomy

    def _path(self, topic_id: str) -> str:
        return " > ".join(self._taxonomy.path(topic_id))

    def _label(self, topic_id: str) -> str:
        """The topic's name, which people can read; its id where the name means another topic."""
        name = self._taxonomy.topic(topic_id).name
        return name if self._taxonomy.named(name).id == topic_id else topic_id

    def _find(self, name: str) -> str:
        """The id of a topic that is named by its id, its path or its own name."""
        paths = {self._path(topic.id).casefold(): topic.id for topic in self._taxonomy.topics}
        return paths.get(name.strip().casefold()) or self._taxonomy.named(name).id


_HERE: Final = Path(__file__).parent
_MOST_NAME: Final = 200  # characters of a file's name


class CorrectedTopics(Value):
    """What a reader says of an article's topics."""

    article: str = Field(max_length=100)  # its id, as the digest has it
    topics: tuple[str, ...] = Field(max_length=20)  # ids or names; empty: no topic fits


def add_files(app: FastAPI, name: str) -> None:
    """Add the style and the script of a page to an application."""

    @app.get("/page.css", include_in_schema=False)
    async def style() -> Response:
        own = (_HERE / f"{name}.css").read_text(encoding="utf-8")
        return Response(f"{shared_style()}\n{own}", media_type="text/css")

    @app.get("/page.js", include_in_schema=False)
    async def script() -> FileResponse:
        return FileResponse(_HERE / f"{name}.js", media_type="text/javascript")


def add_page(app: FastAPI, service: Service, queue: Admission) -> None:
    """Add the page, and what it asks for, to the application."""
    corrections = Corrections(service)
    add_files(app, "live")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> HTMLResponse:
        # It says nothing of the user's: it comes before anybody gave the token.
        template = environment(_HERE).get_template("live.html.j2")
        return HTMLResponse(template.render(version=__version__))

    @app.post("/page/digest", include_in_schema=False)
    async def digest(request: SummaryOptions) -> StreamingResponse:
        return _stream(partial(service.read, request.source), request)

    @app.post("/page/file", include_in_schema=False)
    async def digest_file(
        request: Request,
        name: str = Query(max_length=_MOST_NAME),
        length: Literal["short", "medium", "long"] | None = None,
    ) -> StreamingResponse:
        data = await request.body()
        options = SummaryOptions(source=name or "file", length=length)
        return _stream(partial(_uploaded, data, name), options)

    def _stream(read: Callable[[], Article], options: SummaryOptions) -> StreamingResponse:
        events = _Events()

        def work() -> None:
            article = read()
            on_text = partial(events.send, "text")
            made = digest_of(article, options, service=service, on_text=on_text)
            corrections.remember(article, made)
            section = digest_section(made, article, prefix=f"d{article.id}", live=True)
            events.send("digest", {"id": article.id, "html": section, "title": article.heading})

        run = queue.run(work, uses_model=True, on_step=events.step)
        return StreamingResponse(events.follow(run), media_type="text/event-stream")

    @app.get("/page/article", response_class=HTMLResponse, include_in_schema=False)
    async def article(
        key: str = Query(max_length=2000), article_id: str = Query("", alias="id", max_length=100)
    ) -> HTMLResponse:
        found = await queue.run(lambda: corrections.article(key, article_id), uses_model=False)
        return HTMLResponse(article_section(found))

    @app.get("/page/topics", include_in_schema=False)
    async def topics() -> dict[str, list[str]]:
        return {"topics": await queue.run(corrections.topic_names, uses_model=False)}

    @app.post("/page/topics", include_in_schema=False)
    async def correct(wanted: CorrectedTopics) -> dict[str, tuple[str, ...]]:
        kept = await queue.run(
            lambda: corrections.keep(wanted.article, wanted.topics), uses_model=False
        )
        return {"topics": kept}

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
    step("reading the article")
    shown = Path(name).name or "file"
    # The name leads to no file of this machine.
    about = About(Path(shown).suffix.lower())
    return article_from_bytes(data, source=f"{shown} (uploaded)", about=about)
