"""Why the embedded engine did not start, and what to do about it."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

from summarizer.errors import ModelUnavailableError

_SMALLER = (
    "a smaller model (summarizer models list), a smaller context (SUMMARIZER_CONTEXT_LENGTH), or "
    "--model extractive"
)


def start_failure(
    model: Path, answer: dict[str, Any], *, status: int | None, log: str
) -> ModelUnavailableError:
    """The error for a child that did not start.

    Args:
        model: The weight file.
        answer: The child's handshake, empty if it sent none.
        status: The child's exit status, negative for a signal; None while it runs.
        log: What it wrote to stderr.
    """
    reason, detail = answer.get("error"), answer.get("detail", "")
    if reason == "import":
        return _not_installed(detail)
    if reason == "timeout":
        return ModelUnavailableError(
            f"the embedded engine did not load {str(model)!r} in time: {detail}",
            hint="the disk or the memory is too slow for this model: " + _SMALLER,
        )
    why = _last_error(log)
    if status == -signal.SIGKILL or re.search(r"alloc|out of memory", why):
        return ModelUnavailableError(
            f"the embedded engine ran out of memory while loading {str(model)!r}",
            hint="close other programs, or use " + _SMALLER,
        )
    if "bind" in why:
        return ModelUnavailableError(
            f"the embedded engine cannot listen: {why}",
            hint="another program uses this port, or the address is not this machine's; "
            "port 0 takes a free one",
        )
    if "initialize the context" in why:
        return ModelUnavailableError(
            f"the embedded engine cannot make room for its requests: {why}",
            hint="fewer slots (SUMMARIZER_SLOTS) or a smaller context (SUMMARIZER_CONTEXT_LENGTH)",
        )
    ended = f"it ended with status {status}" if status is not None else "no answer"
    return ModelUnavailableError(
        f"the embedded engine cannot load {str(model)!r}: {why or detail or ended}",
        hint="the file is damaged, incomplete, or of a kind that llama.cpp does not know; "
        "summarizer models list shows models that work",
    )


def _not_installed(detail: str) -> ModelUnavailableError:
    if "libgomp" in detail:
        return ModelUnavailableError(
            f"the embedded engine needs the system library libgomp: {detail}",
            hint="install it: apt-get install libgomp1, dnf install libgomp, or apk add libgomp",
        )
    return ModelUnavailableError(
        f"the embedded engine cannot be imported: {detail}", hint="pip install xllamacpp"
    )


def _last_error(log: str) -> str:
    """The first reason in llama.cpp's log, which later lines only repeat.

    A line is ``0.00.021.642 E llama_model_load: error loading model: tensor ... corrupted``.
    """
    found = re.search(r"^[\d.]+ E \S+ *\S*: (?:error loading model: )?(.+)$", log, re.MULTILINE)
    return found[1].strip() if found else ""
