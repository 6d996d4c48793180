"""Mails and web archives (.eml, .mht), and subtitles."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final, cast

from summarizer.articles.article import Document, Fields
from summarizer.articles.blocks import Block
from summarizer.articles.dates import parse_date, to_date
from summarizer.articles.encoding import charset_of, decode
from summarizer.articles.html import is_html, page_blocks, read_fragment, read_page
from summarizer.articles.metadata import SENTENCE_END, is_prompt, is_see_also
from summarizer.articles.tables import any_of
from summarizer.errors import NotAnArticleError
from summarizer.text import count_words

_HEADERS: Final = re.compile(rb"(?:[A-Z][\w-]{0,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.I)
# What only mails and posts of Usenet have among their headers.
_MARK: Final = re.compile(rb"^(?:MIME-Version|Message-ID|Received|Return-Path):", re.I | re.M)
_FIELD: Final = re.compile(any_of("mail", "field"), re.I)
_PASSED_ON: Final = re.compile(rf"\s*{any_of('mail', 'passed_on')}\s*", re.I)
_WROTE: Final = re.compile(any_of("mail", "above_quoted"), re.I)
_QUOTED: Final = re.compile(r"> ?")
_SIGNATURE: Final = re.compile(r"--\s*")
_REPLY: Final = re.compile(r"^(?:(?:re|aw|fwd?|wg|tr|sv|rv|i|r|antw)\s?:\s*)+", re.I)
_DISCLAIMER: Final = re.compile(rf"\s*{any_of('mail', 'disclaimer')}", re.I)
_GREETING: Final = re.compile(rf"\A\s*{any_of('mail', 'greeting')}[,:!][ \t]*\n+", re.I)
_CLOSING: Final = re.compile(rf"\s*{any_of('mail', 'closing')}\W{{0,3}}", re.I)
# Lines of the sender's name and office, and their characters.
_SIGNED: Final = (10, 60)
_COVER_NOTE: Final = 400  # characters
_LONGEST_HEADER: Final = 1000
_APART: Final = re.compile(r"\n\s*\n|\n(?=.{0,60}https?://\S+$)", re.M)
_RULE: Final = re.compile(r"\s*(?:[-=_*~#•·]\s?){4,}")
_ADDRESS: Final = re.compile(r".{0,60}https?://\S+")
# Of a newsletter: the words of a headline, the least under one, the least share of all of them.
_HEADLINE: Final = (3, 25)
_LISTED: Final = re.compile(rb"^List-Unsubscribe:", re.I | re.M)
_HEADER_END: Final = re.compile(rb"\r?\n\r?\n")
_LETTER: Final = re.compile(rf"\b{any_of('line', 'letter')}", re.I)
_NO_HEADLINE: Final = re.compile(r"\n|://|[.,;:]$")
_ITEM: Final = 12
_MOST: Final = 0.6
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
    before, *mails = _FROM.split(data.replace(b"\r\n", b"\n"))
    return [] if before else [_ESCAPED_FROM.sub(b"From ", mail) for mail in mails]


def read_mail(data: bytes, *, source: str, whole: bool = False) -> Document | list[Document]:
    """What a reader sees of a mail or web archive, of its text if it has one, else of its HTML.

    Each item of a newsletter is a document of its own, unless ``whole``. Raises NotAnArticleError
    for a mail without text, such as a picture.
    """
    text, fields, *_ = mail_body(data, source=source)
    page = is_html(text)
    if fields.url:  # a web archive is one page; its header says when it was saved
        found = read_page(text, source=source, url=fields.url) if page else read_fragment(text)
        return found._replace(fields=found.fields.over(fields._replace(url=None)))
    blocks = page_blocks(text, source=source) if page else _typed_blocks(text)
    if not whole:
        letter = _LISTED.search(_HEADER_END.split(data.lstrip(), 1)[0]) is not None
        letter = letter or any(_LETTER.search(block.text) for block in blocks)
        if items := split_items(blocks, letter=letter):
            return [item._replace(fields=item.fields.over(fields)) for item in items]
    typed = _as_lines(blocks).strip()
    if page and (inner := unquote(typed)).text != typed:  # it was passed on, or answered
        return inner._replace(fields=inner.fields.over(fields))
    if page:
        found = read_page(text, source=source)
        headline = found.fields.title or ""
        # The subject of a newsletter may be a tease, which the page does not have.
        if fields.title and fields.title not in text and count_words(headline) > _HEADLINE[0]:
            fields = fields._replace(title=headline)
    else:
        found = read_fragment(text)
    lines = found.text.split("\n")
    if found.text != text and (below := _answered(lines, marked=False)):
        found = found._replace(text="\n".join(lines[:below]).strip())
    inner = unquote(without_frame(found.text))
    fields = inner.fields.over(fields).over(found.fields)
    return found._replace(text=inner.text, fields=fields)


def _as_lines(blocks: Sequence[Block]) -> str:
    """The text of a page as a mail in plain text has it; programs put a header's fields apart."""
    ends = ("\n" if _FIELD.fullmatch(block.text) else "\n\n" for block in blocks)
    return "".join(f"{block.text}{end}" for block, end in zip(blocks, ends, strict=True))


def _typed_blocks(text: str) -> list[Block]:
    """The paragraphs of a plain text; a line under a rule leads on, like a link."""
    blocks: list[Block] = []
    for part in _APART.split(without_frame(text)):
        lines = part.strip().split("\n")
        shown = [line.strip() for line in lines if not _RULE.fullmatch(line)]
        alone = len(shown) == 1
        ruled = len(lines) > 1 or (blocks and not blocks[-1].text)
        leads = alone and bool(ruled or _ADDRESS.fullmatch(shown[0]))
        blocks.append(Block("\n".join(shown), heading=alone, link=leads))
    return blocks


def split_items(blocks: Sequence[Block], *, letter: bool = True) -> list[Document]:
    """The items of a newsletter, each a headline and what is under it; empty unless there are more.

    Unlike the sections of an article each leads to a page of its own, from its headline or below;
    where nothing else says that it is a ``letter``, from its headline.
    """
    starts = [n for n, block in enumerate(blocks) if _is_headline(block)]
    parts = [blocks[a:b] for a, b in itertools.pairwise([*starts, len(blocks)])]
    parts = [part for part in parts if any(b.link for b in part) and _words(part) >= _ITEM]
    linked = all(part[0].heading and part[0].link for part in parts)
    if len(parts) < 2 or not (letter or linked) or sum(map(_words, parts)) < _MOST * _words(blocks):
        return []
    # Below the last one are the address and what to do about the mail: the others end in a link.
    ends = [next((n for n, b in enumerate(part) if n > 1 and b.link), None) for part in parts]
    last = ends[-1] if all(ends[:-1]) else None
    return [
        Document("\n\n".join(b.text for b in part[1:] if not b.link), Fields(part[0].text))
        for part in [*parts[:-1], parts[-1][:last]]
    ]


def _is_headline(block: Block) -> bool:
    words = 0 if _NO_HEADLINE.search(block.text) else count_words(block.text)
    fits = _HEADLINE[0] <= words <= _HEADLINE[1] and (block.heading or block.link)
    return fits and not (is_prompt(block.text) or is_see_also(block.text))


def _words(blocks: Sequence[Block]) -> int:
    return sum(count_words(b.text) for b in blocks if not (b.link or _is_headline(b)))


class _ShortHeaders(EmailPolicy):
    """Python takes the square of a header's length to read it, each time it is asked for it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, Any]:
        name, value = super().header_source_parse(sourcelines)
        if not value.isascii():  # old programs write the letters of their machine
            letters = value.encode("utf-8", "surrogateescape")
            value = letters.decode(charset_of(letters), "replace")
        short = value[:_LONGEST_HEADER]
        of_part = name.lower().startswith("content-")  # these alone are asked for often
        return name, self.header_fetch_parse(name, short) if of_part else short


_POLICY: Final = _ShortHeaders()


def mail_body(data: bytes, *, source: str) -> Document:
    """The body of a mail, as text if it has one, else as HTML. Raises NotAnArticleError."""
    message = cast("EmailMessage", message_from_bytes(data.lstrip(), policy=_POLICY))
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
    if (charset := body.get_content_charset()) == "utf-7":  # no page may choose it (RFC 2152)
        payload = payload.decode("utf-7", "replace").encode("utf-8", "replace")
    content = decode(payload, source=source, declared=charset).text
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
        text, fields, *_ = mail_body(data, source=source)
    except NotAnArticleError:
        return {}
    return {"title": fields.title, "date": fields.published, "text": without_frame(text)}


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
    return Document(without_frame("\n".join(lines).strip("\n")), fields)


def _answered(lines: list[str], *, marked: bool = True) -> int:
    """Where the mail begins that is quoted below the answer; 0 where the answer is inside it.

    In plain text its lines are ``marked``.
    """
    start = next((i for i, line in enumerate(lines) if _WROTE.fullmatch(line)), 0)
    own = sum(len(line) for line in lines[:start] if not line.startswith(">"))
    below = not marked or all(
        line.startswith(">") or not line.strip() for line in lines[start + 1 :]
    )
    return start if below and own > _COVER_NOTE else 0


def without_frame(text: str) -> str:
    """The text between its greeting and its words of closing, "-- " (RFC 3676), or a disclaimer."""
    text = _GREETING.sub("", text)
    paragraphs = re.split(r"\n\s*\n", text.rstrip())
    end = len(text)
    while len(paragraphs) > 1 and _DISCLAIMER.match(paragraphs[-1]):
        end = text.rindex(paragraphs.pop(), 0, end)
    text = text[:end].rstrip()
    lines = text.split("\n")
    full = [index for index, line in enumerate(lines) if line.strip()][-_SIGNED[0] - 1 :]
    for n, index in enumerate(full):
        closes = n and _CLOSING.fullmatch(lines[index])
        if _SIGNATURE.fullmatch(lines[index]) or (
            closes and len(full) > n + 1 and all(_signs(lines[i]) for i in full[n + 1 :])
        ):
            return "\n".join(lines[:index]).rstrip()
    return text


def _signs(line: str) -> bool:
    said = SENTENCE_END.search(line) and count_words(line) > 2
    return len(line.strip()) <= _SIGNED[1] and not said


def _passed_on(lines: list[str]) -> tuple[Fields, list[str]] | None:
    """The fields above a mail that was passed on, and its lines."""
    start = next((i for i, line in enumerate(lines[:15]) if _FIELD.fullmatch(line)), None)
    if start is None:
        return None
    fields = [
        field for field in itertools.takewhile(bool, map(_FIELD.fullmatch, lines[start:])) if field
    ]
    subjects = [_REPLY.sub("", field["value"]) for field in fields if field["about"]]
    sent = [field["value"] for field in fields if field["sent"]]
    above = [line for line in lines[:start] if line.strip()]
    marked = bool(above) and _PASSED_ON.fullmatch(above[-1]) is not None
    if len(fields) < 3 or not (subjects or marked):
        return None
    own, rest = (sum(map(len, part)) for part in (above, lines[start + len(fields) :]))
    if own > max(_COVER_NOTE, rest):  # an answer, above the mail that it answers
        return Fields(), lines[:start]
    day = parse_date(re.sub(r"\bat\b|\bum\b|\bà\b", "", sent[0])) if sent else None
    return Fields(subjects[0] if subjects else None, day), lines[start + len(fields) :]


_CUE: Final = re.compile(any_of("subtitles", "cue"))
_SCRIPT: Final = "[Script Info]"  # .ass and .ssa
_DIALOGUE: Final = re.compile(r"^Dialogue:(?:[^,\n]*,){9}(.*)", re.M)
_COMMENT: Final = re.compile(r"\{[^{}]*\}")
# A time in brackets that begins a line, or alone on one: of .lrc, and of copied transcripts.
_STAMP: Final = re.compile(any_of("subtitles", "stamp"))
_ABOUT: Final = re.compile(any_of("subtitles", "about"), re.I)
_TAG: Final = re.compile(r"<[^<>\n]{1,100}>|\{\\[^{}\n]{1,60}\}")
_TOLD: Final = re.compile(r"^(\w+): *(\S.*)$", re.M)
_PARAGRAPH: Final = 80
_MADE_BY: Final = re.compile(any_of("subtitles", "made_by"), re.I)
_SOUND: Final = re.compile(any_of("chat", "sound"), re.I)


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
        said = _SOUND.sub("", _TAG.sub("", row)).strip().lstrip("-–").strip()
        # Live subtitles roll: a line is shown again under the next one.
        if said and said not in lines[-2:] and not _MADE_BY.fullmatch(said):
            lines.append(said)
    paragraphs = [""]
    for line in lines:
        paragraphs[-1] = f"{paragraphs[-1]} {line}".strip()
        if SENTENCE_END.search(line) and count_words(paragraphs[-1]) >= _PARAGRAPH:
            paragraphs.append("")
    return "\n\n".join(filter(None, paragraphs))


def told_of_subtitles(text: str) -> Fields:
    """What the notes above the first line of WebVTT say of it."""
    return Fields.of(dict(_TOLD.findall(text.partition("-->")[0]) if "WEBVTT" in text[:9] else ()))


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
