from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.polarity import Polarity

ARTICLE = (
    "Shares in the bank rose by three per cent in London on Monday.",
    "The council of Velmora approved the new tram line after a long debate.",
    "The mayor did not accept the contract with the builders.",
    "The union refused to support the offer of the city.",
    "The museum may open its new wing in May.",
    "Keller, 27, had never won a race before the final.",
)


VERBS = ["upheld", "praised", "stieg", "scheiterten", "augmenté", "échoué", "subió", "rechazó"]


def opposite(claim: str, *article: str, language: str | None = "en") -> str | None:
    return Polarity(article or ARTICLE, language).opposite(claim)


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("Shares in the bank never rose by three per cent in London.", "never"),
        ("After a long debate, the council didn't approve the tram line.", "didn't"),
        ("The council did not approve the line, and shares in the bank rose.", "not"),
        ("The council had no new tram line.", "no"),
        ("The council didn ’ t approve the new tram line.", "t"),
    ],
)
def test_a_negation_put_in_is_found(claim: str, word: str) -> None:
    assert opposite(claim) == word


@pytest.mark.parametrize(
    ("language", "text", "turned", "same"),
    [
        (
            "en",
            "The court upheld the ban on night flights.",
            "overturned",
            "confirmed",
        ),
        (
            "en",
            "Residents praised the plan to move the market.",
            "criticised",
            "welcomed",
        ),
        ("de", "Die Arbeitslosigkeit in der Region stieg im März deutlich.", "sank", "kletterte"),
        ("de", "Die Verhandlungen über den Hafen scheiterten am Freitag.", "gelangen", "platzten"),
        ("fr", "Le chômage dans la région a augmenté en mars.", "baissé", "grimpé"),
        ("fr", "Les négociations sur le port ont échoué vendredi.", "abouti", "capoté"),
        ("es", "El paro en la región subió en marzo al siete por ciento.", "bajó", "aumentó"),
        ("es", "El ayuntamiento rechazó el martes el nuevo tranvía.", "aprobó", "rechazó"),
    ],
)
def test_an_opposite_is_found_and_a_synonym_is_not(
    language: str, text: str, turned: str, same: str
) -> None:
    verb = next(word for word in text.split() if word in VERBS)
    assert opposite(text.replace(verb, turned), text, language=language) == turned
    assert opposite(text.replace(verb, same), text, language=language) is None


def test_a_negation_left_out_is_found() -> None:
    assert opposite("The mayor accepted the contract with the builders.") == "accepted"
    assert opposite("Keller had won a race before the final.") == "won"


def test_a_word_for_its_opposite_is_found_in_a_near_copy() -> None:
    assert opposite("Shares in the bank fell by three per cent in London.") == "fell"


@pytest.mark.parametrize(
    "claim",
    [
        *ARTICLE,
        "Shares in the bank rose by three per cent.",
        "The mayor did not accept the contract.",
        "The bank did not comment on the talks that it held.",
        "The union did not support the offer of the city.",
        "The museum did not open its new wing.",
        "Not only the council of Velmora approved the new tram line.",
        "No fewer than three approved the new tram line of the council.",
        "Shares in the bank rose and then fell by three per cent.",
        "Never.",
        "",
    ],
)
def test_anything_else_passes(claim: str) -> None:
    assert opposite(claim) is None


def test_a_denial_that_the_claim_repeats_excuses_nothing() -> None:
    assert opposite("The union did not refuse to support the offer of the city.") == "not"


def test_one_sentence_that_denies_is_enough() -> None:
    denied = "Opponents said that the line was never approved."
    assert opposite("The council did not approve the new tram line.", *ARTICLE, denied) is None


def test_one_sentence_that_affirms_is_enough() -> None:
    later = "On Friday he accepted it."
    assert opposite("The mayor accepted the contract with the builders.", *ARTICLE, later) is None


def test_a_word_that_the_evidence_has_beside_its_opposite_passes() -> None:
    both = "Shares in the bank rose by three per cent in London, then fell again."
    assert opposite("Shares in the bank fell by three per cent.", both) is None


def test_opposites_in_different_places_pass() -> None:
    told = "Seconds before the end of extra time Ravnsund beat Sankt Marien 28-27."
    assert opposite("Ravnsund beat Sankt Marien 28-27 after extra time.", told) is None


def test_a_number_in_contrast_is_not_denied() -> None:
    told = ("Velm now expects a profit of 165 million euros.", "It had expected 210 million.")
    assert opposite("Velm expects a profit of 165 million euros, not 210 million.", *told) is None


def test_number_ten_is_no_negation() -> None:
    assert opposite("No 10 approved the tram line.", "Number 10 approved the tram line.") is None


@pytest.mark.parametrize(
    ("language", "told", "claim", "word"),
    [
        (
            "fr",
            "Le conseil a approuvé la ligne de tram.",
            "Le conseil n'a pas approuvé la ligne de tram.",
            "pas",
        ),
        (
            "de",
            "Der Stadtrat hat die neue Linie genehmigt.",
            "Der Stadtrat hat die neue Linie nicht genehmigt.",
            "nicht",
        ),
        (
            "es",
            "El consejo aprobó la línea de tranvía.",
            "El consejo no aprobó la línea de tranvía.",
            "no",
        ),
        (
            "it",
            "Il consiglio ha approvato la linea del tram.",
            "Il consiglio non ha approvato la linea del tram.",
            "non",
        ),
        (
            "pt",
            "O conselho aprovou a linha de bonde.",
            "O conselho não aprovou a linha de bonde.",
            "não",
        ),
        (
            "nl",
            "De raad heeft de nieuwe lijn goedgekeurd.",
            "De raad heeft de nieuwe lijn niet goedgekeurd.",
            "niet",
        ),
    ],
)
def test_other_languages_negate_too(language: str, told: str, claim: str, word: str) -> None:
    assert opposite(claim, told, language=language) == word
    assert opposite(told, told, language=language) is None
    assert opposite(claim, claim, language=language) is None
    assert opposite(told, claim, language=language) is not None


def test_in_a_language_that_is_not_known_nothing_is_said() -> None:
    assert opposite("理事会没有批准新的电车线路", "理事会批准了新的电车线路", language="zh") is None


@pytest.mark.parametrize(
    ("told", "claim"),
    [
        (
            "Jones won the final against Smith in Paris on Sunday.",
            "Smith lost the final to Jones in Paris on Sunday.",
        ),
        (
            "He resigned before the council held its vote on the bridge.",
            "The council held its vote on the bridge after he resigned.",
        ),
        (
            "The shop opened after the road had been repaired by the town.",
            "The town repaired the road before the shop opened.",
        ),
        (
            "Previews were delayed to give the child actors a less arduous rehearsal schedule.",
            "Previews were delayed to give the child actors more time for rehearsals.",
        ),
    ],
)
def test_two_opposites_with_other_sides_may_say_the_same(told: str, claim: str) -> None:
    assert opposite(claim, told) is None


def test_two_opposites_with_the_same_sides_do_not() -> None:
    told = "Jones won the final against Smith in Paris after the long break."
    assert opposite("Jones lost the final against Smith in Paris.", told) == "lost"
    assert opposite("Jones won the final against Smith before the long break.", told) == "before"


@given(
    st.lists(st.text("abn't o12 ", max_size=60), max_size=6),
    st.text(max_size=100),
    st.sampled_from(["en", "fr", "de", "zh", None]),
)
def test_no_sentence_of_a_text_is_its_opposite(
    sentences: list[str], other: str, language: str | None
) -> None:
    polarity = Polarity([*sentences, other], language)
    assert all(polarity.opposite(sentence) is None for sentence in [*sentences, other])


@pytest.mark.parametrize(
    ("told", "claim"),
    [
        ("The union did not join the strike in Leeds.", "The union joined the strike in Leeds."),
        ("The union joined the strike in Leeds.", "The union did not join the strike in Leeds."),
        ("Keller never won a race in Norland.", "Keller wins a race in Norland."),
        ("The senate passed the fish bill.", "The senate failed to pass the fish bill."),
        ("Rescuers did not find the boy in Kolva.", "Rescuers found the boy in Kolva."),
    ],
)
def test_a_negation_of_another_form_of_the_verb_is_found(told: str, claim: str) -> None:
    assert opposite(claim, told) is not None
    assert opposite(told, told) is None


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "No water reached the town, but water flowed again in the harbour by noon."),
        ("de", "Es gab keine Zusage der Stadt, doch die Zusage des Landes Hessen kam im Juni."),
    ],
)
def test_a_copy_of_what_is_affirmed_where_the_word_is_also_denied_passes(
    language: str, told: str
) -> None:
    claim = told.partition(", ")[2].partition(" ")[2].capitalize()
    assert opposite(claim, told, language=language) is None


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("raised", "lowered"),
        ("bought", "sold"),
        ("imports", "exports"),
        ("urban", "rural"),
        ("hired", "fired"),
    ],
)
def test_common_opposites_of_news_are_known(word: str, other: str) -> None:
    told = f"The ministry in Orland {word} forty tractors of the shipping company on Tuesday."
    assert opposite(told.replace(word, other), told) == other


@pytest.mark.parametrize(
    ("told", "claim", "word"),
    [
        ("Les travaux commenceront en mai.", "Les travaux ne commenceront plus en mai.", "plus"),
        ("Le maire est venu à Lyon.", "Le maire n'est nullement venu à Lyon.", "nullement"),
        ("Les travaux commenceront en mai.", "Les travaux commenceront plus tôt en mai.", None),
    ],
)
def test_french_has_more_ways_to_negate(told: str, claim: str, word: str | None) -> None:
    assert opposite(claim, told, language="fr") == word


@pytest.mark.parametrize(
    ("told", "claim", "word"),
    [
        ("Die Arbeiten beginnen im Mai.", "Die Arbeiten beginnen keineswegs im Mai.", "keineswegs"),
        ("Ein Verbot verhängte das Gericht nicht.", "Das Gericht verhängte ein Verbot.", "Gericht"),
    ],
)
def test_german_negates_at_the_end_too(told: str, claim: str, word: str) -> None:
    assert opposite(claim, told, language="de") == word


@pytest.mark.parametrize(
    ("language", "told", "claim"),
    [
        (
            "en",
            "It is the first time since 1987 that Calder have reached the semi-finals.",
            "Calder had not reached the semi-finals since 1987.",
        ),
        (
            "en",
            "The teacher will leave the school when the exams end in June.",
            "The teacher will not leave the school until the exams end in June.",
        ),
        (
            "de",
            "Die Oper startet im Januar, da die Bühne für Opern nicht zugelassen ist.",
            "Die Oper startet im Januar wegen der fehlenden Zulassung der Bühne.",
        ),
    ],
)
def test_a_limit_or_a_lack_turns_nothing_round(language: str, told: str, claim: str) -> None:
    assert opposite(claim, told, language=language) is None


@pytest.mark.parametrize(
    ("language", "negation", "claim"),
    [
        ("en", "not ", "The council did not approve the stadium, which is planned since 2019."),
        ("en", "not ", "The union did not call a strike since talks failed on Monday."),
        ("fr", "pas ", "Le maire n'a pas signé le contrat avec la ville depuis Paris."),
        ("es", "no ", "El alcalde no firmó el contrato con la ciudad desde Madrid."),
        ("de", "nicht ", "Der Zug aus Ulm ist nicht pünktlich seit Montag."),
    ],
)
def test_a_since_of_something_else_excuses_no_negation(
    language: str, negation: str, claim: str
) -> None:
    told = claim.replace(negation, "").replace("n'a", "a")
    assert opposite(claim, told, language=language) == negation.strip()
