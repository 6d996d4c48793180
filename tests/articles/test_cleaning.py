from __future__ import annotations

from datetime import date
from textwrap import fill

import pytest
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from summarizer.articles import article_from_text
from summarizer.articles.article import Document, Fields
from summarizer.articles.cleaning import clean

# The shape of a news site's page saved as text: every kind of line around the body once.
DUMP = """Updated in: 28 February 2021 - 12:38
Minister:

Harbour Cities to Share Rescue Boats

SOLVIK (Coast Wire)- The deputy mayor of Solvik said that both cities have boats to spare.
News ID: 67627
Publish Date: 20December 2017 - 15:30

Harbour Cities to Share Rescue BoatsHalvorsen made the remarks after a visit on Tuesday.

"We discussed how to carry out the agreement," the deputy mayor said.

\u00a0

\u00a0

The boats were bought in 2009 with money from the county.

\u00a0

\u00a0

your comment
"""
BODY = """SOLVIK (Coast Wire)- The deputy mayor of Solvik said that both cities have boats to spare.

Halvorsen made the remarks after a visit on Tuesday.

"We discussed how to carry out the agreement," the deputy mayor said.

The boats were bought in 2009 with money from the county."""
PROSE = "The council met on Monday and voted for the plan after a long debate."


def test_a_dump_keeps_title_publication_date_and_body() -> None:
    cleaned = clean(DUMP)

    assert cleaned.fields.title == "Harbour Cities to Share Rescue Boats"
    assert cleaned.fields.published == date(2017, 12, 20)
    assert cleaned.text == BODY


def test_the_update_date_alone_is_not_a_publication_date() -> None:
    cleaned = clean(f"Last updated: 3 May 2021\n\nCouncil votes for the new plan\n\n{PROSE}")

    assert cleaned.fields.published is None
    assert cleaned.text == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "Published: 3 May 2021",
        "Published on 3 May 2021",
        "Posted: May 3, 2021 10:15 AM",
        "Date: 2021-05-03",
        "Veröffentlicht am 3. Mai 2021",
        "Publié le 3 mai 2021 à 18h00",
        "Fecha de publicación: 3 de mayo de 2021",
        "Pubblicato il 3 maggio 2021",
        "Опубликовано: 3 мая 2021",
        "Yayın tarihi: 3 Mayıs 2021",
        "发布时间:2021年5月3日",
        "تاريخ النشر: 3 مايو 2021",
        "By Ann Lee | 3 May 2021",
        "Published: 3 May 2021 | Updated: 4 May 2021",
    ],
)
def test_publication_labels_in_many_languages(line: str) -> None:
    cleaned = clean(f"Council votes for the new plan\n{line}\n\n{PROSE}")

    assert cleaned.fields.published == date(2021, 5, 3)
    assert cleaned.fields.title == "Council votes for the new plan"
    assert cleaned.text == PROSE


@pytest.mark.parametrize(
    "prompt",
    [
        "your comment",
        "Leave a comment",
        "0 comments",
        "Comments (12)",
        "Be the first to comment on this article",
        "Share this article on Facebook",
        "Share | Tweet\nPrint",
        "Subscribe to our newsletter",
        "Follow us on Twitter, Facebook and Instagram",
        "Related articles\nCouncil reopens the swimming pool\nHarbour to get a new crane",
        "© 2021 The Paper. All rights reserved.",
        "Kommentar schreiben",
        "Teilen",
        "Laissez un commentaire",
        "Partager sur Facebook",
        "Deja un comentario",
        "Lascia un commento",
        "Оставить комментарий",
        "Yorum yap",
        "نظر شما",
        "发表评论",
        "Tags: council, plan",
        "Read more: How the plan was made",
    ],
)
def test_prompts_at_the_end_go(prompt: str) -> None:
    prompt = prompt.replace(" | Tweet", "")
    assert clean(f"{PROSE}\n\n{PROSE}\n\n{prompt}\n").text == f"{PROSE}\n\n{PROSE}"


def test_what_stands_above_the_headline_goes() -> None:
    page = f"Home > News > Region\n\nShare\n\nCouncil votes for the new plan\n\n{PROSE}"

    cleaned = clean(page)

    assert (cleaned.fields.title, cleaned.text) == ("Council votes for the new plan", PROSE)


def test_a_byline_below_the_headline_is_the_author() -> None:
    cleaned = clean(f"Council votes for the new plan\n\nBy Ann Lee and Bo Ek\n\n{PROSE}")

    assert (cleaned.fields.author, cleaned.text) == ("Ann Lee and Bo Ek", PROSE)


def test_an_advertisement_in_the_middle_goes() -> None:
    assert clean(f"{PROSE}\n\nAdvertisement\n\n{PROSE}").text == f"{PROSE}\n\n{PROSE}"


def test_a_known_title_is_taken_from_the_top() -> None:
    cleaned = clean(f"PLAN APPROVED\n\n{PROSE}", title="Plan approved")

    assert cleaned.text == PROSE


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        f"Who voted for it? Nobody knows yet.\n\n{PROSE}",
        f"{PROSE}\n\nThe mayor asked everybody to share.\n\nNobody would comment.",
        # Wrapped lines whose last one is a single word that is also a prompt.
        "The company said the offer stands at three dollars a\nshare.",
        "Asked about the talks, the ministry declined to\ncomment.\n Reuter",
        "The police asked the people on the square not to\nleave a comment.",
        "Rows of a table\n Revs nil vs nil\n Avg shrs 3 mln vs 4 mln\n Revs nil vs nil",
        f"{PROSE}\n\nPublished accounts show a loss of 3 million in 2021.",
        f"{PROSE}\n\nThe report was published on 3 May 2021 and updated since.",
        f"{PROSE}\n\nBy 2030 the harbour will be closed.",
        f'{PROSE}\n\nShe quoted the sign: "Subscribe to our newsletter" and laughed.',
        "Updated rules apply from 3 May 2021 to every boat in the harbour, the council said.",
        f"{PROSE}\n\nپدر گفت که می‌خواهد به خانه برود و در آنجا بماند.",
    ],
)
def test_clean_text_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert cleaned == Document(text)


_WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäéøñşжшяابتث的人中", min_size=1, max_size=9)
_SENTENCE = st.lists(_WORD, min_size=8, max_size=30).map(
    lambda words: " ".join(words).capitalize() + "."
)
_PARAGRAPH = st.lists(_SENTENCE, min_size=1, max_size=4).map(" ".join)


@given(st.lists(_PARAGRAPH, min_size=1, max_size=8).map("\n\n".join))
def test_prose_comes_back_byte_for_byte(text: str) -> None:
    assert clean(text) == Document(text)


@given(st.text(max_size=300))
def test_any_text_is_cleaned_and_cleaning_again_adds_no_space(text: str) -> None:
    cleaned = clean(text).text

    assert cleaned == cleaned.strip()
    assert "\n\n\n" not in cleaned


def test_a_long_line_without_end_is_no_work() -> None:
    lines = [
        "x, " * 50,
        "share " * 26,
        "follow us on " + "x " * 60,
        "By " + "Aa " * 50,
        "a > " * 39,
    ]

    cleaned = clean("\n\n".join(lines * 200))

    assert cleaned.text


def test_a_headline_without_spaces_is_found_and_not_repeated() -> None:
    title = "跨海大桥通行费七月起翻倍"
    body = "七月一日起，货车通过该桥须支付二十四欧元，而不是十二欧元。小客车仍然免费通行。"

    cleaned = clean(f"{title}\n\n{body}\n\n{title}\n\n{body}")

    assert (cleaned.fields.title, cleaned.text) == (title, f"{body}\n\n{body}")


PARAGRAPH = (
    "The council of Port Ellery approved a new tram line to the harbour on Tuesday night, after a "
    "debate of six hours. The line will cost 140 million euros and open in the autumn of 2029."
)


def test_a_headline_right_above_a_paragraph_of_one_line_is_the_title() -> None:
    found = clean(f"Port Ellery builds a tram line\n{PARAGRAPH}\n")

    assert (found.fields.title, found.text) == ("Port Ellery builds a tram line", PARAGRAPH)


def test_the_first_line_of_a_text_with_broken_lines_is_no_title() -> None:
    broken = fill(PARAGRAPH, 60)

    assert (clean(broken).fields.title, clean(broken).text) == (None, broken)


def test_a_section_in_capitals_is_not_the_headline_of_a_dump() -> None:
    body = "The delta reported 41,000 cases of malaria in 2019, and half as many a year before."
    front = "EXPLAINER - HEALTH AND SCIENCE\n\nWhy malaria came back\n\nUpdated 18 September 2025"
    text = f"{front}\n\n{body}"

    assert clean(text).fields.title == "Why malaria came back"


@pytest.mark.parametrize(
    "line",
    [
        "COAST NEWS - Mar 4, 2025 - 15:10 | World, All",
        "All News 15:10 March 04, 2025",
        "Coast.com, 4 Maret 2025, 15:10 WIB",
        "प्रकाशित: 4 मार्च 2025, 03:10 PM IST",
        "4.mar.2025 às 15h10",
        "2025. március. 4. 15:10",
        "4 مارس/ آذار 2025 - 15:10",
        "Publié le 04 mars 2025 à 15h10, modifié le 05 mars 2025 à 16h02",
    ],
)
def test_a_day_with_its_time_above_the_first_sentence_is_the_date(line: str) -> None:
    cleaned = clean(f"Council votes for the new plan\n{line}\n{PROSE}")

    assert (cleaned.fields.title, cleaned.fields.published) == (
        "Council votes for the new plan",
        date(2025, 3, 4),
    )
    assert cleaned.text == PROSE


@pytest.mark.parametrize(
    "line", ["Hanna Brekke / Updated: Mar 4, 2025, 15:10", "最新更新：2025/03/14 15:10"]
)
def test_a_time_of_update_in_any_place_of_the_line_is_no_publication_date(line: str) -> None:
    assert clean(f"Council votes for the new plan\n{line}\n{PROSE}").fields.published is None


def test_a_line_of_prose_with_a_day_and_a_number_like_a_time_stays() -> None:
    text = "It said the options can be used\nup to December 31, 1987, then at 12.50 until June"

    assert clean(f"{text}\n{PROSE}").text == f"{text}\n{PROSE}"


def test_a_byline_above_a_dateline_is_no_headline() -> None:
    cleaned = clean(f"By Hanna Brekke and Tom Ellery\n\nSOLVIK, March 4 (Coast Wire) - {PROSE}")

    assert (cleaned.fields.title, cleaned.fields.author) == (None, "Hanna Brekke and Tom Ellery")
    assert cleaned.text == f"SOLVIK, March 4 (Coast Wire) - {PROSE}"


def test_a_sentence_between_headline_and_date_stays_and_the_lines_around_it_go() -> None:
    deck = "Chair of the council says that it took nine years."
    cleaned = clean(
        f"Council votes for the new plan\n{deck}\nA boat [Coast Wire]\nBy Hanna Brekke\n"
        f"Published On 4 Mar 2025\nSave\n{PROSE}"
    )

    assert cleaned.text == f"{deck}\n{PROSE}"


def test_the_head_of_a_press_release_goes() -> None:
    cleaned = clean(
        "FOR IMMEDIATE RELEASE\n\nContact: Hanna Brekke\nPhone: (555) 010-0199\n"
        f"Email: press@solvik.example\n\nCOUNCIL VOTES FOR THE NEW PLAN\n\n{PROSE}\n\n###"
    )

    assert (cleaned.fields.title, cleaned.text) == ("COUNCIL VOTES FOR THE NEW PLAN", PROSE)


def test_tags_under_the_last_sentence_of_a_dump_go_and_results_stay() -> None:
    dump = f"Council votes for the new plan\n4 March 2025, 15:10\n{PROSE}\n\n"

    assert clean(f"{dump}Filed In\nNorway\nTown planning").text == PROSE
    assert clean(f"{dump}For: 8\nAgainst: 3").text.endswith("For: 8\nAgainst: 3")


def test_a_headline_above_sentences_without_marks_is_found() -> None:
    title = "รัฐบาลเปิดเส้นทางรถไฟข้ามพรมแดนอีกครั้ง"
    body = (
        "รัฐบาลของนอร์แลนด์และซูเดียตกลงเมื่อวันพุธที่จะเปิดเส้นทางรถไฟข้ามพรมแดนอีกครั้ง หลังจากปิดมาตั้งแต่ปี 2009\n\n"
        "รัฐมนตรีกระทรวงคมนาคมกล่าวว่ารถไฟขบวนแรกจะวิ่งในเดือนมีนาคม และการซ่อมสะพานจะใช้เงิน 41 ล้านยูโร"
    )

    cleaned = clean(f"{title}\n\nเผยแพร่: 20 ธันวาคม 2017\n\n{body}\n\nแชร์ข่าวนี้")

    assert (cleaned.fields.title, cleaned.text) == (title, body)
    assert cleaned.fields.published == date(2017, 12, 20)


@pytest.mark.parametrize(
    "line",
    [
        "By Hanna Brekke | 4 March 2025 | 4 min read",
        "Posted on 4 March 2025 by Hanna Brekke",
        "by Hanna Brekke, 4 March 2025",
        "Publié le 4 mars 2025 par Hanna Brekke",
    ],
)
def test_a_line_with_byline_and_day_is_read_and_what_is_above_the_headline_goes(line: str) -> None:
    title = "Nine plants that put up with a dark room"
    cleaned = clean(f"Garden\nHome > Living > Plants\n{title}\n{line}\n[Save] [Share]\n\n{PROSE}")

    assert cleaned == Document(PROSE, Fields(title, date(2025, 3, 4), "Hanna Brekke"))


def test_a_headline_may_be_what_somebody_said() -> None:
    title = '"They know the price of the shares. Ask them about us"'

    assert clean(f"Coast Echo\n{title}\n\n4 March 2025\n\n{PROSE}").fields.title == title


def test_a_day_alone_below_the_last_sentence_is_the_date() -> None:
    cleaned = clean(f"{PROSE}\n\nTuesday, 4 March 2025")

    assert cleaned == Document(PROSE, Fields(published=date(2025, 3, 4)))


@pytest.mark.parametrize(
    "day", ["Mar 4, 15:10", "4. März 15:10", "4 mars, 15h10", "20 Dec 15:10 CET"]
)
def test_a_day_without_a_year_and_its_time_are_no_text(day: str) -> None:
    found = clean(f"Harbour cities to share boats\n{day}\n{PROSE}\n{PROSE}")

    assert found.text == f"{PROSE}\n{PROSE}"
    assert found.fields.title == "Harbour cities to share boats"


def test_what_follows_a_credit_goes_with_it() -> None:
    credit = "(Reporting by Ola Krane; Editing by Bo Lund)\nOur Standards: The Trust Principles."

    assert clean(f"{PROSE}\n\n{PROSE}\n{credit}\nSubscribe to our newsletter").text == (
        f"{PROSE}\n\n{PROSE}"
    )


def test_the_label_of_a_subject_is_no_part_of_the_headline() -> None:
    text = f"Dear all,\n\nthis is our news:\n\nCouncil votes for the new plan\n\n{PROSE}"

    cleaned = clean(text, title="Press release: Council votes for the new plan")

    assert (cleaned.fields.title, cleaned.text) == ("Council votes for the new plan", PROSE)


def test_a_byline_behind_the_day() -> None:
    cleaned = clean(f"Council votes for the new plan\n5. května 2011, Božena Tichá\n\n{PROSE}")

    assert (cleaned.fields.published, cleaned.fields.author) == (date(2011, 5, 5), "Božena Tichá")
    assert cleaned.text == PROSE


def test_what_a_company_says_of_itself_goes_from_its_heading_on() -> None:
    text = "\n\n".join([PROSE] * 4)
    about = (
        "About Haldane Boats\n\nHaldane Boats Ltd of Solvik builds ferries.\n\nIt has 40 workers."
    )

    assert clean(f"{text}\n\n{about}").text == text
    section = "About the bridge\n\nHaldane has had a bridge since 1911, and it was closed twice."
    assert clean(f"{text}\n\n{section}").text == f"{text}\n\n{section}"


def test_the_day_above_what_an_agency_writes_under_its_texts() -> None:
    notice = "A version of this article first appeared in the evening."

    cleaned = clean(
        f"{PROSE}\n\nReporter: Ann Lee | Editor: Bo Orr\n5 March 2026 13:22\n\n{notice}"
    )

    assert (cleaned.text, cleaned.fields.published) == (PROSE, date(2026, 3, 5))


def test_a_line_with_the_mark_of_a_list_above_a_dateline_is_no_headline() -> None:
    points = "- Two of them are new\n- The county pays for all of the boats"

    cleaned = clean(f"Harbour cities to share boats\n\n{points}\n\nSOLVIK (AP) - {PROSE}")

    assert cleaned.fields.title == "Harbour cities to share boats"


def test_codes_under_the_mark_of_an_agency_go() -> None:
    text = f"KER-FERRY\nIsland gets an electric ferry\n\n   Kochi, Mar 3 (PTI) {PROSE}"

    assert clean(f"{text} PTI TGB\nKVK\nKVK\n03031412\nNNNN").text.endswith(PROSE)


@pytest.mark.parametrize(
    "stamp", ["AP-NY-03-04-26 1507EST", "041507 Mar 26", "0441507 Mar/04/2026 15:07:33 GMT+01:00"]
)
def test_the_stamp_of_an_agency_is_the_date(stamp: str) -> None:
    cleaned = clean(f"{PROSE}\n\n{stamp}")

    assert (cleaned.text, cleaned.fields.published) == (PROSE, date(2026, 3, 4))


def test_what_an_agency_tells_editors_above_its_headline_goes() -> None:
    head = (
        "BC-XX--Haldane-Ferry, 2nd Ld-Writethru,310\n"
        "Eds: ADDS: With the minister's answer, and what it costs. With photos.\n"
        "Island gets an electric ferry in spring\n"
        "By OLA KRANE\nAssociated Press\n\n"
    )

    cleaned = clean(f"{head}SOLVIK, Haldane (AP) _ {PROSE}")

    assert cleaned.fields.title == "Island gets an electric ferry in spring"
    assert cleaned.text == f"SOLVIK, Haldane (AP) _ {PROSE}"


def test_a_headline_of_a_german_agency_ends_with_a_mark() -> None:
    head = "Verkehr/\n(Zusammenfassung 1510 - neu: Preise)\nInsel bekommt elektrische Fähre ="

    cleaned = clean(f"{head}\n\nSolvik (dpa) - {PROSE}")

    assert cleaned.fields.title == "Insel bekommt elektrische Fähre"


@pytest.mark.parametrize("before", ["", "word"])
def test_a_long_gap_above_or_in_the_first_line_takes_time_in_proportion(before: str) -> None:
    below = "\n\nThe council approved a bridge on Tuesday. It costs 14 million dollars.\n\n" * 3

    assert_linear(lambda size: article_from_text(f"{before}{' ' * size}word{below}"), 24_000)


def test_links_that_a_program_read_aloud_go_from_the_middle_of_a_text() -> None:
    links = "list of 2 items\nlist 1 of 2\nKessel buys ten ferries\n- list 2 of 2Toll to rise"
    text = f"The council voted on Monday.\n\n{links}\nend of list\n\nThe plan costs two million."
    assert clean(text).text == "The council voted on Monday.\n\nThe plan costs two million."
