"""Mails and web archives (.eml, .mht), subtitles, chats saved as text, and Factiva's fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import takewhile
from typing import Any, Final, cast

from summarizer.articles.article import Document, Fields
from summarizer.articles.dates import parse_date, to_date
from summarizer.articles.encoding import decode
from summarizer.articles.html import is_html, read_fragment, read_page, without_by
from summarizer.articles.tables import any_of
from summarizer.errors import NotAnArticleError
from summarizer.text import count_words

_HEADERS: Final = re.compile(rb"(?:[A-Z][\w-]{0,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.I)
# What only mails and posts of Usenet have among their headers.
_MARK: Final = re.compile(rb"^(?:MIME-Version|Message-ID|Received|Return-Path):", re.I | re.M)
_FIELD: Final = re.compile(
    rf"\s*\*?(?:(?P<subject>{any_of('mail', 'subject')})|(?P<date>{any_of('mail', 'date')})"
    rf"|{any_of('mail', 'other')})\*?\s?[:：]\*?\s+(?P<value>\S.*)",
    re.I,
)
_PASSED_ON: Final = re.compile(rf"\s*{any_of('mail', 'passed_on')}\s*", re.I)
_WROTE: Final = re.compile(
    rf"\s*.{{0,120}}\d.{{0,120}}\b{any_of('mail', 'wrote')}\b.{{0,80}}[:：]\s*", re.I
)
_QUOTED: Final = re.compile(r"> ?")
_SIGNATURE: Final = re.compile(r"--\s*")
_REPLY: Final = re.compile(r"^(?:(?:re|aw|fwd?|wg|tr|sv|rv|i|r|antw)\s?:\s*)+", re.I)
_DISCLAIMER: Final = re.compile(rf"\s*{any_of('mail', 'disclaimer')}", re.I)
_SIGNATURE_LINES: Final = 12
_COVER_NOTE: Final = 400  # characters
_WITHIN: Final = 15
_FROM: Final = re.compile(rb"^From \S.{0,200}\d{2}:\d{2}.{0,60}\n(?=[\w-]{1,60}:)", re.M)
_ESCAPED_FROM: Final = re.compile(rb"^>From ", re.M)


def is_mail(data: bytes) -> bool:
    """The bytes begin with the header of a mail."""
    head = _HEADERS.match(data[:20_000].lstrip().replace(b"\r\n", b"\n"))
    return head is not None and _MARK.search(head[0]) is not None


def split_mailbox(data: bytes) -> list[bytes]:
    """The mails of a mailbox (RFC 4155), in its order; empty for bytes of another kind."""
    if not data.startswith(b"From "):
        return []
    data = data.replace(b"\r\n", b"\n")
    starts = [match.start() for match in _FROM.finditer(data)]
    if not starts or starts[0]:
        return []
    mails = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
    return [_ESCAPED_FROM.sub(b"From ", mail.partition(b"\n")[2]) for mail in mails]


def read_mail(data: bytes, *, source: str) -> Document:
    """What a reader sees of a mail or web archive, of its text if it has one, else of its HTML.

    Raises NotAnArticleError for a mail without text, such as a picture.
    """
    found = mail_body(data, source=source)
    if is_html(found.text):
        page = read_page(found.text, source=source, url=found.fields.url)
        return page._replace(fields=found.fields._replace(url=None).over(page.fields))
    inner = unquote(without_signature(read_fragment(found.text).text))
    return inner._replace(fields=inner.fields.over(found.fields))


def mail_body(data: bytes, *, source: str) -> Document:
    """The body of a mail, as text if it has one, else as HTML. Raises NotAnArticleError."""
    message = message_from_bytes(data.lstrip(), policy=policy.default)
    own = message.get_body(("plain", "html"))
    is_note = own is None or len(str(own.get_payload())) < _COVER_NOTE
    for part in message.iter_attachments() if is_note else ():
        if part.get_content_type() == "message/rfc822":  # a mail that was passed on as a whole
            return mail_body(part.get_content().as_bytes(), source=source)
    # "Your program shows no HTML."
    body = message.get_body(("html", "plain") if is_note else ("plain", "html"))
    if body is None:  # a picture or a style sheet is before the HTML that shows it
        parts = (p for p in message.walk() if p.get_content_type() == "text/html")
        body = next((part for part in parts if not part.is_attachment()), None)
    if not isinstance(body, EmailMessage):
        raise NotAnArticleError(f"{source!r} is a mail without text", hint="pass its attachment")
    payload = cast("bytes", body.get_payload(decode=True))
    content = decode(payload, source=source, declared=body.get_content_charset()).text
    if body.get_content_subtype() == "html" and not is_html(content):
        content = f"<div>{content}</div>"
    sent = message["Date"] or ""
    return Document(
        content.replace("\r\n", "\n"),
        Fields(
            title=_REPLY.sub("", " ".join(str(message["Subject"] or "").split())) or None,
            published=to_date(getattr(sent, "datetime", None) or str(sent)),
            url=str(message["Snapshot-Content-Location"] or "") or None,
        ),
    )


def to_record(data: bytes, *, source: str) -> dict[str, Any]:
    """A mail of a mailbox as a row of a table has an article; without text where it has none."""
    try:
        text, fields, _ = mail_body(data, source=source)
    except NotAnArticleError:
        return {}
    return {"title": fields.title, "date": fields.published, "text": without_signature(text)}


def unquote(text: str) -> Document:
    """The mail in a text that was copied from one; other text comes back as it is.

    The header of a mail that was passed on goes, and so does the signature at the end. The marks
    of a quotation go where most of the text has them.
    """
    lines = text.split("\n")
    if below := _answered(lines):
        lines = lines[:below]
        text = "\n".join(lines).strip("\n")
    full = [line for line in lines if line.strip()]
    quoted = 2 * sum(line.startswith(">") for line in full) > len(full)
    if quoted:
        lines = [_QUOTED.sub("", line, count=1) for line in lines if not _WROTE.fullmatch(line)]
    found = _passed_on(lines)
    if found is None and not quoted:
        return Document(text)
    fields, lines = found or (Fields(), lines)
    return Document(without_signature("\n".join(lines).strip("\n")), fields)


def _answered(lines: list[str]) -> int:
    """Where the mail begins that is quoted below the answer; 0 where the answer is inside it."""
    start = next((i for i, line in enumerate(lines) if _WROTE.fullmatch(line)), 0)
    own = sum(len(line) for line in lines[:start] if not line.startswith(">"))
    below = all(line.startswith(">") or not line.strip() for line in lines[start + 1 :])
    return start if below and own > _COVER_NOTE else 0


def without_signature(text: str) -> str:
    """The text above the line "-- " near its end (RFC 3676), and above disclaimers."""
    paragraphs = re.split(r"\n\s*\n", text.rstrip())
    end = len(text)
    while len(paragraphs) > 1 and _DISCLAIMER.match(paragraphs[-1]):
        end = text.rindex(paragraphs.pop(), 0, end)
    text = text[:end].rstrip()
    lines = text.split("\n")
    for index in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        if _SIGNATURE.fullmatch(lines[index]):
            return "\n".join(lines[:index])
    return text


def _passed_on(lines: list[str]) -> tuple[Fields, list[str]] | None:
    """The fields above a mail that was passed on, and its lines."""
    start = next((i for i, line in enumerate(lines[:_WITHIN]) if _FIELD.fullmatch(line)), None)
    if start is None:
        return None
    fields = [field for field in takewhile(bool, map(_FIELD.fullmatch, lines[start:])) if field]
    subjects = [_REPLY.sub("", field["value"]) for field in fields if field["subject"]]
    sent = [field["value"] for field in fields if field["date"]]
    above = [line for line in lines[:start] if line.strip()]
    marked = bool(above) and _PASSED_ON.fullmatch(above[-1]) is not None
    if len(fields) < 3 or not (subjects or marked):
        return None
    day = parse_date(re.sub(r"\bat\b|\bum\b|\bà\b", "", sent[0])) if sent else None
    return Fields(subjects[0] if subjects else None, day), lines[start + len(fields) :]


# Headline, byline, day; lead paragraph and text; and what is left out.
_CODED: Final = re.compile(rf"^({any_of('database', 'code')})(?: {{2,}}|\t+|[ \t]*$)", re.M)


def read_coded(text: str) -> Document:
    """The article whose fields have codes of two letters; other text comes back as it is."""
    _, *parts = _CODED.split(text)
    names, values = parts[::2], parts[1::2]
    found = {name: value.strip() for name, value in zip(names, values, strict=True)}
    if names.count("HD") != 1 or not {"PD", "TD"} <= found.keys():
        return Document(text)
    paragraphs = f"{found.get('LP', '')}\n\n{found['TD']}".strip().split("\n\n")
    body = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    title, author = " ".join(found["HD"].split()), without_by(found.get("BY"))
    return Document(body, Fields(title=title, author=author, published=parse_date(found["PD"])))


_TIME_OF_DAY: Final = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
_TIME: Final = r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{1,3}"
_CUE: Final = re.compile(rf"\s*{_TIME}(?:\s*-->\s*{_TIME}.*|,{_TIME}\s*)")  # .srt and .vtt; .sbv
_SCRIPT: Final = "[Script Info]"  # .ass and .ssa
_DIALOGUE: Final = re.compile(r"^Dialogue:(?:[^,\n]*,){9}(.*)", re.M)
_COMMENT: Final = re.compile(r"\{[^{}]*\}")
# A time in brackets that begins a line, or alone on one: of .lrc, and of copied transcripts.
_STAMP: Final = re.compile(
    rf"^\s*(?:[\[(]{_TIME_OF_DAY}(?:\s*-->\s*{_TIME_OF_DAY})?[\])]|{_TIME_OF_DAY}(?=\s*$))\s*"
)
_ABOUT: Final = re.compile(r"\[[a-z]{2,8}:[^\[\]\n]*\]")  # of .lrc
_TAG: Final = re.compile(r"<[^<>\n]{1,100}>|\{\\[^{}\n]{1,60}\}")
_SENTENCE_END: Final = re.compile(r"""[.!?…。！？][\]"'”’»)]*$""")
_PARAGRAPH: Final = 80

_MESSAGE: Final = re.compile(any_of("chat", "message"), re.I)
_SHORT_YEAR: Final = re.compile(r"^\d{1,2}[./-]\d{1,2}[./-](?=\d\d$)")
_EVENT: Final = re.compile(any_of("chat", "event"), re.I)
_NOTICE: Final = re.compile(rf"{any_of('chat', 'notice')}|", re.I)
_WHOLE: Final = 40  # words of a message that is an article


def is_subtitles(text: str) -> bool:
    """The text begins as a file of subtitles does, or as a transcript that was copied."""
    head = text[:2000].lstrip("\ufeff \n")
    cued = any(map(_CUE.fullmatch, head.split("\n", 3)[:3]))
    return cued or head.startswith(("WEBVTT", _SCRIPT)) or _is_stamped(head)


def _is_stamped(text: str) -> bool:
    """It begins with a time, and has more: one alone may be that of an article."""
    lines = [line for line in text[:2000].split("\n") if line.strip() and not _ABOUT.match(line)]
    stamped = [_STAMP.match(line) is not None for line in lines]
    return stamped[:1] == [True] and sum(stamped) > 2


def read_subtitles(text: str) -> str:
    """The spoken text, in paragraphs of about a hundred words that end with a sentence."""
    lines: list[str] = []
    for row in _rows_shown(text.lstrip("\ufeff \n")):
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


def _rows_shown(text: str) -> Iterator[str]:
    """The lines under the times."""
    if text.startswith(_SCRIPT):
        for shown in _DIALOGUE.findall(text):
            yield from _COMMENT.sub("", shown).replace("\\h", " ").split("\\N")
    elif _is_stamped(text):
        yield from (_STAMP.sub("", row, 1) for row in text.split("\n") if not _ABOUT.match(row))
    else:
        for block in re.split(r"\n\s*\n", text):
            rows = block.split("\n")
            cue = next((i for i, row in enumerate(rows, 1) if _CUE.fullmatch(row)), len(rows))
            yield from rows[cue:]


def read_chat(text: str) -> Document:
    """The messages, and the day of the first; other text comes back as it is.

    Who said something is named where there are several people.
    """
    lines = text.split("\n")
    # The first lines of an export may be the program's own.
    first = [line.strip("\u200e ") for line in lines if line.strip()][:3]
    said = next((line for line in first if not _EVENT.fullmatch(line)), "")
    if not _MESSAGE.fullmatch(said):
        return Document(text)
    day: date | None = None
    messages: list[tuple[str, list[str]]] = []
    for line in lines:
        message = _MESSAGE.fullmatch(line.strip("\u200e "))
        if message is None:
            if messages and not _EVENT.fullmatch(line.strip("\u200e ")):
                messages[-1][1].append(line)
            continue
        found = {name.rstrip("234"): value for name, value in message.groupdict().items() if value}
        # No chat is older than this century.
        day = day or parse_date(_SHORT_YEAR.sub(r"\g<0>20", found["when"]))
        messages.append((found["sender"].strip(), [found.get("text", "")]))
    several = len({sender for sender, _ in messages}) > 1
    bodies = [(sender, "\n".join(said).strip("\n")) for sender, said in messages]
    bodies = [(sender, body) for sender, body in bodies if not _NOTICE.fullmatch(body.strip())]
    longest = max((body for _, body in bodies), key=len, default="")
    if len(bodies) > 1 and count_words(longest) >= max(
        _WHOLE, sum(len(b) for _, b in bodies) // 10
    ):
        # One of them is the article; "Here is the text:" may be above it.
        head, _, rest = longest.partition("\n")
        longest = rest if rest.strip() and head.rstrip().endswith(":") else longest
        return Document(longest.strip("\n"), Fields(published=day))
    texts = [f"{sender}: {body}" if several else body for sender, body in bodies if body]
    return Document("\n\n".join(texts), Fields(published=day))
