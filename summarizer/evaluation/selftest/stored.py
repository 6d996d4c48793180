"""The self-test on record, ``evals/selftest.json``: what the gate asks about a metric."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from summarizer.errors import ConfigurationError
from summarizer.evaluation.selftest.result import SelfTest
from summarizer.paths import data_root

FILE_NAME: Final = "selftest.json"
COMMAND: Final = "summarizer eval selftest --save"
_PACKAGE: Final = Path(__file__).resolve().parents[2]
# What a metric's value depends on.
_CODE: Final = ("evaluation/metrics", "evaluation/selftest", "verification", "sentences.py")


def may_gate(metric: str, *, stored: SelfTest | None = None) -> str | None:
    """Why a metric may not gate; None where it may.

    Args:
        metric: its name in ``METRICS``.
        stored: the self-test on record; None: ``load_stored()``.

    Raises:
        ConfigurationError: there is no self-test on record.
    """
    found = (stored or load_stored()).of(metric)
    return f"no self-test of it is on record; run: {COMMAND}" if found is None else found.refusal


def load_stored() -> SelfTest:
    """The self-test on record, of ./evals, or else ours.

    Raises:
        ConfigurationError: there is none, or it is not one of this version.
    """
    paths = (Path("evals") / FILE_NAME, data_root() / "evals" / FILE_NAME)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise ConfigurationError(f"there is no {str(paths[0])!r}", hint=COMMAND)
    try:
        return SelfTest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise ConfigurationError(
            f"{str(path)!r} is not a self-test of this version", hint=COMMAND
        ) from None


def save(result: SelfTest) -> Path:
    """Make this the self-test on record in ./evals.

    Raises:
        ConfigurationError: there is no such folder, or it cannot be written.
    """
    path = Path("evals") / FILE_NAME
    try:
        path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {str(path)!r}: {error.strerror}",
            hint="run it where the folder evals/ is",
        ) from None
    return path


def staleness(stored: SelfTest) -> str | None:
    """Why the self-test on record no longer tells of this code; None where it does."""
    if stored.code_sha256 == code_sha256():
        return None
    return f"the code of metrics or checks changed since their self-test; run: {COMMAND}"


@cache
def code_sha256() -> str:
    """The hash of the code that metrics are computed by."""
    digest = hashlib.sha256()
    for name in _CODE:
        path = _PACKAGE / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
