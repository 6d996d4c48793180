"""Names of months and days as data, and a few words for near days, in the languages we meet."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple


class Calendar(NamedTuple):
    """Folded names and what they mean: months 1-12, weekdays 0-6 (Monday is 0), days from today."""

    months: dict[str, int]
    weekdays: dict[str, int]
    days: dict[str, int]


_MONTHS: Final = {
    "en": "january february march april may june july august september october november december",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "de": "januar februar marz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_WEEKDAYS: Final = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "es": "lunes martes miercoles jueves viernes sabado domingo",
    "it": "lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "pt": "segunda-feira terca-feira quarta-feira quinta-feira sexta-feira sabado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
# Yesterday, today (and this evening), tomorrow.
_DAYS: Final = {
    "en": ("yesterday", "today tonight", "tomorrow"),
    "fr": ("hier", "aujourd'hui", "demain"),
    "de": ("gestern", "heute", "morgen"),
    "es": ("ayer", "hoy", "manana"),
    "it": ("ieri", "oggi stasera", "domani"),
    "pt": ("ontem", "hoje", "amanha"),
    "nl": ("gisteren", "vandaag vanavond", "morgen"),
}
_SHORT_MONTHS_EN: Final = "jan feb mar apr may jun jul aug sept oct nov dec"


@lru_cache
def calendar(language: str | None) -> Calendar:
    """The calendar of ``language``; the English one for a language that is not known."""
    code = language if language in _MONTHS else "en"
    months = _numbered(_MONTHS[code], first=1)
    if code == "en":
        months |= _numbered(_SHORT_MONTHS_EN, first=1) | {"sep": 9}
    days = {
        word: offset
        for offset, names in zip((-1, 0, 1), _DAYS[code], strict=True)
        for word in names.split()
    }
    return Calendar(months, _numbered(_WEEKDAYS[code], first=0), days)


def _numbered(names: str, *, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), start=first)}
