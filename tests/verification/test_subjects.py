from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

TEXT = """Norland and Sudia signed a pact on border crossings. Ministers praised Norland and Sudia.

"The two sides are installing concrete walls and barriers along the river," Mr Hale added.

Halvorsen scored twice before the interval in the final at Tarn. Bruno was sent off for arguing with
the referee in the second half. The crowd sang for Halvorsen and booed Bruno.

President Oksana Relling called up six thousand reservists. Critics of Torvia and Relling met.
"""


def messages(claim: str, text: str = TEXT) -> list[str]:
    article = Article(text=text, language="en")
    return [check.message for check in verify_summary([claim], article).checks]


@pytest.mark.parametrize(
    ("claim", "whom"),
    [
        ("Norland is installing concrete walls and barriers along the river.", "The two sides"),
        ("Bruno scored twice before the interval in the final.", "Halvorsen"),
        ("Halvorsen was sent off for arguing with the referee.", "Bruno"),
    ],
)
def test_a_deed_that_is_another_s_is_told(claim: str, whom: str) -> None:
    name = claim.split()[0]
    assert messages(claim) == [f"the article says this of {whom!r}, not of {name!r}"]


@pytest.mark.parametrize(
    ("claim", "whom"),
    [
        ("Halvorsen scored twice and was sent off for arguing with the referee.", "Bruno"),
        ("Bruno was sent off, but scored twice before the interval.", "Halvorsen"),
    ],
)
def test_the_deed_of_another_joined_to_a_right_one_is_told(claim: str, whom: str) -> None:
    name = claim.split()[0]
    assert messages(claim) == [f"the article says this of {whom!r}, not of {name!r}"]


@pytest.mark.parametrize(
    "claim",
    [
        "Halvorsen scored twice and the crowd sang for Halvorsen.",
        "Bruno was sent off for arguing and booed by the crowd.",
        "The two sides are installing concrete walls and barriers along the river.",
        "Norland and Sudia are installing concrete walls and barriers along the river.",
        "Norland said the two sides are installing concrete walls along the river.",
        "Halvorsen scored twice before the interval.",
        "Torvia called up six thousand reservists.",
    ],
)
def test_the_same_subject_and_one_that_acts_for_it_are_right(claim: str) -> None:
    assert messages(claim) == []


def test_another_spelling_is_the_same_name() -> None:
    text = (
        "Zolfaghari agreed to meet four times a year. Officials praised Zolfaghari. So did Relling."
    )
    assert messages("Zolfaqari agreed to meet four times a year.", text) == []


def test_names_side_by_side_may_be_one_s() -> None:
    text = TEXT + " Halvorsen Bruno is a firm."
    assert messages("Bruno scored twice before the interval in the final.", text) == []


def test_other_languages_are_not_judged() -> None:
    article = Article(text=TEXT, language="nl")
    claim = "Bruno scored twice before the interval in the final."
    assert verify_summary([claim], article).checks == ()


COUNCIL = """Norland beat Sudia in the final at Tarn. Sudia was fined by the federation of Norland.

The council may approve the tram line to the harbour. Mr Hale is accused of stealing the ring from
the museum of Tarn. Ministers plan to close two schools, and hope to build a new one in Tarn. The
bridge will be repaired in May. Workers repaired the bridge in the north last year.
"""


@pytest.mark.parametrize(
    ("claim", "verb"),
    [
        ("Sudia beat Norland in the final at Tarn.", "beat"),
        ("In the final at Tarn, Norland was beaten, as Sudia beat Norland.", "beat"),
    ],
)
def test_two_names_that_change_their_places_beside_a_verb_are_told(claim: str, verb: str) -> None:
    why = f"{verb!r} is said of the same two in the article, the other way round"
    assert messages(claim, COUNCIL) == [why]


@pytest.mark.parametrize(
    "claim",
    [
        "Norland beat Sudia at Tarn in the final.",
        "The federation of Norland fined Sudia.",
        "Sudia was beaten by Norland in the final.",
        "Sudia lost the final at Tarn to Norland.",
        "In the final at Tarn Sudia was beaten, Norland said.",
    ],
)
def test_names_that_keep_their_places_or_a_passive_are_not(claim: str) -> None:
    assert messages(claim, COUNCIL) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("In 2021 Sudia merged with Norland.", "In 2021 Norland merged with Sudia."),
        (
            "On Friday Relling discussed grain with Hale.",
            "On Friday Hale discussed grain with Relling.",
        ),
        ('"Sudia will win," tweeted Hale.', "On Friday Hale tweeted that Sudia will win."),
        ("It was Sudia whom Norland defeated at Tarn.", "At Tarn Norland defeated Sudia."),
        ("Sudia, defeated in the final, praised Norland.", "In the final Norland defeated Sudia."),
        ("Finn, whom Hale robbed in Tarn, was there.", "In Tarn Hale robbed Finn, a court heard."),
        ("Relling won as Hale lost Tarn.", "In Tarn Hale lost to Relling."),
    ],
)
def test_what_both_do_and_the_words_of_another_clause_are_not_the_other_way_round(
    claim: str, text: str
) -> None:
    assert messages(claim, text) == []


@pytest.mark.parametrize(
    ("claim", "verb"),
    [
        ("The council has approved the tram line to the harbour.", "approved"),
        ("Mr Hale stole the ring from the museum in Tarn.", "stole"),
        ("Ministers closed two schools in Tarn and built a new one.", "closed"),
    ],
)
def test_what_the_article_leaves_open_is_not_done(claim: str, verb: str | None) -> None:
    why = f"the article leaves open what {verb!r} tells as done"
    assert messages(claim, COUNCIL) == ([why] if verb else [])


@pytest.mark.parametrize(
    "claim",
    [
        "The council may have approved the tram line to the harbour.",
        "The council is to approve the tram line to the harbour.",
        "The council has not yet approved the tram line to the harbour.",
        "The bridge was repaired by workers.",
        "Ministers said that they planned to close two schools.",
    ],
)
def test_what_is_left_open_in_the_claim_or_told_elsewhere_is_no_fault(claim: str) -> None:
    assert messages(claim, COUNCIL) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (
            "A fire destroyed the church in Tarn on Friday.",
            "Police believe the fire, which destroyed the church in Tarn on Friday, was laid.",
        ),
        (
            "A bomb killed four people at a market in Tarn.",
            "The ministry suspects the bomb that killed four people at a market in Tarn was old.",
        ),
        (
            "Four people were killed at a market in Tarn on Friday.",
            "The alleged attacker killed four people at a market in Tarn on Friday, police said.",
        ),
        (
            "Ministers scrapped the rail link to Tarn.",
            "Ministers must explain why they scrapped the rail link to Tarn.",
        ),
        (
            "The firm opened a plant in Tarn in March.",
            "The firm planned to open a plant in Tarn, and it did so in March.",
        ),
    ],
)
def test_a_clause_of_its_own_and_what_somebody_is_called_leave_no_deed_open(
    claim: str, text: str
) -> None:
    assert messages(claim, text) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (
            "Hale killed four people at a market in Tarn.",
            "Police believe that Hale killed four people at a market in Tarn.",
        ),
        (
            "Hale killed four people at a market in Tarn.",
            "He rejects the claim that Hale killed four people at a market in Tarn.",
        ),
        (
            "Hale has killed four people at a market in Tarn.",
            "Hale, who is accused of having killed four people at a market in Tarn, was silent.",
        ),
    ],
)
def test_a_clause_of_what_is_believed_or_claimed_leaves_a_deed_open(claim: str, text: str) -> None:
    assert messages(claim, text) == ["the article leaves open what 'killed' tells as done"]
