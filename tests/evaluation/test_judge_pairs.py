"""Pairs of summaries: both orders, ties, stories, length, and what is not asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from judge_standin import FALSE, TRUE, good, half, two_variants, verdict
from report_runs import digest, write_run
from small_suite import row
from standin import StandIn, answer

from summarizer.digest import Digest, ModelRef, PromptRef
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.operands import run_variants
from summarizer.evaluation.judge.asking import estimate
from summarizer.evaluation.judge.judge import Preference, Winner, open_judge
from summarizer.evaluation.judge.pairs import (
    PairedSummaries,
    PairRun,
    PreferenceReport,
    judged_pairs,
    preference_report,
)
from summarizer.evaluation.suite.samples import Sample
from summarizer.settings import load_settings


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(default=verdict) as server:
        yield server


def preferred(a: str, b: str, server: StandIn, **options: Any) -> PreferenceReport:
    settings = load_settings(base_url=server.base_url, model="arbiter-9b", cache=False)
    with open_judge(settings) as judge:
        ((one, two),) = judged_pairs(run_variants(a), run_variants(b))
        run = PairRun(one, two, judge, **options)
        run.run()
        return run.report()


def test_the_better_summary_wins_in_both_orders(tmp_path: Path, server: StandIn) -> None:
    run = two_variants(tmp_path)
    found = preferred(f"{run}:half", f"{run}:good", server)

    assert (found.a, found.b) == ("half-7b", "good-7b")
    assert (found.wins, found.ties, found.losses) == (4, 0, 0)
    assert (found.share, found.p) == (1.0, pytest.approx(0.125))
    assert found.flip_rate == 0.0
    assert found.longer == -5.0
    assert (found.longer_wins, found.longer_losses) == (0, 4)
    assert len(server.requests) == 8


def test_what_was_answered_is_not_asked_again(tmp_path: Path, server: StandIn) -> None:
    run = two_variants(tmp_path)
    for limit in (1, None, None):
        found = preferred(f"{run}:half", f"{run}:good", server, limit=limit)

    assert found.wins == 4
    assert len(server.requests) == 8


def test_equal_summaries_are_a_tie_without_a_question(tmp_path: Path, server: StandIn) -> None:
    def sometimes(sample: Sample) -> Digest:
        return good(sample) if sample.id == "bridge-0" else half(sample)

    run = write_run(tmp_path, {"one": good, "two": sometimes}, rows=3)
    found = preferred(f"{run}:one", f"{run}:two", server)

    assert (found.wins, found.ties, found.losses, found.equal) == (0, 1, 2, 1)
    assert len(server.requests) == 4


def test_a_verdict_that_follows_the_place_is_a_tie(tmp_path: Path) -> None:
    run = two_variants(tmp_path, rows=2)
    first = answer('{"reason": "it comes first", "better": "first"}')
    with StandIn(default=first) as server:
        found = preferred(f"{run}:half", f"{run}:good", server)

    assert (found.wins, found.ties, found.losses) == (0, 2, 0)
    assert found.flip_rate == 1.0
    assert (found.share, found.p) == (None, 1.0)


def test_a_failure_leaves_its_article_unscored(tmp_path: Path, server: StandIn) -> None:
    run = two_variants(tmp_path, rows=2)
    server.script(answer("no JSON"), answer("no JSON"))
    found = preferred(f"{run}:half", f"{run}:good", server)

    assert (found.articles, found.unscored, found.wins) == (2, 1, 1)
    assert preferred(f"{run}:half", f"{run}:good", server).wins == 2


def test_runs_are_compared_on_the_articles_of_both(tmp_path: Path, server: StandIn) -> None:
    rows = [row(n, date="2025-03-01") for n in range(3)]
    before = write_run(tmp_path / "before", {"m": half}, rows=rows[:2])
    after = write_run(tmp_path / "after", {"m": good}, rows=rows[1:])
    found = preferred(str(before), str(after), server)

    assert (found.articles, found.wins) == (1, 1)
    assert "before" in found.a
    assert (after / "preferences.jsonl").exists()


def test_a_variant_is_not_held_against_itself(tmp_path: Path) -> None:
    run = two_variants(tmp_path)

    for a, b in ((f"{run}:good", f"{run}:good"), (str(run), str(run))):
        with pytest.raises(ConfigurationError, match="with itself"):
            judged_pairs(run_variants(a), run_variants(b))


def test_a_forecast_counts_both_orders(tmp_path: Path, server: StandIn) -> None:
    run = two_variants(tmp_path)
    with open_judge(load_settings(base_url=server.base_url, model="m", cache=False)) as judge:
        ((one, two),) = judged_pairs(run_variants(f"{run}:good"), run_variants(f"{run}:half"))
        found = estimate(judge, PairRun(one, two, judge).missing.values())

    assert (found.requests, len(server.requests)) == (8, 0)


def paired(
    sample: str, *winners: Winner, story: str | None = None, complete: bool = True
) -> PairedSummaries:
    answers = tuple(Preference(winner=w, flipped=False, reasons=("", "")) for w in winners)
    return PairedSummaries(sample, story, (("one two", "one two three"),), answers, complete)


@pytest.fixture
def report() -> Callable[..., PreferenceReport]:
    def build(*pairs: PairedSummaries) -> PreferenceReport:
        return preference_report(
            pairs,
            a="A",
            b="B",
            judge=ModelRef(name="m", provider="compatible"),
            prompt=PromptRef(name="judge-pair", version=1, sha256=""),
            votes=1,
            warnings=(),
        )

    return build


def test_an_article_goes_to_whom_more_votes_prefer(
    report: Callable[..., PreferenceReport],
) -> None:
    found = report(paired("x", "a", "b", "b"), paired("y", "a", "b"), paired("z", "a", "tie"))

    assert (found.wins, found.ties, found.losses) == (1, 1, 1)
    assert [one.winner for one in found.preferred] == ["b", "tie", "a"]


def test_a_story_is_one_proof(report: Callable[..., PreferenceReport]) -> None:
    flood = [paired(str(n), "b", story="flood") for n in range(5)]
    found = report(*flood, paired("x", "a"))

    assert (found.wins, found.losses) == (5, 1)
    assert (found.story_wins, found.story_losses, found.p) == (1, 1, 1.0)


def test_the_longer_one_winning_is_counted(report: Callable[..., PreferenceReport]) -> None:
    found = report(paired("x", "b"), paired("y", "b"), paired("z", "a"))

    assert (found.longer, found.longer_wins, found.longer_losses) == (1.0, 2, 1)


def test_nothing_judged_says_nothing(report: Callable[..., PreferenceReport]) -> None:
    found = report(paired("x", complete=False))

    assert (found.unscored, found.share, found.flip_rate, found.longer) == (1, None, None, None)


def test_summaries_are_what_the_variants_say(tmp_path: Path, server: StandIn) -> None:
    run = write_run(
        tmp_path, {"x": lambda c: digest(c, TRUE), "y": lambda c: digest(c, FALSE)}, rows=1
    )
    preferred(f"{run}:x", f"{run}:y", server)
    asked = server.bodies[0]["messages"][-1]["content"]

    assert f'<summary number="first">\n{TRUE}' in asked
    assert f'<summary number="second">\n{FALSE}' in asked
