"""A judge of a few rules, played by the stand-in server, and runs for it to judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from report_runs import digest, write_run
from standin import Body, Reply, answer

from summarizer.digest import Digest
from summarizer.evaluation.suite.samples import Sample

TRUE = "The council voted on Tuesday."
FALSE = "The mayor resigned on Friday."
QUOTE = "voted on Tuesday to rebuild"


def verdict(body: Body, **usage: Any) -> Reply:
    """What the judge answers: "resigned" is nowhere, all else follows; facts need "Tuesday".

    Of two summaries it prefers the one without "resigned".
    """
    system, asked = (body["messages"][place]["content"] for place in (0, 1))
    if '"verdicts"' in system:
        entries = [_claim(n, line) for n, line in enumerate(_numbered(asked, "summary"), 1)]
        return answer(json.dumps({"verdicts": entries}), **usage)
    if '"answers"' in system:
        entries = [_fact(n, line) for n, line in enumerate(_numbered(asked, "question"), 1)]
        return answer(json.dumps({"answers": entries}), **usage)
    first, _, second = asked.partition('<summary number="second">')
    bad = ["resigned" in part for part in (first, second)]
    better = "equal" if bad[0] == bad[1] else "second" if bad[0] else "first"
    return answer(json.dumps({"reason": "errors weigh most", "better": better}), **usage)


def _claim(number: int, line: str) -> dict[str, Any]:
    told = "resigned" not in line
    return {
        "claim": number,
        "reason": "it says so" if told else "nobody resigned",
        "quote": QUOTE if told else "",
        "verdict": "article" if told else "neither",
    }


def _fact(number: int, line: str) -> dict[str, Any]:
    told = "Tuesday" in line
    quote = "voted on Tuesday" if told else ""
    return {"fact": number, "reason": "it is there", "quote": quote, "told": told}


def _numbered(text: str, tag: str) -> list[str]:
    part = text.rpartition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return [line for line in part.splitlines() if line[:1].isdigit()]


def good(sample: Sample) -> Digest:
    """A digest that is right."""
    return digest(sample, TRUE)


def half(sample: Sample) -> Digest:
    """A digest of which one half is wrong."""
    return digest(sample, TRUE, FALSE)


def two_variants(folder: Path, **suite: Any) -> Path:
    """A run of a good and a worse model; the first of its four articles are one story."""
    return write_run(folder, {"good-7b": good, "half-7b": half}, **suite)
