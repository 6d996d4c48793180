"""``summarizer eval judge`` as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from judge_standin import two_variants, verdict
from standin import StandIn, answer, error
from typer.testing import CliRunner, Result
from whole_app import app


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(default=verdict) as server:
        yield server


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    two_variants(tmp_path, rows=2)
    return "run"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def judge(server: StandIn, *arguments: object, model: str = "arbiter-9b") -> Result:
    return evaluate("judge", *arguments, "--model", model, "--base-url", server.base_url)


def test_a_run_is_judged_and_scored(run: str, server: StandIn) -> None:
    result = judge(server, run, "-j", 2)

    assert result.exit_code == 0, result.stderr
    assert result.stdout == "run\n"
    assert "8 of 8 answers, 0 failures" in result.stderr
    scored = evaluate("score", run)
    assert "judged by arbiter-9b (judge@v1, judge-facts@v1)" in scored.stdout
    assert scored.stdout.count("judge_faithfulness") == 2
    assert "judge_context_only" not in scored.stdout  # nothing has a value
    compared = evaluate("compare", run)
    assert "judge_faithfulness" in compared.stdout


def test_scores_can_be_those_of_another_judge(run: str, server: StandIn) -> None:
    judge(server, run, model="one")
    judge(server, run, model="two")

    assert "judged by two" in evaluate("score", run).stdout
    assert "judged by one" in evaluate("score", run, "--judge", "one").stdout
    assert "judged by one" not in evaluate("score", run).stdout
    wrong = evaluate("score", run, "--judge", "three")
    assert wrong.exit_code == 2
    assert "one, two" in wrong.stderr


def test_a_part_of_a_run_is_judged(run: str, server: StandIn) -> None:
    result = judge(server, f"{run}:half", "--limit", 1, "--votes", 2)

    assert "4 of 4 answers" in result.stderr
    assert len(server.requests) == 4


def test_a_dry_run_sends_nothing(run: str, server: StandIn) -> None:
    result = judge(server, run, "--dry-run")

    assert result.stdout.startswith("arbiter-9b: 8 answers, about 8 requests, ")
    assert "price unknown" in result.stdout
    assert server.requests == []
    assert not Path("run/judge.jsonl").exists()


def test_a_relative_is_warned_about(run: str, server: StandIn) -> None:
    result = judge(server, run, "--dry-run", model="good-70b")

    assert "candidate 'good-7b' are both of the good family" in " ".join(result.stderr.split())


def test_failures_are_told_and_exit_with_12(run: str, server: StandIn) -> None:
    server.script(answer("no"), answer("no"))
    result = judge(server, run)

    assert result.exit_code == 12
    assert "7 of 8 answers, 1 failures, which leave their digests unscored" in result.stderr


def test_an_endpoint_that_refuses_tells_how_to_go_on(run: str) -> None:
    with StandIn(default=error(401)) as refusing:
        result = judge(refusing, run, "--votes", 2, "--jobs", 3)

    assert result.exit_code == 4
    words = " ".join(result.stderr.split())
    assert "summarizer eval judge run --model arbiter-9b --votes 2 --jobs 3 --base-url" in words


def test_two_variants_are_held_against_each_other(run: str, server: StandIn) -> None:
    result = judge(server, f"{run}:half", f"{run}:good")

    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "A  half-7b",
        "B  good-7b",
        "   2 of 2 articles, judged by arbiter-9b with judge-pair@v1",
        "",
        "B is preferred on 2, A on 0; 0 ties",
        "of 2 stories that are decided 2 prefer B: 1.000, 95 % interval 0.342 to 1.000, "
        "sign test p 0.500",
        "the verdict followed the place, first or second, in 0.0% of the answers: ties",
        "B is 5.0 words shorter than A on average; the longer one won 0 of 2",
    ]


def test_preferences_are_json(run: str, server: StandIn) -> None:
    result = judge(server, f"{run}:half", f"{run}:good", "--json")
    (found,) = json.loads(result.stdout)

    assert (found["wins"], found["losses"], found["judge"]["name"]) == (2, 0, "arbiter-9b")
    assert found["preferred"][0]["winner"] == "b"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "'nowhere' is not the folder of a run"),
        (("run", "--save"), "--save takes --against"),
        (("run:nope",), "there is no variant 'nope'"),
        (("run:half", "run:half"), "a variant is not compared with itself"),
    ],
)
@pytest.mark.usefixtures("run")
def test_mistakes_are_told(arguments: tuple[str, ...], words: str, server: StandIn) -> None:
    result = judge(server, *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
    assert server.requests == []


def test_a_gateway_has_a_budget_by_a_price_and_by_tokens(run: str, server: StandIn) -> None:
    forecast = judge(server, run, "--dry-run", "--price", "1,2").stdout
    assert "price unknown" not in forecast
    assert "$0.00" in forecast

    stopped = judge(server, run, "--price", "1000,0", "--max-cost", "0.1")
    assert stopped.exit_code == 12
    words = " ".join(stopped.stderr.split())
    assert (
        "stopped by --max-cost; what was answered is kept, go on with: summarizer eval judge run"
        in words
    )
    assert "--price 1000,0 " in words

    stopped = judge(server, run, "--max-tokens-total", 10)
    assert stopped.exit_code == 12
    assert "stopped by --max-tokens-total" in stopped.stderr
    assert server.requests == []
    assert judge(server, run, "--price", "cheap").exit_code == 2
