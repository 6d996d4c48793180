"""Where suites are, and reading them strictly: an error names the key and the keys there are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import NULL, Data, Suite, SuiteFile, parse_form
from summarizer.evaluation.suite.sample_rows import read_source_rows
from summarizer.settings import data_root
from summarizer.taxonomy.yaml_file import Plain, PlainYamlError, parse_plain_yaml

if TYPE_CHECKING:
    from pydantic import BaseModel

FILE_NAME: Final = "suite.yaml"
MAX_BYTES: Final = 1_000_000
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def load_suite(name: str | Path) -> SuiteFile:
    """The suite of a name (in ./evals or among ours), of a folder, or of a file.

    A file of rows, such as ``eval label`` writes, is a suite of what the rows have gold data for.

    Raises:
        ConfigurationError: there is none, or it is malformed; the message names the key.
    """
    path = _locate(str(name))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"suite {str(path)!r} is larger than {MAX_BYTES:,} bytes")
        if path.suffix == ".jsonl":
            return _suite_of_rows(path)
        data = path.read_bytes()
        suite = parse_form(Suite, _without_nulls(parse_plain_yaml(data.decode("utf-8-sig"))))
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"suite {str(path)!r} is not UTF-8 text") from None
    except (PlainYamlError, ValueError) as error:
        raise ConfigurationError(
            f"suite {str(path)!r}: {error}", hint="docs/evals.md shows the format"
        ) from None
    return SuiteFile(path=path, suite=suite, sha256=hashlib.sha256(data).hexdigest())


def suite_files() -> Iterator[Path]:
    """The suites that have a name: those in ./evals first, then ours."""
    seen: set[str] = set()
    for root in _roots():
        for path in sorted(root.glob(f"*/{FILE_NAME}")):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path


def record_name(kind: str, judge: str | None) -> str:
    """The file of a record in the folder of suites: ours, or that of a judge.

    >>> record_name("selftest", None), record_name("selftest", "Qwen/Qwen2.5-7B")
    ('selftest.json', 'selftest-qwen-qwen2.5-7b.json')
    """
    if judge is None:
        return f"{kind}.json"
    return f"{kind}-{re.sub(r'[^a-z0-9.]+', '-', judge.casefold()).strip('-')}.json"


def find_record(name: str) -> Path | None:
    """The record of that name in ./evals, or else ours; None where there is none."""
    return next((root / name for root in _roots() if (root / name).is_file()), None)


def save_record(name: str, value: BaseModel) -> Path:
    """Put a value on record in ./evals.

    Raises:
        ConfigurationError: there is no such folder, or it cannot be written.
    """
    path = Path("evals") / name
    try:
        path.write_text(value.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {str(path)!r}: {error.strerror}",
            hint="run it where the folder evals/ is",
        ) from None
    return path


def _roots() -> tuple[Path, Path]:
    return Path("evals"), data_root() / "evals"


def _locate(name: str) -> Path:
    given = Path(name)
    inside = [root / name / FILE_NAME for root in _roots()] if name == given.name else []
    for path in (given / FILE_NAME, given, *inside):
        if path.is_file():
            return path
    known = ", ".join(path.parent.name for path in suite_files())
    raise ConfigurationError(
        f"there is no suite {name!r}",
        hint=f"a folder with a {FILE_NAME}, or one of: {known}" if known else f"make {given}",
    )


def _without_nulls(value: Plain) -> Plain:
    """A key that is null is a key that is not there; but for labels, whose null is a choice."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: child if key == "labels" else _without_nulls(child)
        for key, child in value.items()
        if child not in NULL
    }


def _suite_of_rows(path: Path) -> SuiteFile:
    rows = [source.row for source in read_source_rows(Data(path=path.name), folder=path.parent)]
    gold = {
        "topic_f1": any(row.gold_topics is not None for row in rows),
        "key_fact_recall": any(row.key_facts for row in rows),
    }
    primary = [metric for metric, there in gold.items() if there]
    if not primary:
        raise ConfigurationError(f"no row of {str(path)!r} has topics or key facts")
    wanted = {
        "name": _NOT_IN_NAMES.sub("-", path.stem).strip("-._")[:64] or "rows",
        "data": path.name,
        "matrix": {"models": ["extractive"]},
        "metrics": {"primary": primary, "report": ["faithfulness", "length_compliance"]},
    }
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return SuiteFile(path=path, suite=parse_form(Suite, wanted), sha256=sha256)
