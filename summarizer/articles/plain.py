"""A document as an ``Article``: front matter, headers, cleaning, gate; chats, Markdown."""

from __future__ import annotations

import html
import itertools
import quopri
import re
import tomllib
from collections import defaultdict
from datetime import date
from typing import Any, Final

from summarizer.articles import gate
from summarizer.articles.article import Article, Document, Fields
from summarizer.articles.cleaning import clean
from summarizer.articles.dates import dates_in, first_day, parse_date
from summarizer.articles.encoding import visible
from summarizer.articles.messages import unquote
from summarizer.articles.metadata import read_line, title_forms, without_by
from summarizer.articles.pasted import read_headed, read_pasted
from summarizer.articles.tables import any_of, names_in
from summarizer.text import count_words, detect_language

# YAML between hyphens, TOML between plus signs.
_FRONT_MATTER = re.compile(any_of("text", "front_matter"), re.DOTALL)
_FIELD = re.compile(r"(?P<name>[\w-]+):\s*(?P<value>.*)")
# Characters of a headline, byline or label. The longest of 3,380 headlines has 152; a page, a row
# or a PDF may put a book there, which would fill the prompts.
_LONGEST = 300
_UNREAD = "{!r} stands for its day, and is none that is known for sure"
# What is left of a page when its tags are gone; "AT&amp;T" is nobody's spelling.
_ENTITY = re.compile(any_of("text", "entity"))
_NUMBERS = re.compile(r"\d+")
PAGE_NUMBER = re.compile(any_of("text", "page_number"), re.I)
# A word that is divided at the end of a line, of which a text has several.
_DIVIDED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zß-öø-ÿ])")
_MIN_DIVIDED = 2
# What Reuters puts between paragraphs: other headlines, between rows of carets.
_BOX: Final = re.compile(r"^<\^{9,}$(?:(?!^<\^).)*?^\^{9,}>\n", re.M | re.DOTALL)
# A headline of two or three lines, as papers and agencies print it.
_CAPITALS: Final = re.compile(
    rf"\A\s*+(?:(?!\s*BY ){any_of('text', 'capitals')}\n){{2,3}}(?=\s*\n)"
)
# What is left of a mail without its header: bytes as "=E2", and lines that end in "=".
_QUOTED = re.compile(r"=[0-9A-F]{2}")
_SOFT_BREAK = re.compile(r"=\n")
# In parentheses, of which an address may have a pair of its own.
_TARGET = r"\([^()\n]{0,2000}+(?:\([^()\n]{0,500}+\)[^()\n]{0,500}+)?\)"
_LINK = re.compile(rf"\[([^\[\]\n]{{0,500}}+)\](?:{_TARGET}|\[[^\[\]\n]{{0,200}}+\])")
_HEADING = re.compile(r"^#{1,6}[ \t]++(.*)$", re.M)
_FIRST_HEADING = re.compile(r"\s*+#[ \t]++(?P<title>\S.*)(?:\n|$)")
MARKUP: Final = names_in("markup")
# A paragraph in italics, a shortcode or a comment.
_NOTE = re.compile(r"([*_])(?!\1)[^\n]+\1|\{\{[^{}]*\}\}|<!--.*-->")
# What is below the last line across a text, if it is short and leads elsewhere.
_ACROSS = re.compile(r"\n[ \t]*([-*_])[ \t]*(?:\1[ \t]*){2,}\n")
# Headline, byline, day; lead paragraph and text; and what is left out.
_CODED: Final = re.compile(rf"^({any_of('database', 'code')})(?: {{2,}}|\t+|[ \t]*$)", re.M)


def build_article(
    found: Document,
    *,
    source: str,
    fields: Fields | None = None,
    labels_field: str | None = None,
    row: bool = False,
) -> Article:
    """The article of a document; ``fields`` count more than its own, and those than its text.

    A ``row`` of a data file was chosen by whoever made the file: it may be short or a list, as
    items of a wire are, but not empty.
    """
    gate.refuse_garbage(found.text, source=source)
    fields = (fields or Fields()).over(found.fields)
    inner = split_front_matter(visible(found.text).lstrip("\n"), labels_field=labels_field)
    with dates_in(inner.text):
        fields = fields.over(inner.fields)
        for read in (_without_running_heads, read_coded, read_chat, unquote, read_pasted):
            inner = read(inner.text)
            if fields.title and inner.fields.title in title_forms(fields.title):
                fields = fields._replace(title=inner.fields.title)
            fields = fields.over(inner.fields)
        body = _spelled_out(inner.text)
        gate.refuse_stub(body, source=source, row=row)
        title = _line(fields.title)
        cleaned = clean(body, title=title)
        if not cleaned.fields.title and (headed := read_headed(body)).fields.title:
            fields = fields.over(headed.fields)
            cleaned = clean(headed.text, title=headed.fields.title)
    title = cleaned.fields.title
    if not (row and cleaned.text.strip()):
        gate.refuse_fragment(cleaned.text, source=source, title=title)
    published = fields.published or cleaned.fields.published or found.made
    unread = () if published or not fields.unread else (_UNREAD.format(fields.unread),)
    return Article(
        text=cleaned.text,
        title=title,
        published=published,
        author=_line(fields.author) or cleaned.fields.author,
        language=detect_language(cleaned.text) or fields.language,
        source=source,
        labels=tuple(dict.fromkeys(filter(None, map(_line, fields.labels)))),
        notes=found.notes + unread,
    )


def _without_running_heads(text: str) -> Document:
    """Without what stands above and below each page of a scanned paper, and its day.

    Such lines have the same columns, left and right pages in another order, but for numbers; a page
    number is alone on its line, and so is a rule.
    """
    lines = text.split("\n")
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        if "   " in line.strip() and _NUMBERS.search(line) and sum(map(str.isalpha, line)) > 9:
            columns = (_NUMBERS.sub("#", part) for part in re.split(r"\s{3,}", line.strip()))
            places[tuple(sorted(part for part in columns if part != "#"))].append(place)
    # Rows of a table are next to each other, and heads the lines of a page apart.
    heads = [
        place
        for found in places.values()
        if len(found) > 1 and min(b - a for a, b in itertools.pairwise(found)) >= 5
        for place in found
    ]
    if not heads:
        return Document(text)
    day = first_day(re.split(r" {3,}", lines[heads[0]].strip()))
    struck = {*heads, *(i for i, line in enumerate(lines) if PAGE_NUMBER.fullmatch(line.strip()))}
    kept = (line for place, line in enumerate(lines) if place not in struck)
    return Document("\n".join(kept), Fields(published=day))


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


def _spelled_out(text: str) -> str:
    """Without quoted-printable, character references, divided words, boxes and broken headlines."""
    text = _CAPITALS.sub(lambda found: " ".join(found[0].split()) + "\n", _BOX.sub("", text))
    if len(_SOFT_BREAK.findall(text)) >= _MIN_DIVIDED and len(_QUOTED.findall(text)) >= 3:
        text = visible(quopri.decodestring(text.encode()).decode("utf-8", "replace"))
    if _ENTITY.search(text):
        text = visible(html.unescape(text))
    if len(_DIVIDED.findall(text)) >= _MIN_DIVIDED:
        text = _DIVIDED.sub("", text)
    return text


def _line(value: str | None) -> str | None:
    """A field as one line that a reader can see; one of another length is cut."""
    line = " ".join(visible(value or "").split())
    if len(line) <= _LONGEST:
        return line or None
    cut = line[: _LONGEST - 1]
    return (cut.rpartition(" ")[0] if " " in cut[_LONGEST // 2 :] else cut) + "…"


def read_markdown(source: str, *, labels_field: str | None = None) -> Document:
    """The text without link targets, images, comments (a reader sees none) and heading marks."""
    front = split_front_matter(visible(source).lstrip("\n"), labels_field=labels_field)
    body, fields = read_markup(_without_footer(front.text), ".md").text, front.fields
    if first := _FIRST_HEADING.match(body):
        body = body[first.end() :]
        fields = fields._replace(title=fields.title or _heading(first["title"]))
    return Document(_HEADING.sub(lambda found: _heading(found[1]), body), fields)


def read_markup(source: str, kind: str) -> Document:
    """The text without the marks of a kind of markup."""
    text, rules = visible(source), MARKUP[kind]
    for pattern, left in zip(rules[::2], rules[1::2], strict=True):
        text = re.sub(pattern, left, text, flags=re.M | re.I)
    return Document(text)


def _without_footer(text: str) -> str:
    """The text above the last line across it, if only a few words that lead elsewhere are below."""
    *above, below = _ACROSS.split(text)[::2]
    few = count_words(below) < min(60, count_words(" ".join(above)) // 3)
    leads = all(map(_leads, filter(str.strip, re.split(r"\n\s*\n", below))))
    return "\n\n".join(above if few and leads else [*above, below])


def _leads(paragraph: str) -> bool:
    """A third of its words are those of links, or all of it is set off as a note."""
    if _NOTE.fullmatch(paragraph.strip()):
        return True
    linked = sum(count_words(link[1]) for link in _LINK.finditer(paragraph))
    return 3 * linked >= count_words(_LINK.sub(r"\1", paragraph))


def _heading(text: str) -> str:
    """The words of a heading; hashes after a space close it, those of "C#" do not."""
    text = text.rstrip()
    words = text.rstrip("#")
    return words.rstrip() if not words or words[-1] in " \t" else text


def split_front_matter(text: str, *, labels_field: str | None = None) -> Document:
    """The text after the fields; the whole text where there are none."""
    match = _FRONT_MATTER.match(text)
    found = _mapping(match[0][:3], match[2]) if match else None
    if match is None or found is None:
        return Document(text)
    fields = Fields.of(found, labels_field=labels_field)
    return Document(text[match.end() :].lstrip("\n"), fields)


def _mapping(mark: str, block: str) -> dict[Any, Any] | None:
    """The block as a mapping; plain ``name: value`` lines need not be valid YAML.

    "title: Storm: thousands flee" is not, and is what people write.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Without aliases: merged into each other, a few lines of them fill the memory."""

        def fetch_alias(self) -> None:
            raise yaml.YAMLError("aliases are not read")

    try:
        # A safe loader.
        found = tomllib.loads(block) if mark == "+++" else yaml.load(block, Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        lines = [line for line in block.splitlines() if line.strip()]
        fields = [_FIELD.fullmatch(line) for line in lines]
        return {m["name"]: m["value"].strip(" '\"") for m in fields if m} if all(fields) else None
    return found if isinstance(found, dict) else None


_MESSAGE: Final = re.compile(any_of("chat", "message"), re.I)
_NAME_ABOVE: Final = re.compile(any_of("chat", "name_above"), re.I | re.M)
_SHORT_YEAR: Final = re.compile(r"^\d{1,2}[./-]\d{1,2}[./-](?=\d\d$)")
_EVENT: Final = re.compile(any_of("chat", "event"), re.I)
_NOTICE: Final = re.compile(rf"{any_of('chat', 'notice')}|", re.I)
_AMONG: Final = re.compile(any_of("chat", "aside"), re.I)
_PASSED_ON: Final = re.compile(any_of("chat", "passed_on"), re.I)
_EDITED: Final = re.compile(r"\s*\(edited\)\s*$")
_BOLD: Final = re.compile(r"^[ \t]*([*_]{1,2})(?=\S)([^*_\n]{3,200})(?<=\S)\1[ \t]*$", re.M)
_HEADER: Final = 4  # lines
_WHOLE: Final = 40  # words of a message that is an article


def read_chat(text: str) -> Document:
    """The messages, and the day of the first; other text comes back as it is.

    Who said something is named where there are several people.
    """
    lines = _NAME_ABOVE.sub(r"\1  \2", text).split("\n")
    # The first lines of an export may be the program's own.
    rows = (line.strip("\u200e ") for line in lines)
    first = next((r for r in rows if r and (_MESSAGE.fullmatch(r) or not _EVENT.fullmatch(r))), "")
    if not _MESSAGE.fullmatch(first):
        return Document(text)
    day: date | None = None
    messages: list[tuple[str, list[str]]] = []
    for line in lines:
        bare = line.strip("\u200e ")
        message = _MESSAGE.fullmatch(bare)
        if message is None:
            if messages and not (_EVENT.fullmatch(bare) or _AMONG.fullmatch(bare)):
                messages[-1][1].append(_EDITED.sub("", line))
            continue
        found = {name.rstrip("2345678"): text for name, text in message.groupdict().items() if text}
        # No chat is older than this century.
        day = day or parse_date(_SHORT_YEAR.sub(r"\g<0>20", found["when"]))
        messages.append((found["sender"].strip(), [found.get("text", "")]))
    filled = sum(any(map(str.strip, said)) for _, said in messages)
    # A line above one text is its byline; several without text are a list of times.
    if 2 * filled <= len(messages) or (len(messages) < 2 and not found.get("text")):
        return Document(text)
    several = len({sender for sender, _ in messages}) > 1
    bodies = [(sender, "\n".join(said).strip("\n")) for sender, said in messages]
    bodies = [(sender, body) for sender, body in bodies if not _NOTICE.fullmatch(body.strip())]
    longest = max((body for _, body in bodies), key=len, default="")
    if len(bodies) > 1 and count_words(longest) >= max(
        _WHOLE, sum(len(b) for _, b in bodies) // 10
    ):
        # One of them is the article; "Here is the text:" may be above it.
        head, _, rest = longest.partition("\n")
        longest = (rest if rest.strip() and head.rstrip().endswith(":") else longest).strip("\n")
        # One that was passed on says so, and when it was written.
        longest = _PASSED_ON.sub("", longest)
        said = [r for line in longest.split("\n")[:_HEADER] if (r := read_line(line, alone=True))]
        day = next((line.fields.published for line in said if line.fields.published), day)
        head, _, rest = longest.partition("\n")
        bold = _BOLD.fullmatch(head) if rest.strip() else None
        text = _BOLD.sub(r"\2", rest if bold else longest).strip("\n")
        return Document(text, Fields(title=bold[2] if bold else None, published=day))
    texts = [f"{sender}: {body}" if several else body for sender, body in bodies if body]
    return Document("\n\n".join(texts), Fields(published=day))
