"""Files of several articles: RSS, Atom, NITF, NewsML (1 and G2), JSON, chats saved by Telegram.

A record is a mapping as a row of a table has it; ``content.article_from_record`` makes an article
of one. feedparser reads RSS and Atom, also where they are no well-formed XML. Left out: items of
pictures, video and packages, which have no text.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from summarizer.articles.article import SUBJECTS, TEXT_FIELDS, Document, Fields
from summarizer.articles.blocks import one_line, parse_page
from summarizer.articles.encoding import bom_encoding
from summarizer.articles.tables import any_of, names_in
from summarizer.errors import SourceError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # type: ignore[import-untyped]

Record = Mapping[str, Any]

_START: Final = re.compile(any_of("xml", "start").encode(), re.DOTALL)
_NEWS_DATE: Final = names_in("feeds")["dates"]
_NEWS_BLOCKS: Final = names_in("feeds")["blocks"]
_KINDS: Final = names_in("feeds")["kinds"]
_TAGS: Final = re.compile(r"</?[a-z][^<>]{0,500}>", re.IGNORECASE)
# JSON, alone or as the value of a variable of JavaScript.
DATA: Final = re.compile(r"\s*+(?:(?:(?:var|let|const)\s+)?[\w.$]{1,60}\s*+=\s*+)?(?=[{\[])")
# What exports of WordPress hold beside pictures, menus and settings.
_POSTS: Final = ("", "post", "page")
# Fields of objects that have the text, or its parts; parts inside a line.
_INNER: Final = names_in("field")["inner"]
_RUNS: Final = {"text", "span", "link", "hyperlink", "mention"}
_NO_TEXT: Final = re.compile(any_of("field_kinds", "no_text"), re.I)
_ENDS: Final = re.compile(r"""[.!?…。！？]["'”’»)]*$""")
LINK: Final = "address of the entry"  # where the whole of what may be an abstract is
# How the page begins that Telegram saves of a chat.
CHAT: Final = re.compile(rb"\s*<!DOCTYPE html>.{0,500}?<title>Exported Data</title>", re.DOTALL)
_CODE: Final = re.compile(r"(?:.*:)?(\d{8})")


class EntryLink(str):
    """The address that a feed gives an entry; a row of a table that has a ``LINK`` has none."""

    __slots__ = ()


def is_feed(data: bytes, *, kind: str) -> bool:
    """The bytes begin as RSS, Atom, NITF or NewsML do, or their suffix or type says so."""
    return kind in _KINDS or _begins(data) is not None


def read_feed(data: bytes, *, source: str) -> list[Record]:
    """The articles of an XML file, in its order. Raises SourceError if it has none."""
    start = _begins(data)
    records = _news_items(data) if start and start["news"] else _entries(data, source)
    if not records:
        raise SourceError(f"{source!r} has no articles", hint="pass a feed that has entries")
    return records


def _begins(data: bytes) -> re.Match[bytes] | None:
    head = data[:4096]
    encoding = bom_encoding(head[:4])
    if encoding:
        head = head.decode(encoding, "replace").encode()
    return _START.match(head.removeprefix(b"\xef\xbb\xbf"))


def _entries(data: bytes, source: str) -> list[Record]:
    import feedparser

    # A name or an address would be opened; markup is cleaned where articles are.
    feed = feedparser.parse(
        io.BytesIO(data),
        response_headers={"content-location": source} if "://" in source else {},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return [_entry(e) for e in feed.entries if e.get("wp_post_type", "") in _POSTS]


def _entry(entry: Any) -> Record:
    """An entry of RSS or Atom. Its content counts more than its summary."""
    contents = [*entry.get("content", ()), entry.get("summary_detail", {})]
    filled = [found for found in contents if found.get("value", "").strip()]
    content: Mapping[str, str] = filled[0] if filled else {}
    text = content.get("value", "")
    if content.get("type") in ("text/html", "application/xhtml+xml"):
        # Many write plain text where markup is expected: its line breaks are its paragraphs.
        text = f"<div>{text}</div>" if _TAGS.search(text) else html.unescape(text)
    return {
        "title": _untagged(entry.get("title_detail", {})),
        "text": text,
        "date": entry.get("published") or entry.get("updated", ""),
        "author": entry.get("author_detail", {}).get("name") or entry.get("author", ""),
        "url": entry.get("link", ""),
        LINK: EntryLink(entry.get("link", "")),
    }


def read_chat_page(page: str, *, source: str) -> list[Record]:
    """The messages of a chat that Telegram saved, each an article as in its JSON."""
    tree = parse_page(page, source)
    chat = _text(next(iter(tree.xpath("//*[@class='page_header']")), None))
    author, records = "", list[Record]()
    for message in tree.find_class("message"):
        names = ("text", "from_name", "date", "signature")
        text, sender, day, signed = (next(iter(message.find_class(n)), None) for n in names)
        # Who goes on speaking is not named again.
        author = author if sender is None else " ".join((sender.text or "").split())
        if text is None:
            continue
        for line_break in text.iter("br"):
            line_break.tail = f"\n{line_break.tail or ''}"
        said = str(text.text_content()).strip()
        head, _, rest = said.partition("\n")
        titled = rest and head == next(map(_text, text.iter("strong")), None)  # in bold
        records.append(
            {
                "title": head if titled else "",
                "text": rest if titled else said,
                "date": "" if day is None else day.get("title", "")[:10],
                "author": _text(signed) or ("" if author == chat else author),
            }
        )
    return records


def read_json(text: str, *, source: str) -> list[Record]:
    """The objects of a JSON file: one, a list of them, or what an API wraps around such a list.

    Also one object a line, whatever the file is called, and what JavaScript assigns: archives of
    Twitter do so. Raises SourceError for anything else.
    """
    start = DATA.match(text)
    data = text[start.end() :].rstrip().removesuffix(";") if start else text
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise SourceError(
                f"{source!r} is not valid JSON: {str(error)[:200]}", hint="repair it"
            ) from None
    records = _unwrapped(value) if isinstance(value, dict) else _objects(value)
    if not records:
        raise SourceError(
            f"{source!r} holds no JSON objects",
            hint='an article is {"title": "...", "text": "..."}',
        )
    return records


def _unwrapped(value: Record) -> list[Record]:
    """The longest list of objects in an object, or in the objects in it: {"data": {"items": []}}.

    An article has a list of its authors; it is found by its text.
    """
    if has_text(value):
        return [value]
    inner = [found for found in value.values() if isinstance(found, dict)]
    whole = list(filter(has_text, inner))
    # The parts of an article are no articles.
    outers = [value, *(found for found in inner if found not in whole)]
    lists = [_objects(found) for outer in outers for found in outer.values()]
    # What programs export has pictures and notices among its items: their text is empty.
    said = [[item for item in found if any(map(item.get, _text_names(item)))] for found in lists]
    said += [[found] for found in whole]
    return max([*filter(None, said)] or lists, key=len, default=[]) or [opened(value)]


def _objects(value: Any) -> list[Record]:
    items = value if isinstance(value, list) else []
    said = (item for item in items if isinstance(item, dict))
    # Slack tells who came and left among what was said.
    return [opened(item) for item in said if not str(item.get("subtype")).startswith("channel_")]


def opened(value: Record, depth: int = 3) -> Record:
    """The object itself, or the one in it that has the text: {"post": {"record": {"text": ""}}}.

    Exports of social networks wrap each message in what happened to it.
    """
    if has_text(value) or not depth:
        return value
    inner = {name: opened(v, depth - 1) for name, v in value.items() if isinstance(v, dict)}
    outer = next((name for name, found in inner.items() if has_text(found)), None)
    around = {name: found for name, found in value.items() if name != outer}
    return value if outer is None else {**around, **inner[outer]}


def has_text(value: Record, depth: int = 3) -> bool:
    """The record has a field that is known to hold the text of an article, and not that of a part.

    {"article": {"title": "", "text": ""}} is one in the other, {"body": {"blocks": []}} is not.
    """
    found = map(value.get, _text_names(value))
    return not all(
        depth and isinstance(v, dict) and Fields.of(v) != Fields() and has_text(v, depth - 1)
        for v in found
    )


def _text_names(value: Record) -> list[str]:
    return [name for name in value if str(name).strip().lower() in TEXT_FIELDS]


def embedded(scripts: list[str]) -> Document:
    """The longest text in the JSON of a page's scripts, and what is said beside it."""
    texts: list[tuple[str, list[Record]]] = [("", [])]

    def collect(value: Any, around: list[Record]) -> None:
        if isinstance(value, str):
            texts.append((value, around))
        elif isinstance(value, dict):
            around = [value, *around[:1]]
            for item in value.values():
                collect(item, around)
            said = [joined(value[name]) for name in _text_names(value)]
            texts.extend((text, around) for text in said if isinstance(text, str))
        elif isinstance(value, list):
            for item in value:
                collect(item, around)

    for script in scripts:
        if start := DATA.match(script):
            with contextlib.suppress(ValueError, RecursionError):
                collect(json.JSONDecoder().raw_decode(script, start.end())[0], [])
    longest, around = max(texts, key=lambda found: len(found[0]))
    return Document(longest, reduce(Fields.over, map(Fields.of, around), Fields()))


def joined(value: Any, depth: int = 40, *, inside: bool = False) -> Any:
    """A text that is in parts, or in an object of its own, as programs hand it out.

    ``inside``: parts without a kind are parts of a paragraph.
    """
    if not isinstance(value, dict | list) or not value or not depth:
        return value
    if isinstance(value, dict):
        names = [name for name in _INNER if name in value]
        name = next(filter(value.get, names), names[0] if names else None)
        return joined(value[name], depth - 1, inside=name == "children") if name else value
    said = [part for part in value if not _NO_TEXT.match(_kind(part))]
    parts = [joined(part, depth - 1) for part in said]
    parts = [part for part in parts if not isinstance(part, dict)]  # a rule, a picture
    if not all(isinstance(part, str) for part in parts):
        return value
    # What a chat or an editor says is cut at each link; paragraphs end with a sentence.
    runs = {*_RUNS, ""} if inside else _RUNS
    cut = len({*map(type, value)}) > 1 or all(_kind(part) in runs for part in value)
    cut = cut and not all(_ENDS.search(part) for part in filter(None, parts))
    if not cut and any(map(_TAGS.search, parts)):
        parts = [f"<p>{part}</p>" for part in parts]
    return ("" if cut else "\n\n").join(parts)


def _kind(part: Any) -> str:
    """What an editor calls a part of a text."""
    known = part if isinstance(part, dict) else {}
    return str(next((known[n] for n in ("kind", "type", "nodeType", "_type") if n in known), ""))


def _untagged(title: Mapping[str, str]) -> str:
    text = title.get("value", "")
    return html.unescape(_TAGS.sub("", text)) if title.get("type") == "text/html" else text


def parse_xml(data: bytes) -> Element:
    """The root of an XML file, however damaged; the elements' names are without namespaces."""
    from lxml import etree  # type: ignore[import-untyped]

    # Entities are not expanded: a few lines of them fill the memory.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(data.strip(), parser)
    if root is None:
        return etree.Element("empty")
    for element in root.iter("*"):
        # A prefix that is declared nowhere is part of the name.
        element.tag = re.split("[}:]", element.tag)[-1]
    return root


def _outermost(element: Element, *names: str) -> Iterator[Element]:
    """The elements of these names that are not inside of others, so that none is read twice."""
    left = [element]
    while left:
        found = left.pop()
        if found.tag in names:
            yield found
        else:
            left.extend(reversed(found))


def _first(element: Element, *names: str) -> Element | None:
    """The first of the first name that there is."""
    return next((found for name in names for found in element.iter(name)), None)


def _text(element: Element | None) -> str:
    return "" if element is None else one_line(element)


def _news_items(data: bytes) -> list[Record]:
    root = parse_xml(data)
    items = [*_outermost(root, "newsItem", "NewsItem")] or _outermost(root, "nitf", "tt")
    return [record for item in items if (record := _news(item))]


def _news(item: Element) -> Record | None:
    """An item of NITF or NewsML; None where it has no text."""
    for aside in [*item.iter("note", "media", "figure")]:  # a note to editors, a caption
        aside.clear(keep_tail=True)
    content = _first(item, "body.content", "inlineXML", "inlineData", "body", "DataContent")
    if content is None:
        return None
    paragraphs = [_text(p) for p in _outermost(content, *_NEWS_BLOCKS)] or (
        content.text or ""
    ).split("\n\n")
    dated = _first(item, "date.issue", "story.date", "pubdata")
    day = _either(dated, "norm", "date.publication") or _text(_first(item, *_NEWS_DATE))
    subjects = item.iter("subject", "tobject.subject", "Subject", "SubjectMatter")
    names = ("qcode", "tobject.subject.refnum", "FormalName")
    codes = [_CODE.fullmatch(_either(subject, *names)) for subject in subjects]
    return {
        "title": _text(_first(item, "hl1", "hedline", "headline", "HeadLine", "title")),
        "text": "\n\n".join(filter(None, paragraphs)),
        "date": re.sub(r"^(\d{4})(\d{2})(\d{2})(?:T.*)?$", r"\1-\2-\3", day),
        "author": _text(_first(item, "byline", "ByLine", "by")),
        "language": _either(_first(item, "language", "Language"), "tag", "FormalName"),
        SUBJECTS: [code[1] for code in codes if code],
    }


def _either(element: Element | None, *attributes: str) -> str:
    found = {} if element is None else element.attrib
    return next((value for name in attributes if (value := found.get(name))), "")
