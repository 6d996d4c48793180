"""Numbers: quantities in a text, and whether one supports another.

"1.2bn", "1,200 million" and "1200000000" are one number, "twenty-three" is 23, a third is
33 %. An exact number supports a rounded one: "about 3,000" is borne out by 2,980, "more than
3,000" by 3,012. "12 years" is not borne out by "12 days", but by "aged 12". Left out: Roman
numerals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from summarizer.verification.numerals import Numeral, find_numerals, number_words
from summarizer.verification.words import listed, load_words, patterns

Bound = Literal["exact", "about", "over", "under"]


class Number(NamedTuple):
    """A quantity as written; ``source[start:end] == text``.

    Attributes:
        value: In ones; a share in per cent.
        unit: "%", a currency sign, a unit of time ("days"), or "" for anything else.
        bound: What the words before it say: "about", "more than" (over), "almost" (under).
        rounded: Whether its last digit is known to be rounded ("1.2", "3 million", "a third").
    """

    start: int
    end: int
    text: str
    value: float
    unit: str = ""
    bound: Bound = "exact"
    rounded: bool = False


PATTERNS: Final = patterns("numbers")
WRITTEN: Final = load_words("quantities.toml")
_CURRENCIES: Final[dict[str, str]] = WRITTEN["currencies"]
DURATIONS: Final[dict[str, str]] = WRITTEN["durations"]
_UNITS: Final = _CURRENCIES | DURATIONS
_ANY_UNIT: Final = "|".join(f"(?P<u{place}>{words})" for place, words in enumerate(_UNITS.values()))
# "1,2 Mrd. Euro": the point belongs to the abbreviation.
_UNIT_AFTER: Final = re.compile(
    r"(?i)(?:(?:(?<=mrd|mio|mln|mld)|(?<=mill))\.)?[ \u00a0\u202f‑-]?"
    rf"(?:de |d['’])?(?:{_ANY_UNIT})(?!\w)"
)
_UNIT_BEFORE: Final = re.compile(rf"(?<!\w)(?:{_ANY_UNIT})[ \u00a0]?$", re.IGNORECASE)
_BOUNDS: Final[dict[Bound, str]] = WRITTEN["bounds"]
_HEDGES: Final = "|".join(f"(?P<{bound}>{words})" for bound, words in _BOUNDS.items())
_BOUND: Final = re.compile(rf"(?i)(?<!\w)(?:{_HEDGES})\s+(?:an?\s|the\s)?(?:US|A|C)?[$£€¥₹]?\s?$")
# How far a share in words is from the exact one, of its value: 36 % is "a third", 39 % "less than
# half".
_SHARE, _FAR_SHARE = 0.1, 0.25
_MAGNITUDES: Final[dict[str, dict[str, float]]] = WRITTEN["magnitudes"]
_SHARES: Final = [
    (float(share), re.compile(rf"(?i)\b(?:{words})(?!\w)"))
    for share, words in WRITTEN["shares"].items()
]
_PARTS: Final = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}


def find_numbers(text: str, language: str | None = None) -> list[Number]:
    """Every quantity in ``text``, in order; the parts of dates and times are among them.

    >>> [(n.value, n.unit) for n in find_numbers("Twenty-three firms lost $1.2bn, 3 to 5 per cent")]
    [(23.0, ''), (1200000000.0, '$'), (3.0, '%'), (5.0, '%')]
    """
    fractions = list(_fractions(text))
    plain = [
        _number(text, numeral)
        for numeral in find_numerals(text, language)
        if not any(f.start <= numeral.start < f.end for f in fractions)
    ]
    return sorted(_share_units(text, plain) + fractions)


def supports(claim: Number, source: Sequence[Number]) -> bool:
    """Whether a number in ``source`` says what ``claim`` says."""
    equal = [
        other
        for other in _readings(source)
        if any(agrees(reading, other.value) for reading in _readings([claim]))
    ]
    units = {other.unit for other in equal}
    if claim.unit in DURATIONS and claim.unit not in units:
        # "Aged 12" bears out "12 years" unless the same number counts days.
        return "" in units and units.isdisjoint(DURATIONS)
    return any(_same_unit(claim, other) for other in equal)


def _readings(numbers: Sequence[Number]) -> Iterator[Number]:
    """Each number, and "46m" as 46 metres, too, for it may mean either."""
    for number in numbers:
        yield number
        if not number.unit and re.search(r"\dm$", number.text):
            yield number._replace(value=number.value / 1e6)


def is_checkable(number: Number, language: str | None = None) -> bool:
    """Whether a missing number can be called an error.

    Zero and one are mostly grammar ("one of them", "one day"), but not "1 per cent"; what has
    doubled is "twice as much", and "both" counts nothing that is not named beside it. In a language
    whose number words are not known, the article may have spelled out a small number.
    """
    if not listed(language, "count") and number.value <= 100 and not number.rounded:
        return False
    in_words = number.unit == "%" and not re.search(rf"(?i)\d|{_CURRENCIES['%']}", number.text)
    if in_words and language not in (None, "en"):
        return False  # a share in words is seldom exact
    if number.text.lower() in ("twice", "both"):
        return False
    return number.value not in (0, 1) or number.unit in _CURRENCIES


def find_magnitudes(text: str, language: str | None = None) -> dict[str, float]:
    """The magnitudes without a number in a text, with their sizes.

    >>> find_magnitudes("Tens of thousands fled, dozens died.")
    {'Tens of thousands': 10000.0, 'dozens': 12.0}
    """
    sizes = _MAGNITUDES.get(language or "en", {})
    anyone = "|".join(sizes)
    written = rf"(?i)(?<!\w)(?<!\d[ -])(?:(?:{anyone}) (?:of|de) )?(?:{anyone})(?!\w)"
    return {
        found[0]: math.prod(sizes.get(word, 1.0) for word in found[0].lower().split())
        for found in (re.finditer(written, text) if sizes else ())
    }


def wrong_magnitude(
    claim: Mapping[str, float], known: Mapping[str, float], numbers: Sequence[Number]
) -> str | None:
    """The first magnitude of a claim that those and the numbers of a text do not bear out.

    They do with the same words, or with a number of that size. Where the text has no magnitude
    of its own, nothing is said: then the words only describe what it tells.
    """
    for words, size in claim.items() if known else ():
        told = any(size <= number.value < 1000 * size for number in numbers)
        if not told and size not in known.values():
            return words
    return None


def last_digit(value: float) -> float:
    """The weight of the last digit that is not zero: 3,500 -> 100, 1.2e9 -> 1e8, 42 -> 1."""
    mantissa, _, exponent = f"{value:.11e}".partition("e")
    places = len(mantissa.rstrip("0").partition(".")[2])
    return 10.0 ** (int(exponent) - places)


def agrees(claim: Number, found: float) -> bool:
    """Whether an exact value bears out what a claim says, rounded as it may be."""
    value = claim.value
    if math.isclose(value, found, rel_tol=1e-9):
        return True
    if claim.unit == "%" and not re.search(r"\d", claim.text):
        off = (found - value) / value
        return {
            "about": abs(off) <= _SHARE,
            "over": 0 < off <= _FAR_SHARE,
            "under": 0 < -off <= _FAR_SHARE,
            "exact": False,
        }[claim.bound]
    step = last_digit(value)
    if claim.bound == "over":
        return value < found < value + step
    distance = abs(value - found)
    if claim.bound == "under":
        return found < value and distance <= min(step, 0.15 * value)
    if claim.bound == "about":
        return distance <= max(min(step / 2, 0.1 * value), 0.05 * value)
    if claim.rounded:
        return distance <= min(step / 2 * 1.0001, 0.05 * value)
    if step >= 10 and value >= 100:  # "3,000" may stand for 2,980 without saying so
        return distance <= min(step / 2, 0.02 * value)
    # "6 per cent" for 5.6, but neither "1" for 0.5 nor "2" for 1.5.
    return not found.is_integer() and distance < 0.5 and distance <= 0.15 * value


def _same_unit(claim: Number, other: Number) -> bool:
    """A percentage needs a percentage; money may leave its sign out ("cut from $3m to 2m")."""
    if claim.unit == other.unit or not claim.unit:
        return True
    return not other.unit and claim.unit != "%"


def _number(text: str, numeral: Numeral) -> Number:
    start, end, value, rounded = numeral
    unit = ""
    if before := _UNIT_BEFORE.search(text, max(0, start - 5), start):
        start, unit = before.start(), _unit(before)
    half = PATTERNS["and_half"].match(text, end)  # "un million et demi d'euros"
    if after := _UNIT_AFTER.match(text, half.end() if half else end):
        end, unit = after.end(), _unit(after)
    if half := half or PATTERNS["and_half"].match(text, end):  # "trois heures et demie"
        end = max(end, half.end())
        value += 0.5 * (1000 ** int(math.log10(value) / 3) if value >= 1e6 else 1)
    return Number(start, end, text[start:end], value, unit, _hedge(text, start), rounded)


def _hedge(text: str, start: int) -> Bound:
    """What the words before a number say of it."""
    hedge = _BOUND.search(text, max(0, start - 30), start)
    return next(name for name in _BOUNDS if hedge[name]) if hedge else "exact"


def _unit(match: re.Match[str]) -> str:
    return next(sign for place, sign in enumerate(_UNITS) if match[f"u{place}"])


def _share_units(text: str, numbers: list[Number]) -> list[Number]:
    """Gives the first number of a range the unit and scale of the second; the second its unit."""
    shared = list(numbers)
    for place, (first, second) in enumerate(pairwise(numbers)):
        if not PATTERNS["range"].fullmatch(text, first.end, second.start):
            continue
        scaled = second.rounded and second.value >= 1e6 and first.value < 1000 and first.unit != "%"
        if scaled and PATTERNS["range_from"].search(text, max(0, first.start - 9), first.start):
            value = first.value * 1000 ** int(math.log10(second.value) / 3)
            shared[place] = first._replace(value=value, unit=first.unit or second.unit)
            continue
        if second.unit and not first.unit:
            shared[place] = first._replace(unit=second.unit)
        elif first.unit and first.unit != "%" and not second.unit:
            shared[place + 1] = second._replace(unit=first.unit)
    return shared


def _fractions(text: str) -> Iterator[Number]:
    """Spelled-out shares as percentages: half, two-thirds, a quarter of, one in five."""
    for share, written in _SHARES:
        for match in written.finditer(text):
            yield Number(*match.span(), match.group(), share, "%", _share_bound(text, match))
    for match in PATTERNS["fraction"].finditer(text):
        share = 0.5
        if part := match["part"]:
            share = _small(match["count"]) / _PARTS[part.lower()]
        elif parts := match["parts"]:
            share = _small(match["thirds"]) / _PARTS[parts.lower()[:-1]]
        elif match["some"]:
            some, whole = (_small(match[name]) for name in ("some", "all"))
            share = some / whole if some < whole else 0.0
        if share:
            bound = _share_bound(text, match)
            yield Number(*match.span(), match.group(), 100 * share, "%", bound)


def _share_bound(text: str, match: re.Match[str]) -> Bound:
    """What stands before a share in words; nobody writes "half" for exactly 50.0 %."""
    bound = _hedge(text, match.start())
    return "about" if bound == "exact" else bound


def _small(written: str) -> float:
    """The value of a small number; "a" and nought count as one."""
    if written.isdecimal():
        return float(int(written) or 1)
    return number_words("en").values.get(written.lower(), 1.0)
