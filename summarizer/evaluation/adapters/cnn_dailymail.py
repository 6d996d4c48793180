"""CNN/DailyMail: articles with highlights as the reference summary.

Reads the original .story files (a folder of them), and tables with ``article`` or ``text`` and
``highlights`` or ``reference``; that is also how REALSumm and XSum are passed around.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.records import checked_row
from summarizer.evaluation.adapters.table import table
from summarizer.evaluation.suite.definition import TableFields
from summarizer.evaluation.suite.sample_rows import SourceRow

_HIGHLIGHT: Final = "@highlight"


def cnn_dailymail(path: Path) -> Iterator[SourceRow]:
    """The rows of CNN/DailyMail.

    Raises:
        ConfigurationError: it is something else.
    """
    if not path.is_dir():
        yield from table(path, TableFields())
        return
    files = sorted(path.glob("*.story"))
    if not files:
        raise ConfigurationError(f"{str(path)!r} has no .story file")
    for file in files:
        text, *highlights = file.read_text(encoding="utf-8", errors="replace").split(_HIGHLIGHT)
        # Highlights are sentences without their full stop.
        sentences = [f"{line.strip().rstrip('.')}." for line in highlights if line.strip()]
        values = {
            "id": file.stem,
            "article": text.strip() or file.stem,
            "references": (" ".join(sentences),) if sentences else (),
        }
        yield SourceRow(str(file), path, checked_row(str(file), values))
