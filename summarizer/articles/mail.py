"""Mails and saved web archives (.eml, .mht), and mails that were copied as text."""

from __future__ import annotations

import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from summarizer.articles.dates import parse_date
from summarizer.articles.fields import Fields
from summarizer.articles.phrases import any_of
from summarizer.errors import NotAnArticleError

_HEADERS: Final = re.compile(
    rb"(?:(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|Message-ID"
    rb"|MIME-Version|Reply-To|Content-[\w-]+|X-[\w-]+|Snapshot-Content-Location)"
    rb":[^\n]*\n(?:[ \t][^\n]*\n)*){2,}",
    re.I,
)
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
_SIGNATURE: Final = re.compile(r"-- ?")
_SIGNATURE_LINES: Final = 12
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


class Mail(NamedTuple):
    """The part of a mail that a reader sees."""

    text: str
    is_html: bool
    fields: Fields


def read_mail(data: bytes, *, source: str) -> Mail:
    """The body of a mail or web archive, as text if it has one, else as HTML.

    Raises NotAnArticleError for a mail without text, such as a picture.
    """
    message = message_from_bytes(data.lstrip(), policy=policy.default)
    body = message.get_body(("related", "plain", "html"))
    if isinstance(body, EmailMessage) and body.get_content_maintype() == "multipart":
        body = next((part for part in body.walk() if part.get_content_type() == "text/html"), None)
    if not isinstance(body, EmailMessage):
        raise NotAnArticleError(f"{source!r} is a mail without text", hint="pass its attachment")
    payload = body.get_payload(decode=True)
    try:
        content = str(body.get_content())
    except (LookupError, ValueError):  # an unknown charset
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return Mail(
        content.replace("\r\n", "\n"),
        body.get_content_subtype() == "html",
        Fields(
            title=" ".join(str(message["Subject"] or "").split()) or None,
            published=_sent(str(message["Date"] or "")),
            url=str(message["Snapshot-Content-Location"] or "") or None,
        ),
    )


def to_record(data: bytes, *, source: str) -> dict[str, Any]:
    """A mail of a mailbox as a row of a table has an article; without text where it has none."""
    try:
        found = read_mail(data, source=source)
    except NotAnArticleError:
        return {}
    text = found.text if found.is_html else without_signature(found.text)
    return {"title": found.fields.title, "date": found.fields.published, "text": text}


def _sent(value: str) -> date | None:
    try:
        return parsedate_to_datetime(value).date()
    except ValueError:
        return parse_date(value)


def unquote(text: str) -> tuple[Fields, str]:
    """What a mail says that was copied as text, and the mail; other text comes back as it is.

    The header of a mail that was passed on goes, and so does the signature at the end. The marks
    of a quotation go where most of the text has them.
    """
    lines = text.split("\n")
    full = [line for line in lines if line.strip()]
    quoted = 2 * sum(line.startswith(">") for line in full) > len(full)
    if quoted:
        lines = [_QUOTED.sub("", line, count=1) for line in lines if not _WROTE.fullmatch(line)]
    found = _passed_on(lines)
    if found is None and not quoted:
        return Fields(), text
    fields, lines = found or (Fields(), lines)
    return fields, without_signature("\n".join(lines).strip("\n"))


def without_signature(text: str) -> str:
    """The text above the line "-- " near its end (RFC 3676)."""
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
    end, title, sent, known = start, None, None, 0
    while end < len(lines) and (field := _FIELD.fullmatch(lines[end])):
        known += 1
        if field["subject"]:
            title = re.sub(r"^(?:(?:re|aw|fwd?|wg|tr|sv)\s?:\s*)+", "", field["value"], flags=re.I)
        elif field["date"]:
            sent = parse_date(re.sub(r"\bat\b|\bum\b|\bà\b", "", field["value"]))
        end += 1
    above = [line for line in lines[:start] if line.strip()]
    marked = bool(above) and _PASSED_ON.fullmatch(above[-1]) is not None
    if known < 3 or not (title or marked):
        return None
    return Fields(title=title, published=sent), lines[end:]
