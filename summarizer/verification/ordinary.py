"""Ordinary words that are written with a capital, as data for the name check.

Titles, offices and institutions ("President", "Council") may be added or dropped by a faithful
summary; at the beginning of a sentence any word has a capital.
"""

from __future__ import annotations

import re
from typing import Final

_CAPITALISED: Final = """
    mr mrs ms miss dr sir dame lord lady prof professor st saint president vice deputy prime
    minister ministers ministry premier chancellor secretary foreign home interior finance defence
    defense health justice king queen prince princess duke duchess pope bishop archbishop
    cardinal sheikh imam ayatollah rabbi reverend judge general colonel major captain lieutenant
    sergeant admiral commander chief executive director chairman chairwoman chair ceo pm mp mps
    mep senator senate congressman congresswoman congress representative governor mayor
    councillor council parliament parliamentary government cabinet state federal national
    international royal court supreme high house commons lords party leader opposition member
    department office agency authority commission committee board union association federation
    organisation organization institute institution company corporation group inc ltd plc co
    university college school hospital church police army navy air force military service services
    club team league cup championship championships final finals world international olympic
    games open grand prix football rugby cricket tennis city town county district province region
    republic kingdom north south east west northern southern eastern western central
    northeast northwest southeast southwest upper lower
    river lake mount mountain sea ocean island islands street road avenue square park airport
    station stadium bank market stock exchange internet web tv god christmas easter ramadan
    bible english act bill law treaty agreement article day week month year today yesterday tonight
    tomorrow i mum dad

    monsieur madame mme mlle docteur president ministre premiere premier gouvernement etat
    assemblee nationale conseil senat republique union parti
    senor senora presidente presidenta ministro ministra gobierno congreso estado partido
    signor signora governo ministero
    herr frau bundeskanzler bundeskanzlerin prasident minister ministerin
"""
ORDINARY: Final = frozenset(_CAPITALISED.split())

_FIRST: Final = """
    former ex new old young top big last first next many some several few other another all each
    every both either neither although though despite since because while whereas however meanwhile
    moreover furthermore also still yet even now then later earlier recently previously once until
    unless within without among amid around across along behind beyond near against toward towards
    instead rather according based given following like unlike per via whether plus minus
    star boss coach chief champion ace hero legend mother father brother sister son daughter wife
    husband man woman men women people police fans officials experts critics researchers scientists
    scientist troops protesters protest victims children girl boy girls boys teenager family couple
    midfield centre center back left right forward winger full fly scrum half reigning
current fellow veteran teenage local late ageing rising
giant giants rival rivals host hosts side
    us uk singer author chef doctor nurse comedian comic actress model guest pop rock rapper
    firm airline retailer maker owner owners head heads plan plans talks shares video pictures photo
    photos image images watch click read see here scroll report reports study news breaking
    ministers minister politicians lawyers campaigners residents soldiers rebels militants
    terrorists thousands hundreds millions dozens
"""
_STARTERS: Final = frozenset(_FIRST.split())
_SUFFIX: Final = re.compile(
    r"(?:ing|ed|ly|ers?|ors?|ists?|eer|ians?|ess|ment|tion|sion|ness|ity|ous|ful|less|able|ible"
    r"|ive|al|ary|ism|ship|hood|men)$"
)


def looks_ordinary(word: str) -> bool:
    """Whether a folded word at the start of a sentence is likely no name, by list or ending.

    >>> looks_ordinary("singer"), looks_ordinary("hossein")
    (True, False)
    """
    return word in _STARTERS or (len(word) > 4 and _SUFFIX.search(word) is not None)
