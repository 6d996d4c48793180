"""A judge against what people checked: agreement, the corrected mean, and the gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from judge_standin import FALSE, TRUE, half, verdict
from report_runs import write_run
from small_suite import row
from standin import StandIn
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.digest import ModelRef, PromptRef
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.gating import check_gates, rules_of
from summarizer.evaluation.judge.judge import Panel
from summarizer.evaluation.judge.reliability import Reliability, unreliable
from summarizer.evaluation.selftest.record import may_gate_judged, save
from summarizer.evaluation.suite.definition import Suite

REF = PromptRef(name="judge", version=1, sha256="0" * 64)
PANEL = Panel(judge=ModelRef(name="arbiter-9b", provider="compatible"), prompts=(REF,), votes=1)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(default=verdict) as server:
        yield server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def labels(folder: Path, *said: tuple[bool, bool], start: int = 0) -> Path:
    """What people say of TRUE and of FALSE in each article; the judge calls FALSE wrong."""
    path = folder / "labels.jsonl"
    rows = []
    for number, right in enumerate(said, start=start):
        claims = [
            {"text": text, "supported": one} for text, one in zip((TRUE, FALSE), right, strict=True)
        ]
        rows.append(row(number, story_id=None, date="2025-03-01", claims=claims, rater="ann"))
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def judge(server: StandIn, *arguments: object) -> Result:
    flags = ["--model", "arbiter-9b", "--base-url", server.base_url]
    return CliRunner().invoke(app, ["eval", "judge", *map(str, arguments), *flags])


def test_agreement_and_both_kinds_of_errors(here: Path, server: StandIn) -> None:
    path = labels(here, (True, False), (True, False), (True, True), (False, False))
    done = judge(server, "--against", path, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    # Of 8 statements people call 4 wrong, of which the judge finds 3; of 4 right ones it takes 1
    # for wrong.
    assert found["agreement"]["value"] == 0.75
    assert found["found"]["value"] == 0.75
    assert found["false_alarms"]["value"] == 0.25
    assert (found["found"]["n"], found["articles"], found["means"]) == (4, 4, [])
    assert found["alpha"] == pytest.approx(1 - 15 * 4 / (2 * 8 * 8))
    assert found["found"]["low"] < 0.75 < found["found"]["high"]
    table = judge(server, "--against", path).stdout
    assert "finds what people call wrong (TPR)        0.750" in table
    assert "arbiter-9b (judge@v1, judge-facts@v1) against people, 4 articles" in table
    assert len(server.requests) <= 8


def test_the_mean_of_a_run_without_the_judges_errors(here: Path, server: StandIn) -> None:
    write_run(here, {"half-7b": half}, rows=50)
    path = labels(here, *[(True, True), (True, False)] * 15)
    done = judge(server, "run", "--against", path, "--json")
    assert done.exit_code == 0, done.output
    (mean,) = json.loads(done.stdout)["means"]
    # The judge calls half of each digest wrong; people say so of every second digest alone.
    assert (mean["judged"], mean["labelled"], mean["articles"]) == (0.5, 30, 50)
    assert mean["corrected"]["mean"] == pytest.approx(0.75)
    assert mean["corrected"]["low"] > 0.5
    shown = judge(server, "run", "--against", path).stdout
    assert "half-7b: judge_faithfulness 0.500 of 50 articles; corrected 0.750, 95 %" in shown


def test_labels_of_other_digests_correct_nothing(here: Path, server: StandIn) -> None:
    write_run(here, {"half-7b": half}, rows=3)
    path = here / "others.jsonl"
    claims = [{"text": "Another sentence.", "supported": True}]
    path.write_text(json.dumps(row(0, claims=claims, rater="ann")) + "\n")
    shown = judge(server, "run", "--against", path).stdout
    assert "not corrected: people checked the digests of 0 of them, and it takes 30" in shown


def test_a_file_without_checked_statements_is_one_line(here: Path, server: StandIn) -> None:
    (here / "rows.jsonl").write_text(json.dumps(row(0)) + "\n")
    done = judge(server, "--against", here / "rows.jsonl")
    assert done.exit_code != 0
    assert isinstance(done.exception, ConfigurationError) or "nobody checked" in done.output
    assert server.requests == []
    assert judge(server).exit_code == 2


def reliability(alpha: float | None, *, half: float = 0.01) -> Reliability:
    low, high = (None, None) if alpha is None else (alpha - half, alpha + half)
    return Reliability(
        panel=PANEL, articles=40, alpha=alpha, low=low, high=high, agreement=None, found=None,
        false_alarms=None,
    )  # fmt: skip


def test_few_labels_are_called_too_few() -> None:
    assert reliability(0.7).doubt(0.667) is None
    assert reliability(0.8, half=0.1).doubt(0.667) is None
    few = reliability(0.8, half=0.3).doubt(0.667) or ""
    assert few.startswith("40 labelled articles are too few to tell")
    # The error is half of the interval by 1.96: 0.153 for 40, so 0.97 for one article.
    assert few.endswith("about 418 would tell")
    assert "more labels will not mend that" in (reliability(0.4, half=0.2).doubt(0.667) or "")
    assert "unknown" in (reliability(None).doubt(0.667) or "")


def test_the_command_says_that_labels_are_too_few(here: Path, server: StandIn) -> None:
    path = labels(here, (True, False), (True, False), (True, True), (False, False))
    done = judge(server, "--against", path)
    assert "do not rely on it: 4 labelled articles are too few to tell" in done.stdout
    record = json.loads(judge(server, "--against", path, "--json").stdout)
    assert record["doubt"].startswith("4 labelled articles are too few")
    enough = labels(here, *[(True, False)] * 29, (True, True))
    assert "alpha is 0.667 or more" in judge(server, "--against", enough).stdout


def test_a_judge_below_the_stated_reliability_may_not_gate(here: Path) -> None:
    assert "nobody judged" in (unreliable(None, least=0.6) or "")
    assert "is on record" in (unreliable(PANEL, least=0.6) or "")
    (here / "evals").mkdir()
    assert save(reliability(0.55)) == Path("evals/reliability-arbiter-9b.json")
    assert "(alpha) is 0.550 (95 % interval 0.540 to 0.560), and must be 0.6 at least" in (
        unreliable(PANEL, least=0.6) or ""
    )
    assert unreliable(PANEL, least=0.5) is None
    save(reliability(None))
    assert "unknown" in (unreliable(PANEL, least=0.1) or "")
    changed = PANEL.model_copy(update={"prompts": (REF.model_copy(update={"version": 2}),)})
    assert "its prompts changed" in (unreliable(changed, least=0.5) or "")


def test_the_gate_asks_for_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summarizer.evaluation.compare.gating.may_gate_judged", lambda *_: None)
    gates = [{"metric": "judge_faithfulness", "limit": 0.8, "reliability": 0.667}]
    suite = Suite.model_validate(
        {
            "name": "x", "data": "d.jsonl", "matrix": {"models": ["m"]}, "gates": gates,
            "metrics": {"primary": ["judge_faithfulness"]},
        }
    )  # fmt: skip
    assert suite.gates[0].terms == "limit 0.8, reliability 0.667"
    with pytest.raises(ConfigurationError, match="may not gate: no agreement with people of"):
        check_gates(rules_of(suite), judges=[PANEL])
    (here / "evals").mkdir()
    save(reliability(0.7))
    check_gates(rules_of(suite), judges=[PANEL])
    assert may_gate_judged("judge_faithfulness", PANEL) is not None
    wrong = [{"metric": "topic_f1", "margin": 0.1, "reliability": 0.667}]
    with pytest.raises(ValueError, match="is not judged"):
        Suite.model_validate({**suite.model_dump(), "gates": wrong})


def test_what_the_run_took_counts_for_the_limit(here: Path, server: StandIn) -> None:
    write_run(here, {"half-7b": half}, rows=1)
    path = labels(here, (True, False))
    judge(server, "run")
    asked = len(server.requests)
    done = judge(server, "run", "--against", path, "--no-cache", "--max-tokens-total", 100)

    assert done.exit_code == 12
    assert len(server.requests) == asked
    assert "stopped by --max-tokens-total; what was answered is kept" in done.stderr


def test_an_agreement_on_too_few_answers_is_not_put_on_record(here: Path, server: StandIn) -> None:
    (here / "evals").mkdir()
    path, record = (
        labels(here, (True, False), (True, True)),
        Path("evals/reliability-arbiter-9b.json"),
    )
    stopped = judge(server, "--against", path, "--save", "--no-cache", "--max-tokens-total", 1)
    there = record.exists()
    done = judge(server, "--against", path, "--save", "--no-cache")

    assert (stopped.exit_code, there) == (12, False)
    assert "--save" in stopped.stderr
    assert (done.exit_code, record.exists()) == (0, True)
