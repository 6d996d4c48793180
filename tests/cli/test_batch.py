"""``summarizer batch``: what it prints, what it exports, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from standin import StandIn, answer
from typer.testing import CliRunner, Result
from whole_app import app

LINES = (
    {"title": "=1+1", "text": "The council will spend four million crowns on roads, it said."},
    {"title": "Roads", "text": "The mayor promised new roads to the town on Monday morning."},
    {"text": "https://example.org/"},
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "job"


def batch(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["batch", *map(str, arguments)])


def begun(rows: Path, out: Path, *more: object) -> Result:
    return batch("run", rows, "--out", out, "-m", "extractive", *more)


def test_a_run_prints_the_folder_and_tells_the_rest_on_stderr(rows: Path, out: Path) -> None:
    result = begun(rows, out)

    assert (result.exit_code, result.stdout) == (1, f"{out}\n")
    assert "3 of 3 articles, 1 failed" in result.stderr
    assert "digests: 2" in result.stderr
    assert "failures: NotAnArticleError 1; 1 last (again with --retry-failed" in result.stderr


@pytest.mark.parametrize("source", [".", "**/*.jsonl"])
def test_a_job_is_not_among_its_own_sources(
    rows: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Else each failure would be a row of its own, without an end."""
    monkeypatch.chdir(rows.parent)

    result = batch("run", source, "--out", "job", "-m", "extractive")
    assert (result.exit_code, Path("job").exists()) == (2, False)
    assert f"'job' is in the source '{source}'" in result.stderr


def test_a_pattern_finds_files_at_any_depth(rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rows.parent / "a" / "b").mkdir(parents=True)
    rows.rename(rows.parent / "a" / "b" / rows.name)
    monkeypatch.chdir(rows.parent / "a")

    assert "digests: 2" in begun(Path("**/*.jsonl"), rows.parent / "job").stderr


def test_files_of_a_folder_that_are_passed_over_are_named_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LINES[1]["text"])
    (tmp_path / "in" / "notes.log").write_text("no article")

    result = begun(tmp_path / "in", tmp_path / "job")
    assert result.stderr.count("warning: 1 file passed over: notes.log") == 1


def test_quiet_says_nothing_on_stderr(rows: Path, out: Path) -> None:
    assert begun(rows, out, "-q").stderr == ""


def test_json_is_the_same_after_a_run_and_from_status(rows: Path, out: Path) -> None:
    run = json.loads(begun(rows, out, "--json").stdout)
    status = json.loads(batch("status", out, "--json").stdout)

    for found in (run, status):
        assert (found["articles"], found["done"], found["failed"]) == (3, 2, 1)
        assert found["failed_by_kind"] == {"NotAnArticleError": 1}
        assert found["running"] is False


def test_status_tells_the_next_command_while_something_is_left(rows: Path, out: Path) -> None:
    told = begun(rows, out, "--limit", 1).stderr
    assert f"summarizer batch run {out} --jobs 1 --limit N" in told
    assert "1 of 1 articles, 0 failed" in batch("status", out).stdout

    assert batch("run", out, "--limit", 3).exit_code == 1
    assert "3 of 3 articles, 1 failed" in batch("status", out).stdout


def test_export_has_a_line_for_each_source_in_their_order(rows: Path, out: Path) -> None:
    begun(rows, out)

    lines = [json.loads(line) for line in batch("export", out).stdout.splitlines()]
    assert [line["article"]["title"] for line in lines[:2]] == ["=1+1", "Roads"]
    assert lines[2]["error"]["type"] == "NotAnArticleError"


def test_the_name_of_an_export_says_its_format(rows: Path, out: Path, tmp_path: Path) -> None:
    begun(rows, out)

    assert batch("export", out, "-o", tmp_path / "digests.csv").exit_code == 0
    assert (tmp_path / "digests.csv").read_text().startswith("item,id,source")
    assert batch("export", out, "-o", tmp_path / "digests.html").exit_code == 2


def test_an_export_replaces_neither_its_sources_nor_a_device(rows: Path, out: Path) -> None:
    begun(rows, out)
    before = rows.read_text()

    assert batch("export", out, "-o", rows).exit_code == 2
    assert rows.read_text() == before
    assert batch("export", out, "-o", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("own", ["records-00000.jsonl", "failures.jsonl", "manifest.json"])
def test_an_export_replaces_no_file_of_its_job(rows: Path, out: Path, own: str) -> None:
    begun(rows, out)
    before = (out / own).read_bytes()

    assert batch("export", out, "-o", out / own).exit_code == 2
    assert (out / own).read_bytes() == before
    assert batch("export", out, "-o", out / "digests.csv").exit_code == 0


def test_a_table_for_spreadsheets_runs_no_formula_of_an_article(rows: Path, out: Path) -> None:
    begun(rows, out)

    table = list(csv.DictReader(io.StringIO(batch("export", out, "-f", "csv").stdout)))
    assert [row["title"] for row in table] == ["'=1+1", "Roads", ""]
    assert table[2]["error"] == "NotAnArticleError"
    assert table[0]["item"] == f"{rows}:1"


def test_a_table_has_the_ids_of_the_rows(tmp_path: Path, out: Path) -> None:
    rows = tmp_path / "own.jsonl"
    # A digest, the same again, and a failure.
    lines = [{"ID": id_, **LINES[n]} for id_, n in (("é 0", 1), (7, 1), ("c", 2))]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    begun(rows, out)

    table = csv.DictReader(io.StringIO(batch("export", out, "-f", "csv").stdout))
    assert [row["row_id"] for row in table] == ["é 0", "7", "c"]


def test_parquet_has_lists_and_dates(rows: Path, out: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    begun(rows, out)
    file = tmp_path / "table.parquet"

    assert batch("export", out, "-f", "parquet", "-o", file).exit_code == 0
    table = pq.read_table(file).to_pylist()
    assert [row["title"] for row in table] == ["=1+1", "Roads", None]
    assert isinstance(table[0]["topics"], list)
    assert file.stat().st_mode & 0o777 == 0o600


def test_parquet_needs_a_file(rows: Path, out: Path) -> None:
    begun(rows, out)
    result = batch("export", out, "-f", "parquet")

    assert result.exit_code == 2
    assert "--output FILE.parquet" in result.stderr


def test_a_dry_run_tells_what_is_needed_and_writes_nothing(rows: Path, out: Path) -> None:
    result = begun(rows, out, "--dry-run")

    assert "3 articles to digest, of which about 1 cannot be read" in result.stdout
    assert "no requests, $0" in result.stdout
    assert not out.exists()
    assert "no requests" in batch("run", rows, "-m", "extractive", "--dry-run").stdout


def test_a_dry_run_of_an_endpoint_counts_requests_tokens_dollars_and_time(
    rows: Path, out: Path
) -> None:
    with StandIn(default=answer("unused")) as server:
        flags = ["-m", "gpt-4.1-mini", "--base-url", server.base_url, "--dry-run", "--json"]
        found = json.loads(batch("run", rows, "--out", out, *flags).stdout)
        assert server.requests == []

    assert (found["articles"], found["unreadable"], found["requests"]) == (3, 1, 2)
    assert found["prompt_tokens"] > 200
    assert found["completion_tokens"] > 50
    assert found["seconds"] > 0
    assert found["is_assumed"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", __file__], f"batch run {__file__} --out FOLDER"),
        (["status", "nowhere"], "'nowhere' is not the folder of a job"),
        (["export", "nowhere"], "'nowhere' is not the folder of a job"),
        (["run", "-", "--out", "job", "-m", "extractive"], "save it to a file"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], says: str) -> None:
    result = batch(*arguments)

    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("command", ["run", "submit"])
@pytest.mark.parametrize("more", [(), ("--out", "job")])
def test_a_job_of_nothing_that_is_there_is_a_missing_file(
    command: str, more: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = batch(command, "job-typo", *more, "-m", "extractive")
    single = CliRunner().invoke(app, ["summarize", "job-typo", "-m", "extractive"])

    assert (result.exit_code, result.stderr) == (single.exit_code, single.stderr)
    assert not Path("job").exists()


def test_standard_input_is_no_file_that_is_missing(out: Path) -> None:
    result = batch("run", "-", "job-typo", "--out", out, "-m", "extractive")

    assert "standard input is there only once" in result.stderr


def test_the_command_to_go_on_with_asks_the_same_address(rows: Path, out: Path) -> None:
    begun(rows, out, "--limit", 1)
    address = ("--base-url", "http://127.0.0.1:9/v1", "--no-cache")
    told = batch("run", out, *address).stderr

    assert f"summarizer batch run {out} --jobs 1 {' '.join(address)} --limit N" in told


def test_a_job_goes_on_as_it_began(rows: Path, out: Path) -> None:
    begun(rows, out)
    results = [batch("run", out, *of) for of in (("--length", "long"), ("--text-field", "body"))]

    assert [result.exit_code for result in results] == [2, 2]
    assert "'length' cannot change" in results[0].stderr
    assert "'text_field' cannot change" in results[1].stderr


def test_sigterm_lets_what_is_under_way_finish(tmp_path: Path, out: Path) -> None:
    rows = tmp_path / "many.jsonl"
    lines = [
        {"title": f"Budget {n}", "text": f"{LINES[0]['text']} It is item {n}."} for n in range(40)
    ]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    said: dict[str, Any] = {"summary": "The council will spend it.", "topics": []}
    with StandIn(default=answer(json.dumps(said), delay=0.2)) as server:
        flags = ["-m", "big-70b", "--base-url", server.base_url, "-j", "2"]
        command = [sys.executable, "-m", "summarizer", "batch", "run", rows, "--out", out, *flags]
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while len(server.requests) < 5:
            time.sleep(0.01)
        child.send_signal(signal.SIGTERM)
        _, told = child.communicate(timeout=60)
        asked = len({str(request.body["messages"][:2]) for request in server.requests})

    assert child.returncode == 130
    assert "stopping: what is under way is finished" in told
    assert f"summarizer batch run {out} --jobs 2" in told
    assert len(batch("export", out).stdout.splitlines()) == asked < 40


def titles_of(out: Path) -> list[str]:
    lines = [json.loads(line) for line in batch("export", out).stdout.splitlines()]
    return [line["article"]["title"] for line in lines]


def write_budgets(path: Path, *numbers: int) -> Path:
    text = LINES[0]["text"]
    lines = [{"title": f"Budget {n}", "text": f"{text} It is item {n}."} for n in numbers]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize("again", [False, True])
def test_rows_that_are_gone_are_neither_counted_nor_exported(
    tmp_path: Path, out: Path, again: bool
) -> None:
    rows = write_budgets(tmp_path / "rows.jsonl", 1, 2, 3)
    begun(rows, out)
    write_budgets(rows, 1)
    if again:
        assert "1 of 1 articles" in batch("run", out).stderr

    assert "1 of 1 articles" in batch("status", out).stdout
    assert titles_of(out) == ["Budget 1"]
    told = "left out, as the sources no longer have them: 2"
    assert told in batch("status", out).stdout
    assert told in batch("export", out).stderr


def test_a_row_that_moved_up_is_exported_once(tmp_path: Path, out: Path) -> None:
    rows = write_budgets(tmp_path / "rows.jsonl", 1, 2, 3)
    begun(rows, out)
    write_budgets(rows, 1, 3)
    batch("run", out)

    assert titles_of(out) == ["Budget 1", "Budget 3"]


def test_new_files_are_exported_where_they_stand(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for name in (1, 2, 3):
        write_budgets(folder / f"{name}.jsonl", name)
    begun(folder, out)
    write_budgets(folder / "15.jsonl", 15)
    write_budgets(folder / "16.jsonl", 16)
    batch("run", out)

    assert titles_of(out) == [f"Budget {n}" for n in (1, 15, 16, 2, 3)]


def test_digests_of_a_file_that_is_gone_are_exported_and_that_is_told(
    rows: Path, out: Path
) -> None:
    begun(rows, out)
    rows.unlink()
    told = f"there is no file {str(rows)!r} now; what was made of it is kept"

    exported = batch("export", out)
    assert (len(exported.stdout.splitlines()), told in exported.stderr) == (3, True)
    assert told in batch("status", out).stdout
    dry = batch("run", out, "--dry-run")
    assert (dry.exit_code, f"there is no file {str(rows)!r}" in dry.stderr) == (3, True)
    again = batch("run", out)
    assert (again.exit_code, told in again.stderr) == (1, True)
    assert "3 articles, 1 failed\ndigests: 2" in again.stderr
    assert "3 articles, 1 failed\n  digests: 2" in batch("status", out).stdout


def test_a_limit_below_what_is_done_counts_the_first_alone(tmp_path: Path, out: Path) -> None:
    begun(write_budgets(tmp_path / "rows.jsonl", 1, 2, 3), out)

    assert "2 of 2 articles, 0 failed" in batch("run", out, "--limit", 2).stderr
    assert "2 of 2 articles, 0 failed" in batch("status", out).stdout
    assert "0 articles to digest" in batch("run", out, "--dry-run").stdout


def test_a_dry_run_counts_rows_that_changed_since(tmp_path: Path, out: Path) -> None:
    rows = write_budgets(tmp_path / "rows.jsonl", 1, 2, 3)
    begun(rows, out)
    write_budgets(rows, 1, 4)

    assert "1 articles to digest" in batch("run", out, "--dry-run").stdout
