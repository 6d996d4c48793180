"""A model's summary as sentences, without the talk around it, and sentences as a text.

Models greet ("Sure!"), announce ("Here are the key points:"), put headings, count their words and
offer more help, in the language of the article. What belongs to such talk and not to a summary is
told by its form where the form is enough (a heading, a first line that ends with a colon), else by
lists of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from summarizer.articles.metadata import SENTENCE_END
from summarizer.digest import Style
from summarizer.summaries.candidates import terms
from summarizer.summaries.request import OnText
from summarizer.text import split_sentences
from summarizer.verification.words import fold, load_words, patterns, word_set, words

_BULLET: Final = re.compile(r"^\s*(?:[-*•–]|\d{1,2}\))\s+")
_BULLET_OR_NUMBER: Final = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_NUMBERED: Final = re.compile(r"\s*\d{1,2}[.)]\s+\S")
_NUMBER: Final = re.compile(r"^\s*(\d{1,2})\.\s+")
_BARE_MARK: Final = re.compile(r"^\s*(?:[-*•–_=]+|\d{1,2}[.)]?)\s*$")
_HEADING: Final = re.compile(r"^\s*(?:#{1,6}\s+\S.*|(?:\*\*|__)[^*_]+(?:\*\*|__)[\s:]*)$")

_LONGEST: Final = 50_000  # characters of an answer: of 2,000 words, the most that may be wanted
_LONGEST_LEAD_IN: Final = 200  # characters
_GROWN: Final = 1.03  # how much longer a text is that is looked at again before a sentence ends
_PHRASE: Final = re.compile(
    r"^(?P<phrase>[^!,.:：！。，、؟?\n]{1,40}?)\s*(?P<end>[!,.:：！。，、]+)\s*"
)
_WORDS: Final = re.compile(r"\d[\d.,]*|[^\W\d_]+(?:['’-][^\W\d_]+)*")


_SILENT: Final = patterns("answers", Path(__file__).with_name("patterns.toml"))["silent"]
_TALK: Final = {
    kind: frozenset(phrase.strip() for phrase in phrases.split("|"))
    for kind, phrases in load_words(Path(__file__).with_name("answer_talk.toml")).items()
}
# A Chinese or Japanese name of a summary is part of a longer word.
_NAMES_WITHIN: Final = ("摘要", "总结", "概要", "要点", "要約", "まとめ")


def summary_sentences(text: str, *, style: Style, language: str | None) -> list[str]:
    r"""The sentences (bullets) of a model's answer, without the talk around them and list marks.

    Left out: a sentence that says again what an earlier one said.

    Marked lines of a paragraph end as sentences do, also where the model wrote no full stop; the
    last one is left as it is, since it may have been cut off.

    >>> summary_sentences("Sure! Summary: It rained. It stopped.", style="paragraph", language="en")
    ['It rained.', 'It stopped.']
    >>> summary_sentences("1. It rained\n2. It stopped.", style="paragraph", language="en")
    ['It rained.', 'It stopped.']
    >>> summary_sentences("1. FC Köln gewann.", style="paragraph", language="de")
    ['1. FC Köln gewann.']
    """
    body = re.sub(r"^```\w*\n|\n?```$", "", text[:_LONGEST].strip()).strip()
    raw = _without_talk([line for line in body.splitlines() if line.strip()], style=style)
    if style == "headline":
        return [_headline(raw[0])] if raw else []
    marked, lines = _without_marks(raw)
    if style == "bullets":
        return _without_repeated(lines, language)
    # Marked lines are sentences by themselves; others may be one text, wrapped.
    parts = [*map(_ended, lines[:-1]), *lines[-1:]] if marked else [" ".join(lines)]
    found = [sentence.text for part in parts for sentence in split_sentences(part, language)]
    while len(found) > 1 and (_is_count(found[-1]) or _is_offer(found[-1])):
        found.pop()
    return _without_repeated(found, language)


def _without_repeated(sentences: Sequence[str], language: str | None) -> list[str]:
    """The sentences with a word or number that no earlier one has: a small model repeats itself.

    A "not" is such a word.
    """
    negations = word_set(language, "negations")
    kept: list[str] = []
    said: list[set[str]] = []
    for sentence in sentences:
        told = {*terms(sentence, language), *re.findall(r"\d+", sentence)}
        folded = [fold(word.text) for word in words(sentence)]
        told |= {word for word in folded if word in negations or word.endswith("n't")}
        if not told or not any(told <= earlier for earlier in said):
            kept.append(sentence)
            said.append(told)
    return kept


def join_sentences(sentences: Sequence[str], *, style: Style) -> str:
    """The summary as one text: a paragraph, or one ``- `` line per bullet."""
    if style == "bullets":
        return "\n".join(f"- {sentence}" for sentence in sentences)
    # Chinese and Japanese put no space between sentences.
    spaced = (s if s.endswith(("。", "！", "？", "」", "』")) else f"{s} " for s in sentences)
    return "".join(spaced).rstrip()


def is_complete(sentence: str) -> bool:
    """Whether the sentence ends as a sentence does; a cut one does not."""
    return SENTENCE_END.search(sentence) is not None


def leaves_open(sentence: str) -> bool:
    """Whether the sentence says that the article does not answer a question.

    >>> leaves_open("The article does not mention a price."), leaves_open("No price is known.")
    (True, False)
    """
    return _SILENT.search(sentence) is not None


def in_final_form(on_text: OnText, *, style: Style, language: str | None) -> OnText:
    """Passes on a summary as it will be, without numbers and talk, while the model writes it.

    It begins with the second sentence, for the first may be a greeting, and a line's number is
    known as one by the next. Once the model's text takes back what was passed on, nothing more is.
    """
    if style == "headline":
        return on_text
    received, passed, looked_at = "", "", 0

    def take(piece: str) -> None:
        nonlocal received, passed, looked_at
        received += piece
        if len(received) < _GROWN * looked_at and not is_complete(received[-9:]):
            return
        looked_at = len(received)
        found = summary_sentences(_whole(received), style=style, language=language)
        # A sentence that is being written may become an earlier one again; so may its last word.
        if found and not is_complete(found[-1]):
            begun = found[-1].rpartition(" ")[0]
            if not terms(begun, language) or found[:-1] == _without_repeated(
                [*found[:-1], begun], language
            ):
                found.pop()
        text = join_sentences(found, style=style)
        if len(found) > 1 and len(text) > len(passed) and text.startswith(passed):
            on_text(text[len(passed) :])
            passed = text

    return take


def _whole(text: str) -> str:
    """A text without a last line of which only the number is there, or of a list's first line."""
    first, _, rest = text.strip().partition("\n")
    if not _NUMBERED.match(first):
        return text
    lines = rest.splitlines()
    if lines and not _NUMBERED.match(lines[-1]):
        lines.pop()
    return "\n".join([first, *lines]) if lines else ""


def _without_talk(lines: list[str], *, style: Style) -> list[str]:
    """The lines of the summary itself, without emphasis."""
    # A headline may be written as a heading.
    lines = [line for line in lines if style == "headline" or not _is_heading(line, lines)]
    lines = [re.sub(r"\*\*(.+?)\*\*|\*\*", lambda found: found[1] or "", line) for line in lines]
    lines = [line for line in lines if line.strip() and not _BARE_MARK.match(line)]
    while lines and (rest := _without_opening(lines[0], followed=len(lines) > 1)) != lines[0]:
        lines = [rest, *lines[1:]] if rest.strip() else lines[1:]
    while lines and (_is_count(lines[-1]) or (len(lines) > 1 and _is_offer(lines[-1]))):
        lines.pop()
    if lines:
        lines[-1] = _without_count(lines[-1])
    return lines


def _is_heading(line: str, lines: Sequence[str]) -> bool:
    """A heading in Markdown above something that is none."""
    if not _HEADING.match(line) or is_complete(line.strip().strip("*_ ")):
        return False
    return any(not _HEADING.match(other) for other in lines)


def _without_opening(line: str, *, followed: bool) -> str:
    """The first line without a greeting or an announcement; empty where it is nothing else."""
    bare = line.strip(" *_#")
    if _names_a_summary(bare):
        return ""
    # No sentence of a summary ends with a colon, but a list may stand under one.
    last = bare.endswith((":", "：")) or _announces(bare)
    if last and followed and len(bare) <= _LONGEST_LEAD_IN:
        return ""
    lead, colon, told = bare[:_LONGEST_LEAD_IN].replace("：", ":").partition(":")
    if colon and told.strip() and (_names_a_summary(lead) or _announces(lead)):
        return bare[len(lead) + 1 :].strip(" *_")
    greeting = _PHRASE.match(f"{bare}." if len(bare) < 40 else bare)
    if greeting and greeting["phrase"].casefold() in _TALK["greetings"]:
        rest = bare[greeting.end() :]
        if "," not in greeting["end"] or _without_opening(rest, followed=followed) != rest:
            return rest
    return line


def _names_a_summary(text: str) -> bool:
    """Whether the text is a title such as "The key points" and nothing else."""
    words = [word.casefold() for word in _WORDS.findall(text[:_LONGEST_LEAD_IN])]
    others = (w for w in words if not (_has_name([w]) or w[0].isdigit()))
    return _has_name(words) and all(w in _TALK["beside"] or w in _TALK["counts"] for w in others)


def _announces(text: str) -> bool:
    """Whether the text announces a summary: "Okay, here is a 20-word version"."""
    words = [word.casefold() for word in _WORDS.findall(text)]
    opening = words[:3] if words and words[0] in _TALK["greetings"] else words[:1]
    here = any(word in _TALK["here"] or word.startswith(("以下是", "以下は")) for word in opening)
    return here and _has_name(words)


def _has_name(words: Sequence[str]) -> bool:
    return any(w in _TALK["names"] or any(name in w for name in _NAMES_WITHIN) for w in words)


def _is_count(text: str) -> bool:
    """Whether the text counts words and says nothing else: "(Word count: 45)"."""
    words = [word.casefold() for word in _WORDS.findall(text[:_LONGEST_LEAD_IN])]
    others = [word for word in words if not word[0].isdigit()]
    return 0 < len(others) < len(words) <= 7 and all(word in _TALK["counts"] for word in others)


def _is_offer(text: str) -> bool:
    """Whether the text speaks to the reader of the answer: "Let me know if ..."."""
    return text.lstrip(" *_(").casefold().startswith(tuple(_TALK["offers"]))


def _without_count(line: str) -> str:
    """The line without a count of its words at the end, such as "(Word count: 45)"."""
    start = max(line.rfind("("), line.rfind("["), line.rfind("（"))
    return line[:start].rstrip() if start > 0 and _is_count(line[start:]) else line


def _headline(line: str) -> str:
    plain = re.sub(r"^\s*#{1,6}\s+", "", _BULLET.sub("", line)).strip().strip("\"'“”„«»")
    return plain.rstrip(".").strip()


def _without_marks(lines: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether the lines are a list, and the lines without its marks.

    Numbers are marks where they count the lines: "1. FC Köln" is the name of a club.
    """
    numbers = [int(found[1]) for line in lines if (found := _NUMBER.match(line))]
    counted = len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    # Another mark counts, too: "- One fell.", "* Two rose.", "3. Three stayed."
    counted = counted or any(
        (found := _NUMBER.match(line)) and int(found[1]) == place > 1
        for place, line in enumerate(lines, start=1)
    )
    mark = _BULLET_OR_NUMBER if counted else _BULLET
    return any(map(mark.match, lines)), [mark.sub("", line).strip() for line in lines]


def _ended(line: str) -> str:
    if is_complete(line):
        return line
    return line.rstrip(",;:") + ("。" if re.search(r"[\u3040-\u30ff\u3400-\u9fff]$", line) else ".")
