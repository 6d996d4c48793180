"""A model's summary as sentences, and sentences as a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from summarizer.digest import Style
from summarizer.text import split_sentences

_FENCE: Final = re.compile(r"^```\w*\n|\n?```$")
_LEAD_IN: Final = re.compile(
    # Bounded: a model that repeats itself writes such a line of any length.
    r"^\W*(?:here(?:'s| is)[^\n:]{0,200}"
    r"|(?:the )?(?:summary|headline|notes|corrected summary|news brief)[^\n:]{0,20})"
    r"\W{0,9}:\W*(?=\S)",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_BARE_MARK: Final = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)]?)\s*$")
_EMPHASIS: Final = re.compile(r"\*\*(.+?)\*\*|\*\*")
_END: Final = re.compile(r"[.!?…。！？؟]['\"”’»)\]]*$")
_IDEOGRAPHIC: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]$")


def summary_sentences(text: str, *, style: Style, language: str | None) -> list[str]:
    r"""The sentences (bullets) of a model's answer, without fences, lead-ins and bullet marks.

    Marked lines of a paragraph end as sentences do, also where the model wrote no full stop; the
    last one is left as it is, since it may have been cut off.

    >>> summary_sentences("Summary: It rained. It stopped.", style="paragraph", language="en")
    ['It rained.', 'It stopped.']
    >>> summary_sentences("1. It rained\n2. It stopped.", style="paragraph", language="en")
    ['It rained.', 'It stopped.']
    """
    body = _EMPHASIS.sub(lambda found: found[1] or "", _FENCE.sub("", text.strip()).strip())
    body = _LEAD_IN.sub("", body)
    raw = [line for line in body.splitlines() if line.strip() and not _BARE_MARK.match(line)]
    lines = [_BULLET.sub("", line).strip() for line in raw]
    if style == "headline":
        return [lines[0].strip("\"'“”").lstrip("# ").rstrip(".")] if lines else []
    if style == "bullets":
        return lines
    # Marked lines are sentences by themselves; others may be one text, wrapped.
    marked = any(map(_BULLET.match, raw))
    parts = [*map(_ended, lines[:-1]), *lines[-1:]] if marked else [" ".join(lines)]
    return [sentence.text for part in parts for sentence in split_sentences(part, language)]


def _ended(line: str) -> str:
    if is_complete(line):
        return line
    return line.rstrip(",;:") + ("。" if _IDEOGRAPHIC.search(line) else ".")


def join_sentences(sentences: Sequence[str], *, style: Style) -> str:
    """The summary as one text: a paragraph, or one ``- `` line per bullet."""
    if style == "bullets":
        return "\n".join(f"- {sentence}" for sentence in sentences)
    # Chinese and Japanese put no space between sentences.
    spaced = (s if s.endswith(("。", "！", "？", "」", "』")) else f"{s} " for s in sentences)
    return "".join(spaced).rstrip()


def is_complete(sentence: str) -> bool:
    """Whether the sentence ends as a sentence does; a cut one does not."""
    return _END.search(sentence) is not None
