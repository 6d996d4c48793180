from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from summarizer.cli.options import FormatName
from summarizer.cli.output import (
    RECORD_ENDINGS,
    OutputWriter,
    checked_output,
    format_of,
    to_json,
    to_jsonl,
)
from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError, SummarizerError

RECORDS: TypeAdapter[list[Digest | Failure]] = TypeAdapter(list[Digest | Failure])


def writer(path: Path | None, output_format: FormatName, *, several: bool) -> OutputWriter:
    return OutputWriter(output_format, path, several=several, verbosity=0)


def test_json_is_the_record(digest: Digest) -> None:
    assert Digest.model_validate_json(to_json(digest)) == digest
    assert "\n" in to_json(digest)


def test_a_json_line_is_one_line_for_every_reader(digest: Digest) -> None:
    hostile = "a\u0085b\u2028c\u2029d\x9be\x1cf\u202eg\n"
    article = digest.article.model_copy(update={"title": hostile})

    line = to_jsonl(digest.model_copy(update={"article": article}))

    assert line.splitlines() == [line]
    assert line.isprintable()
    assert Digest.model_validate_json(line).article.title == hostile


def test_one_record_is_one_object(digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    with writer(None, "json", several=False) as out:
        out.write(digest)

    assert Digest.model_validate_json(capsys.readouterr().out) == digest


@pytest.mark.parametrize("count", [0, 1, 3])
def test_several_records_are_an_array(
    digest: Digest, failure: Failure, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    records = [digest, failure, digest][:count]

    with writer(None, "json", several=True) as out:
        for record in records:
            out.write(record)

    assert RECORDS.validate_json(capsys.readouterr().out) == records


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_array_that_was_interrupted_still_parses(
    digest: Digest, capsys: pytest.CaptureFixture[str], error: type[BaseException]
) -> None:
    def interrupted() -> None:
        with writer(None, "json", several=True) as out:
            out.write(digest)
            raise error

    with pytest.raises(error):
        interrupted()

    assert RECORDS.validate_json(capsys.readouterr().out) == [digest]


def test_json_lines_are_records(
    digest: Digest, failure: Failure, capsys: pytest.CaptureFixture[str]
) -> None:
    with writer(None, "jsonl", several=True) as out:
        out.write(digest)
        assert capsys.readouterr().out == to_jsonl(digest) + "\n"  # at once, not at the end
        out.write(failure)

    assert capsys.readouterr().out == to_jsonl(failure) + "\n"


@pytest.mark.parametrize(
    ("output_format", "separator"),
    [("text", "\n--------------------\n\n"), ("markdown", "\n---\n\n")],
)
def test_texts_are_separated(
    failure: Failure,
    capsys: pytest.CaptureFixture[str],
    output_format: FormatName,
    separator: str,
) -> None:
    with writer(None, output_format, several=True) as out:
        out.write(failure)
        first = capsys.readouterr().out
        out.write(failure)

    assert capsys.readouterr().out == separator + first


def test_a_file_takes_its_name_when_it_is_complete(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "digests.json"
    path.write_text("old")

    with writer(path, "json", several=True) as out:
        out.write(digest)
        assert path.read_text() == "old"

    assert RECORDS.validate_json(path.read_text(encoding="utf-8")) == [digest]
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_before_the_first_record_leaves_an_older_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "digests.json"
    path.write_text("old")

    def failing() -> None:
        with writer(path, "json", several=True):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_after_a_record_keeps_it(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "digests.json"

    def failing() -> None:
        with writer(path, "json", several=True) as out:
            out.write(digest)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()

    assert RECORDS.validate_json(path.read_text(encoding="utf-8")) == [digest]


def test_a_replaced_file_keeps_its_permissions(failure: Failure, tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.touch(mode=0o600)

    with writer(path, "text", several=False) as out:
        out.write(failure)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(failure: Failure, tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.touch()
    link.symlink_to(target)

    with writer(link, "text", several=False) as out:
        out.write(failure)

    assert link.is_symlink()
    assert target.read_text().startswith("news/empty.txt")


def test_a_device_is_not_replaced(failure: Failure) -> None:
    with writer(Path(os.devnull), "text", several=False) as out:
        out.write(failure)

    assert not Path(os.devnull).is_file()


def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder"):
        writer(tmp_path, "text", several=False)
    with pytest.raises(ConfigurationError, match="does not exist") as caught:
        writer(tmp_path / "no" / "out.txt", "text", several=False)
    assert caught.value.hint == f"mkdir -p '{tmp_path / 'no'}'"
    with pytest.raises(ConfigurationError, match="cannot be written: File name too long"):
        writer(Path("a" * 300), "text", several=False)


def test_a_pipe_is_written_to_by_its_name() -> None:
    program = "from pathlib import Path; from summarizer.cli.output import OutputWriter\n"
    program += "with OutputWriter('text', Path('/dev/stdout'), several=False, verbosity=0) as out:"
    program += " out.write_text('an article')"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "an article"


@pytest.mark.parametrize("source", ["a.txt", "*.txt", "."])
def test_an_output_never_replaces_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("an article")

    with pytest.raises(ConfigurationError, match="one of the sources"):
        checked_output(Path("a.txt"), [source])

    Path("a.part").write_text("no article")
    assert checked_output(Path("a.part"), [source])
    assert checked_output(Path("b.txt"), [source])
    assert checked_output(Path("a.part"), ["a text " * 1000])


def test_an_ending_of_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"ends in \.pdf, which is not written") as caught:
        format_of(Path("digest.PDF"), RECORD_ENDINGS, "text")

    assert caught.value.hint == "name a file that ends in .html .htm .json .jsonl .md"
    assert format_of(Path("digest.txt"), RECORD_ENDINGS, "text") == "text"
    with pytest.raises(ConfigurationError, match=r"ends in \.xlsx, which is not written"):
        format_of(Path("digest.xlsx"), RECORD_ENDINGS, "text")


def test_a_full_disk_is_an_error_that_names_the_file(failure: Failure) -> None:
    with (
        pytest.raises(SummarizerError, match="'/dev/full' cannot be written: No space") as told,
        writer(Path("/dev/full"), "json", several=True) as out,
    ):
        out.write(failure)
    assert told.value.exit_code == 1  # no wrong configuration
    assert told.value.hint == "make room on the disk, or name a file on another one"


class Full:
    """A stream that takes ten characters more."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text[:10])
        self._stream.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def write_until_full(out: OutputWriter, record: Failure, *, more: int = 0) -> None:
    with out:
        out.write(record)
        out._stream = Full(out._stream)
        for _ in range(more):
            out.write(record)


@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_a_full_disk_leaves_whole_records(tmp_path: Path, failure: Failure, name: str) -> None:
    path = tmp_path / name
    out = writer(path, format_of(path, RECORD_ENDINGS, "text"), several=True)
    with pytest.raises(SummarizerError, match="No space left"):
        write_until_full(out, failure, more=1)

    text = path.read_text("utf-8")
    assert RECORDS.validate_json(text if name == "out.json" else f"[{text}]") == [failure]


def test_a_full_disk_leaves_no_part_of_a_page(tmp_path: Path, failure: Failure) -> None:
    with pytest.raises(SummarizerError, match="No space left"):
        write_until_full(writer(tmp_path / "out.html", "html", several=True), failure)

    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_file_system_refuses_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="cannot be written: File name too long"),
        writer(tmp_path / ("x" * 250), "json", several=False),
    ):
        raise AssertionError("the work began")


# A program that writes failures for ever; it says on stderr when it has begun.
PROGRAM = """
import sys
from summarizer.cli.output import OutputWriter
from summarizer.digest import ErrorInfo, Failure
error = ErrorInfo(type="T", message="é" * 100, hint=None, exit_code=1)
with OutputWriter(sys.argv[1], None, several=True, verbosity=0) as out:
    for number in range(10**9):
        out.write(Failure(source=f"{number}", error=error))
        if number == 100:
            print("begun", file=sys.stderr, flush=True)
"""


COMMAND = f"""
import typer
from summarizer.cli.main import ErrorGroup
app = typer.Typer(cls=ErrorGroup)
app.callback()(lambda: None)
@app.command()
def write(output_format: str) -> None:
{textwrap.indent(PROGRAM, "    ")}
app(["write", *__import__("sys").argv[1:]])
"""


@pytest.mark.parametrize("output_format", ["text", "json", "jsonl", "markdown"])
def test_a_closed_pipe_ends_the_program_quietly(output_format: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, output_format],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()

    assert process.returncode == 141
    assert errors in (b"", b"begun\n")


def test_ctrl_c_leaves_json_that_parses(tmp_path: Path) -> None:
    with (
        (tmp_path / "out.json").open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "json"], stdout=file, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert len(json.loads((tmp_path / "out.json").read_bytes())) > 100


def test_a_record_is_there_as_soon_as_it_is_written() -> None:
    program = PROGRAM.replace("10**9", "1") + "    sys.stdin.readline()\n"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", program, "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=buffered,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.communicate(b"\n")

    assert json.loads(line)["source"] == "0"


@pytest.mark.parametrize("output_format", ["json", "text"])
def test_a_narrow_locale_is_no_crash(output_format: str) -> None:
    program = PROGRAM.replace("10**9", "1")
    done = subprocess.run(
        [sys.executable, "-c", program, output_format],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    expected = "é" * 100 if output_format == "json" else "?" * 70
    assert expected in done.stdout.decode("utf-8" if output_format == "json" else "ascii")


class Terminal:
    """A text stream that says it is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_only_where_they_are_wanted(
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    coloured: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    with writer(None, "text", several=False) as out:
        out.write(failure)

    assert ("\x1b[" in terminal.text) == coloured


def test_where_nothing_may_be_written_no_file_of_ours_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    writer = OutputWriter("jsonl", tmp_path / "x.jsonl", several=True, verbosity=0)
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ConfigurationError, match="cannot be written: Permission") as told:
        writer.__enter__()

    assert told.value.hint == "name a file where you may write"
