from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary
from summarizer.verification.subjects import lacks_verb


@pytest.mark.parametrize(
    "sentence",
    [
        "The closure of Stannick hospital in the Merrow valley, which was built by quarrymen in "
        "1926 and closed in 1991.",
        "The mayor of Ostervik, who took office in 2016.",
        "A programme of eight years, which would cost 52 million euros.",
        "The company from the capital, whose bid was 9 percent below the next one.",
        "Norway's prime minister, who visits Berlin on Monday.",
    ],
)
def test_a_subject_with_a_relative_clause_is_no_sentence(sentence: str) -> None:
    assert lacks_verb(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Trump backs plan for tax, which Democrats oppose.",
        "The hospital, which was built in 1926, closed in 1991.",
        "Ministers agree on a plan, which costs 5 million euros.",
        "The council approved the line, which opens in May.",
        "Fishermen want a berth of their own, which the port refuses.",
        "Police seek a driver, who fled on foot.",
        "Israel bombs port, where two ships burn.",
        "Mayor quits over pipes, which never came.",
        "The town paid 52 million euros for pipes, which it never got.",
        "A storm hit the coast, where 400 people live.",
        "Dogs bite man, who bites back.",
        "The firm cut 320 jobs, of which 90 are in Soltau.",
        "In 1926 a gallery fell in, which trapped 17 men.",
        "Rail workers strike in Paris, where talks failed.",
        "Dr Lee runs the ward, which has 16 beds.",
        "It is the largest employer, whose wages feed the valley.",
        "Prices rise in Spain, where wages stagnate.",
        "The author, who lives in Bern, writes plays, which few read.",
        "She gives the money to the school, which needs a roof.",
        "War in the valley",
        "The mayor's plan, which the council backs, faces a vote.",
        "Storm nears island, where thousands wait.",
        "Honestly, who cares?",
    ],
)
def test_a_headline_or_a_sentence_is_one(sentence: str) -> None:
    assert not lacks_verb(sentence)


def test_what_is_no_sentence_is_not_supported() -> None:
    article = Article(text="The mayor of Ostervik took office in 2016.", language="en")
    found = verify_summary(["The mayor of Ostervik, who took office in 2016."], article)
    assert [check.message for check in found.checks] == [
        "this is no sentence: its subject has no verb"
    ]
    assert not found.sentences[0].supported
