"""``summarizer eval decide``: what it says, when it stops, and how it goes on."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from standin import Body, Reply, StandIn, answer
from test_eval_compare import SUMMARY, evaluate, write_suite
from whole_app import app

from summarizer.articles import article_from_text
from summarizer.evaluation.deciding import by_lot
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.suite.samples import Sample

MODELS = ("--model", "old-70b", "--model", "new-70b")
ARTICLES = 40


def digest(topic: str) -> Reply:
    return answer(json.dumps({"summary": SUMMARY, "topics": [topic]}))


def by_model(topics: dict[str, str]) -> Any:
    def step(body: Body) -> Reply:
        return digest(topics.get(body["model"], "politics and government"))

    return step


@pytest.fixture(autouse=True)
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "suite"
    write_suite(folder, gates=[{"metric": "topic_f1", "margin": 0.05}])
    row = json.loads((folder / "data.jsonl").read_text("utf-8").splitlines()[0])
    lines = [
        json.dumps({**row, "id": f"a{n}", "article": row["article"] + f" It is number {n}."}) + "\n"
        for n in range(ARTICLES)
    ]
    (folder / "data.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def decide(server: StandIn, *arguments: object) -> Any:
    base = ("--base-url", server.base_url, "--no-cache", "--out", "r")
    return evaluate("decide", "suite", *base, *arguments)


def test_it_stops_as_soon_as_the_answer_is_known() -> None:
    with StandIn(default=by_model({"old-70b": "sport"})) as server:
        result = decide(server, *MODELS)

        assert len(server.requests) == 20  # two models, a batch of ten
    assert result.exit_code == 0, result.stderr
    assert "Ship B: it is better on topic_f1." in result.stdout
    assert "10 of at most 40 articles, 1 look," in result.stdout
    assert "10 of at most 40 articles:" in result.stderr


def test_what_a_model_of_unknown_price_cost_is_unknown() -> None:
    with StandIn(default=by_model({"old-70b": "sport"})) as server:
        result = decide(server, *MODELS)
        found = decide(server, *MODELS, "--json")

    assert "10 of at most 40 articles, 1 look, price unknown\n" in result.stdout
    assert json.loads(found.stdout)["cost_usd"] is None


def test_what_is_worse_is_not_shipped() -> None:
    with StandIn(default=by_model({"new-70b": "sport"})) as server:
        result = decide(server, *MODELS)

    assert result.exit_code == 10
    assert "Do not ship B: topic_f1 lost more than accepted." in result.stdout


def test_compare_and_report_say_the_same_of_the_run() -> None:
    with StandIn(default=by_model({"old-70b": "sport"})) as server:
        decided = decide(server, *MODELS, "--json")

    found = json.loads(decided.stdout)
    compared = json.loads(evaluate("compare", "r", "--json").stdout)
    assert found["comparisons"][0]["metrics"] == compared[0]["metrics"]
    assert found["winner"] == "new-70b"
    assert compared[0]["metrics"][0]["p"] > 10 * 2 ** (
        1 - 10
    )  # it allows for the looks that may come
    assert evaluate("report", "r").exit_code == 0
    assert "Ship B" in Path("report.html").read_text("utf-8")


def test_it_goes_on_where_it_was() -> None:
    with StandIn(default=by_model({"old-70b": "sport"})) as server:
        assert decide(server, *MODELS, "--batch", 2, "--margin", "topic_f1=0.5").exit_code == 0
        spent = len(server.requests)
        again = decide(server, *MODELS, "--batch", 2, "--margin", "topic_f1=0.5")

        assert len(server.requests) == spent
    assert again.exit_code == 0


def test_a_call_that_died_before_its_first_look_goes_on() -> None:
    refused = Reply(status=401, content=b"{}")
    with StandIn(answer("no JSON"), refused, default=by_model({"old-70b": "sport"})) as server:
        died = decide(server, *MODELS)
        again = decide(server, *MODELS)

    assert died.exit_code not in (0, 10, 11, 12)
    assert again.exit_code == 0, again.stderr


def test_a_run_that_was_planned_otherwise_is_not_decided_on() -> None:
    with StandIn(default=by_model({})) as server:
        decide(server, *MODELS, "--limit", 12)
        result = decide(server, *MODELS)

    assert result.exit_code == 2
    assert "was not begun by eval decide on" in result.stderr


def test_the_change_of_the_prompt_stands_on_top() -> None:
    with StandIn(default=by_model({})) as server:
        result = decide(
            server, "--model", "old-70b", "--prompt", "digest@v1", "--prompt", "digest@v2"
        )

    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- digest@v1", "+++ digest@v2"]
    assert result.exit_code == 10
    assert "Do not ship B: topic_f1 is the same on every article." in lines


def test_of_several_one_wins_or_none() -> None:
    three = ("--model", "old-70b", "--model", "new-70b", "--model", "other-70b")
    with StandIn(default=by_model({"old-70b": "sport", "other-70b": "sport"})) as server:
        result = decide(server, *three)

    assert result.exit_code == 0, result.stdout
    assert "Ship new-70b instead of old-70b." in result.stdout
    assert "  other-70b: Do not ship B" in result.stdout


def test_the_budget_ends_it_and_a_later_call_goes_on() -> None:
    def dear(body: Body) -> Reply:
        topic = "sport" if body["model"] == "old-70b" else "politics and government"
        text = json.dumps({"summary": SUMMARY, "topics": [topic]})
        return answer(text, usage=(2_000, 0, 1_000))  # $0.003

    with StandIn(default=dear) as server:
        poor = decide(server, *MODELS, "--price", "1,1", "--max-cost", 0.020)
        rich = decide(server, *MODELS, "--price", "1,1", "--max-cost", 1)

        assert len(server.requests) == 20
    assert poor.exit_code == 11, poor.stderr
    assert "3 of at most 40 articles, 1 look, $0.0180 so far" in poor.stdout
    assert "stopped by --max-cost" in poor.stderr
    assert rich.exit_code == 0, rich.stderr


def test_one_variant_is_nothing_to_decide() -> None:
    result = evaluate("decide", "suite", "--model", "extractive")

    assert result.exit_code == 2
    assert "nothing to decide" in result.stderr


def test_the_command_is_listed_first() -> None:
    assert app.registered_groups
    assert "decide" in evaluate("--help").stdout


def test_articles_on_one_story_come_together() -> None:
    article = article_from_text("The council voted to rebuild the bridge on Tuesday, it said.")
    samples = [
        Sample(id=f"a{n}", article=article, gold=Gold(), story=f"s{n % 3}" if n % 2 else None)
        for n in range(24)
    ]

    ordered = by_lot(samples, seed=0)

    stories = [sample.story for sample in ordered if sample.story]
    runs = [story for story, _ in groupby(sample.story or sample.id for sample in ordered)]
    assert len([run for run in runs if run.startswith("s")]) == len(set(stories))
    assert sorted(sample.id for sample in ordered) == sorted(sample.id for sample in samples)
    assert by_lot(samples, seed=0) == ordered != by_lot(samples, seed=1)
