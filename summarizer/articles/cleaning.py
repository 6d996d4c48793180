"""The body of an article out of a text dump; a clean text comes back as it is.

Three zones are looked at: the front (the lines before the first sentence), the head (the first
lines, where dumps put metadata between paragraphs), and the tail. A line goes only if the whole
of it is a labelled value of the right kind, a prompt to the reader, or the headline again.
Elsewhere nothing changes but blank space between paragraphs.

Left out: the article in a page of unlabelled text, which needs the page's HTML.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from summarizer.articles.article import Document, Fields
from summarizer.articles.encoding import visible
from summarizer.articles.metadata import (
    SENTENCE_END,
    Metadata,
    dateline,
    day_of_dateline,
    is_about,
    is_cookie_notice,
    is_credit,
    is_glued,
    is_over,
    is_prompt,
    is_same,
    is_see_also,
    is_take_note,
    read_line,
    title_forms,
    without_end_mark,
    without_take,
)
from summarizer.articles.pasted import is_menu
from summarizer.articles.tables import any_of
from summarizer.text import LONGEST_WRAPPED, count_words

_HEAD_LINES = 15
_TAIL_LINES = 12
_TITLE_WITHIN = 8
_DECK_ABOVE = 4  # lines from the sentence under a headline to the date
_REPEATED_WITHIN = 40
_LONGEST_TITLE = 200
_LIST_ITEM = re.compile(any_of("line", "list_item"), re.I)
# For a line that only its place makes a headline. Of 600 BBC bodies (which have none) 2, 2 and 3
# words took a venue twice and a day once, and more than 20 an opening sentence; 4 to 20, none.
_TITLE_WORDS = (4, 20)
# Thai, Lao, Burmese, Khmer: their sentences have no mark at the end.
_UNMARKED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_AROUND = (is_prompt, is_cookie_notice, is_see_also, is_credit)
# At most twelve words, without a number, the mark of a list, or the end of a sentence.
_LOOSE = re.compile(r"\s*(?![-*•–—])(?:[^\s\d]+\s+){0,11}[^\s\d]*[^\s\d.!…。！؟۔։།\"'”’»)\]]\s*")
_SENTENCE_MARKS = (".", ",", ";", ":", "。", "۔", "।")  # a question may be a headline
# Before the headlines of channels.
_SYMBOLS = re.compile(r"^[\s\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]+")
_DAY_AND_LENGTH = re.compile(r"\b\d{4}\b.*\b\d{2,5} (?:mots|words|wörter|palabras|parole)\b", re.I)
_QUOTES = '"“”„«»'  # a headline may be what somebody said
_NOT_IN_TITLES = re.compile(r"""^\s*[-*•–—]\s|\S\t+\S|\S@\S|(?:[.!?:;,…。！？؟،"”»]|\d:\d\d)\s*$""")


def clean(text: str, *, title: str | None = None) -> Document:
    """The article in ``text``, with the headline if that is known, and what lines said of it."""
    dump = _Dump(visible(text).split("\n"), _SYMBOLS.sub("", title or "") or None)
    dump.strike_labels()
    dump.strike_tail()
    dump.strike_navigation()
    dump.strike_title()
    dump.strike_front()
    dump.strike_repeats()
    text = dump.text()
    return Document(text, dump.fields.over(Fields(published=day_of_dateline(text))))


class _Dump:
    """The lines of a text, some of them struck out."""

    def __init__(self, lines: list[str], title: str | None) -> None:
        self.lines = lines
        self.struck: set[int] = set()
        # Lines of the head that are labelled dates or numbers: where there are any, it is a dump.
        self.labels: frozenset[int] = frozenset()
        self.fields = Fields(title=title)

    def text(self) -> str:
        """What is left: paragraphs separated by one empty line."""
        left = (line for index, line in enumerate(self.lines) if index not in self.struck)
        return re.sub(r"\n(?:\s*\n)+", "\n\n", "\n".join(left)).strip()

    def kept(self) -> Iterator[int]:
        """The lines that are neither blank nor struck out."""
        return (index for index in range(len(self.lines)) if not self._is_gap(index))

    def front(self) -> list[int]:
        """The lines before the first sentence; empty where there is no sentence near the top.

        The sentence under a headline that stands above a date or byline is part of it.
        """
        front: list[int] = []
        decks = 0
        for index in self.kept():
            line = self.lines[index]
            if (_is_body(line) and not is_prompt(line)) or self._goes_on(index):
                if decks or not any(index < i <= index + _DECK_ABOVE for i in self.labels):
                    return front
                decks += 1
            if len(front) == _HEAD_LINES:
                break
            front.append(index)
        return []

    def strike_labels(self) -> None:
        """Labelled dates and numbers in the head, and the weaker labels in the same block."""
        head = [i for i, line in enumerate(self.lines) if line.strip()][:_HEAD_LINES]
        for index in head:
            if (found := read_line(self.lines[index])) and found.strong:
                self._take(index, found)
        for index in self.front():
            found = read_line(self.lines[index], alone=True)
            if found and (found.fields.published or found.strong):
                self._take(index, found)
        self.labels = frozenset(self.struck)
        for index in head:
            beside = {index - 1, index + 1} & self.struck
            found = read_line(self.lines[index]) if beside else None
            if found and index not in self.struck:
                self._take(index, found)

    def strike_tail(self) -> None:
        """Everything from a prompt or label near the end, if no sentence follows it."""
        kept = list(self.kept())
        start = below = None
        for index in reversed(kept[1:][-_TAIL_LINES * (2 if self.labels else 1) :]):
            line = self.lines[index]
            begins = self._begins(index)
            around = begins and any(about(line) for about in _AROUND)
            found = read_line(line, alone=start == below) if begins and not around else None
            if around or found:
                self._take(index, found)
                start = index
            told = SENTENCE_END.search(line) and not line.rstrip().endswith("?")  # a headline may
            if start != index and count_words(line) >= (5 if told else 16):
                break
            below = index
        if start is not None:
            self.struck.update(i for i in kept if i >= start)
        # What a company says of itself under its press release.
        kept = list(self.kept())
        for n, (above, below) in enumerate(itertools.pairwise(kept)):
            over = 3 * n > len(kept) and is_over(self.lines[above])
            if over or (2 * n > len(kept) and is_about(self.lines[above], self.lines[below])):
                self.struck.update(kept[n:])
        last = list(self.kept())[-_TAIL_LINES:]
        # Under the last sentence of a dump: lines of a few words, set apart, such as tags.
        # Results and lists stay: they have numbers or marks.
        while self.labels and last and _LOOSE.fullmatch(self.lines[last[-1]]):
            loose = last.pop()
            if self._is_gap(loose - 1):
                self.struck.update(i for i in kept if i >= loose)
        if end := list(self.kept())[-1:]:
            self.lines[end[0]] = without_end_mark(self.lines[end[0]])

    def strike_navigation(self) -> None:
        """Prompts, breadcrumbs and cookie notices on top; adverts and lists of links anywhere."""
        kept = list(self.kept())
        for index in kept[:_HEAD_LINES]:
            line = self.lines[index]
            if not (is_prompt(line) or is_cookie_notice(line) or is_menu(line)):
                break
            self.struck.add(index)
        self.struck.update(
            index for index in kept if is_see_also(self.lines[index]) and self._begins(index)
        )
        for n, index in enumerate(kept):
            if found := _LIST_ITEM.fullmatch(self.lines[index]):
                self.struck.add(index)
                # The words of a link are beside its number or below it.
                below = kept[n + 1 : n + 2] if found["text"] == "" else []
                self.struck.update(i for i in below if not SENTENCE_END.search(self.lines[i]))

    def strike_title(self) -> None:
        """Find the headline, if it is not known, and take it and what is above it away."""
        first = list(itertools.islice(self.kept(), _TITLE_WITHIN))
        takes = [i for i in self.front() if without_take(self.lines[i]) != self.lines[i]]
        if title := self.fields.title:
            found = ((i, form) for form in title_forms(title) for i in first)
            index, title = next(
                (one for one in found if is_same(self.lines[one[0]], one[1])), (None, title)
            )
            self.fields = self.fields._replace(title=title)
        elif takes:
            index = takes[-1]
        else:
            ways = (self._above_dateline, self._longest_of_dump, self._set_off)
            index = next((i for way in ways if (i := way(first)) is not None), None)
        if index is None:
            return
        headline = without_take(_SYMBOLS.sub("", self.lines[index]))
        self._take(index, Metadata(Fields(title=" ".join(headline.split()))))
        above = [i for i in first if i < index]
        if not any(_is_body(self.lines[i]) for i in above):
            for i in above:
                self._take(i, read_line(self.lines[i], alone=True))

    def strike_front(self) -> None:
        """Byline, lone date and prompts between the headline and the first sentence."""
        front = self.front()
        if not self.fields.title:  # A wire text without headline: a byline above the dateline
            below = next((i for i in self.kept() if i not in front), None)
            if below is None or not dateline(self.lines[below]):
                return
        for index in front:
            line = self.lines[index]
            aside = is_prompt(line) or is_take_note(line)
            found = None if aside else read_line(line, alone=True)
            # The front of a dump holds captions, sections and a place; a sentence ends as one.
            part = self.labels and not (SENTENCE_END.search(line) or _is_body(line))
            if aside or found or part:
                self._take(index, found)

    def strike_repeats(self) -> None:
        """The headline where it is said again, alone or glued to the sentence after it."""
        title = self.fields.title or ""
        if count_words(title) < 3:
            return
        for index in list(itertools.islice(self.kept(), _REPEATED_WITHIN)):
            line = self.lines[index]
            if is_same(line, title):
                self.struck.add(index)
            elif is_glued(title, line):
                self.lines[index] = line.lstrip()[len(title) :]

    def _take(self, index: int, found: Metadata | None) -> None:
        self.struck.add(index)
        if found:
            self.fields = self.fields.over(found.fields)

    def _begins(self, index: int) -> bool:
        """The line is not the rest of the sentence that the line above it began."""
        above = self.lines[index - 1] if index else ""
        return (
            self._is_gap(index - 1)
            or is_prompt(above)
            or is_credit(above)
            or read_line(above) is not None
            or bool(SENTENCE_END.search(without_end_mark(above)))
        )

    def _goes_on(self, index: int) -> bool:
        """The line is the first of a paragraph whose lines are broken, as OCR leaves it."""
        below = self.lines[index + 1 : index + 2]
        if not (below and below[0].lstrip()[:1].islower()):
            return False
        paragraph = itertools.takewhile(str.strip, self.lines[index : index + _HEAD_LINES])
        return _is_body(" ".join(line.strip() for line in paragraph))

    def _set_apart(self, index: int) -> bool:
        """A blank line, one struck out, a byline or date, or a paragraph on one line follows."""
        if self._is_gap(index + 1):
            return True
        below = self.lines[index + 1]
        return len(below) > LONGEST_WRAPPED or read_line(below, alone=True) is not None

    def _is_gap(self, index: int) -> bool:
        """Nothing is on the line, any more."""
        inside = 0 <= index < len(self.lines)
        return not inside or index in self.struck or not self.lines[index].strip()

    def _above_dateline(self, first: list[int]) -> int | None:
        """The first of the lines next above the paragraph that begins with its place and agency.

        The sentence below a headline has more words.
        """
        below = next((n for n, i in enumerate(first) if dateline(self.lines[i])), 0)
        lines = [i for i in first[:below] if self._is_long_title(i)]
        runs = [i for i in lines if i - 1 not in lines]
        counts = [count_words(self.lines[i]) for i in runs]
        deck = self.labels and len(runs) > 1 and _TITLE_WORDS[0] <= counts[-2] < counts[-1]
        return (runs[-2] if deck else runs[-1]) if runs else None

    def _is_long_title(self, index: int) -> bool:
        return _can_be_title(self.lines[index]) and count_words(self.lines[index]) > 2

    def _longest_of_dump(self, _: list[int]) -> int | None:
        """Among the lines above the first sentence, the first of four words, or the longest."""
        if not self.labels:
            return None
        front = self.front()
        lines = [i for i in front if self._is_long_title(i)]
        # Databases put the paper's name above its day and the length, and the headline below.
        found = next((i for i in self.labels if _DAY_AND_LENGTH.search(self.lines[i])), None)
        lines = [i for i in lines if found is not None and i > found] or lines
        # Beside other lines, one in capitals names the section.
        lines = [i for i in lines if not self.lines[i].isupper()] or lines
        if found is None and front[:1] == [min(self.labels) - 1] and front[0] in lines:
            return front[0]
        long = [i for i in lines if count_words(self.lines[i]) >= _TITLE_WORDS[0]]
        return max(long[:1] or lines, key=lambda i: len(self.lines[i]), default=None)

    def _set_off(self, first: list[int]) -> int | None:
        """The first line, if it is short, has no final punctuation and a blank line after it."""
        front = self.front()
        if not front or front[0] != first[0] or not _can_be_title(self.lines[first[0]]):
            return None
        short = _TITLE_WORDS[0] <= count_words(self.lines[first[0]]) <= _TITLE_WORDS[1]
        return first[0] if short and self._set_apart(first[0]) else None


def _is_body(line: str) -> bool:
    words = 0 if is_take_note(line) else count_words(line)
    return (
        words >= 25
        or (words >= 14 and bool(_UNMARKED.search(line)))
        or (words >= 8 and bool(SENTENCE_END.search(line)))
    )


def _can_be_title(line: str) -> bool:
    end = line.rstrip(_QUOTES + " ") if line.lstrip().startswith(tuple(_QUOTES)) else line
    said = _NOT_IN_TITLES.search(end) or _is_body(line)
    around = is_prompt(line) or is_menu(line) or is_take_note(line)
    fits = len(line) <= _LONGEST_TITLE and not (said or around)
    return fits and read_line(line, alone=True) is None
