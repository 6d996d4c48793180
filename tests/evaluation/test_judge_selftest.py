"""The self-test of a judge: one that looks passes, one that agrees to all does not, and gates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from judge_standin import _numbered, two_variants
from small_suite import row, write_suite
from standin import Body, Reply, StandIn, answer
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.gating import Rules, check_gates
from summarizer.evaluation.compare.paired import Criteria
from summarizer.evaluation.judge.asking import JudgeRun, estimate
from summarizer.evaluation.judge.judge import Judge, open_judge
from summarizer.evaluation.metrics import JUDGED, METRICS
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.selftest.detection import JudgeSelfTest
from summarizer.evaluation.selftest.record import SelfTest, may_gate_judged, save
from summarizer.evaluation.suite.file import load_suite
from summarizer.evaluation.suite.samples import load_samples
from summarizer.settings import load_settings

REFERENCES = [
    f"The council of place {n} wants its bridge rebuilt for {n + 4} million euros. "
    f"Ferries of line {n} stay free until then."
    for n in range(8)
]


def judge_that(believes: Callable[[str], bool]) -> Callable[[Body], Reply]:
    """A judge that quotes the article for each claim that it believes; it finds all facts."""

    def reply(body: Body) -> Reply:
        system, asked = (body["messages"][place]["content"] for place in (0, 1))
        if '"answers"' in system:
            told = " ".join(asked.partition("<summary>")[2].split()[:4])
            return _entries("answers", "fact", "told", _numbered(asked, "question"), told, bool)
        claims = _numbered(asked, "summary")
        return _entries("verdicts", "claim", "verdict", claims, "voted on Tuesday to", believes)

    return reply


def _entries(
    name: str,
    number: str,
    field: str,
    lines: list[str],
    quote: str,
    believes: Callable[[str], bool],
) -> Reply:
    entries = []
    for place, line in enumerate(lines, 1):
        good = believes(line.partition(". ")[2])
        verdict: object = "article" if good else "neither"
        value = good if field == "told" else verdict
        entries.append({number: place, "reason": "r", "quote": quote * good, field: value})
    return answer(json.dumps({name: entries}))


def knows(claim: str) -> bool:
    return any(claim in reference for reference in REFERENCES)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [row(n, references=[REFERENCES[n]], date="2025-03-01", story_id=None) for n in range(8)]
    return write_suite(tmp_path / "evals" / "bridges", rows=rows)


@contextmanager
def judging(server: StandIn, model: str = "arbiter-9b") -> Iterator[Judge]:
    settings = load_settings(base_url=server.base_url, model=model, cache=False)
    with open_judge(settings) as judge:
        yield judge


def result_of(suite: Path, believes: Callable[[str], bool], **options: int) -> SelfTest:
    file = load_suite(suite)
    data = load_samples(file, settings=load_settings())
    with StandIn(default=judge_that(believes)) as server, judging(server) as judge:
        return JudgeSelfTest(file.suite, data, judge, **options).run(data_sha256="0")[0]


def test_a_judge_that_looks_may_gate(suite: Path) -> None:
    result = result_of(suite, knows)

    assert [test.metric for test in result.metrics] == list(JUDGED)
    assert str(result.judge) == "arbiter-9b (judge@v1, judge-facts@v1)"
    test = result.of("judge_faithfulness")
    assert test is not None
    rates = {rate.perturbation: (rate.worse, rate.items) for rate in test.faults}
    assert rates["context-only fact"] == (8, 8)
    assert rates["repetition"] == (0, 8)  # it is as true twice
    assert [(rate.perturbation, rate.worse) for rate in test.controls] == [
        ("untouched", 0),
        ("shuffled sentences", 0),
    ]
    assert test.refusal is None


def test_a_judge_that_agrees_to_all_may_not(suite: Path) -> None:
    test = result_of(suite, lambda _: True, limit=3).of("judge_faithfulness")

    assert test is not None
    assert "it sees no fault" in (test.refusal or "")
    assert test.faults[0].items == 3


def test_a_forecast_sends_nothing(suite: Path) -> None:
    file = load_suite(suite)
    data = load_samples(file, settings=load_settings())
    with StandIn() as server, judging(server) as judge:
        test = JudgeSelfTest(file.suite, data, judge, limit=1)
        assert estimate(judge, test.inquiries.values()).requests == len(test.inquiries) > 10
        assert server.requests == []


def test_a_judges_metric_gates_only_where_that_judge_passed(suite: Path) -> None:
    name = "judge_faithfulness"
    with StandIn() as server, judging(server) as judge, judging(server, "other") as other:
        panel, stranger = judge.panel(1), other.panel(1)

    assert "nobody judged the run" in (may_gate_judged(name, None) or "")
    assert "no self-test of the judge 'arbiter-9b'" in (may_gate_judged(name, panel) or "")
    result = result_of(suite, knows)
    assert save(result) == Path("evals/selftest-arbiter-9b.json")
    assert may_gate_judged(name, panel) is None
    assert "'other'" in (may_gate_judged(name, stranger) or "")

    prompt = panel.prompts[0].model_copy(update={"version": 2})
    later = panel.model_copy(update={"prompts": (prompt, panel.prompts[1])})
    assert "its prompts changed" in (may_gate_judged(name, later) or "")

    rules = Rules(Criteria(metrics=[METRICS[name]], primary=[name], margins={name: 0.05}))
    check_gates(rules, judges=[panel])
    with pytest.raises(ConfigurationError, match="may not gate: no self-test of the judge 'other'"):
        check_gates(rules, judges=[panel, stranger])


def selftest(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "selftest", *map(str, arguments)])


def test_the_command_tests_a_judge(suite: Path) -> None:
    with StandIn(default=judge_that(knows)) as server:
        flags = ("bridges", "--judge", "arbiter-9b", "--base-url", server.base_url)
        dry = selftest(*flags, "--dry-run", "--limit", 2)
        assert server.requests == []
        done = selftest(*flags, "--save", "--jobs", 4)
        again = selftest(*flags, "--json")
        asked = len(server.requests)

    assert dry.stdout.startswith("arbiter-9b: ")
    assert done.exit_code == 0, done.stderr
    assert "judged by arbiter-9b (judge@v1, judge-facts@v1)" in done.stdout
    assert "judge_faithfulness: may gate" in done.stdout
    assert "on record in evals/selftest-arbiter-9b.json" in done.stderr
    assert json.loads(again.stdout)["metrics"][0]["may_gate"] is True
    # What was asked once is in the response cache; equal questions were asked at once.
    assert asked <= int(done.stderr.split(" answers")[0].split()[-1].replace(",", ""))
    assert suite.exists()


@pytest.mark.parametrize("option", [("--limit", 2), ("--max-cost", 1), ("--dry-run",)])
def test_what_is_for_a_judge_needs_one(option: tuple[object, ...]) -> None:
    assert selftest(*option).exit_code == 2


def test_a_test_that_a_limit_ended_goes_on_without_the_cache(suite: Path) -> None:
    with StandIn(default=judge_that(knows)) as server:
        flags = ("bridges", "--judge", "arbiter-9b", "--base-url", server.base_url, "--no-cache")
        stopped = selftest(*flags, "--max-tokens-total", 1_000)
        asked = len(server.requests)
        done = selftest(*flags)
        whole = len(server.requests)
        selftest(*flags)

    assert (stopped.exit_code, done.exit_code) == (12, 0)
    assert "what was answered is kept" in stopped.stderr
    assert 0 < asked < whole
    assert len(server.requests) == 2 * whole, "what is done is asked anew, as the cache is off"
    assert list((suite.parents[2] / "runs").glob("answers-*")) == []


def test_what_was_answered_is_kept_where_too_much_failed(suite: Path) -> None:
    mute = ["Ardenholm"]

    def half_mute(body: Body) -> Reply:
        asked = json.dumps(body)
        return answer("no JSON") if any(map(asked.count, mute)) else judge_that(knows)(body)

    with StandIn(default=half_mute) as server:
        flags = ("bridges", "--judge", "arbiter-9b", "--base-url", server.base_url, "--no-cache")
        first, asked = selftest(*flags), len(server.requests)
        mute.clear()
        done, again = selftest(*flags), server.bodies[asked:]

    assert (first.exit_code, done.exit_code) == (12, 0), done.stderr
    assert again
    assert all("Ardenholm" in json.dumps(body) for body in again)
    assert list((suite.parents[2] / "runs").glob("answers-*")) == []


@pytest.mark.parametrize(
    "limit", [("--max-cost", 0.001, "--price", "1,1"), ("--max-tokens-total", 1_000)]
)
def test_a_limit_ends_the_test_of_a_judge(limit: tuple[object, ...], suite: Path) -> None:
    with StandIn(default=judge_that(knows)) as server:
        flags = ("bridges", "--judge", "arbiter-9b", "--base-url", server.base_url)
        stopped = selftest(*flags, *limit, "--save")
        asked = len(server.requests)
        free = selftest(*flags, "--max-cost", 1)

    assert stopped.exit_code == 12, stopped.stderr
    assert 0 < asked < 60
    assert f"stopped by {limit[0]}" in stopped.stderr
    assert "summarizer eval selftest bridges --judge arbiter-9b --save --" in stopped.stderr
    assert "what was answered is kept" in stopped.stderr
    assert "on record" not in stopped.stderr
    assert (free.exit_code, "no price is known" in free.stderr) == (2, True)
    assert suite.exists()


def test_a_run_that_was_judged_can_be_gated(tmp_path: Path, suite: Path) -> None:
    assert suite.exists()
    save(result_of(suite, knows))
    run = RunFolder.open(
        two_variants(tmp_path / "r", gates=[{"metric": "judge_faithfulness", "margin": 0.1}])
    )
    with StandIn(default=judge_that(lambda _: True)) as server, judging(server) as judge:
        JudgeRun(run, judge).run()

    def gate(*more: str) -> Result:
        words = ["eval", "gate", str(run.path), "--baseline", "b.json", *more]
        return CliRunner().invoke(app, words)

    assert gate("--update").exit_code == 0
    found = gate()
    assert found.exit_code == 11, found.stderr
    # Four equal articles are no evidence that nothing is lost.
    assert "judge_faithfulness: inconclusive at a margin of 0.1" in found.stdout
