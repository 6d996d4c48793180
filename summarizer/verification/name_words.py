"""Words with capitals, as data for the name check: countries, and ordinary words.

- Countries with the adjectives and peoples that go with them. Each line names one country:
  "Turkey", "Turkish" and "Turk" are the same claim. Cities and regions are left out; for them the
  endings in ``names.py`` do ("Paris", "Parisian").
- Titles, offices and institutions ("President", "Council"), which a faithful summary may add or
  drop; at the beginning of a sentence any word has a capital.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_COUNTRIES: Final = """
afghanistan afghan
albania albanian
algeria algerian
america american us usa united-states states
angola angolan
argentina argentine argentinian
armenia armenian
australia australian aussie
austria austrian
azerbaijan azerbaijani azeri
bahrain bahraini
bangladesh bangladeshi
belarus belarusian
belgium belgian
bolivia bolivian
bosnia bosnian
botswana batswana
brazil brazilian
britain british briton uk united-kingdom brit
bulgaria bulgarian
burundi burundian
cambodia cambodian
cameroon cameroonian
canada canadian
chad chadian
chechnya chechen
chile chilean
china chinese
colombia colombian
congo congolese
croatia croatian croat
cuba cuban
cyprus cypriot
czechia czech
denmark danish dane
ecuador ecuadorian
egypt egyptian
england english englishman englishwoman
eritrea eritrean
estonia estonian
ethiopia ethiopian
europe european eu
fiji fijian
finland finnish finn
france french frenchman frenchwoman
gabon gabonese
gambia gambian
georgia georgian
germany german
ghana ghanaian
greece greek
guatemala guatemalan
guinea guinean
haiti haitian
honduras honduran
hungary hungarian
iceland icelandic icelander
india indian
indonesia indonesian
iran iranian
iraq iraqi
ireland irish irishman irishwoman
israel israeli
italy italian
jamaica jamaican
japan japanese
jordan jordanian
kazakhstan kazakh kazakhstani
kenya kenyan
korea korean
kosovo kosovan kosovar
kuwait kuwaiti
kyrgyzstan kyrgyz
laos laotian
latvia latvian
lebanon lebanese
liberia liberian
libya libyan
lithuania lithuanian
luxembourg luxembourger
macedonia macedonian
madagascar malagasy
malawi malawian
malaysia malaysian
mali malian
malta maltese
mauritania mauritanian
mauritius mauritian
mexico mexican
moldova moldovan
mongolia mongolian
montenegro montenegrin
morocco moroccan
mozambique mozambican
myanmar burma burmese
namibia namibian
nepal nepalese nepali
netherlands dutch holland dutchman
new-zealand kiwi
nicaragua nicaraguan
niger nigerien
nigeria nigerian
norway norwegian
oman omani
pakistan pakistani
palestine palestinian
panama panamanian
paraguay paraguayan
peru peruvian
philippines filipino philippine
poland polish pole
portugal portuguese
qatar qatari
romania romanian
russia russian
rwanda rwandan
saudi saudi-arabia saudi-arabian
scotland scottish scot scots
senegal senegalese
serbia serbian serb
singapore singaporean
slovakia slovak slovakian
slovenia slovenian slovene
somalia somali
spain spanish spaniard
sudan sudanese
sweden swedish swede
switzerland swiss
syria syrian
taiwan taiwanese
tajikistan tajik
tanzania tanzanian
thailand thai
tibet tibetan
togo togolese
tunisia tunisian
turkey turkish turk turkiye
turkmenistan turkmen
uganda ugandan
ukraine ukrainian
uruguay uruguayan
uzbekistan uzbek
venezuela venezuelan
vietnam vietnamese
wales welsh welshman
yemen yemeni
zambia zambian
zimbabwe zimbabwean
"""


@lru_cache
def countries() -> dict[str, frozenset[str]]:
    """For every folded name, all names of the same country; "-" stands for a space."""
    lines = [frozenset(line.split()) for line in _COUNTRIES.split("\n") if line]
    return {name: line for line in lines for name in line}


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
