"""The self-test on record, ``evals/selftest.json``: what the gate asks about a metric."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from summarizer.errors import ConfigurationError
from summarizer.evaluation.environment import content_sha256
from summarizer.evaluation.metrics.code_version import METRICS_CODE, hash_code
from summarizer.evaluation.selftest.result import SelfTest, record_name
from summarizer.evaluation.suite_file import FILE_NAME as SUITE_FILE
from summarizer.evaluation.suite_file import load_suite
from summarizer.settings import data_root

FILE_NAME: Final = record_name(None)
COMMAND: Final = "summarizer eval selftest --save"
# What the values of metrics, and the faults that they are shown, depend on. The judge asks a
# model, so no self-test covers it; how a record is read and kept changes nothing in it.
_CODE: Final = (
    *METRICS_CODE,
    "evaluation/selftest/golden.py",
    "evaluation/selftest/measure.py",
    "evaluation/selftest/*perturbation*.py",
)
_UNTESTED: Final = "judge"


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
    path = _record()
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
    path = Path("evals") / record_name(result.judge.judge.name if result.judge else None)
    try:
        path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {str(path)!r}: {error.strerror}",
            hint="run it where the folder evals/ is",
        ) from None
    return path


def staleness(stored: SelfTest) -> str | None:
    """Why the self-test on record no longer tells of this code or data; None where it does.

    Data is looked for beside the record; where it is not, such as in a package, it is taken to be
    the same.
    """
    changed = []
    if stored.code_sha256 != code_sha256():
        changed.append("the code of metrics")
    if stored.data_sha256 != (_data_sha256(stored.suite) or stored.data_sha256):
        changed.append(f"the gold data of {stored.suite!r}")
    if not changed:
        return None
    return f"{' and '.join(changed)} changed since the self-test of metrics; run: {COMMAND}"


@cache
def code_sha256() -> str:
    """The hash of the code that the self-test depends on."""
    return hash_code(_CODE, without=_UNTESTED)


def _record() -> Path:
    """The file on record, in ./evals or else ours.

    Raises:
        ConfigurationError: there is none.
    """
    paths = (Path("evals") / FILE_NAME, data_root() / "evals" / FILE_NAME)
    for path in paths:
        if path.is_file():
            return path
    raise ConfigurationError(f"there is no {str(paths[0])!r}", hint=COMMAND)


def _data_sha256(suite: str) -> str | None:
    """The hash of the data of a suite beside the record; None where it is not there."""
    try:
        file = load_suite(_record().parent / suite / SUITE_FILE)
    except ConfigurationError:
        return None
    data = file.folder / file.suite.data.path
    return content_sha256(data) if data.exists() else None
