"""Bytes or a record of any kind to an ``Article``: told apart, read, and cleaned.

What may take long is read in a child process: PDF files, office documents and large pages. A file
of 90 kB can keep a parser busy for an hour, and a thread cannot be ended: a process can. A child is
kept for the next file, so that only the first one pays for the start (0.5 s). Its answers are JSON:
what a hostile file may have made of the child can run nothing here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, Any, Final, NamedTuple, cast

from summarizer.articles import documents, feeds, messages
from summarizer.articles.article import TEXT_FIELDS, Article, Document, Fields, redact, unreadable
from summarizer.articles.dates import first_day
from summarizer.articles.encoding import ESCAPED, decode, repaired, visible
from summarizer.articles.html import is_html, read_fragment, read_page
from summarizer.articles.pasted import is_title
from summarizer.articles.plain import MARKUP, build_article, read_markdown, read_markup
from summarizer.articles.rows import unquoted
from summarizer.articles.tables import any_of
from summarizer.errors import NotAnArticleError, SourceError
from summarizer.text import count_words

_DOCUMENTS: Final[dict[bytes, Callable[..., Document | list[Document]]]] = {
    b"%PDF-": documents.read_pdf,
    b"PK\x03\x04": documents.read_zip,
    b"{\\rtf": documents.read_rtf,
}
_HTML: Final = {".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"}
_MAIL: Final = {".eml", ".mht", ".mhtml"}
_SUBTITLES: Final = {".srt", ".vtt", ".sbv", ".ass", ".ssa"}
_JSON: Final = {".json", ".js", "application/json", "application/feed+json"}
_OBJECTS: Final = re.compile(any_of("source_text", "JSON").encode())
# A page of this size takes about two seconds, whatever is in it (17 kinds of crafted pages).
_MAX_BYTES: Final = 1_000_000
_MAX_TAGS: Final = 20_000
_MAX_MAIL: Final = 200_000  # of crafted headers takes two seconds, too
_URL: Final = re.compile(r"https?://\S{1,2000}")

# The slowest of 80 news pages takes 0.4 s, a PDF file about 0.03 s a page.
CPU_SECONDS: Final = 30
# Where the machine is busy, or has no limit of CPU time (Windows).
_WALL_SECONDS: Final = 4 * CPU_SECONDS
_MEMORY: Final = 4 << 30
_RAISED: Final = {kind.__name__: kind for kind in (SourceError, NotAnArticleError)}

_idle: list[subprocess.Popen[bytes]] = []
_slots = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))


class About(NamedTuple):
    """What is known of bytes beside them."""

    kind: str = ""  # its suffix or its media type
    charset: str | None = None
    url: str | None = None  # where a page is from, after all redirects
    labels_field: str | None = None
    whole: bool = False  # a newsletter or a magazine is one article


def article_from_bytes(
    data: bytes, *, source: str, about: About | None = None, fields: Fields | None = None
) -> Article:
    """The article in ``data``, as ``read_bytes``; what may take long is read in a child process."""
    about = (about or About())._replace(whole=True)
    articles = articles_from_bytes(data, source=source, about=about, fields=fields)
    if len(articles) > 1:
        raise SourceError(
            f"{source!r} holds {len(articles)} articles, not one",
            hint="save it as .jsonl or .xml, and pass the file",
        )
    return articles[0]


def articles_from_bytes(
    data: bytes, *, source: str, about: About, fields: Fields | None = None
) -> list[Article]:
    """The articles in ``data``; what may take long is read in a child process."""
    slow = _reader(data) in (documents.read_pdf, documents.read_zip)
    slow = slow or len(data) > _MAX_BYTES or data.count(b"<") > _MAX_TAGS
    slow = slow or (len(data) > _MAX_MAIL and _is_mail(data, about))
    read = read_in_worker if slow else read_bytes
    return read(data, source=source, about=about, fields=fields)


def read_bytes(data: bytes, *, source: str, about: About, fields: Fields | None) -> list[Article]:
    """The articles in ``data``. What the bytes begin with counts more than their suffix or type.

    ``fields`` count more than what a page says of itself. Raises SourceError (or one of its
    kinds) where there is no article.
    """
    labels = about.labels_field
    records = None if _reader(data) else read_records(data, source=source, about=about)
    if records is not None:
        return [article_from_record(r, source=source, labels_field=labels) for r in records]
    found = _read(data, source, about)
    build = partial(build_article, source=source, fields=fields, labels_field=labels)
    if isinstance(found, Document) or len(found) == 1:
        return [build(found if isinstance(found, Document) else found[0])]
    # An item of a newsletter may be short; what asks readers to subscribe is none.
    articles = []
    for one in found:
        with contextlib.suppress(NotAnArticleError):
            articles.append(build(one, row=True))
    return articles or [build(found[0])]


def _reader(data: bytes) -> Callable[..., Document | list[Document]] | None:
    head = data[:1024].lstrip()
    return next((read for start, read in _DOCUMENTS.items() if head.startswith(start)), None)


def _is_mail(data: bytes, about: About) -> bool:
    return about.kind in _MAIL or messages.is_mail(data)


def read_records(data: bytes, *, source: str, about: About) -> list[feeds.Record] | None:
    """The articles of a feed, a mailbox or JSON; None for bytes of another kind."""
    if mails := messages.split_mailbox(data):
        return [messages.to_record(message, source=source) for message in mails]
    if feeds.is_feed(data, kind=about.kind):
        return feeds.read_feed(data, source=source)
    if feeds.CHAT.match(data):
        return feeds.read_chat_page(decode(data, source=source).text, source=source)
    if about.kind in _JSON or _OBJECTS.match(data):
        text = decode(data, source=source).text
        if about.kind == ".js" and not feeds.DATA.match(text):
            hint = "of JavaScript only what assigns data is read"
            raise NotAnArticleError(f"{source!r} is JavaScript, not an article", hint=hint)
        return feeds.read_json(text, source=source)
    return None


def _read(data: bytes, source: str, about: About) -> Document | list[Document]:
    if read := _reader(data):
        more = {"whole": about.whole} if read is documents.read_zip else {}
        return read(data, source=source, **more)
    if _is_mail(data, about):
        return messages.read_mail(data, source=source, whole=about.whole)
    plain = decode(data, source=source, declared=about.charset)
    text = plain.text
    if about.kind in _SUBTITLES or messages.is_subtitles(text):
        told = messages.told_of_subtitles(text)
        return plain._replace(text=messages.read_subtitles(text), fields=told)
    if is_html(text) or (about.kind in _HTML and "<" in text):
        found = read_page(text, source=source, url=about.url)
    elif about.kind in {".md", "text/markdown"}:
        found = read_markdown(text, labels_field=about.labels_field)
    elif about.kind in MARKUP:
        found = read_markup(text, about.kind)
    else:
        found = read_fragment(text)
    return found._replace(notes=plain.notes + found.notes)


def article_from_record(
    record: feeds.Record,
    *,
    source: str,
    text_field: str | None = None,
    labels_field: str | None = None,
) -> Article:
    """The article of a row or entry; its text is in ``text_field``, or in text, body, content."""
    # What a program cut out of a CSV file without reading it has every quotation mark twice.
    record = {
        name: unquoted(value) if isinstance(value, str) and '""' in value else value
        for name, value in record.items()
    }
    names = {str(name).strip().lower(): name for name in record if name}
    wanted = (text_field.strip().lower(),) if text_field else TEXT_FIELDS
    column = next((names[name] for name in wanted if name in names), None)
    if column is None and not text_field and (told := _by_their_values(record)):
        record, column = {**told, **record}, "text"
    if column is None:
        raise SourceError(
            f"{source!r} has no field {text_field or ' / '.join(TEXT_FIELDS[:4])!r}",
            hint=f"--text-field NAME, one of: {', '.join(map(str, list(record)[:20]))}",
        )
    text = feeds.joined(record[column])
    if text is None:
        raise SourceError(f"field {column!r} of {source!r} is empty", hint="leave the row out")
    if not isinstance(text, str):
        raise SourceError(
            f"field {column!r} of {source!r} is {text!r:.40}, not text",
            hint="--text-field NAME names the field with the article",
        )
    fields = Fields.of(record, labels_field=labels_field)
    if any(map(ESCAPED.search, (text, fields.title or "", fields.author or ""))):
        raise SourceError(f"{source!r} is not in the encoding of its file", hint="save it as UTF-8")
    # What is wrong with the row is told with its own name, not with the address of its page.
    article = _article_of(text, source=source, fields=fields, row=True)
    if fields.url and _URL.fullmatch(fields.url) and visible(fields.url) == fields.url:
        return article.model_copy(update={"source": redact(fields.url)})
    return article


def article_from_text(text: str, *, source: str = "text", title: str | None = None) -> Article:
    """The article in ``text``: HTML, or plain, also a dump of a page with what was around it.

    Raises NotAnArticleError for text that is none: empty, too short, binary, or a stub.
    """
    return _article_of(text, source=source, fields=Fields(title=title))


def _article_of(text: str, *, source: str, fields: Fields, row: bool = False) -> Article:
    if is_html(text):
        page = text.encode("utf-8", "replace")
        about = About("text/html", url=fields.url)
        return article_from_bytes(page, source=source, about=about, fields=fields)
    whole = repaired(text)
    found = read_fragment(whole.text)._replace(notes=whole.notes)
    return build_article(found, source=source, fields=fields, row=row)


def _by_their_values(record: feeds.Record) -> dict[str, Any]:
    """The text, headline and day of a record, whatever their names: its text has most words."""
    cells = [value for value in record.values() if isinstance(value, str)]
    text = max(cells, key=len, default="")
    if count_words(text) < 40 or 2 * len(text) < sum(map(len, cells)):
        return {}
    title = next((cell for cell in cells if is_title(cell) and count_words(cell) > 3), None)
    return {"text": text, "title": title, "date": first_day(cells)}


def read_in_worker(data: bytes, *, source: str, **others: Any) -> list[Article]:
    """``read_bytes`` in a child process, ended when its time or memory is used up.

    ``others`` are its other arguments. Raises SourceError, or what the child raised.
    """
    with _slots:
        try:
            child = _idle.pop()
        except IndexError:
            child = _start()
        answer = _ask(child, data, {"source": source, **others})
        if answer is None:
            _end(child)
            raise SourceError(
                f"{source!r} takes more than {CPU_SECONDS} seconds or {_MEMORY >> 30} GB to read",
                hint="save its text as a .txt file, and pass that",
            )
        _idle.append(child)
    if "error" in answer:
        kind = _RAISED.get(answer["error"], SourceError)
        raise kind(str(answer["message"]), hint=answer["hint"])
    return [Article.model_validate(article) for article in answer["articles"]]


def child_command(module: str, path: Sequence[str]) -> list[str]:
    """Starts a process of this program, which calls ``serve`` of a module found on ``path``."""
    code = f"import sys; sys.path[:] = {[*path]!r}; from {module} import serve; serve()"
    return [sys.executable, "-c", code]


def _start() -> subprocess.Popen[bytes]:
    """A child, which reads one file at a time."""
    return subprocess.Popen(  # noqa: S603 (this program itself)
        child_command(__name__, sys.path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


def _ask(
    child: subprocess.Popen[bytes], data: bytes, about: dict[str, Any]
) -> dict[str, Any] | None:
    """The child's answer, a line of JSON; None where it was ended before it had one."""
    requests, answers = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    timer = threading.Timer(_WALL_SECONDS, child.kill)
    timer.start()
    try:
        pickle.dump((CPU_SECONDS, data, about), requests)
        requests.flush()
        answer = json.loads(answers.readline())
    except (OSError, ValueError):
        return None
    finally:
        timer.cancel()
    return answer if isinstance(answer, dict) else None


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child, whatever it does, and close what leads to it."""
    child.kill()
    child.communicate()


@atexit.register
def end_workers() -> None:
    """End the children that wait for a file."""
    while _idle:
        _end(_idle.pop())


if hasattr(os, "register_at_fork"):  # a forked process must not talk to its parent's children
    os.register_at_fork(after_in_child=_idle.clear)


def serve() -> None:
    """Read files from standard input until it is closed: the child's main function."""
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # a library that prints must not spoil an answer
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            # From the parent, never from a file.
            seconds, data, about = pickle.load(requests)  # noqa: S301
            _limit(seconds)
            answers.write(json.dumps(_answer(data, about)) + "\n")
            answers.flush()


def _answer(data: bytes, about: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"articles": [a.model_dump(mode="json") for a in read_bytes(data, **about)]}
    except Exception as error:
        wrong = error if isinstance(error, SourceError) else unreadable(about["source"], error)
        return {"error": type(wrong).__name__, "message": str(wrong), "hint": wrong.hint}


def _limit(cpu_seconds: int) -> None:
    """Give this process its CPU time for one more file; the system ends it when that is over."""
    try:
        import resource
    except ImportError:  # Windows, where the parent's clock is the only limit
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds
    for limit, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, _MEMORY)):
        hard = resource.getrlimit(limit)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (soft, hard))
