"""Jobs on a Ray cluster. The live tests start one of three nodes, in a network of its own."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray_nodes import NAMESPACE

from summarizer.articles import Article, Source
from summarizer.batch.job import Job
from summarizer.batch.job_run import JobRunner
from summarizer.batch.ray_cluster import Cluster, _watch, _with_endpoint
from summarizer.digest import Usage, metered
from summarizer.errors import (
    ConfigurationError,
    EndpointError,
    MissingExtraError,
    SourceError,
    SummarizerError,
)
from summarizer.llm.endpoint import OPENAI_DEFAULT_MODEL, OPENAI_URL, choose_endpoint
from summarizer.settings import load_settings

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "ray_nodes.py"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"title": "Budget", "text": "The council met."}) + "\n", "utf-8")
    settings = load_settings(model="extractive")
    return Job.begin([str(rows)], tmp_path / "job", settings=settings)


def test_without_the_extra_the_error_names_it(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match="'ray'"):
        JobRunner(job, load_settings(model="extractive"), ray="auto").run()


def test_an_address_that_jobs_do_not_work_through_is_refused(job: Job) -> None:
    with pytest.raises(ConfigurationError, match="does not work through 'ray://head:10001'"):
        JobRunner(job, load_settings(model="extractive"), ray="ray://head:10001").run()


def test_other_machines_ask_the_endpoint_of_the_variables_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-here")
    chosen = _with_endpoint(load_settings())
    monkeypatch.delenv("OPENAI_API_KEY")
    there = choose_endpoint(chosen)
    assert (there.provider, there.model, there.base_url) == (
        "openai", OPENAI_DEFAULT_MODEL, OPENAI_URL
    )  # fmt: skip
    assert there.api_key is not None
    assert there.api_key.get_secret_value() == "sk-here"


@pytest.mark.parametrize("model", ["extractive", "smollm2-135m"])
def test_what_needs_no_endpoint_is_the_same_on_other_machines(model: str) -> None:
    settings = load_settings(model=model)
    assert _with_endpoint(settings) == settings


def test_a_job_folder_is_no_address_of_a_cloud() -> None:
    with pytest.raises(ConfigurationError, match="'s3://bucket/job' is an address"):
        Job.begin(["rows.jsonl"], Path("s3://bucket/job"), settings=load_settings())


class Actor:
    """An actor as the driver sees it: each call is answered by the function of its name."""

    def __init__(self, **tasks: Callable[..., Any]) -> None:
        for name, task in tasks.items():
            setattr(self, name, SimpleNamespace(remote=task))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """One actor, whose calls are done at once; what a call returns is its own reference."""
    import ray

    def get(ref: Any) -> Any:
        if isinstance(ref, Exception):
            raise ref
        return ref

    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs, []))
    found = Cluster(ray, load_settings(model="extractive"), address="auto")
    found._busy = [0]
    return found


ARTICLE = Article(text="The council met.", source="rows.jsonl:1")


def test_what_an_actor_reports_is_the_error_and_what_it_cost(cluster: Cluster) -> None:
    made = (SourceError("no article"), [Usage(requests=1)])
    cluster._actors = [Actor(digest=lambda *_: made)]

    with metered() as usages, pytest.raises(SourceError, match="no article"):
        cluster.digest(ARTICLE)
    assert (usages, cluster._busy) == ([Usage(requests=1)], [0])


def test_an_article_that_ends_its_actors_is_a_failure_that_may_pass(cluster: Cluster) -> None:
    import ray

    ended = ray.exceptions.ActorUnavailableError("its process ended", None)
    cluster._actors = [Actor(digest=lambda *_: ended)]
    with pytest.raises(ConfigurationError, match="ended without a word") as told:
        cluster.digest(ARTICLE)
    assert not told.value.stops_batch


def test_a_cluster_that_breaks_down_ends_the_job(cluster: Cluster) -> None:
    import ray

    cluster._actors = [Actor(load=lambda _: ray.exceptions.ActorDiedError())]
    with pytest.raises(SummarizerError, match="'auto' broke down: ActorDiedError") as told:
        cluster.load(Source("rows.jsonl:1", lambda: ARTICLE))
    assert told.value.stops_batch


def test_a_head_that_does_not_answer_ends_the_job(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "0")
    _watch("127.0.0.1:9", cluster.head_lost, threading.Event())
    cluster._actors = [Actor(digest=lambda *_: None)]

    with pytest.raises(SummarizerError, match="its head does not answer") as told:
        cluster.digest(ARTICLE)
    assert told.value.stops_batch


def test_the_actor_with_least_to_do_gets_the_next_article(cluster: Cluster) -> None:
    asked: list[str] = []
    cluster._actors = [
        Actor(load=lambda _, name=name: asked.append(name) or (ARTICLE, [])) for name in "abc"
    ]
    cluster._busy = [2, 0, 1]

    assert cluster.load(Source("rows.jsonl:1", lambda: ARTICLE)) == ARTICLE
    assert (asked, cluster._busy) == (["b"], [2, 0, 1])


@pytest.mark.parametrize(
    "error", [MissingExtraError("--ray", extra="ray"), EndpointError("down", hint="wait")]
)
def test_an_error_comes_from_another_process_as_it_was(error: ConfigurationError) -> None:
    error.stops_batch = True
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(copy), str(copy), copy.hint) == (type(error), str(error), error.hint)
    assert copy.stops_batch


def three_nodes(killed: str) -> dict[str, Any]:
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a network of its own takes `unshare`, `ip`, and root or user namespaces")
    command = [sys.executable, str(BENCHMARK), "--only", killed]
    command += ["--articles", "48", "--jobs", "6", "--delay", "0.3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.live
def test_a_node_that_dies_takes_no_row_with_it() -> None:
    found = three_nodes("one")
    assert (found["exits"], found["done"], found["doubles"]) == ([0], 48, 0)
    assert found["repeats"] <= 6  # what was under way


@pytest.mark.live
def test_a_head_that_dies_ends_the_job_with_an_error_and_the_rerun_completes_it() -> None:
    found = three_nodes("head")
    assert (found["exits"], found["done"], found["doubles"]) == ([1, 0], 48, 0)
    assert "broke down: its head does not answer" in found["said"]
