from __future__ import annotations

import pytest

from summarizer import Article
from summarizer.digest import Check, Style
from summarizer.screening import Reading
from summarizer.summaries.checked_draft import (
    CheckedDraft,
    check_draft,
    extracted_summary,
    repaired_checks,
    to_summary,
    without_borrowed,
)
from summarizer.summaries.request import SummaryRequest, Task
from summarizer.summaries.second_look import without_doubtful

VOTE = "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
COST = "The work will cost 4 million euros and take two years."
FERRY = "The ferry stays free of charge until the bridge opens."


def task(reading: Reading, words: int, style: Style = "paragraph") -> Task:
    return Task(reading, SummaryRequest(words=words, style=style))


@pytest.fixture
def reading() -> Reading:
    text = (
        f"{VOTE}\n\n{COST} Mayor Petra Lindqvist said so. She promised that the ferry would stay "
        "free of charge until the bridge opens.\n\nOpponents on the council had asked for a "
        "referendum. Their motion failed by nine votes to six."
    )
    story = Article(text=text, title="Ardenholm to rebuild its bridge", language="en")
    return Reading(story, story, story)


def check(kind: str, text: str, sentence: int | None = 0) -> Check:
    return Check(
        kind=kind,  # type: ignore[arg-type]
        status="flagged",
        message=f"{text!r} is wrong",
        text=text,
        sentence=sentence,
    )


def judged(text: str, reading: Reading, words: int, *, truncated: bool = False) -> CheckedDraft:
    return check_draft(text, task(reading, words), truncated=truncated)


def test_a_sentence_that_was_cut_off_is_left_out(reading: Reading) -> None:
    found = judged(f"{VOTE} The work will cost 4", reading, 16, truncated=True)

    assert [s.text for s in found.sentences] == [VOTE]


def test_a_sentence_that_is_said_again_is_left_out(reading: Reading) -> None:
    draft = judged(f"{VOTE} {COST} {VOTE}", reading, 25)

    assert [sentence.text for sentence in draft.sentences] == [VOTE, COST]


def test_an_unfinished_sentence_stays_where_nothing_was_cut(reading: Reading) -> None:
    found = judged(f"{VOTE} The work will cost 4 million euros", reading, 23)

    assert len(found.sentences) == 2


def test_a_draft_within_its_length_that_is_borne_out_has_no_fault(reading: Reading) -> None:
    found = judged(f"{VOTE} {COST}", reading, 27)

    assert found.faults == ()
    assert found.penalty == 0


def test_both_ends_of_the_length_are_faults(reading: Reading) -> None:
    assert "at most 11 are allowed" in judged(VOTE, reading, 10).faults[0]
    assert "at least 51 are wanted" in judged(VOTE, reading, 60).faults[0]


def test_a_wrong_length_is_better_than_a_wrong_fact(reading: Reading) -> None:
    short = judged(VOTE, reading, 60)
    wrong = judged(f"{VOTE} {COST.replace('4', '7')}", reading, 27)

    assert 0 < short.penalty < wrong.penalty < CheckedDraft((), flaw="it is empty").penalty


def test_too_long_a_draft_loses_whole_sentences_and_their_checks(reading: Reading) -> None:
    wrong = COST.replace("4", "7")

    found = judged(f"{wrong} {VOTE} {FERRY}", reading, 27)

    assert [s.text for s in found.sentences] == [VOTE, FERRY]
    assert found.checks == ()


def test_another_language_than_the_one_wanted_is_a_fault(reading: Reading) -> None:
    german = "Der Rat von Ardenholm hat am Dienstag beschlossen, die Brücke wieder aufzubauen."

    found = judged(german, reading, 12)

    assert [c.kind for c in found.checks] == ["language"]
    assert found.penalty >= 1


@pytest.mark.parametrize(
    ("before", "after", "mended"),
    [
        (["7"], [], ["7"]),
        (["7"], ["7"], []),
        (["7"], ["9"], []),
        (["7", "8"], ["8"], ["7"]),
        (["8", "7"], ["8"], ["7"]),
        (["7", "8"], ["9"], ["8"]),
    ],
)
def test_a_fault_that_stays_is_not_told_as_repaired(
    before: list[str], after: list[str], mended: list[str]
) -> None:
    found = repaired_checks(
        before=[check("number", text) for text in before],
        after=[check("number", text) for text in after],
    )

    assert [(c.text, c.status, c.sentence) for c in found] == [
        (text, "repaired", None) for text in mended
    ]


def test_faults_of_different_kinds_do_not_stand_for_each_other() -> None:
    found = repaired_checks(before=[check("number", "7")], after=[check("name", "Tarn")])

    assert [c.text for c in found] == ["7"]


def test_what_only_a_related_article_says_is_left_out(reading: Reading) -> None:
    draft = judged(f"{VOTE} {COST}", reading, 27)
    borrowed = draft._replace(checks=(check("context", VOTE, 0), check("number", "4", 1)))

    found = without_borrowed(borrowed)

    assert [s.text for s in found.sentences] == [COST]
    assert [(c.kind, c.status, c.sentence) for c in found.checks] == [
        ("number", "flagged", 0),
        ("context", "repaired", None),
    ]
    assert found.words == 11


def test_a_borrowed_sentence_stays_where_it_is_the_only_one(reading: Reading) -> None:
    draft = judged(VOTE, reading, 16)
    borrowed = draft._replace(checks=(check("context", VOTE, 0),))

    assert without_borrowed(borrowed) == borrowed


def test_too_short_a_summary_gets_sentences_that_it_does_not_have(reading: Reading) -> None:
    draft = judged(VOTE, reading, 28)

    summary, checks = to_summary(draft, task(reading, 28))

    assert summary.sentences[0].text == VOTE
    assert len({s.text for s in summary.sentences}) == len(summary.sentences) > 1
    assert summary.words <= 32
    assert {(c.kind, c.status) for c in checks} == {("length", "repaired")}


def test_bullets_that_are_too_short_are_flagged_and_not_filled(reading: Reading) -> None:
    wanted = task(reading, 28, style="bullets")
    draft = check_draft(f"- {VOTE}", wanted)

    summary, checks = to_summary(draft, wanted)

    assert len(summary.sentences) == 1
    assert [(c.kind, c.status) for c in checks] == [("length", "flagged")]


def test_what_is_doubtful_gives_way_to_the_article_in_its_place(reading: Reading) -> None:
    wrong = VOTE.replace("rebuild the bridge", "sell the ferry")
    draft = judged(f"{COST} {wrong}", reading, 28)
    summary, _ = to_summary(draft, task(reading, 28))
    doubt = check("support", wrong, 1).model_copy(update={"status": "doubtful"})

    found, checks = without_doubtful(summary, [doubt], task(reading, 28), least=0.4)

    texts = [sentence.text for sentence in found.sentences]
    assert texts == [COST, VOTE]
    assert found.text == f"{COST} {VOTE}"
    assert [(c.kind, c.status, c.sentence) for c in checks] == [("support", "repaired", 1)]
    assert checks[0].message.startswith("replaced by what it rests on: ")


def test_what_is_far_from_the_words_of_the_article_gives_way_to_it(reading: Reading) -> None:
    far = "After years of debate a new ferry service for the bridge was rejected."
    summary, _ = to_summary(judged(f"{COST} {far}", reading, 28), task(reading, 28))

    found, checks = without_doubtful(summary, (), task(reading, 28), least=0.4)

    texts = [sentence.text for sentence in found.sentences]
    assert COST in texts
    assert far not in texts
    assert ("support", "repaired", far) in [(c.kind, c.status, c.text) for c in checks]


def test_what_the_title_says_is_not_far_from_the_words_of_the_article(reading: Reading) -> None:
    said = "Years of debate end as new ferry service is rejected."
    story = reading.article.model_copy(update={"title": said})
    titled = Reading(story, story, story)
    summary, _ = to_summary(judged(f"{COST} {said}", titled, 24), task(titled, 24))

    assert without_doubtful(summary, (), task(titled, 24), least=0.4) == (summary, ())


def test_what_the_title_says_is_not_unlikely(reading: Reading) -> None:
    said = "Ardenholm is to rebuild its bridge."
    summary, _ = to_summary(judged(f"{said} {COST}", reading, 17), task(reading, 17))
    doubted = tuple(s.model_copy(update={"support": 0.1}) for s in summary.sentences)
    summary = summary.model_copy(update={"sentences": doubted})

    found, _ = without_doubtful(summary, (), task(reading, 17), least=0.4)

    assert said in found.text
    assert [s.support for s in found.sentences if s.text == COST] == [None]  # the article's own


def test_a_translation_is_not_asked_for_words_of_the_article(reading: Reading) -> None:
    text = "Nach jahrelanger Debatte wird die Brücke neu gebaut."
    wanted = Task(reading, SummaryRequest(words=28, style="paragraph", language="de"))
    summary, _ = to_summary(check_draft(text, wanted), wanted)

    assert without_doubtful(summary, (), wanted, least=0.4) == (summary, ())


def test_whether_an_article_says_a_translated_sentence_is_not_known(reading: Reading) -> None:
    text = "Nach langer Debatte wird die Brücke neu gebaut. Das kostet 7 Millionen Kronen."
    wanted = Task(reading, SummaryRequest(words=14, style="paragraph", language="de"))
    draft = check_draft(text, wanted)
    stray = check_draft(text, task(reading, 14))

    assert [s.supported for s in draft.sentences] == [True, False]  # what drafts are chosen by
    for summary, _ in (to_summary(draft, wanted), to_summary(stray, task(reading, 14))):
        assert [s.supported for s in summary.sentences[:2]] == [None, False]


def test_other_languages_than_english_may_be_reworded() -> None:
    text = "Der Konzern hat am Freitag angekündigt, dass er 300 Stellen in Ulm streichen wird. " * 2
    story = Article(text=text, language="de")
    wanted = task(Reading(story, story, story), 12)
    own = "Der Konzern kündigte am Freitag an, 300 Stellen in Ulm zu streichen."
    summary, _ = to_summary(check_draft(own, wanted), wanted)

    assert without_doubtful(summary, (), wanted, least=0.4) == (summary, ())


CLOSED = "The harbour company Nordmole closed its ferry line to the islands on Monday."
REOPENS = "It will reopen the line in May after repairs to both ships."
SOLD = "The line will be sold in May after repairs to both ships."  # which rests on REOPENS


def ferry() -> Reading:
    """An article whose second sentence leans on its first."""
    story = Article(text=f"{CLOSED} {REOPENS}", language="en")
    return Reading(story, story, story)


def test_what_replaces_a_sentence_brings_what_it_leans_on() -> None:
    wanted = task(ferry(), 25)
    summary, completing = to_summary(check_draft(SOLD, wanted), wanted)

    found, _ = without_doubtful(summary, [*completing, check("support", SOLD)], wanted, least=0.4)

    assert found.text == f"{CLOSED} {REOPENS}"


def test_nothing_leans_on_a_sentence_that_stands_behind_it() -> None:
    wanted = task(ferry(), 25)
    summary, _ = to_summary(check_draft(f"{SOLD} {CLOSED}", wanted), wanted)

    found, _ = without_doubtful(summary, [check("support", SOLD)], wanted, least=0.4)

    assert found.text == CLOSED


def test_a_check_is_told_at_the_sentence_that_replaces_and_not_at_what_that_leans_on() -> None:
    short, wanted = task(ferry(), 12), task(ferry(), 25)
    summary, _ = to_summary(check_draft(SOLD, short), short)

    found, checks = without_doubtful(summary, [check("support", SOLD)], wanted, least=0.4)

    places = [c.sentence for c in checks if c.text == SOLD]
    assert places
    assert {found.sentences[place].text for place in places if place is not None} == {REOPENS}


def test_a_check_stays_where_what_replaces_its_sentence_does_not_fit(reading: Reading) -> None:
    wrong = "Opponents on the council had won a referendum."
    summary, _ = to_summary(judged(f"{COST} {wrong}", reading, 19), task(reading, 19))
    doubt = check("support", wrong, 1)

    found, checks = without_doubtful(summary, [doubt], task(reading, 12), least=0.4)

    assert found.text == COST
    assert ("support", "repaired", wrong, None) in [
        (c.kind, c.status, c.text, c.sentence) for c in checks
    ]


def test_what_the_model_copied_stays_in_its_place() -> None:
    copied = "She asked everybody in the town to stay at home until Wednesday."
    trains = "Trains between Tarn and Port Ellery stood still on Monday."
    story = Article(
        text=f"Three schools were opened by Mayor Anna Lind of Tarn. {copied} {trains} "
        "The power station at Halmec lost two of its four turbines.",
        language="en",
    )
    wanted = task(Reading(story, story, story), 40)
    opened = "Mayor Anna Lind of Tarn opened three schools."
    wrong = "The power station at Halmec sold two of its nine turbines."
    summary, _ = to_summary(check_draft(f"{trains} {opened} {copied} {wrong}", wanted), wanted)

    found, _ = without_doubtful(summary, [check("support", wrong, 3)], wanted, least=0.4)

    assert [s.text for s in found.sentences][:3] == [trains, opened, copied]


def test_a_sentence_that_goes_on_from_a_replaced_one_stays(reading: Reading) -> None:
    fails = "Their motion failed by nine votes to six."
    draft = judged(f"{VOTE} Opponents asked for a ferry. {fails}", reading, 32)
    summary, _ = to_summary(draft, task(reading, 32))
    doubt = check("support", summary.sentences[1].text, 1)

    found, _ = without_doubtful(summary, [doubt], task(reading, 32), least=0.4)

    assert found.text.endswith(f"had asked for a referendum. {fails}")


def test_a_surname_does_not_stay_without_the_full_name() -> None:
    lead = "Two heroes of the year are among the survivors of the earthquake in the capital."
    home = "Koirala's centre in the capital is home to 425 young women and girls."
    story = Article(text=f"{lead} {home}", language="en")
    wanted = task(Reading(story, story, story), 24)
    wrong = "Heroes of the year Anuradha Koirala and Jo Wood survived in the capital's quake."
    summary, _ = to_summary(check_draft(f"{wrong} {home}", wanted), wanted)

    found, _ = without_doubtful(summary, [check("support", wrong)], wanted, least=0.4)

    assert found.sentences[0].text == lead
    assert home not in found.text


def test_a_sentence_that_goes_on_from_one_left_out_goes_with_it(reading: Reading) -> None:
    text = f"{VOTE} Opponents asked for a ferry. They lost by nine to six."
    summary, _ = to_summary(judged(text, reading, 28), task(reading, 28))
    bare = summary.sentences[1].model_copy(update={"evidence": ()})
    sentences = (summary.sentences[0], bare, summary.sentences[2])
    summary = summary.model_copy(update={"sentences": sentences})
    doubt = check("support", bare.text, 1)

    found, checks = without_doubtful(summary, [doubt], task(reading, 28), least=0.4)

    assert found.sentences[0].text == VOTE
    assert not any("They lost" in sentence.text for sentence in found.sentences)
    assert ("repaired", "They lost by nine to six.") in [(c.status, c.text) for c in checks]


def test_a_summary_of_a_long_text_is_completed_with_what_tells_most(reading: Reading) -> None:
    story = reading.article.model_copy(update={"text": " ".join([reading.article.text] * 40)})
    long = Reading(story, story, story)

    summary, checks = to_summary(judged(VOTE, long, 28), task(long, 28))

    assert summary.text == f"{VOTE} {COST}"
    assert [(check.kind, check.status) for check in checks] == [("length", "repaired")]


def test_a_doubtful_bullet_is_replaced_too(reading: Reading) -> None:
    wanted = task(reading, 28, style="bullets")
    wrong = COST.replace("two years", "six months")
    summary, _ = to_summary(check_draft(f"- {VOTE}\n- {wrong}", wanted), wanted)
    doubt = check("support", wrong, 1)

    found, _ = without_doubtful(summary, [doubt], wanted, least=0.4)

    assert found.text == f"- {VOTE}\n- {COST}"


def test_a_doubtful_headline_stays(reading: Reading) -> None:
    wanted = task(reading, 10, style="headline")
    draft = check_draft("Bridge to be rebuilt", wanted)
    summary, _ = to_summary(draft, wanted)
    doubt = check("support", summary.text, 0)

    assert without_doubtful(summary, [doubt], wanted, least=0.4) == (
        summary,
        (doubt,),
    )


ASKED = "Which hospital will close?"


def asking(reading: Reading, words: int) -> Task:
    return Task(reading, SummaryRequest(words=words, focus=ASKED))


def test_what_the_article_does_not_mention_is_said_as_a_check(reading: Reading) -> None:
    wanted = asking(reading, 27)
    answer = "The article does not mention any hospital that will close."

    draft = check_draft(f"{VOTE} {answer} {COST}", wanted)
    summary, checks = to_summary(draft, wanted)

    assert summary.text == f"{VOTE} {COST}"
    assert [(c.kind, c.status, c.text) for c in checks] == [("focus", "flagged", ASKED)]
    assert draft.faults == ()


def test_there_is_no_information_is_no_answer(reading: Reading) -> None:
    draft = check_draft(f"{VOTE} There is no information about the price.", asking(reading, 17))

    assert [sentence.text for sentence in draft.sentences] == [VOTE]
    assert draft.is_open


def test_where_nothing_else_is_said_the_article_is_told_without_the_question(
    reading: Reading,
) -> None:
    wanted = asking(reading, 28)

    answer = "The article does not specify which hospital will close. It gives no answer."
    summary, checks = to_summary(check_draft(answer, wanted), wanted)

    assert summary.text.startswith(VOTE)
    assert [c.kind for c in checks].count("focus") == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The police report did not mention a weapon."),
        ("en", "The coroner's report does not say how the fire began."),
        ("en", "The bill passed; it contains no information on costs."),
        ("en", "The text does not mention the islands, said the minister of Tarn."),
        ("de", "Der Bericht nennt keine Ursache für den Absturz."),
    ],
)
def test_an_answer_that_the_article_gives_is_none_that_it_leaves_open(
    language: str, said: str
) -> None:
    story = Article(text=f"{VOTE} {said} {COST}", language=language)
    wanted = asking(Reading(story, story, story), 10)

    draft = check_draft(said, wanted)

    assert [sentence.text for sentence in draft.sentences] == [said]
    assert not draft.is_open


def test_without_a_question_a_sentence_about_the_article_stays(reading: Reading) -> None:
    draft = judged(f"{VOTE} The article does not mention a hospital.", reading, 26)

    assert len(draft.sentences) == 2


def test_an_extract_for_a_question_that_is_left_open_is_one_of_the_article(
    reading: Reading,
) -> None:
    asked = "Which vaccine protects cattle from bluetongue?"

    found, checks = extracted_summary(Task(reading, SummaryRequest(words=28, focus=asked)))
    plain, _ = extracted_summary(task(reading, 28))

    assert found.text == plain.text
    assert "focus" in [check.kind for check in checks]
