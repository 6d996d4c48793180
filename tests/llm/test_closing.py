from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import choose_endpoint
from summarizer.settings import load_settings


def test_closing_does_not_wait_for_a_list_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, come = threading.Event(), threading.Event()

    def get(*_: object, **__: object) -> dict[str, list[object]]:
        asked.set()
        come.wait(60)
        return {"data": []}

    settings = load_settings(base_url="http://127.0.0.1:9/v1")
    connection = Connection(choose_endpoint(settings), settings)
    monkeypatch.setattr(connection, "sdk", lambda: SimpleNamespace(get=get))
    listing = threading.Thread(target=connection.listed_models)
    listing.start()
    assert asked.wait(30)

    closing = threading.Thread(target=connection.close)
    closing.start()
    closing.join(20)

    assert not closing.is_alive()
    come.set()
    listing.join()
