"""The page of ``eval label --page``: a ``LabelSession`` in a browser, by the terminal's keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from prometheus_client import CollectorRegistry
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.types import ASGIApp

from summarizer.digest import Value
from summarizer.evaluation.label_session import ASKED, LabelSession
from summarizer.pages.document import environment
from summarizer.pages.marked_text import paragraphs
from summarizer.plugins.serving import LOOPBACK
from summarizer.web.admission import Guard
from summarizer.web.live import add_files
from summarizer.web.problems import answer_with_problems

_HERE: Final = Path(__file__).parent
_MOST_BYTES: Final = 100_000


class Pressed(Value):
    """A key, the article that was shown when it was pressed, and what was typed after it."""

    item: str
    key: str = Field(min_length=1, max_length=1)
    text: str = ""


def label_app(session: LabelSession, *, rater: str, end: Callable[[], None]) -> ASGIApp:
    """The application, for this machine alone.

    Args:
        session: what is labelled.
        rater: who labels.
        end: called after the answer to the last key.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer_with_problems(app)
    add_files(app, "label")

    def shown(template: str) -> str:
        return (
            environment(_HERE)
            .get_template(template)
            .render(session=session, rater=rater, paragraphs=paragraphs, asked=ASKED)
        )

    # Without a thread of their own: keys must take effect one after the other.
    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(shown("label.html.j2"))

    @app.post("/key")
    async def press(pressed: Pressed) -> HTMLResponse:
        if session.is_over or pressed.item != session.item.id:
            session.message = "another window went on with this"
        else:
            session.press(pressed.key, pressed.text)
        ending = BackgroundTask(end) if session.is_over else None
        return HTMLResponse(shown("label_item.html.j2"), background=ending)

    return Guard(
        app, names=LOOPBACK, most_bytes=_MOST_BYTES, registry=CollectorRegistry(), end=lambda: None
    )
