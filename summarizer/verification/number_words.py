"""Number words as data: English, French, German, Spanish, Italian, Portuguese, Dutch."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple


class NumberWords(NamedTuple):
    """The number words of a language, folded.

    Attributes:
        values: What adds up: "twenty" 20, "three" 3.
        scales: What multiplies: "dozen" 12, "million" 1e6.
        joiner: The word between tens and units ("twenty and three", "treinta y tres").
    """

    values: dict[str, float]
    scales: dict[str, float]
    joiner: str


# 0 to 19, then 20 to 90 by tens.
_COUNT: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
    "ninety",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
    "quinze seize dix-sept dix-huit dix-neuf vingt trente quarante cinquante soixante "
    "soixante-dix quatre-vingts quatre-vingt-dix",
    "de": "null ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn "
    "funfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreissig vierzig funfzig sechzig "
    "siebzig achtzig neunzig",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciseis diecisiete dieciocho diecinueve veinte treinta cuarenta cincuenta sesenta "
    "setenta ochenta noventa",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
    "quattordici quindici sedici diciassette diciotto diciannove venti trenta quaranta cinquanta "
    "sessanta settanta ottanta novanta",
    "pt": "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze "
    "dezesseis dezessete dezoito dezenove vinte trinta quarenta cinquenta sessenta setenta "
    "oitenta noventa",
    "nl": "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien "
    "vijftien zestien zeventien achttien negentien twintig dertig veertig vijftig zestig zeventig "
    "tachtig negentig",
}
_ORDINALS_EN: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_SCALES: Final[dict[str, dict[str, float]]] = {
    "en": {
        "dozen": 12, "hundred": 100, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6,
        "mn": 1e6, "mln": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12,
        "trn": 1e12, "lakh": 1e5, "crore": 1e7,
    },
    "fr": {"cent": 100, "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9,
           "milliards": 1e9, "douzaine": 12, "dizaine": 10, "cents": 100},
    "de": {"hundert": 100, "tausend": 1e3, "million": 1e6, "millionen": 1e6, "mio": 1e6,
           "milliarde": 1e9, "milliarden": 1e9, "mrd": 1e9, "dutzend": 12},
    "es": {"cien": 100, "ciento": 100, "mil": 1e3, "millon": 1e6, "millones": 1e6,
           "docena": 12},
    "it": {"cento": 100, "mille": 1e3, "mila": 1e3, "milione": 1e6, "milioni": 1e6,
           "miliardo": 1e9, "miliardi": 1e9, "mln": 1e6, "mld": 1e9},
    "pt": {"cem": 100, "cento": 100, "mil": 1e3, "milhao": 1e6, "milhoes": 1e6, "bilhao": 1e9,
           "bilhoes": 1e9, "duzia": 12},
    "nl": {"honderd": 100, "duizend": 1e3, "miljoen": 1e6, "mln": 1e6, "miljard": 1e9,
           "mrd": 1e9, "dozijn": 12},
}  # fmt: skip
# Written without spaces in Chinese, Japanese and Korean, directly behind the digits.
UNSPACED_SCALES: Final = {"万": 1e4, "萬": 1e4, "만": 1e4, "亿": 1e8, "億": 1e8, "억": 1e8}
_JOINERS: Final = {
    "en": "and",
    "fr": "et",
    "de": "und",
    "es": "y",
    "it": "e",
    "pt": "e",
    "nl": "en",
}
_TWO_DIGITS: Final = range(20, 100)


def has_number_words(language: str | None) -> bool:
    """Whether spelled-out numbers can be read in ``language`` (None counts as English)."""
    return (language or "en") in _COUNT


@lru_cache
def number_words(language: str | None) -> NumberWords:
    """The words of ``language``; English ones are understood everywhere."""
    code = language if language in _COUNT else "en"
    values = _count(code)
    scales = dict(_SCALES[code])
    if code == "en":
        for value, word in enumerate(_ORDINALS_EN.split(), start=1):
            values[word] = value
        # "Scores" and "couples" are vague; these are not.
        values |= {"both": 2, "twice": 2, "pair": 2, "couple": 2, "duo": 2, "trio": 3, "thrice": 3}
        scales |= {word + "s": value for word, value in scales.items() if len(word) > 4}
    return NumberWords(values, scales, _JOINERS[code])


def _count(code: str) -> dict[str, float]:
    names = _COUNT[code].split()
    units, tens = names[:20], names[20:]
    values: dict[str, float] = {name: value for value, name in enumerate(units)}
    values |= {name: 10 * (place + 2) for place, name in enumerate(tens)}
    for value in _TWO_DIGITS:
        ten, unit = tens[value // 10 - 2], units[value % 10]
        if value % 10:
            values |= dict.fromkeys(_compounds(code, ten=ten, unit=unit), value)
    if code == "fr":  # seventy and ninety count on: soixante-douze, quatre-vingt-treize
        for ten, base in (("soixante", 60), ("quatre-vingt", 80)):
            values |= {f"{ten}-{units[rest]}": base + rest for rest in range(1, 20)}
        values |= {"quatre-vingt": 80, "soixante-et-onze": 71}
    return values


def _compounds(code: str, *, ten: str, unit: str) -> list[str]:
    """The spellings of a two-digit number as one word, where the language has such."""
    match code:
        case "de":
            return [f"{unit}und{ten}"]
        case "nl":  # the diaeresis of "tweeëntwintig" is gone after folding
            return [f"{unit}en{ten}"]
        case "es":
            return [f"veinti{unit}"] if ten == "veinte" else []
        case "it":
            return [(ten[:-1] if unit in ("uno", "otto") else ten) + unit]
        case _:
            return [f"{ten}-{unit}"]
