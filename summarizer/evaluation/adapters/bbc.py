"""BBC News (Greene and Cunningham 2006): full articles in five categories.

Reads the original folder (``business/001.txt``: the title, then the text), and tables with a
``category`` or ``label`` and a ``text`` or ``content``; tables may be tab-separated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.records import checked_row
from summarizer.evaluation.adapters.table import table
from summarizer.evaluation.suite.definition import TableFields
from summarizer.evaluation.suite.sample_rows import SourceRow


def bbc(path: Path) -> Iterator[SourceRow]:
    """The rows of BBC News.

    Raises:
        ConfigurationError: it is something else.
    """
    if not path.is_dir():
        yield from table(path, TableFields())
        return
    files = sorted(path.glob("*/*.txt"))
    if not files:
        raise ConfigurationError(f"{str(path)!r} has no CATEGORY/NUMBER.txt")
    for file in files:
        # The collection is in Latin-1 where it is not ASCII.
        title, _, text = file.read_text(encoding="latin-1").partition("\n")
        category = file.parent.name
        values = {
            "id": f"{category}/{file.stem}",
            "article": text.strip() or title,
            "title": title.strip() or None,
            "gold_topics": (category,),
        }
        yield SourceRow(str(file), path, checked_row(str(file), values))
