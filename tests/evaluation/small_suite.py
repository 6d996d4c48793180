"""A suite of a few short articles, on which the tests of the harness run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

_PLACES = ("Ardenholm", "Ravnsund", "Velmar", "Kessary", "Tessaly", "Orle")
ANSWER = json.dumps(
    {
        "summary": "The council voted on Tuesday to rebuild the bridge that the flood took away. "
        "The work will take two years, the mayor said.",
        "topics": ["politics and government"],
    }
)


def article(number: int) -> str:
    """An article of its own."""
    place = _PLACES[number % len(_PLACES)]
    return (
        f"The council of {place} voted on Tuesday to rebuild the bridge that the flood took away.\n"
        f"\nThe work will cost {number + 4} million euros and take two years, the mayor said. "
        f"He promised that the ferry would stay free of charge until the bridge opens."
    )


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row of data."""
    return {
        "id": f"bridge-{number}",
        "article": article(number),
        "title": f"Bridge {number} to be rebuilt",
        "date": f"2025-03-0{number + 1}",
        "gold_topics": ["11000000"],
        "references": [f"A council wants a bridge rebuilt for {number + 4} million euros."],
        "key_facts": ["The council voted on Tuesday.", "The work will take two years."],
        "story_id": "first" if number < 2 else None,
        "slices": ["even" if number % 2 == 0 else "odd"],
        **changes,
    }


def suite(**changes: Any) -> dict[str, Any]:
    """What suite.yaml says."""
    return {
        "name": "bridges",
        "data": "data.jsonl",
        "matrix": {"models": ["extractive"]},
        "settings": {"length": "25"},
        "metrics": {"primary": ["topic_f1", "key_fact_recall"], "report": ["topic_micro_f1"]},
        "gates": [{"metric": "topic_f1", "margin": 0.05}],
        **changes,
    }


def write_suite(folder: Path, *, rows: int | list[dict[str, Any]] = 4, **changes: Any) -> Path:
    """A suite in ``folder``; the path of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    data = [row(number) for number in range(rows)] if isinstance(rows, int) else rows
    lines = "".join(json.dumps(record) + "\n" for record in data)
    (folder / "data.jsonl").write_text(lines, encoding="utf-8")
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(suite(**changes), sort_keys=False), encoding="utf-8")
    return path
