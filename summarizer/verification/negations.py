"""Negations as data: what turns a statement round, and what keeps one from being plain."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

# What turns the word behind it round. Words that may stand before a name ("without Smith",
# "neither Smith nor Jones") are among the denials only.
_NEGATIONS: Final = {
    "en": "not never no cannot",
    "fr": "pas jamais aucun aucune",
    "de": "nicht nie niemals kein keine keinen keinem keiner keines",
    "es": "no nunca jamas ningun ninguna ninguno",
    "it": "non nessun nessuno nessuna",
    "pt": "nao nunca jamais nenhum nenhuma",
    "nl": "niet nooit geen",
}
# Folded words, or stems, that deny without a negation, limit, or leave open.
_DENIALS: Final = {
    "en": """none nobody nothing neither nor without deny denie denied denies refuse refus reject
    declin fail failed fails failin lack lacks lacked unable unlike imposs hardly barely scarce
    rarely seldom few fewer little stop stoppe stops preven avoid avoide ban banned bans block
    blocke cancel abando ruled halt halted instea rather illega forbid prohib doubt absenc absent
    withdr drop droppe scrap scrapp wrong false if whethe unless until yet""",
    "fr": "ne n ni sans personne rien refuse rejet rejete si",
    "de": "ohne weder noch niemand nichts lehnte abgele verwei wenn ob kaum",
    "es": "ni sin nadie nada tampoco nego niega rechaz si",
    "it": "ne senza mai niente nulla nego rifiut respin se",
    "pt": "nem sem ninguem nada negou recuso rejeit se",
    "nl": "zonder noch niemand niets weiger ontken als of",
}
_LIMITS: Final = """
    only just merely more less fewer later earlier sooner until least all every everyone always
    necessarily fully entirely yet
    nur bloss mehr weniger alle immer
    seulement uniquement moins tous toutes toujours
    solo solamente menos todos siempre soltanto tutti so somente apenas sempre
    alleen slechts meer minder
"""
_MODALS: Final = "will would must may might could should shall can expected due plan plans planned"
# Behind a negation, these leave the statement standing: "not only", "no more than".
LIMITS: Final = frozenset(_LIMITS.split())
# "May approve" is no "approves"; English.
MODALS: Final = frozenset(_MODALS.split())


@lru_cache
def negations(language: str) -> frozenset[str]:
    """The folded negations of ``language``; none where they are not known."""
    return frozenset(_NEGATIONS.get(language, "").split())


@lru_cache
def denials(language: str) -> frozenset[str]:
    """Folded words and stems near which nothing is affirmed; none where they are not known."""
    return frozenset(_DENIALS.get(language, "").split())
