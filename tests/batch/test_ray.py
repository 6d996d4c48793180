"""Jobs on a Ray cluster. The live tests start one of three nodes, in a network of its own."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ray_nodes import NAMESPACE

from summarizer.articles import Article, Source
from summarizer.batch.job import Job
from summarizer.batch.job_run import Item, JobRunner
from summarizer.batch.ray_data import _Coordinator, _windows, _with_endpoint
from summarizer.digest import ModelRef
from summarizer.errors import ConfigurationError, EndpointError, MissingExtraError
from summarizer.llm.endpoint import OPENAI_DEFAULT_MODEL, OPENAI_URL, choose_endpoint
from summarizer.settings import load_settings
from summarizer.worker_pool import Budget, BudgetedPool

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


def test_an_address_that_ray_data_does_not_work_through_is_refused(job: Job) -> None:
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


def test_an_article_is_the_items_that_asked_first_and_stays_its_own() -> None:
    coordinator = _Coordinator()
    coordinator.know(["digested before"])
    assert not coordinator.claim("digested before", "rows.jsonl:1")
    assert coordinator.claim("new", "rows.jsonl:2")
    assert not coordinator.claim("new", "rows.jsonl:3")
    assert coordinator.claim("new", "rows.jsonl:2")  # its worker died
    coordinator._claims.close()  # an actor's ends with its process


def test_a_cluster_is_given_no_more_articles_at_once_than_can_be_paid() -> None:
    import ray

    source = Source("rows.jsonl:1", partial(Article, text="The council met."))
    items = [Item(f"rows.jsonl:{n}", n, "", source) for n in range(5)]
    budget = Budget(1.0)
    budget.expect(ModelRef(name="big-70b", provider="compatible"), 0.4)
    windows = _windows(ray, items, BudgetedPool(budget))

    first = [ray.cloudpickle.loads(item).name for item in next(windows)]
    for _ in first:
        budget.add(0.1)
    second = [ray.cloudpickle.loads(item).name for item in next(windows)]

    assert (first, second) == (["rows.jsonl:0", "rows.jsonl:1"], ["rows.jsonl:2", "rows.jsonl:3"])


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
    assert found["repeats"] <= 6 * 8  # a block for each article that was under way


@pytest.mark.live
def test_a_head_that_dies_ends_the_job_with_an_error_and_the_rerun_completes_it() -> None:
    found = three_nodes("head")
    assert (found["exits"], found["done"], found["doubles"]) == ([1, 0], 48, 0)
    assert "broke down: its head does not answer" in found["said"]
