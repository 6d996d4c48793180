"""The article in a whole page or chat that was copied as text, with its menus and what is around.

A page is known by a menu or a path ("Home > News") above its first paragraph; other text comes
back as it is. Left out: dumps without a menu, which ``cleaning`` reads line by line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from summarizer.articles.article import Document, Fields
from summarizer.articles.dates import parse_date
from summarizer.articles.metadata import SENTENCE_END, is_prompt, is_see_also, read_line
from summarizer.articles.tables import any_of
from summarizer.text import count_words

_BELOW_DECK: Final = 6  # lines from the sentence under a headline to the date
_BROKEN: Final = 40  # characters of a line that goes on in the next
_LONGEST: Final = 300  # characters of a line of a menu, or of one with a day
_NO_TITLE: Final = re.compile(r"[.:;,。：；，،…]\s*$|#\w+ +#\w")
_BETWEEN: Final = re.compile(any_of("page", "between"))
_STEP: Final = re.compile(any_of("page", "step"))
_ACCOUNT: Final = re.compile(any_of("page", "account"), re.I)
_SKIP: Final = re.compile(any_of("page", "skip"), re.I)
_AFTER: Final = re.compile(r"\W*" + any_of("page", "after"), re.I)
_COMMENTS: Final = re.compile(r"\W*" + any_of("page", "comments"), re.I)
_ASIDE: Final = re.compile(any_of("page", "aside"), re.I)
_ITEM: Final = re.compile(r"\s*(?:[-–—*•·▪►▶→»>]|\d{1,2}[.)])\s*\S")
_NO_NAME: Final = re.compile(r"\d|[.!?:;,。！？：；，]\s*$")
_RULE: Final = re.compile(r"\s*[-–—_=*~]{3,}\s*")
_DAY: Final = re.compile(any_of("shape", "day"))
_BEHIND_NAME: Final = re.compile(r",?\s+(?=\d)|\s*\|")
_UPDATED: Final = re.compile(any_of("line", "updated") + r"\W*(?:[\w:.]+,? ){0,4}$", re.I)

_MESSAGE: Final = re.compile(any_of("chat", "message"), re.I)
_SHORT_YEAR: Final = re.compile(r"^\d{1,2}[./-]\d{1,2}[./-](?=\d\d$)")
_EVENT: Final = re.compile(any_of("chat", "event"), re.I)
_NOTICE: Final = re.compile(rf"{any_of('chat', 'notice')}|", re.I)
_AMONG: Final = re.compile(any_of("chat", "aside"), re.I)
_PASSED_ON: Final = re.compile(any_of("chat", "passed_on"), re.I)
_EDITED: Final = re.compile(r"\s*\(edited\)\s*$")
_BOLD: Final = re.compile(r"^[ \t]*([*_]{1,2})(?=\S)([^*_\n]{3,200})(?<=\S)\1[ \t]*$", re.M)
_HEADER: Final = 4  # lines
_WHOLE: Final = 40  # words of a message that is an article


def read_pasted(text: str) -> Document:
    """The body of the page in ``text``, with its headline and day; other text as it is."""
    lines = text.split("\n")
    kept = [index for index, line in enumerate(lines) if line.strip()]
    shown = [lines[index] for index in kept]
    first = next((n for n, line in enumerate(shown[:60]) if _is_paragraph(line)), 0)
    if _is_wrapped(shown[:first]):
        return Document(text)
    menus = _menus(shown[:first])
    first = _below_deck(shown, first) if menus else first
    head, body = shown[:first], kept[first:]
    dated = {n: day for n, line in enumerate(head) if menus and (day := _day(line))}
    titles = _titles(head, menus, [*dated]) if menus else []
    if not titles or not body:
        below = read_line(shown[-1]) if shown else None
        fields = Fields(published=below.fields.published) if below else Fields()
        return Document(_without_tail(lines, kept[first:]) or text, fields)
    published = [*dated.values()][-1] if dated else None
    fields = Fields(title=" ".join(head[titles[0]].split()), published=published)
    for line in head[titles[0] + 1 :]:
        found = None if is_menu(line) else read_line(line, alone=True)
        author = _BEHIND_NAME.split(found.fields.author or "")[0] if found else None
        fields = fields.over(Fields(author=author))
    decks = [i for n, i in enumerate(kept[:first]) if n > titles[0] and _is_deck(head[n])]
    tail, asides = _around(lines, body)
    return Document(_left(lines, {*kept[:first], *tail, *asides} - set(decks)), fields)


def _without_tail(lines: list[str], body: list[int]) -> str:
    """The text of a page without a menu, where three lines below it are a page's; else empty."""
    tail, asides = _around(lines, body)
    if len(tail) == len(body) or sum(_ends(lines[index]) for index in tail) < 3:
        return ""
    return _left(lines, {*tail, *asides})


def _around(lines: list[str], body: list[int]) -> tuple[list[int], set[int]]:
    """The lines below the article, and those in it that lead elsewhere."""
    above, comments = _without_comments(lines, body)
    asides = set(_asides(lines, above))
    return [*above[_end(lines, above, asides) :], *comments], asides


def _left(lines: list[str], struck: set[int]) -> str:
    return "\n".join("" if n in struck else line for n, line in enumerate(lines)).strip("\n")


def _below_deck(lines: list[str], first: int) -> int:
    """Where the text begins, if its date is below a sentence as long as a paragraph."""
    rest = range(first + 1, len(lines))
    prose = [n for n in rest if _is_paragraph(lines[n])]
    block = range(first + 1, min([*prose[:1], len(lines), first + 1 + _BELOW_DECK]))
    dated = [n for n in block if _day(lines[n])]
    above = any(_day(line) for line in lines[:first])
    if not dated or len(prose) < 2 or above:
        return first
    return prose[0] if prose[0] - dated[-1] <= _BELOW_DECK else dated[-1] + 1


def _is_wrapped(head: list[str]) -> bool:
    """Paragraphs are among the lines, broken as in mails and papers; a page has them on one."""
    goes_on = [b.lstrip()[:1].islower() and len(a) > _BROKEN for a, b in itertools.pairwise(head)]
    return sum(goes_on) > 1


def _is_paragraph(line: str) -> bool:
    words = count_words(line)
    return (words >= 15 and bool(SENTENCE_END.search(line))) or (words >= 25 and not is_menu(line))


def _is_deck(line: str) -> bool:
    told = count_words(line) >= 8 and SENTENCE_END.search(line) and not _day(line)
    return bool(told) and not is_prompt(line) and not _ACCOUNT.match(line)


def _menus(head: list[str]) -> list[int]:
    """The lines that are menus, and the last of each run of lines with one word or two."""
    short = [count_words(line) <= 2 and not _NO_NAME.search(line) for line in head]
    runs = (n for n in range(3, len(head)) if all(short[n - 3 : n + 1]))
    return sorted({*(n for n, line in enumerate(head) if is_menu(line)), *runs})


def is_menu(line: str) -> bool:
    """At least three parts of few words each, two with an arrow between them, or a skip link."""
    if _SKIP.fullmatch(line.strip()):
        return True
    parts = [part for part in _BETWEEN.split(line.strip()[:_LONGEST]) if part]
    few = len(line) <= _LONGEST and all(count_words(part) <= 4 for part in parts)
    number = any(char.isdecimal() for char in line)
    arrow = len(parts) == 2 and _STEP.search(line)
    return few and not (number or SENTENCE_END.search(line)) and (len(parts) > 2 or bool(arrow))


def _day(line: str) -> date | None:
    """The first day in a line that is no sentence, but for those of an update."""
    if len(line) > _LONGEST or count_words(line) > 25 or SENTENCE_END.search(line.rstrip(".")):
        return None
    found = (day[0] for day in _DAY.finditer(line) if not _UPDATED.search(line[: day.start()]))
    return parse_date(next(found, ""))


def _titles(head: list[str], menus: list[int], dated: list[int]) -> list[int]:
    """The lines that may be the headline, the best first: above the date, else below it."""
    last = dated[-1] if dated else len(head)
    # The lowest of the menus may be what shares the article, below its headline.
    above = [range(n + 1, last) for n in reversed(menus) if n < last]
    for zone in (*above, range(last + 1, len(head))):
        found = [n for n in zone if is_title(head[n])]
        long = [n for n in found if count_words(head[n]) >= 4]
        if found:
            return long or found
    return []


def is_title(line: str) -> bool:
    """The line may be a headline: 3 to 30 words that are no sentence, menu or metadata."""
    fits = len(line) <= 200 and 3 <= count_words(line) <= 30 and not _NO_TITLE.search(line)
    around = is_prompt(line) or is_menu(line) or _ACCOUNT.match(line) or _RULE.fullmatch(line)
    return fits and not (around or _STEP.search(line)) and read_line(line, alone=True) is None


def _without_comments(lines: list[str], body: list[int]) -> tuple[list[int], list[int]]:
    """The lines above the comments, which have sentences too, and those from their heading on."""
    prose, above = [_is_paragraph(lines[index]) for index in body], 0
    total = sum(prose)
    for n, index in enumerate(body):
        above += prose[n]
        if 2 * above > total and not prose[n] and _COMMENTS.match(lines[index][:_LONGEST]):
            return body[:n], body[n:]
    return body, []


def _end(lines: list[str], body: list[int], asides: set[int]) -> int:
    """How many lines of the body are the article's: up to its last sentence or list.

    Short sentences below the last paragraph are part of it, also below what leads elsewhere.
    """
    prose = [n for n, index in enumerate(body) if _is_paragraph(lines[index])]
    end = prose[-1] + 1 if prose else 0
    after = range(end, len(body))
    leads = False
    for n in after:
        line = lines[body[n]]
        leads = body[n] in asides and (
            leads or bool(_ASIDE.match(line[:_LONGEST])) or is_see_also(line)
        )
        told = (count_words(line) >= 4 and SENTENCE_END.search(line)) or _ITEM.match(line)
        if told and not (leads or _ends(line) or _RULE.fullmatch(line)):
            end = n + 1
        elif not leads:
            break
    return end


def _ends(line: str) -> bool:
    """The line stands below articles: a heading of other things, or a prompt."""
    few = count_words(line) < 15
    return (few and bool(_AFTER.match(line) or _COMMENTS.match(line))) or is_prompt(line)


def _asides(lines: list[str], body: list[int]) -> Iterator[int]:
    """What leads elsewhere from between two paragraphs, with the items of its list."""
    inside = False
    for index in body:
        line = lines[index]
        begins = (
            _ASIDE.match(line[:_LONGEST])
            or is_see_also(line)
            or is_prompt(line)
            or _is_caption(line)
        )
        item = inside and (_ITEM.match(line) or lines[index - 1].strip())
        long = count_words(line) >= 25 or line.rstrip().endswith(".")
        inside = bool(begins or item) and not long
        if inside:
            yield index


def _is_caption(line: str) -> bool:
    found = read_line(line)
    return found is not None and not found.fields.title and count_words(line) < 15


def read_chat(text: str) -> Document:
    """The messages, and the day of the first; other text comes back as it is.

    Who said something is named where there are several people.
    """
    lines = text.split("\n")
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
        found = {name.rstrip("23456"): text for name, text in message.groupdict().items() if text}
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
