from __future__ import annotations

import pytest
from growth import assert_linear

from summarizer.digest import Style
from summarizer.summaries import answer_text
from summarizer.summaries.answer_text import is_complete, join_sentences, summary_sentences


@pytest.mark.parametrize(
    "answer",
    [
        "It rained. It stopped.",
        "Summary: It rained. It stopped.",
        "Here is a summary of the article:\n\nIt rained. It stopped.",
        "1. It rained.\n2. It stopped.\n3",
        "```\nIt rained.\nIt stopped.\n```",
        "**Summary:** It rained. **It** stopped.",
    ],
)
def test_only_the_sentences_of_an_answer_are_kept(answer: str) -> None:
    assert summary_sentences(answer, style="paragraph", language="en") == [
        "It rained.",
        "It stopped.",
    ]


def test_bullet_marks_are_not_part_of_a_bullet() -> None:
    found = summary_sentences(
        "- One fell.\n* Two rose.\n3. Three stayed.", style="bullets", language="en"
    )
    assert found == ["One fell.", "Two rose.", "Three stayed."]


def test_a_headline_has_one_line_and_no_quotes() -> None:
    assert summary_sentences('"Rain stops play."\n\nMore', style="headline", language="en") == [
        "Rain stops play"
    ]


def test_a_sentence_about_a_summary_is_no_lead_in() -> None:
    text = "The summary of accounts was late. The firm fell."
    assert summary_sentences(text, style="paragraph", language="en")[0].startswith("The summary of")


def test_bullets_are_joined_one_a_line() -> None:
    assert join_sentences(["A.", "B."], style="bullets") == "- A.\n- B."


@pytest.mark.parametrize(
    ("text", "complete"), [("It rained.", True), ("“Yes.”", True), ("It rai", False)]
)
def test_a_cut_sentence_is_told_from_a_whole_one(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def test_a_marked_line_without_a_full_stop_is_a_sentence_of_its_own():
    answer = "1. Two states agree on patrols\n2. They begin in April\n3. Each sends 180 men and"

    found = summary_sentences(answer, style="paragraph", language="en")

    assert found == [
        "Two states agree on patrols.",
        "They begin in April.",
        "Each sends 180 men and",
    ]


def test_a_chinese_line_ends_with_a_chinese_full_stop():
    found = summary_sentences("1. 两国同意\n2. 四月开始。", style="paragraph", language="zh")

    assert found == ["两国同意。", "四月开始。"]


def test_asterisks_that_enclose_nothing_are_dropped():
    found = summary_sentences("1. **She said so.\n2. He left.", style="paragraph", language="en")

    assert found == ["She said so.", "He left."]


@pytest.mark.parametrize("filler", [" ", "-", ": ", "a"])
def test_a_line_that_repeats_itself_costs_no_time(filler: str) -> None:
    """Small models do; 20,000 characters took seconds."""

    def read(size: int) -> None:
        assert summary_sentences(f"Here is{filler * size}x", style="bullets", language="en")

    assert_linear(read, 100_000)


def test_the_name_of_the_form_is_no_part_of_it():
    found = summary_sentences("News brief: Rain stops play.", style="paragraph", language="en")

    assert found == ["Rain stops play."]


def test_chinese_sentences_are_joined_without_a_space():
    assert join_sentences(["两国同意。", "四月开始。"], style="paragraph") == "两国同意。四月开始。"


TALK = [
    "Sure! It rained. It stopped.",
    "Sure, here's a summary of the article:\n\nIt rained. It stopped.",
    "Certainly! Here are the key points:\n\n- It rained.\n- It stopped.",
    "Here are the key points:\nIt rained. It stopped.",
    "**Summary**\n\nIt rained. It stopped.",
    "## Summary\nIt rained. It stopped.",
    "# Weather in Ardenholm\n\nIt rained. It stopped.",
    "**Weather report**\n1. It rained.\n2. It stopped.",
    "It rained. It stopped. (Word count: 3)",
    "It rained. It stopped.\n\n(Word count: 4)",
    "It rained. It stopped.\n\n**Word count:** 4 words",
    "It rained. It stopped.\n[4 words]",
    "It rained. It stopped.\n\nLet me know if you would like it shorter!",
    "It rained. It stopped. I hope this helps!",
    "Here is your summary.\n\nIt rained. It stopped.",
    "TL;DR: It rained. It stopped.",
    "Summary (4 words): It rained. It stopped.",
    "Sure! I can help with that. Here is a brief overview:\n\nIt rained. It stopped.",
    "Okay, here is a 20-word version: It rained. It stopped.",
    "The three main developments are as follows:\n- It rained.\n- It stopped.",
]


@pytest.mark.parametrize("answer", TALK)
def test_talk_around_a_summary_is_no_part_of_it(answer: str) -> None:
    found = summary_sentences(answer, style="paragraph", language="en")

    assert found == ["It rained.", "It stopped."]


@pytest.mark.parametrize(
    ("answer", "language", "first"),
    [
        ("Gerne! Hier ist die Zusammenfassung:\n\nEs hat geregnet.", "de", "Es hat geregnet."),
        ("Natürlich!\n**Zusammenfassung**\nEs hat geregnet. (4 Wörter)", "de", "Es hat geregnet."),
        ("Bien sûr ! Voici un résumé :\nIl a plu. (3 mots)", "fr", "Il a plu."),
        ("Résumé : Il a plu.\n\nN'hésitez pas à demander plus.", "fr", "Il a plu."),
        ("¡Claro! Aquí tienes el resumen:\nLlovió.", "es", "Llovió."),
        ("Por supuesto. Puntos clave:\n- Llovió.", "es", "Llovió."),
        ("Com certeza! Resumo: Choveu.", "pt", "Choveu."),
        (
            "Certo! Ecco il riassunto:\nHa piovuto. Fammi sapere se serve altro.",
            "it",
            "Ha piovuto.",
        ),
        ("Natuurlijk! Samenvatting:\nHet regende.", "nl", "Het regende."),
        ("Oczywiście! Streszczenie: Padało.", "pl", "Padało."),
        ("Конечно! Вот краткое содержание:\nШёл дождь.", "ru", "Шёл дождь."),
        ("好的！以下是摘要：\n下雨了。", "zh", "下雨了。"),
        ("要約：雨が降った。", "ja", "雨が降った。"),
        ("الملخص: هطل المطر.", "ar", "هطل المطر."),
    ],
)
def test_talk_in_other_languages_is_no_part_of_a_summary(
    answer: str, language: str, first: str
) -> None:
    assert summary_sentences(answer, style="paragraph", language=language) == [first]


@pytest.mark.parametrize(
    ("first", "again", "language"),
    [
        ("It rained in Tarn on Monday.", "On Monday it rained.", "en"),
        ("Three were hurt when a bus hit a wall.", "A bus hit a wall and three were hurt.", "en"),
        ("Der Rat billigte am Montag die Bahn.", "Am Montag billigte der Rat die Bahn.", "de"),
        (
            "Le conseil a voté lundi le tramway.",
            "Lundi, le conseil a voté le tramway.",
            "fr",
        ),
        ("El lunes aprobaron el tranvía al puerto.", "Aprobaron el tranvía el lunes.", "es"),
    ],
)
@pytest.mark.parametrize("style", ["paragraph", "bullets"])
def test_a_fact_that_is_told_again_is_left_out(
    first: str, again: str, language: str, style: Style
) -> None:
    text = f"- {first}\n- {again}"
    assert summary_sentences(text, style=style, language=language) == [first]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Sales rose by 5 per cent in March.", "Sales rose by 9 per cent in March."),
        ("The council approved the line.", "The council approved the line in a close vote."),
        ("Two were hurt in Tarn.", "She said so."),
        ("The mayor of Tarn signed the treaty on Monday.", "The mayor did not sign the treaty."),
        ("The mayor of Tarn will sign the treaty.", "The mayor won't sign the treaty."),
    ],
)
def test_what_adds_a_word_or_a_number_is_kept(first: str, second: str) -> None:
    text = f"{first} {second}"
    assert summary_sentences(text, style="paragraph", language="en") == [first, second]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("1. FC Köln gewann.", "de"),
        ("3. Oktober bleibt Feiertag. Das sagte der Rat.", "de"),
        ("Sure Start centres will close. The council voted.", "en"),
        ("Great Marlow lost its bus. It ran for 40 years.", "en"),
        ("Berlin: The senate resigned. A vote follows.", "en"),
        ("The summary of accounts was late: the firm fell.", "en"),
        ("Here lies the problem. The dam leaks.", "en"),
        ("The contest allows 300 words (an entry). It closes in May.", "en"),
        ("The petition has 40,000 names (Word reached the mayor on 3 May).", "en"),
        ("Of course the mayor denied it. She said so.", "en"),
        ("Claro lost 3 million customers. The firm is Mexican.", "en"),
    ],
)
def test_what_only_looks_like_talk_is_kept(text: str, language: str) -> None:
    found = summary_sentences(text, style="paragraph", language=language)

    assert " ".join(found) == text


@pytest.mark.parametrize(
    "answer",
    [
        "# Rain stops play",
        "**Headline:** Rain stops play",
        "Sure! Here's a headline:\n\n**Rain stops play**",
        "Headline\nRain stops play.\n(Word count: 3)",
        "„Rain stops play.“",
        "- Rain stops play",
    ],
)
def test_a_headline_is_found_under_its_marks(answer: str) -> None:
    assert summary_sentences(answer, style="headline", language="en") == ["Rain stops play"]


def test_white_space_behind_a_heading_is_passed_over_at_once() -> None:
    assert_linear(lambda size: answer_text._HEADING.match("**a**" + " " * size + "b"), 16_000)


def test_of_an_endless_answer_the_beginning_counts() -> None:
    assert summary_sentences("It rains. " * 10**6, style="paragraph", language="en") == [
        "It rains."
    ]


def test_an_answer_of_nothing_but_talk_is_empty() -> None:
    assert summary_sentences("Sure!", style="paragraph", language="en") == []
    assert summary_sentences("**Summary**", style="bullets", language="en") == []
    assert summary_sentences("(Word count: 3)", style="paragraph", language="en") == []


def test_the_name_of_a_club_in_a_list_is_kept() -> None:
    answer = "- 1. FC Köln gewann.\n- 2. Bundesliga beginnt."

    found = summary_sentences(answer, style="bullets", language="de")

    assert found == ["1. FC Köln gewann.", "2. Bundesliga beginnt."]


@pytest.mark.parametrize(
    "sentence",
    [
        "یہ پل بند ہے۔",
        "Կամուրջը փակ է։",
        "ድልድዩ ተዘግቷል።",
        "ស្ពានត្រូវបានបិទ។",
        "တံတားပိတ်ထားသည်။",
        "यह पुल बंद है।",
        "「橋は閉まった。」",
    ],
)
def test_sentences_end_in_other_scripts_too(sentence: str) -> None:
    found = summary_sentences(f"1. {sentence}\n2. {sentence}", style="paragraph", language=None)
    assert found == [sentence]
