"""Runs: what is written, what a crash costs, what is made again, and when a run stops."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_suite import ANSWER, row, write_suite
from standin import StandIn, answer, error

from summarizer.articles import Article
from summarizer.batch.estimate import Price
from summarizer.digest import Digest, Failure, Usage
from summarizer.errors import AuthenticationError, ConfigurationError, EndpointError
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.run.folder import Report, RunFolder, RunProgress
from summarizer.evaluation.run.manifest import Key, find_variant, variants_of
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.suite.definition import Matrix
from summarizer.evaluation.suite.file import load_suite
from summarizer.llm import throttle
from summarizer.settings import Settings, load_settings
from summarizer.summarizer import Summarizer

BIG = "big-70b"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


def settings_for(server: StandIn | None = None, **more: Any) -> Settings:
    flags: dict[str, Any] = {"cache": False, "max_retries": 0, **more}
    if server is not None:
        flags["base_url"] = server.base_url
    return load_settings(**flags)


def started(
    suite: Path, out: Path, selection: Selection | None = None, *, settings: Settings | None = None
) -> RunFolder:
    plan = plan_run(
        load_suite(suite), selection or Selection(), settings=settings or settings_for()
    )
    return begin(plan, out)


def run(folder: RunFolder, settings: Settings | None = None, **options: Any) -> Report:
    return Runner(folder, settings=settings or settings_for(), **options).run()


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"


def model_suite(folder: Path, **changes: Any) -> Path:
    return write_suite(folder / "suite", matrix={"models": [BIG]}, **changes)


def lines(folder: RunFolder) -> list[dict[str, Any]]:
    text = (folder.path / "generations.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_article_gets_its_digest(suite: Path, out: Path) -> None:
    states: list[RunProgress] = []

    report = run(started(suite, out), jobs=2, progress=states.append)

    assert report == Report(total=4, made=4, failed=0, cost_usd=0.0, stopped=None)
    assert [state.done for state in states] == [1, 2, 3, 4]
    made = RunFolder(out).generations()
    assert set(made) == {Key(f"bridge-{n}", "extractive", 0) for n in range(4)}
    digest = made[Key("bridge-1", "extractive", 0)].result
    assert isinstance(digest, Digest)
    assert digest.article.title == "Bridge 1 to be rebuilt"


def test_the_manifest_says_what_the_run_is_made_of(suite: Path, out: Path) -> None:
    manifest = started(suite, out).manifest

    assert manifest.suite.name == "bridges"
    assert set(manifest.packages) >= {"pydantic", "numpy"}
    assert manifest.prompt_sha256[f"digest@v{manifest.prompts['digest']}"]
    assert manifest.taxonomy.startswith("IPTC Media Topics")
    assert [planned.model.provider for planned in manifest.variants] == ["extractive"]


def test_no_secret_reaches_the_folder(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server, api_key="sk-very-secret")
        run(started(model_suite(tmp_path), out, settings=settings), settings)

    assert all(b"very-secret" not in file.read_bytes() for file in out.iterdir())


def test_what_is_there_is_not_made_again(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path), out, settings=settings)
        run(folder, settings)
        asked = len(server.requests)
        report = run(RunFolder(out), settings)

        assert (asked, len(server.requests)) == (4, 4)
    assert report.made == 4


def test_a_torn_last_line_is_dropped_and_made_again(suite: Path, out: Path) -> None:
    folder = started(suite, out)
    run(folder)
    log = out / "generations.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole[:-40])

    assert len(RunFolder(out).missing()) == 1
    assert run(RunFolder(out)).made == 4
    assert len(lines(folder)) == 4
    assert log.read_bytes().count(b"\n") == 4


def test_a_log_of_one_torn_line_begins_anew(suite: Path, out: Path) -> None:
    folder = started(suite, out)
    (out / "generations.jsonl").write_bytes(b'{"sample": "bri')

    assert run(folder).made == 4
    assert len(lines(folder)) == 4


def test_a_damaged_line_is_named(suite: Path, out: Path) -> None:
    folder = started(suite, out)
    run(folder)
    log = out / "generations.jsonl"
    log.write_bytes(b"{}\n" + log.read_bytes())

    with pytest.raises(ConfigurationError, match="line 1 of"):
        RunFolder(out).generations()


def test_ctrl_c_loses_only_what_is_under_way(suite: Path, out: Path) -> None:
    folder = started(suite, out)

    def interrupt(state: RunProgress) -> None:
        if state.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, progress=interrupt)
    assert len(RunFolder(out).missing()) == 2
    assert run(RunFolder(out)).made == 4


def test_a_failure_is_a_record_of_its_own(tmp_path: Path, out: Path) -> None:
    bad = answer("no JSON at all")
    with StandIn(bad, bad, default=answer(ANSWER)) as server:
        settings = settings_for(server)
        report = run(started(model_suite(tmp_path), out, settings=settings), settings)

        assert (report.made, report.failed) == (3, 1)
        assert report.completeness == 0.75
        result = RunFolder(out).generations()[Key("bridge-0", BIG, 0)].result
        assert isinstance(result, Failure)
        assert result.error.type == "ModelOutputError"
        asked = len(server.requests)
        run(RunFolder(out), settings)
        assert len(server.requests) == asked  # it is a result: the model could not


def test_what_a_variant_needs_is_told_once_though_digests_fail(tmp_path: Path, out: Path) -> None:
    told: list[str] = []
    with StandIn(*[answer(ANSWER)] * 3, default=answer("no JSON at all")) as server:
        settings = settings_for(server)
        suite = model_suite(tmp_path, rows=6)
        run(
            started(suite, out, settings=settings),
            settings,
            forecast=lambda name, _: told.append(name),
        )

    assert told == [BIG]


def test_a_failure_of_the_endpoint_is_made_again(tmp_path: Path, out: Path) -> None:
    with StandIn(error(500), default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path), out, settings=settings)
        assert run(folder, settings).failed == 1
        report = run(RunFolder(out), settings)

    assert (report.made, report.failed) == (4, 0)
    assert len(lines(folder)) == 5  # the log only grows; the last line counts


def test_a_refused_key_ends_the_run_at_once(tmp_path: Path, out: Path) -> None:
    with StandIn(default=error(401)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path), out, settings=settings)
        with pytest.raises(AuthenticationError):
            run(folder, settings)
        assert len(server.requests) == 1
    assert folder.generations() == {}  # the article is missing still, not failed


def test_an_outage_is_ridden_out_as_by_many_articles(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.llm.throttle.sleep", lambda _: None)
    monkeypatch.setattr("summarizer.llm.throttle.ONE_ARTICLE", 0.0)
    with StandIn(*[error(503)] * 3, default=answer(ANSWER)) as server:
        settings = settings_for(server, max_retries=4)
        folder = started(model_suite(tmp_path), out, settings=settings)
        report = run(folder, settings)
    assert report.failed == 0


def test_an_endpoint_that_is_down_ends_the_run_after_five(tmp_path: Path, out: Path) -> None:
    with StandIn(default=error(500)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=9), out, settings=settings)
        with pytest.raises(EndpointError):
            run(folder, settings)
        assert len(server.requests) == 5


def test_epochs_have_seeds_and_answers_of_their_own(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server, cache=True)
        suite = model_suite(tmp_path, rows=1, epochs=3, settings={"temperature": 0.7})
        folder = started(suite, out, settings=settings)
        assert run(folder, settings).made == 3

        assert [body["seed"] for body in server.bodies] == [0, 1, 2]
        assert {body["temperature"] for body in server.bodies} == {0.7}

        again = started(suite, out.with_name("again"), settings=settings)
        run(again, settings)
        assert len(server.requests) == 3  # from the cache, epoch by epoch
    usages = [made.result.usage for made in again.generations().values()]  # type: ignore[union-attr]
    assert [usage.cached_responses for usage in usages] == [1, 1, 1]


def test_settings_of_the_user_do_not_change_a_run(
    suite: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_STYLE", "headline")
    monkeypatch.setenv("SUMMARIZER_MAX_TOPICS", "1")
    folder = started(suite, out)
    run(folder)

    (first, *_) = folder.generations().values()
    assert isinstance(first.result, Digest)
    assert first.result.summary is not None
    assert first.result.summary.style == "paragraph"


def test_prompts_are_those_of_the_variant(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        selection = Selection(prompts=({"digest": 1}, {"digest": 2}))
        suite = model_suite(tmp_path, rows=1)
        folder = started(suite, out, selection, settings=settings)
        run(folder, settings)

    versions = {
        key.variant: made.result.prompts[0].version  # type: ignore[union-attr]
        for key, made in folder.generations().items()
    }
    assert versions == {f"{BIG}+digest@v1": 1, f"{BIG}+digest@v2": 2}


def test_context_is_the_suites_other_articles(tmp_path: Path, out: Path) -> None:
    suite = write_suite(
        tmp_path / "suite",
        matrix={"models": ["extractive"], "context": [False, True]},
        settings={"length": "25", "embedding": "fast"},
    )
    folder = started(suite, out, Selection(limit=1))
    run(folder)

    by_variant = {key.variant: made.result for key, made in folder.generations().items()}
    assert by_variant["extractive"].related is None  # type: ignore[union-attr]
    assert by_variant["extractive+context"].related is not None  # type: ignore[union-attr]
    assert len(folder.corpus_samples) == 4  # whatever was selected


def test_no_article_sees_a_later_one_or_itself(tmp_path: Path, out: Path) -> None:
    suite = write_suite(
        tmp_path / "suite",
        matrix={"models": ["extractive"], "context": [True]},
        settings={"length": "25", "embedding": "fast"},
    )
    folder = started(suite, out)
    run(folder)

    seen = {
        key.sample: {str(other.published) for other in made.result.related or ()}  # type: ignore[union-attr]
        for key, made in folder.generations().items()
    }
    assert seen["bridge-0"] == set()
    assert seen["bridge-3"] == {"2025-03-01", "2025-03-02", "2025-03-03"}


def test_a_run_grows_by_articles_and_variants(tmp_path: Path, out: Path) -> None:
    suite = model_suite(tmp_path)
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        run(started(suite, out, Selection(limit=2), settings=settings), settings)
        grown = started(suite, out, Selection(models=["extractive", BIG]), settings=settings)
        report = run(grown, settings)

        assert len(server.requests) == 4
    assert (report.total, report.made) == (8, 8)
    assert [planned.variant.name for planned in grown.manifest.variants] == [BIG, "extractive"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"rows": [row(0, key_facts=["Another."])]}, "the data"),
        ({"settings": {"length": "40"}}, "the suite"),
        ({"settings": {"length": "25", "taxonomy": "own.yaml"}, "rows": []}, "the taxonomy"),
    ],
)
def test_a_run_does_not_grow_out_of_something_else(
    suite: Path, out: Path, changes: dict[str, Any], what: str
) -> None:
    started(suite, out)
    (suite.parent / "own.yaml").write_text(
        "name: Own\nversion: '1'\ntopics: [{id: '11000000', name: x}]\n", encoding="utf-8"
    )
    write_suite(suite.parent, **{"rows": 1, **{k: v for k, v in changes.items() if v != []}})

    with pytest.raises(ConfigurationError, match=f"{what}.* changed since the run"):
        started(suite, out)


def test_a_folder_with_something_else_is_left_alone(suite: Path, out: Path) -> None:
    out.mkdir()
    (out / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="is not empty"):
        started(suite, out)
    assert [file.name for file in out.iterdir()] == ["thesis.txt"]


def test_a_prompt_that_changed_meanwhile_is_named(tmp_path: Path, out: Path) -> None:
    from summarizer.prompts.store import prompts_folder

    folder = tmp_path / "prompts" / "digest"
    folder.mkdir(parents=True)
    text = (prompts_folder() / "digest" / "v1.md").read_text("utf-8")
    (folder / "v1.md").write_text(text, encoding="utf-8")
    settings = settings_for(prompts_dir=tmp_path / "prompts")
    run_folder = started(write_suite(tmp_path / "suite"), out, settings=settings)
    (folder / "v1.md").write_text(text + "\nBe brief.\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="digest@v1 changed"):
        run(run_folder, settings)


def test_a_model_that_changed_meanwhile_is_named(suite: Path, out: Path) -> None:
    started(suite, out)
    path = out / "manifest.json"
    record = json.loads(path.read_text("utf-8"))
    record["cells"][0]["model"]["sha256"] = "0" * 64
    path.write_text(json.dumps(record), encoding="utf-8")

    with pytest.raises(ConfigurationError, match="another model than when the run began"):
        run(RunFolder.open(out))


def test_two_processes_cannot_be_at_one_run(suite: Path, out: Path) -> None:
    folder = started(suite, out)

    with folder.appending(), pytest.raises(ConfigurationError, match="another process"):
        run(RunFolder(out))


PRICED = ("gpt-4.1-mini", "https://api.openai.com/v1")


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes the stand-in cost so many US dollars an article of 10 + 5 tokens."""

    def price(usd: float) -> None:
        from summarizer.llm import served

        def cost(*_: Any, usage: Usage, **__: Any) -> float:
            return usd * (usage.prompt_tokens + usage.completion_tokens) / 15

        monkeypatch.setattr(served, "cost_usd", cost)
        monkeypatch.setattr("summarizer.batch.estimate.cost_usd", cost)
        from summarizer.llm import client

        monkeypatch.setattr(client, "cost_usd", cost, raising=False)

    return price


def test_a_run_stops_before_it_costs_more(
    tmp_path: Path, out: Path, priced: Callable[[float], None]
) -> None:
    priced(0.001)
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=6), out, settings=settings)
        dear = run(folder, settings, max_cost=0.01)  # a prompt has some hundred tokens
        assert (dear.made, dear.stopped) == (0, "max-cost")
        cheap = run(RunFolder(out), settings, max_cost=100.0)

    assert (cheap.made, cheap.stopped) == (6, None)
    assert cheap.cost_usd == pytest.approx(0.006)


def test_a_dear_variant_that_is_done_does_not_hold_up_a_cheap_one(
    tmp_path: Path, out: Path, priced: Callable[[float], None]
) -> None:
    priced(1.0)
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        run(started(model_suite(tmp_path, rows=2), out, settings=settings), settings)
        both = write_suite(tmp_path / "both", rows=2, matrix={"models": [BIG, "extractive"]})
        report = run(started(both, out, settings=settings), settings, max_cost=2.5)

    assert (report.made, report.stopped) == (4, None)


def test_answers_that_stay_malformed_are_paid_for(
    tmp_path: Path, out: Path, priced: Callable[[float], None]
) -> None:
    priced(1.0)
    with StandIn(default=answer("", usage=(900, 0, 100))) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=6), out, settings=settings)
        report = run(folder, settings, max_tokens=4100)
        assert (report.made, report.failed, report.stopped) == (0, 2, "max-tokens-total")
        assert report.cost_usd == pytest.approx(4 * 1000 / 15)
        assert [made.usage.tokens for made in RunFolder(out).generations().values()] == [2000, 2000]
        assert run(RunFolder(out), settings, max_tokens=4100).failed == 2
    assert len(server.requests) == 4


def test_half_a_digest_is_paid_for_whole(tmp_path: Path, out: Path) -> None:
    summary = answer(json.dumps({"summary": json.loads(ANSWER)["summary"]}))
    with StandIn(default=summary) as server:  # its topics are missing
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=1), out, settings=settings)
        assert run(folder, settings).failed == 1
    found = next(iter(RunFolder(out).generations().values()))
    assert found.usage.tokens == 15 * len(server.requests) > 0


def test_a_run_stops_before_it_takes_more_tokens_whatever_they_cost(
    tmp_path: Path, out: Path
) -> None:
    with StandIn(default=answer(ANSWER, usage=(900, 0, 100))) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=6), out, settings=settings)
        none = run(folder, settings, max_tokens=10)  # a prompt has some hundred tokens
        assert (none.made, none.stopped) == (0, "max-tokens-total")
        some = run(RunFolder(out), settings, max_tokens=3_000)
        assert (some.made, some.stopped) == (3, "max-tokens-total")
        rest = run(RunFolder(out), settings, max_tokens=6_000)
    assert (rest.made, rest.stopped) == (6, None)
    assert sum(made.usage.tokens for made in RunFolder(out).generations().values()) == 6_000


def test_a_limit_needs_a_price(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path), out, settings=settings)
        with pytest.raises(ConfigurationError, match="no price is known for 'big-70b'"):
            run(folder, settings, max_cost=1.0)
        assert server.requests == []


def test_models_of_this_machine_cost_nothing(suite: Path, out: Path) -> None:
    assert run(started(suite, out), max_cost=0.0).made == 4


def test_the_extractive_engine_reads_no_prompts() -> None:
    matrix = Matrix(models=("extractive", "m"), prompts=({"digest": 1}, {"digest": 2}))

    assert [variant.name for variant in variants_of(matrix)] == [
        "extractive",
        "m+digest@v1",
        "m+digest@v2",
    ]


def test_two_files_of_one_name_are_told_apart_by_nobody() -> None:
    with pytest.raises(ConfigurationError, match="both called 'm'"):
        variants_of(Matrix(models=("a/m.gguf", "b/m.gguf")))


def test_a_variant_is_found_by_a_part_of_its_name() -> None:
    names = ["m+digest@v1", "m+digest@v2", "m"]

    assert find_variant("v2", names) == "m+digest@v2"
    assert find_variant("m", names) == "m"
    for wrong in ("digest", "x"):
        with pytest.raises(ConfigurationError, match=repr(wrong)):
            find_variant(wrong, names)


def test_what_a_run_keeps_is_for_its_owner_alone(suite: Path, out: Path) -> None:
    before = os.umask(0)
    try:
        run(started(suite, out))
    finally:
        os.umask(before)

    assert out.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in out.iterdir()} == dict.fromkeys(
        (file.name for file in out.iterdir()), "0o600"
    )


def test_the_variants_of_an_article_are_made_in_turns(tmp_path: Path, out: Path) -> None:
    prompts = [{"digest": 1}, {"digest": 2}]
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(
            model_suite(tmp_path, rows=3), out, Selection(prompts=prompts), settings=settings
        )
        run(folder, settings)

    made = list(folder.generations().values())
    variants = [one.variant.rpartition("@")[2] for one in made]
    assert variants == ["v1", "v2", "v2", "v1", "v1", "v2"]  # each is first by turns
    assert [one.warm_up for one in made] == [True, True, False, False, False, False]
    assert len({one.session for one in made}) == 1
    scored = load_scores(folder).values()
    assert [len(one.rows(METRICS["latency_p95"])) for one in scored] == [2, 2]


def test_a_price_of_ones_own_gives_a_budget(tmp_path: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        file = load_suite(model_suite(tmp_path, rows=2))
        plan = plan_run(file, Selection(), settings=settings, price=Price(prompt=1, completion=2))
        report = run(begin(plan, out), settings, max_cost=1.0)

    assert report.made == 2
    assert report.cost_usd == pytest.approx(2 * (10 * 1 + 5 * 2) / 1e6)


def test_what_a_retried_failure_cost_counts(
    tmp_path: Path, out: Path, priced: Callable[[float], None]
) -> None:
    priced(0.001)
    with StandIn(answer("no JSON"), error(500), default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=1), out, settings=settings)
        assert run(folder, settings).failed == 1
        report = run(RunFolder(out), settings)

    assert (report.made, report.failed) == (1, 0)
    assert report.cost_usd == pytest.approx(0.002), "an answer of no use, and one of use"


def test_what_was_paid_before_the_endpoint_refused_counts(tmp_path: Path, out: Path) -> None:
    refused = error(401, "wrong key")
    with StandIn(answer("no JSON"), refused, default=answer(ANSWER)) as server:
        settings = settings_for(server)
        folder = started(model_suite(tmp_path, rows=1), out, settings=settings)
        with pytest.raises(AuthenticationError):
            run(folder, settings)
        assert [made.usage.tokens for made in folder.attempts()] == [15]
        report = run(RunFolder(out), settings, max_tokens=100_000)

    assert (report.made, report.failed) == (1, 0)
    assert sum(made.usage.tokens for made in folder.attempts()) == 30


def test_whatever_a_model_raises_is_a_failure_of_its_sample(
    suite: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = Summarizer.digest

    def crash(self: Summarizer, article: Article) -> Digest:
        if article.title == "Bridge 1 to be rebuilt":
            raise ZeroDivisionError("nobody foresaw it")
        return digest(self, article)

    monkeypatch.setattr(Summarizer, "digest", crash)
    report = run(started(suite, out))

    assert (report.made, report.failed) == (3, 1)
    result = RunFolder(out).generations()[Key("bridge-1", "extractive", 0)].result
    assert isinstance(result, Failure)
    assert result.error.type == "bug"
    assert "ZeroDivisionError" in result.error.message


def test_tokens_are_forecast_by_the_dearest_of_all_variants(tmp_path: Path, out: Path) -> None:
    """The second variant, which sends nothing, does not hide what the first one needs."""
    suite = write_suite(tmp_path / "suite", matrix={"models": [BIG, "extractive"]})
    with StandIn(default=answer(ANSWER)) as server:
        settings = settings_for(server)
        report = run(started(suite, out, settings=settings), settings, max_tokens=10)

        assert server.requests == []
    assert report.stopped == "max-tokens-total"
