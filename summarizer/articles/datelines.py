"""What news agencies put around a text: datelines, credits, marks of the end and of a new take.

They stay in an article where they are part of a sentence (evidence needs the text as it is), and
have no place in a summary: ``dateline`` and ``is_credit`` tell what to leave out there.
"""

from __future__ import annotations

import re
from typing import Final

# Letters of Indic and Thai words carry marks that are no word characters.
_WORD: Final = r"[^\W\d_][\w.'’\u0900-\u0dff\u0e00-\u0eff]*+"
_PLACE: Final = rf"{_WORD}(?:[ -]{_WORD}){{0,3}}"
_DAY: Final = (
    r"(?:[^\W\d_]{3,9}\.?\s\d{1,2}|\d{1,2}\.?\s[^\W\d_][^\s\d,.()]{2,11}\.?)(?:,?\s(?:19|20)\d\d)?"
)
_DASH: Final = r"\s*(?:\.?\s?--|\.?[-–—])\s+"
_NAMES: Final = r"[^\W\d_a-zа-я][\w.]*(?:\s[^\W\d_a-zа-я][\w.]*){0,2}"
_CAPITALS: Final = r"[^\W\d_a-zß-öø-ÿа-я]{2,}(?:[ -][^\W\d_a-zß-öø-ÿа-я]{2,}){0,3}"
_TITLE_CASE: Final = r"[^\W\d_a-zß-öø-ÿа-я][^\W\d_]*\.?"
_TOWN: Final = (
    rf"{_TITLE_CASE}(?:[ /-](?:{_TITLE_CASE}|am|an der|de|del|do|en|la|le|les|sur)){{0,3}}"
)
# "(Reuters)", "/PRNewswire/"; "(left)" and "(file photo)" are in a caption, "(42)" is an age.
_AGENCY: Final = (
    r"(?:\((?!(?:[\w-]+\s){0,2}(?i:left|right|cent(?:re|er)|middle|above|below|top|bottom|pictured"
    r"|file|photo|picture|[lrc]|links|rechts|gauche|droite|izquierda|derecha)\))"
    r"(?=[^()\n]*[^\W\d_])[^()\n]{2,40}\)|/[^/\n]{2,30}/)"
)
_ARABIC_AGENCY: Final = (
    r"(?:رويترز|أ ?\.? ?ف ?\.? ?ب\.?|فرانس برس|د ?ب ?أ|الأناضول|وكالات|شينخوا|سانا|واس|وام|بترا"
    r"|ایرنا|ایسنا|فارس|مهر|تسنیم)"
)
_DATELINE: Final = re.compile(
    rf"\s*(?=[^\W\d_a-zß-öø-ÿ]|\()(?:\([A-Z]{{2,9}}\){_DASH}|"
    rf"{_PLACE}(?:,\s?{_PLACE}){{0,2}}(?:,\s?{_DAY})?\s?{_AGENCY}(?:{_DASH}|:\s+)"
    rf"|{_PLACE},\s?{_DAY}\.?\s?{_AGENCY}\.?\s+|{_PLACE}\s?[-–—(]\s?{_ARABIC_AGENCY}\)?\s?[:-]\s+"
    rf"|{_CAPITALS},\s?{_DAY}\s?[-–—]\s?{_NAMES}\.\s+|{_CAPITALS}\.\s{_DAY}\s?{_AGENCY}{_DASH}"
    rf"|{_PLACE}(?:,\s?{_PLACE})?,\s?{_DAY}(?:,?\s{_NAMES})?{_DASH}"
    rf"|{_CAPITALS}(?:,\s?{_PLACE})?(?:,\s?{_DAY})?{_DASH}"
    # "Aix-en-Provence – Le maire ..."; not "Iran – a producer – has ...", which goes on, and not
    # "Norway – Sweden 3:1", which is no sentence.
    rf"|{_TOWN}\s[–—]\s+(?![^.!?]*\s[–—]\s)(?=(?:\S+\s+){{5}})"
    r")(?=[^\Wa-zß-öø-ÿ]|[\"'“‘„«])"
    r"|\s*新华社[^\n，。]{2,20}电\s*(?:[（(][^（()）\n]{1,30}[）)]\s*)?|\s*【[^【】\n]{2,20}】\s*"
)
_CREDIT: Final = re.compile(
    r"-{0,2}\(?(?:(?:additional |with )?(?:reporting|writing|editing|translat(?:ed|ing|ion)"
    r"|assistance|compiled|written|research|graphics?)"
    r"(?: and (?:reporting|writing|editing))? (?:by|from)\b.{0,200}"
    r"|our standards: .{0,60}|(?:end(?:item|s)?|-?\s?ends?\s?-|###|end item|\(end\)|#+|30|- 30 -)"
    r"|\d{3,5}(?:\*\*\d{3,5}){1,3}|[A-Z]{1,3}/\d{5,9}"
    # Whoever wrote it, by initials or by address: "hb/te/mv", "hb/ te/", "(name@host.org; +1 555)"
    r"|(?-i:[a-z]{2,5}(?:/ ?[a-z]{2,5}){1,4}/?(?: \([^()]{2,40}\))?|[a-z]{2,4}/)"
    r"|\(*[\w.+-]+@[\w-]+(?:\.[\w-]+)+.{0,60}"
    # The notepad under German wire texts, and its last line: "dpa bl yyzz n1 bo"
    r"|#{1,3} ?notizblock|(?-i:(?:dpa|afp|epd|kna)(?:-\w{2,4})? [a-z]{2,4}(?: [a-z\d]{2,5}){2,5})"
    r"|source:? .{0,80}|(?:\((?:foto|photo|v(?:í|i)deo|audio|images?|file)s?\)\s?)+"
    r"|انتهای پیام\s?/?.{0,12})\)?\.?\s*",
    re.I,
)
_END: Final = re.compile(
    r"(?<=[.!?”\"’)。؟])\s*(?:Enditem|\(END\)|■|□|◼|#{3}|انتهای پیام\s?/?"
    r"|\((?:AA|AFP|AP|ANSA|APA|Belga|CTK|ČTK|DPA|dpa|EFE|KNA|Lusa|MTI|NTB|PAP|PTI|Reuters|SDA|TT)\)\.?|EFE)\s*$"
)
_TAKE: Final = re.compile(
    r"\s*(?:(?:UPDATE|WRAPUP|REFILE|RPT|CORRECTED|ADVISORY|URGENT|BREAKING|FLASH|ALERT|SNAP|LEAD)"
    r"(?:[ -]?\d{1,2})?(?:\s?[-–:]\s?|\s?,\s?(?=[A-Z]+\b)))+(?=\S)"
    r"|\s*\((?:\d{0,2}(?:st|nd|rd|th)?\s)?(?:LEAD|UPDATE|URGENT)(?:\s?\d{1,2})?\)\s*(?=\S)"
)
_TAKE_NOTE: Final = re.compile(
    r"\s*\((?:attn|adds|recasts|updates|repeats|corrects|refiles|rewrites|removes|new throughout"
    r"|writes|deletes)\b[^()\n]{0,150}\)\s*",
    re.I,
)
_LONGEST: Final = 100


def dateline(paragraph: str) -> int:
    """The length of the dateline at the start of a paragraph; 0 where it has none.

    >>> dateline("LINDPORT, March 2 (Newswire) - The council voted.")
    31
    """
    match = _DATELINE.match(paragraph[:_LONGEST])
    return match.end() if match else 0


def is_credit(line: str) -> bool:
    """The line says who wrote the text, or that it ends here.

    >>> is_credit("(Reporting by Ola Krane; Editing by Bo Lund)")
    True
    """
    return len(line) <= 250 and _CREDIT.fullmatch(line.strip()) is not None


def is_take_note(line: str) -> bool:
    """The line says what is new in this version: "(Adds quotes)"."""
    return len(line) <= 200 and _TAKE_NOTE.fullmatch(line) is not None


def without_take(title: str) -> str:
    """A headline without the mark of its version.

    >>> without_take("UPDATE 1-Lindport to close coal quay")
    'Lindport to close coal quay'
    """
    return _TAKE.sub("", title, count=1)


def without_end_mark(line: str) -> str:
    """A last line without the agency's mark after its sentence."""
    return _END.sub("", line)
