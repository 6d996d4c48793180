"""What one line of a text dump is: metadata, a prompt to the reader, an agency's mark, or neither.

Datelines and credits stay in an article where they are part of a sentence (evidence needs the text
as it is), and have no place in a summary: ``dateline`` and ``is_credit`` tell what to leave out.
"""

from __future__ import annotations

import re
from datetime import date
from functools import reduce
from typing import NamedTuple

from summarizer.articles.article import Fields
from summarizer.articles.dates import parse_date
from summarizer.articles.tables import any_of
from summarizer.text import count_words

# Longer lines are prose. It also bounds the work of the patterns.
_LONGEST = 160
_LONGEST_DATED = 100


def _label(name: str) -> re.Pattern[str]:
    """A label, its colon, and the value; for dates the colon may be missing."""
    words = any_of("line", name)
    return re.compile(rf"\s*{words}\s*(?P<colon>[:：]|\s)\s*(?P<value>.*)", re.I)


_NAMES = ("published", "updated", "number", "contact", "author", "title", "section")
_LABELS = {name: _label(name) for name in _NAMES}
_PROMPT = re.compile(any_of("line", "prompt"), re.I)
_ADVERT = re.compile(any_of("line", "advert"), re.I)
_SEE_ALSO = re.compile(any_of("line", "see_also") + r"\s*[:：]\s+\S.{0,160}", re.I)
_NOTICE = re.compile(any_of("line", "notice"), re.I)
_ABOUT = re.compile(any_of("line", "about") + r"\W*", re.I)
_OVER = re.compile(any_of("line", "over"), re.I)
_COOKIES = re.compile(any_of("line", "cookies"), re.I)
SENTENCE_END = re.compile(r"""[.!?…。！？؟۔։।።។။．｡]["'”’»)\]」』]*\s*$""")
_SEPARATOR = re.compile(r"\s*\|\s*|\s+[·•–—-]\s+")
_COLUMNS = re.compile(r"\s{2,}")
# Where no separator stands: "Posted on 28 June 2025 by Imogen Dace", "by Donal Reece, 20 May 2024".
_DAY_AND_BYLINE = re.compile(any_of("shape", "between_day_and_byline"))
_AGO = re.compile(r"\d+ (?:minutes?|mins?|hours?|hrs?|days?|weeks?) ago", re.I)
_NAME = re.compile(any_of("shape", "proper_name"))
# Before a second label in the same line: "20 DEC 2017, 15:30 Updated at: 16:02".
_BEFORE_UPDATE = re.compile(rf"[\s\[(]+(?={any_of('line', 'updated')}\s*[:：])", re.I)
# What is before the day of a change, and behind it: "2024年5月3日 10:00 更新".
_BEFORE_CHANGED = re.compile(
    rf"{any_of('line', 'updated')}\W*(?:(?:[^\W\d]+|\d+[:.]\d+),? ){{0,4}}$", re.I
)
_BEHIND_CHANGED = re.compile(rf"\W*(?:\d+[:.h]\d+\W*)?{any_of('line', 'updated')}\W*$", re.I)
_REACTIONS = re.compile(any_of("shape", "reactions"), re.I)
_SYMBOLS = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]")
_BRACKETS = re.compile(r"[][|·•【】]")
_BYLINE = re.compile(any_of("shape", "byline"))
_BY = re.compile(r"^(?:(?:article|text|story) )?(?:by|par|von|por|di|door|от)\b:?", re.I)
_EMPTY_LABEL = re.compile(r"[^\W\d_][\w'’ -]{0,40}[:：]")
_COUNT = re.compile(r"[\d.,]+\s?(?:min\w{0,6}|k|m|seconds?|分)?\.?(?: read)?", re.I)
_CONTACT = re.compile(r"\S+@\S+\.\w+|(?:https?://|www\.)\S+|[+(]?\d[\d\s()./-]{5,20}\d")
_DAY_IN_LINE = re.compile(any_of("shape", "day"))
_CLOCK = re.compile(any_of("shape", "clock"), re.I)
_TIME = re.compile(any_of("shape", "only_clock"), re.I)
_DAY_AND_CLOCK = re.compile(any_of("shape", "day_and_clock"))
_PLACE = re.compile(r"[^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_]+){0,3},(?: (?:den|le|on|el))?")
_CODE = re.compile(r"(?=\S*\d)\S{1,120}(?: \d{3}){0,3}")
_DATELINE = re.compile(any_of("agency", "dateline"))
_CREDIT = re.compile(rf"-{{0,2}}\(?{any_of('agency', 'credit')}\)?\.?\s*", re.I)
_END = re.compile(rf"(?<=[.!?”\"’)。؟])\s*{any_of('agency', 'end')}\s*$")
_TAKE = re.compile(rf"(?<!\s)\s*{any_of('agency', 'take')}")
_STAMP = re.compile(any_of("agency", "stamp"), re.I)
_TAKE_NOTE = re.compile(rf"\s*{any_of('agency', 'take_note')}\s*", re.I)
_BEFORE_SITE = re.compile(r"\s+[-–—|·•:»]\s+")


class Metadata(NamedTuple):
    """What a line says about the article."""

    fields: Fields = Fields()
    strong: bool = False  # a label with a value of its own kind: a date or a number


def read_line(line: str, *, alone: bool = False) -> Metadata | None:
    """What makes up the whole line; ``alone`` accepts an unlabelled date or byline.

    >>> read_line("Publish Date: 20 December 2017").fields.published
    datetime.date(2017, 12, 20)
    """
    line = line.strip()
    if not line or len(line) > _LONGEST:
        return None
    if len(_COLUMNS.findall(line)) > 1 and (day := _DAY_IN_LINE.search(line)):
        return Metadata(Fields(published=parse_date(day[0])), strong=True)  # above a wire text
    whole = _read(line, alone=alone)
    # "Source: Agency| 2017-12-20|Editor: Lu" is three labels, not one.
    if whole and "|" not in line:
        return whole
    split = _SEPARATOR.split(line)
    if len(split) < 2:
        if not (between := _DAY_AND_BYLINE.search(line)):
            return whole
        split = [line[: between.start()], line[between.end() :]]
    parts = _read_parts(split, timed=bool(whole and whole.fields.published))
    found = [part for part in parts if part]
    several = len(parts) > 2 and any(part.fields.published for part in found)
    strong = several or any(part.strong for part in found)
    if len(found) < len(parts) or not (strong or alone):
        return whole
    return Metadata(reduce(Fields.over, (part.fields for part in found)), strong=strong)


def _read_parts(cut: list[str], *, timed: bool) -> list[Metadata | None]:
    """What each part of a line says; ``timed``: the line has a day and its time."""
    beside = [_TIME.fullmatch(part) or is_prompt(part) for part in cut]
    parts = [Metadata() if b else _read(p, alone=True) for b, p in zip(beside, cut, strict=True)]
    dated = any(part and part.fields.published for part in parts)
    return [
        # "Ali Veli | 20.12.2017 - Update: 21.12.2017"; one word is a section or a place
        Metadata(Fields(author=text if " " in text and not timed else None))
        if not part and dated and _NAME.fullmatch(text)
        else part
        for part, text in zip(parts, cut, strict=True)
    ]


def _read(line: str, *, alone: bool) -> Metadata | None:
    if stamp := _STAMP.fullmatch(line):
        return Metadata(Fields(published=_day_of_stamp(stamp)))
    if (":" in line or "：" in line) and (update := _BEFORE_UPDATE.search(line)):  # slow
        before = _read(line[: update.start()], alone=True)
        if before and before.fields.published:
            return before._replace(strong=True)
    if _AGO.fullmatch(line):
        return Metadata(strong=alone)
    if _is_update(line):
        return Metadata(strong=True)
    if (published := _LABELS["published"].fullmatch(line)) and _is_time(published):
        return Metadata(Fields(published=parse_date(published["value"])), strong=True)
    if _is_number(line):
        return Metadata(strong=True)
    if title := _spelled("title", line, longest=30):
        return Metadata(Fields(title=title))
    if author := _spelled("author", line.split("|")[0], longest=8):
        return Metadata(Fields(author=author))
    if _spelled("section", line, longest=15):
        dated = _dated(line)
        return Metadata(dated.fields if dated else Fields())
    if _EMPTY_LABEL.fullmatch(line) and len(line.split()) <= 3:
        return Metadata()
    return _unlabelled(line) if alone else None


def without_updates(text: str) -> str:
    """Without the lines that say when a text was changed: "Last modified: 21 May 2025 06:02"."""
    if not re.search(r"\d", text):
        return text
    return "\n".join(line for line in text.split("\n") if not _is_update(line.strip()))


def _is_update(line: str) -> bool:
    found = _LABELS["updated"].fullmatch(line) if len(line) <= _LONGEST else None
    return found is not None and _is_time(found)


def _day_of_stamp(stamp: re.Match[str]) -> date | None:
    found = {name.rstrip("234"): value for name, value in stamp.groupdict().items() if value}
    year = found["y"][-2:]
    return parse_date(f"{found['d']}.{found['m']}.{19 if year > '70' else 20}{year}")


def _unlabelled(line: str) -> Metadata | None:
    if byline := _BYLINE.fullmatch(line):
        return Metadata(Fields(author=byline["name"].strip(" ,")))
    if day := parse_date(line):
        return Metadata(Fields(published=day))
    return _dated(line)


def _dated(line: str) -> Metadata | None:
    """A line that is no sentence, around a day with its time: "Agency, 4 Maret 2025, 15:10 WIB".

    Also after a label in a language of which no words are known ("X: 4 March 2025").
    """
    if _DAY_AND_CLOCK.fullmatch(line):  # without a year
        return Metadata(strong=True)
    day = _DAY_IN_LINE.search(line)
    if not day or len(line) > _LONGEST_DATED or line[0].islower() or SENTENCE_END.search(line):
        return None
    before, after = line[: day.start()], line[day.end() :]
    place = not after and _PLACE.fullmatch(before.strip())  # "Valdearcos, 21 de marzo de 2025"
    labelled = not after and before.strip().endswith((":", "："))
    if not (place or labelled or _CLOCK.search(f"{before}|{after}")):
        return None
    changed = not place and is_of_change(day)
    published = None if changed else parse_date(day[0])
    return Metadata(Fields(published=published), strong=not place)


def is_of_change(day: re.Match[str]) -> bool:
    """Whether a day in a line is that of a change, by what stands before it or behind it."""
    before, behind = day.string[: day.start()], day.string[day.end() :]
    return bool(_BEFORE_CHANGED.search(before) or _BEHIND_CHANGED.match(behind))


def _is_time(label: re.Match[str]) -> bool:
    """The value is a date; after a colon also a time such as "3 hours ago" or 03/04/2020."""
    value = label["value"].strip()
    if parse_date(value):
        return True
    short = len(value) <= 60 and count_words(value) <= 7
    return label["colon"] != " " and short and any(map(str.isdecimal, value))


def _is_number(line: str) -> bool:
    """A label and its number, or the address of whom to ask."""
    if number := _LABELS["number"].fullmatch(line):
        value = number["value"]
        return bool(_CODE.fullmatch(value) or _COUNT.fullmatch(value))
    contact = _LABELS["contact"].fullmatch(line)
    return bool(contact and _CONTACT.fullmatch(contact["value"].strip()))


def _spelled(name: str, line: str, *, longest: int) -> str | None:
    """What follows a label and its colon: at most ``longest`` words that are not a sentence."""
    match = _LABELS[name].fullmatch(line)
    value = match["value"].strip() if match and match["colon"] in ":：" else ""
    return value if count_words(value) <= longest and not value.endswith(".") else None


def without_by(author: str | None) -> str | None:
    """The author without the "By" before the name."""
    return _BY.sub("", (author or "").strip(), count=1).strip() or None


def is_prompt(line: str) -> bool:
    """The line asks the reader to act, or is a control or caption of the page around.

    >>> is_prompt("Share | Print | [3 comments]"), is_prompt("share.")
    (True, False)
    """
    if len(line) > _LONGEST:
        return False
    if _REACTIONS.fullmatch(line):
        return True
    parts = [bare for part in _BRACKETS.split(_SYMBOLS.sub("", line)) if (bare := _bare(part))]
    return bool(parts) and all(_PROMPT.fullmatch(part) for part in parts)


def is_see_also(line: str) -> bool:
    """The line points to another article, or only announces an advertisement."""
    see_also = len(line) <= 2 * _LONGEST and _SEE_ALSO.fullmatch(line.strip())
    return bool(see_also or _ADVERT.fullmatch(_bare(line)))


def is_about(line: str, below: str) -> bool:
    """The line is "About NAME", and what is said below begins with the name.

    >>> is_about("About Haldane Boats", "Haldane Boats Ltd, founded in 1911, builds ferries.")
    True
    """
    about = _ABOUT.fullmatch(line.strip()) if len(line) <= _LONGEST else None
    name = "".join(filter(None, about.groups())) if about else ""
    # An article or a title may be before it.
    return name[:1].isupper() and name.split()[0] in below[: len(name) + 20]


def is_over(line: str) -> bool:
    """The line says that the text ends, or that notes to editors follow."""
    return _OVER.fullmatch(line.strip()) is not None


def is_cookie_notice(line: str) -> bool:
    """The line is a consent notice of the page, or what an agency writes to subscribers."""
    line = line.strip()
    notice = _COOKIES.match(line) or _NOTICE.fullmatch(line)
    return count_words(line) <= 60 and notice is not None


def _bare(line: str) -> str:
    """The words of a line; the full stop after a single word stays, since it ends a sentence."""
    bare = " ".join(line[: _LONGEST + 1].split()).strip(" !:*-–—>»›…()").casefold()
    return bare.rstrip(".") if " " in bare else bare


def dateline(paragraph: str) -> int:
    """The length of the dateline at the start of a paragraph; 0 where it has none.

    >>> dateline("LINDPORT, March 2 (Newswire) - The council voted.")
    31
    """
    match = _DATELINE.match(paragraph[:_LONGEST_DATED])
    return match.end() if match else 0


def day_of_dateline(paragraph: str) -> date | None:
    """The day in the dateline of a paragraph, where it has its year."""
    day = _DAY_IN_LINE.search(paragraph[: dateline(paragraph)])
    return parse_date(day[0]) if day else None


def is_credit(line: str) -> bool:
    """The line says who wrote the text, or that it ends here.

    >>> is_credit("(Reporting by Ola Krane; Editing by Bo Lund)")
    True
    """
    return len(line) <= 250 and _CREDIT.fullmatch(line.strip()) is not None


def is_take_note(line: str) -> bool:
    """The line says what is new in this version: "(Adds quotes)"."""
    return len(line) <= 300 and _TAKE_NOTE.fullmatch(line) is not None


def without_take(title: str) -> str:
    """A headline without the mark of its version.

    >>> without_take("UPDATE 1-Lindport to close coal quay")
    'Lindport to close coal quay'
    """
    return _TAKE.sub("", title, count=1)


def without_end_mark(line: str) -> str:
    """A last line without the agency's mark after its sentence."""
    return _END.sub("", line)


def title_forms(title: str) -> list[str]:
    """The title, and what may be the headline alone in it.

    The subject of a mail may say what it brings: "Press release: ..."; behind that of a page is
    the name of its site.
    """
    label, _, rest = title.partition(": ")
    parts = [rest] if count_words(label) <= 3 else []
    parts += [title[: match.start()] for match in _BEFORE_SITE.finditer(title)]
    return [title, *(part for part in parts if count_words(part) >= 3)]


def is_same(line: str, title: str) -> bool:
    """The line is the title, but for white space and capitals."""
    return " ".join(line.split()).casefold() == " ".join(title.split()).casefold()


def is_glued(title: str, line: str) -> bool:
    """The line is the headline and, without a space, the beginning of a sentence."""
    line = line.lstrip()
    after = line[len(title) : len(title) + 1]
    return line.startswith(title) and bool(after) and (after.isupper() or after in "\"'“‘„«")
