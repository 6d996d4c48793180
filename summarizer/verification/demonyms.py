"""Countries with the adjectives and peoples that go with them, as data for the name check.

Each line names one country: "Turkey", "Turkish" and "Turk" are the same claim. Cities and
regions are left out; for them the endings in ``names.py`` do ("Paris", "Parisian").
"""

from __future__ import annotations

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
