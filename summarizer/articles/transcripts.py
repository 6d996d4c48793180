"""What was said, out of subtitles (.srt, .vtt) and out of chats that were saved as text."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from summarizer.articles.dates import parse_date
from summarizer.articles.fields import Fields
from summarizer.text import count_words

_TIME: Final = r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{1,3}"
_CUE: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}.*")
_TAG: Final = re.compile(r"<[^<>\n]{1,100}>|\{\\[^{}\n]{1,60}\}")
_SENTENCE_END: Final = re.compile(r"""[.!?…。！？][\]"'”’»)]*$""")
_PARAGRAPH: Final = 80

_WHEN: Final = (
    r"(?P<when>\d{1,4}[./-]\d{1,2}[./-]\d{2,4}),?\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?"
)
_MESSAGE: Final = re.compile(
    rf"(?P<sender>[^\n\[\]]{{1,60}}), \[{_WHEN}\]:?\s*(?P<text>.*)"  # Telegram, copied
    rf"|\[{_WHEN.replace('when', 'when2')}\]\s*(?P<sender2>[^:\n]{{1,60}}):\s?(?P<text2>.*)"
    rf"|{_WHEN.replace('when', 'when3')}\s[-–]\s(?P<sender3>[^:\n]{{1,60}}):\s?(?P<text3>.*)",
    re.I,
)
_NOTICE: Final = re.compile(r"<[^<>]{1,60}>|.{0,40}(?:omitted|weggelassen|omitid[oa]|omise?)")


def is_subtitles(text: str) -> bool:
    """The text begins as a file of subtitles does."""
    head = text[:2000].lstrip("\ufeff \n")
    return head.startswith("WEBVTT") or any(
        _CUE.fullmatch(line) for line in head.split("\n", 3)[:3]
    )


def read_subtitles(text: str) -> str:
    """The spoken text, in paragraphs of about a hundred words that end with a sentence."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", text.lstrip("\ufeff")):
        rows = block.split("\n")
        cue = next((i for i, row in enumerate(rows) if _CUE.fullmatch(row)), None)
        for row in rows[cue + 1 :] if cue is not None else ():
            said = _TAG.sub("", row).strip().lstrip("-–").strip()
            # Live subtitles roll: a line is shown again under the next one.
            if said and said not in lines[-2:]:
                lines.append(said)
    paragraphs = [""]
    for line in lines:
        paragraphs[-1] = f"{paragraphs[-1]} {line}".strip()
        if _SENTENCE_END.search(line) and count_words(paragraphs[-1]) >= _PARAGRAPH:
            paragraphs.append("")
    return "\n\n".join(filter(None, paragraphs))


def read_chat(text: str) -> tuple[Fields, str]:
    """The day of the first message and the messages; other text comes back as it is.

    Who said something is named where there are several people.
    """
    lines = text.split("\n")
    # The first line of an export may be the program's own.
    first = [line.strip("\u200e ") for line in lines if line.strip()][:2]
    if not any(map(_MESSAGE.fullmatch, first)):
        return Fields(), text
    days: list[date | None] = []
    messages: list[tuple[str, list[str]]] = []
    for line in lines:
        message = _MESSAGE.fullmatch(line.strip("\u200e "))
        if message is None:
            if messages:
                messages[-1][1].append(line)
            continue
        found = {name.rstrip("23"): value for name, value in message.groupdict().items() if value}
        days.append(parse_date(found["when"]))
        messages.append((found["sender"].strip(), [found.get("text", "")]))
    several = len({sender for sender, _ in messages}) > 1
    texts = []
    for sender, said in messages:
        body = "\n".join(said).strip("\n")
        if body and not _NOTICE.fullmatch(body.strip()):
            texts.append(f"{sender}: {body}" if several else body)
    return Fields(published=days[0]), "\n\n".join(texts)
