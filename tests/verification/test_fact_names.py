from __future__ import annotations

import pytest

from summarizer.verification.names import NameIndex, find_names, sound

ARTICLE = (
    "Iranian Deputy Interior Minister Hossein Zolfaqari met Turkish officials of the World Health "
    "Organization. He spoke to the IMF in Paris. Mr. Blair and Vladimír Špidla of the United "
    "States were there; so was YouTube."
)


def missing(claim: str, article: str = ARTICLE, language: str | None = None) -> list[str]:
    index = NameIndex(article, language)
    return [word for name in find_names(claim, language) for word in index.missing(name)]


@pytest.mark.parametrize(
    "claim",
    [
        "The visit of Mr Zolfaqari was short.",
        "The visit of Hossein Zolfaghari was short.",
        "It went to Turkey, to Iran's allies and to the Turks.",
        "It asked the WHO for help.",
        "It asked the International Monetary Fund for help.",
        "The International Monetary Fund helps.",
        "It went to the US, to America and to the U.S.",
        "They like Parisian food.",
        "There was Vladimir Spidla.",
        "It was on You Tube.",
        "It asked Prime Minister Blair and the Government.",
        "It was in June, on Tuesday, at Christmas.",
        "Officials said so. Women's rights matter.",
        "Former minister Blair left.",
        'He said "Nothing is lost" and I\'m glad.',
    ],
)
def test_what_the_article_knows_is_not_missing(claim: str) -> None:
    assert missing(claim) == []


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("Ali Zolfaqari was there.", ["Ali"]),
        ("It was Hossein Rouhani.", ["Rouhani"]),
        ("They went to Iraq.", ["Iraq"]),
        ("They asked UNESCO.", ["UNESCO"]),
        ("Johnson said so.", ["Johnson"]),
        ("The visit to the Bank of England was short.", ["England"]),
    ],
)
def test_a_name_from_elsewhere_is_missing(claim: str, expected: list[str]) -> None:
    assert missing(claim) == expected


def test_countries_that_sound_alike_are_not_one() -> None:
    assert missing("They went to Austria.", "It is in Australia.") == ["Austria"]
    assert missing("They went to Nigeria.", "It is in Niger.") == ["Nigeria"]


def test_a_longer_word_with_the_same_beginning_is_another_name() -> None:
    assert missing("They went to Bern.", "The saint is Bernardino.") == ["Bern"]


def test_an_acronym_is_not_made_of_ordinary_words() -> None:
    assert missing("He met Ian Stone there.", "It is over, said Peter.") == ["Ian", "Stone"]


@pytest.mark.parametrize(
    ("claim", "article", "language"),
    [
        ("Die Regierung plant neue Gesetze für Millionen Menschen.", "Ein Text.", "de"),
        ("Gestern sprach die Kanzlerin im Bundestag.", "Ein Text.", "de"),
        ("政府は新しい計画を発表した。", "別の文章。", "ja"),
        ("أعلنت الحكومة خطة جديدة", "نص آخر", "ar"),
        ("Министр встретился с Путиным в Москве.", "Министр и Путин. Москва.", "ru"),
        ("Le ministre parle de l'Allemagne.", "Les Allemands et l'Allemagne.", "fr"),
    ],
)
def test_other_languages_are_left_in_peace(claim: str, article: str, language: str) -> None:
    assert missing(claim, article, language) == []


def test_a_wrong_surname_is_missing_in_german() -> None:
    claim = "Gestern traf Bundeskanzlerin Angela Schmidt den Minister."
    assert missing(claim, "Bundeskanzlerin Angela Merkel kam.", "de") == ["Schmidt"]


def test_a_headline_has_no_names() -> None:
    assert find_names("Iran, Turkey to Expand Anti-Terror Cooperation") == []


def test_transliterations_sound_alike() -> None:
    assert sound("gaddafi") == sound("qadhafi")
    assert sound("muhammad") == sound("mohammed")
    assert sound("slovenia") != sound("slovakia")


@pytest.mark.parametrize(
    ("claim", "article", "language", "missing"),
    [
        ("Pakistan had asked for it.", "Germany had asked for it.", "en", [["Pakistan"]]),
        ("Halden was fined.", "Kestrel was fined.", "en", [["Halden"]]),
        ("Traffic was slow.", "Cars were slow.", "en", []),
        ("Officer said no.", "The police said no.", "en", []),
        ("Measles has spread.", "The disease spreads.", "en", []),
        ("Diabetes is rare.", "The disease is rare.", "en", []),
        ("Athletics is fun.", "Sport is fun.", "en", []),
        ("Crisis is near.", "Trouble is near.", "en", []),
        ("Glass is dear.", "The material is dear.", "en", []),
        ("Barclays has left.", "The bank has left.", "en", [["Barclays"]]),
        ("In der Liga hat Ulm vier Punkte Vorsprung.", "Ulm führt.", "de", []),
        ("Раньше Ермолова проиграла.", "Ермолова победила.", "ru", []),
        ("Carlos Sánchez anunció.", "Pedro Sánchez anunció.", "es", [["Carlos"]]),
        ("Brigitte Macron parle.", "Emmanuel Macron parle.", "fr", [["Brigitte"]]),
        ("Bakers said no.", "The shops said no.", "en", []),
        ("Residents have left.", "All have left.", "en", []),
        ("L'OMS salue le plan.", "L'Organisation mondiale de la santé l'a salué.", "fr", []),
        ("Le pont de l'UE.", "Un pont de l'Union européenne.", "fr", []),
        ("L'Autriche enverra des experts.", "L'Allemagne l'a dit.", "fr", [["Autriche"]]),
        ("It cost EUR 45 million.", "It cost 45 million euros.", "en", []),
    ],
)
def test_a_name_that_begins_a_sentence(
    claim: str, article: str, language: str, missing: list[list[str]]
) -> None:
    known = NameIndex(article, language)
    found = [known.missing(name) for name in find_names(claim, language)]
    assert list(filter(None, found)) == missing
