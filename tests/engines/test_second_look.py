"""A model asked about each sentence of a summary, through the whole of a digest."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from standin import Reply, StandIn, answer, error

from summarizer import Article, Summarizer
from summarizer.errors import ConfigurationError
from summarizer.summaries.second_look import DOUBTFUL

Open = Callable[..., Summarizer]
COST = "The work will cost 4 million euros and take two years."
VOTE = "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
QUESTION = "Is every detail of this sentence"


def checker(**yes: float) -> Callable[[dict[str, Any]], Reply]:
    """Writes the two sentences; says yes to those that begin with a word with its probability."""

    def reply(body: dict[str, Any]) -> Reply:
        asked = body["messages"][-1]["content"]
        if "yes or no" not in asked:
            return answer(f"{VOTE} {COST}")
        p = next((p for word, p in yes.items() if f'Sentence: "{word}' in asked), 0.9)
        return answer("yes", logprobs=[{"yes": math.log(p), "no": math.log(1 - p)}])

    return reply


def open_at(server: StandIn, open_one: Open, **flags: object) -> Summarizer:
    return open_one(base_url=server.base_url, model="tiny-1b", length="25", **flags)


def questions(server: StandIn) -> list[str]:
    asked = [body["messages"][-1]["content"] for body in server.bodies]
    return [text for text in asked if QUESTION in text]


def test_each_sentence_gets_its_support(summarizer_for: Open, story: Article) -> None:
    with StandIn(default=checker(The=0.95)) as server:
        digest = open_at(server, summarizer_for, check="model").summarize(story)
    assert digest.summary is not None
    assert [s.support for s in digest.summary.sentences] == [0.95, 0.95]
    assert "support" in [ref.name for ref in digest.prompts]
    assert digest.checks == ()


def test_what_another_model_doubts_stays(summarizer_for: Open, story: Article) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        asked = body["messages"][-1]["content"]
        return checker(The=0.2 if f'"{COST}"' in asked else 0.9)(body)

    with StandIn(default=reply) as server:
        digest = open_at(server, summarizer_for, check="model").summarize(story)
    assert digest.summary is not None
    assert [(s.supported, s.support) for s in digest.summary.sentences] == [
        (True, 0.9),
        (True, 0.2),
    ]
    assert digest.checks == ()


def test_what_a_calibrated_model_doubts_gives_way_to_the_article(
    summarizer_for: Open, story: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DOUBTFUL, "tiny-1b", 0.4)

    def reply(body: dict[str, Any]) -> Reply:
        asked = body["messages"][-1]["content"]
        return checker(The=0.01 if f'"{COST}"' in asked else 0.9)(body)

    with StandIn(default=reply) as server:
        digest = open_at(server, summarizer_for, check="model").summarize(story)
    assert digest.summary is not None
    kept = [sentence.text for sentence in digest.summary.sentences]
    assert VOTE in kept
    assert digest.summary.text == " ".join(kept)
    assert ("support", "repaired", COST) in [(c.kind, c.status, c.text) for c in digest.checks]
    others = [s for s in digest.summary.sentences if s.text != VOTE]
    assert others
    assert all(s.text in " ".join(story.text.split()) for s in others)


def test_a_sentence_is_asked_about_with_its_own_passages(
    summarizer_for: Open, story: Article
) -> None:
    with StandIn(default=checker()) as server:
        open_at(server, summarizer_for, check="model").summarize(story)
    vote, cost = sorted(questions(server), key=lambda text: COST in text)
    assert "mayor Petra Lindqvist said" in cost
    assert "referendum" not in vote + cost


@pytest.mark.parametrize("check", ["auto", "rules"])
def test_an_endpoint_is_not_asked_unless_it_is_wanted(
    summarizer_for: Open, story: Article, check: str
) -> None:
    with StandIn(default=checker()) as server:
        digest = open_at(server, summarizer_for, check=check).summarize(story)
    assert digest.summary is not None
    assert [s.support for s in digest.summary.sentences] == [None, None]
    assert questions(server) == []


def test_another_model_can_be_named(summarizer_for: Open, story: Article) -> None:
    with StandIn(default=checker()) as server:
        open_at(server, summarizer_for, check_model="judge-70b").summarize(story)
    asked = {b["model"] for b in server.bodies if QUESTION in b["messages"][-1]["content"]}
    assert asked == {"judge-70b"}


def test_an_extractive_summary_is_asked_about_where_it_is_wanted(
    summarizer_for: Open, story: Article
) -> None:
    with StandIn(default=checker()) as server:
        digest = summarizer_for(
            base_url=server.base_url, model="extractive", check_model="judge-70b", length="25"
        ).summarize(story)
    assert digest.model.name == "extractive"
    assert digest.summary is not None
    assert {s.support for s in digest.summary.sentences} == {0.9}


def test_a_model_without_logprobs_is_an_error_before_anything_is_written(
    summarizer_for: Open, story: Article
) -> None:
    with StandIn(default=answer("Yes.")) as server, pytest.raises(ConfigurationError) as caught:
        open_at(server, summarizer_for, check="model").summarize(story)
    assert "log-probabilities" in str(caught.value)
    assert all(VOTE[:20] not in str(body) for body in server.bodies)


def test_finding_out_about_log_probabilities_is_paid_too(
    summarizer_for: Open, story: Article
) -> None:
    with StandIn(default=checker()) as server:
        digest = open_at(server, summarizer_for, check="model").summarize(story)
    assert digest.usage.requests == len(server.requests)


def test_questions_that_fail_do_not_cost_the_summary(summarizer_for: Open, story: Article) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        out_of_order = QUESTION in body["messages"][-1]["content"]
        return error(500, "out of order") if out_of_order else checker()(body)

    with StandIn(default=reply) as server:
        digest = open_at(server, summarizer_for, check="model").summarize(story)
    assert digest.summary is not None
    assert [s.support for s in digest.summary.sentences] == [None, None]
    assert [check.text for check in digest.missing] == ["second look at the summary"]


def test_a_summary_in_another_language_is_not_asked_about(
    summarizer_for: Open, story: Article
) -> None:
    with StandIn(default=checker()) as server:
        digest = open_at(server, summarizer_for, check="model", language="de").summarize(story)
    assert questions(server) == []
    assert [check.message for check in digest.checks if check.status == "doubtful"] == [
        "it is in another language than the article: only numbers and dates were checked"
    ]
