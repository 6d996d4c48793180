from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from whole_app import app

TEXT = "The council voted for the new plan on Monday after a debate of nine hours, 31 to 22."
DUMP = f"""Updated: 4 May 2021

Council votes for the plan
Published: 3 May 2021

{TEXT}

your comment
"""


def extract(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["extract", *map(str, arguments)], input=stdin)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.txt"
    path.write_text(DUMP)
    return path


def test_title_date_and_body(dump: Path) -> None:
    result = extract(dump)

    assert result.exit_code == 0
    assert result.stdout == f"Council votes for the plan\n2021-05-03\n\n{TEXT}\n"
    assert result.stderr == ""


def test_json_of_one_source_is_one_object(dump: Path) -> None:
    result = extract(dump, "--json")

    record = json.loads(result.stdout)
    assert list(record) == [
        "id", "text", "title", "published", "author", "language", "source", "labels", "notes",
            "words",
    ]  # fmt: skip
    assert (record["text"], record["words"], record["published"]) == (TEXT, 18, "2021-05-03")
    assert len(record["id"]) == 16


def test_json_of_several_sources_is_a_line_each_in_order(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(TEXT)

    result = extract(dump, tmp_path / "b.txt", "--json")

    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(record["source"]).name for record in records] == ["dump.txt", "b.txt"]


def test_an_article_is_not_written_over(dump: Path) -> None:
    result = extract(dump, "-o", dump)

    assert (result.exit_code, dump.read_text()) == (2, DUMP)
    assert "is one of the sources, and would replace it" in result.stderr


def test_a_json_file_of_several_sources_is_a_list(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(TEXT)
    for name, read in [("out.json", json.loads), ("out.jsonl", lambda text: text.splitlines())]:
        extract(dump, tmp_path / "b.txt", "--json", "-o", tmp_path / name)
        assert len(read((tmp_path / name).read_text("utf-8"))) == 2


def test_a_hyphen_is_standard_output(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert TEXT in extract(dump, "-o", "-").stdout
    assert list(tmp_path.iterdir()) == [dump]


def test_standard_input() -> None:
    assert extract("-", stdin=DUMP.encode()).stdout.endswith(f"\n\n{TEXT}\n")


def test_output_to_a_file(dump: Path, tmp_path: Path) -> None:
    result = extract(dump, "-o", tmp_path / "out.txt")

    assert (result.exit_code, result.stdout) == (0, "")
    assert TEXT in (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_an_older_output_stays_where_nothing_was_read(dump: Path, tmp_path: Path) -> None:
    assert extract(tmp_path / "missing.txt", "-o", dump).exit_code == 3
    assert dump.read_text(encoding="utf-8") == DUMP
    assert [path.name for path in tmp_path.iterdir()] == [dump.name]


def test_what_was_read_is_kept_where_a_source_failed(dump: Path, tmp_path: Path) -> None:
    assert extract(dump, tmp_path / "missing.txt", "-o", tmp_path / "out.txt").exit_code == 1
    assert TEXT in (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_output_that_cannot_be_written(dump: Path, tmp_path: Path) -> None:
    assert extract(dump, "-o", tmp_path / "none" / "out.txt").exit_code == 2


def test_no_source_is_a_usage_error() -> None:
    assert extract().exit_code == 2


def test_the_text_field(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"story": TEXT}))

    assert TEXT in extract(path, "--text-field", "story").stdout


def _bad(folder: Path, kind: str) -> str:
    """A source of this kind of badness."""
    path = folder / kind
    contents = {
        "binary.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "empty.txt": b"",
        "short.txt": b"Too short.",
        "bomb.txt": gzip.compress(bytes(10_000_000)),
        "truncated.pdf": b"%PDF-1.4\n1 0 obj\n<<",
        "field.csv": b"id,tale\n1,a\n",
        "broken.jsonl": b'{"text": \n',
        "captcha.html": b"<html><body><p>Please enable JavaScript to continue.</p></body></html>",
    }
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind == "folder":
        path.mkdir()
    return kind if "://" in kind else str(path)


BAD = ["missing.txt", "folder", "binary.png", "empty.txt", "short.txt", "bomb.txt", "truncated.pdf",
       "field.csv", "broken.jsonl", "captcha.html", "file:///etc/passwd", "ftp://a.example/",
       "https://user:hunter2@a.example/", "http://127.0.0.1:9/", "http://localhost/"]  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_one_bad_source_is_an_error_with_a_next_step(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUMMARIZER_OFFLINE")
    result = extract(_bad(tmp_path, kind))

    assert result.exit_code == 3
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("  try: ")
    assert "hunter2" not in result.stderr


def test_a_bad_source_among_others_does_not_stop_them(dump: Path, tmp_path: Path) -> None:
    result = extract(tmp_path / "missing.txt", dump, _bad(tmp_path, "empty.txt"), dump, "--json")

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.count("error: ") == 2


def test_a_file_beyond_the_limit(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_MAX_ARTICLE_BYTES", "100")

    result = extract(dump)

    assert result.exit_code == 3
    assert "more than 100 bytes" in result.stderr


def test_json_escapes_what_acts_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x9b\u202eb.txt"
    path.write_text(TEXT)

    result = extract(path, "--json")

    assert "\\u009b\\u202e" in result.stdout
    assert json.loads(result.stdout)["source"] == str(path)


def test_a_terminal_that_lacks_a_letter(dump: Path) -> None:
    dump.write_text(TEXT.replace("voted", "votéd 通"), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "summarizer", "extract", str(dump)],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert "votéd ? for" in result.stdout.decode("latin-1")


def test_a_terminal_gets_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from summarizer.cli.output import OutputWriter

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with OutputWriter("text", None, several=False, verbosity=0) as writer:
        writer.write_text("a\x1b]0;title\x07b\n")

    assert capsys.readouterr().out == "a]0;titleb\n"
