"""``summarizer eval diff``: what changed in prompts and outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_runs import POLITICS, SPORT, digest, write_run
from standin import Body, Reply, StandIn, answer
from test_eval_compare import SUMMARY, evaluate, write_suite

from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import ModelOutputError
from summarizer.evaluation.report.page import render_report
from summarizer.evaluation.suite.samples import Sample


def by_place(body: Body, *, second: bool) -> Reply:
    text = json.dumps(body)
    changed = second and "Ardenholm" in text
    summary = SUMMARY.replace("flood", "storm") if changed else SUMMARY
    topic = "sport" if changed else "politics and government"
    return answer(json.dumps({"summary": summary, "topics": [topic]}))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path / "suite")
    for name, second in (("one", False), ("two", True)):

        def step(body: Body, second: bool = second) -> Reply:
            return by_place(body, second=second)

        prompt = f"digest@v{2 if second else 1}"
        with StandIn(default=step) as server:
            base = ("--base-url", server.base_url, "--no-cache", "--out", name)
            assert evaluate("run", "suite", "--prompt", prompt, *base).exit_code == 0
    return "one"


def test_words_topics_and_the_prompt_are_shown(run: str) -> None:
    result = evaluate("diff", run, "two")

    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- digest@v1", "+++ digest@v2"]
    assert "   1 of 8 articles differ" in lines
    assert "ardenholm  topic_f1 1.000 > 0.000" in lines
    assert "  topics   [-politics and government-] {+sport+}" in lines
    assert any("that the [-flood-] {+storm+} took away" in line for line in lines)


def test_two_variants_are_needed(run: str) -> None:
    result = evaluate("diff", run)

    assert result.exit_code == 2
    assert "two variants can be compared, not 1" in result.stderr


def test_the_report_shows_the_change_of_the_prompt(run: str) -> None:
    page = render_report([run, "two"])

    assert "<bdi>digest@v1</bdi> became <bdi>digest@v2</bdi>" in page
    assert "<bdi>--- digest@v1</bdi>" in page


def test_a_prompt_that_is_another_now_is_named_not_shown(run: str) -> None:
    manifest = Path("two/manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    record["prompt_sha256"]["digest@v2"] = "0" * 64
    manifest.write_text(json.dumps(record), encoding="utf-8")

    result = evaluate("diff", run, "two")

    assert "digest@v2 is not there any more as it was when the run began" in result.stdout
    assert "+++ digest@v2" not in result.stdout


def test_what_is_unscored_is_no_loss(tmp_path: Path) -> None:
    def worse(sample: Sample) -> Digest | Failure:
        if sample.id == "bridge-0":
            return Failure(source="text", error=ErrorInfo.of(ModelOutputError("no")))
        return digest(sample, topics=(POLITICS, SPORT) if sample.id == "bridge-3" else (POLITICS,))

    a, b = (
        write_run(tmp_path / name, {name: make}) for name, make in (("a", digest), ("b", worse))
    )
    lines = evaluate("diff", str(a), str(b)).stdout.splitlines()

    shown = [line for line in lines if line.startswith("bridge-")]
    assert shown == ["bridge-3  topic_f1 1.000 > 0.667", "bridge-0  topic_f1 1.000 > -"]
