"""A real browser, and real servers on the loopback."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from summarizer.plugins.service import Access, Service
from summarizer.plugins.serving import HttpOptions
from summarizer.retrieval.corpus import Corpus
from summarizer.settings import load_settings
from summarizer.web.app import Limits, create_app

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
Open = Callable[..., Page]
# A busy machine takes long for what is there at once elsewhere.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, of the system."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        # Chromium has no sandbox for root, which CI is.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens an address; in the end the page must have run nothing that it should not."""
    contexts = []
    wrong: list[str] = []

    def opened(url: str, *, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Content Security" in said.text else None,
        )
        page.goto(url)
        # Chromium drops what is typed before it has painted the page once: this paints it.
        page.screenshot()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts a server with these settings; its address."""
    running: list[tuple[uvicorn.Server, threading.Thread, Service]] = []

    def start(*, token: str | None = None, limits: Limits | None = None, **flags: Any) -> str:
        flags = {"model": "extractive", "corpus": "default", "embedding": "wordllama", **flags}
        settings = load_settings(data_dir=tmp_path / "data", cache=False, **flags)
        with Corpus.open("default", settings=settings, create=True):
            pass
        service = Service(settings, access=Access())
        app = create_app(service, HttpOptions(token=token), limits or Limits())
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread, service))
        while not server.started:
            time.sleep(0.02)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread, service in running:
        server.should_exit = True
        thread.join(timeout=20)
        service.close()
