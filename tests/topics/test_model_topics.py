from __future__ import annotations

import math

import pytest

from summarizer.llm.messages import TokenLogprobs
from summarizer.taxonomy import Topic
from summarizer.topics.model_topics import parse_topics, with_confidence

TOPICS = (Topic(id="1", name="sport"), Topic(id="2", name="health"), Topic(id="3", name="law"))


def test_names_become_topics_in_the_models_order() -> None:
    assert [t.id for t in parse_topics({"topics": ["Health ", "sport"]}, TOPICS, max_topics=3)] == [
        "2",
        "1",
    ]


def test_a_name_that_comes_twice_counts_once() -> None:
    assert len(parse_topics({"topics": ["sport", "sport"]}, TOPICS, max_topics=1)) == 1


def test_an_empty_list_is_an_answer() -> None:
    assert parse_topics({"topics": []}, TOPICS, max_topics=3) == []


def test_an_invented_topic_is_a_violation_that_names_it() -> None:
    with pytest.raises(ValueError, match="'chess' is not one of the topics"):
        parse_topics({"topics": ["sport", "chess"]}, TOPICS, max_topics=3)


def test_too_many_topics_are_a_violation() -> None:
    with pytest.raises(ValueError, match="3 topics, at most 2"):
        parse_topics({"topics": ["sport", "health", "law"]}, TOPICS, max_topics=2)


@pytest.mark.parametrize("names", [None, "sport", [1], {"a": 1}])
def test_anything_but_a_list_of_names_is_a_violation(names: object) -> None:
    with pytest.raises(ValueError, match="must be a list of names"):
        parse_topics({"topics": names}, TOPICS, max_topics=3)


def token(text: str, probability: float) -> TokenLogprobs:
    return TokenLogprobs(token=text, logprob=math.log(probability))


def test_the_confidence_is_the_probability_of_the_names_tokens() -> None:
    answer = (token('{"topics": ["', 1.0), token("sp", 0.8), token("ort", 0.5), token('"]}', 1.0))
    assert with_confidence(TOPICS[:1], answer)[0].confidence == pytest.approx(0.4)


def test_without_logprobs_there_is_no_confidence() -> None:
    assert with_confidence(TOPICS[:1], None)[0].confidence is None


def test_a_name_in_the_summary_is_not_taken_for_the_topic() -> None:
    answer = (token('{"summary": "law", "topics": ["', 0.1), token("law", 0.7), token('"]}', 1.0))
    assert with_confidence(TOPICS[2:], answer)[0].confidence == pytest.approx(0.07)
