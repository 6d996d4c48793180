"""The documents: their Python runs, their commands exist, their links lead somewhere.

A block ```` ```python ```` is run, the blocks of one file in order and in one namespace, from a
folder in which ``seeds/`` and ``prompts/`` are those of the checkout; one with ``>>> `` prompts
must also print what it shows. ```` ```python no-run ````
marks one that needs a model or the network: it must only parse. In ```` ```console ```` blocks
the lines after ``$ `` are commands, in ```` ```sh ```` blocks all lines are.
"""

from __future__ import annotations

import ast
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import command_reference
import pytest
from markdown_it import MarkdownIt
from typer.core import TyperGroup

from summarizer import Summarizer
from summarizer.evaluation.suite.definition import Suite

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = command_reference.commands()
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


class Block(NamedTuple):
    language: str
    run: bool
    line: int
    text: str


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks, with the line number of their first line."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.map:
            language, *words = [*token.info.split(), ""]
            yield Block(language, "no-run" not in words, token.map[0] + 2, token.content)


def shell_lines(block: Block) -> Iterator[str]:
    """The command lines of a block; a backslash at the end goes on in the next line."""
    text = block.text.replace("\\\n", " ")
    for line in text.splitlines():
        if block.language == "sh":
            yield line
        elif block.language == "console" and line.startswith("$ "):
            yield line[2:]


def invocations(line: str) -> Iterator[list[str]]:
    """The words after ``summarizer`` of each call of it in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "@:%+,"
    words = ["|", *lexer]
    for index, word in enumerate(words):
        if word == "summarizer" and (
            set(words[index - 1]) <= set("|&;()") or "=" in words[index - 1]
        ):
            rest = words[index + 1 :]
            ends = [n for n, other in enumerate(rest) if set(other) <= set("|&;()<>")]
            yield rest[: ends[0]] if ends else rest


def faults(words: list[str]) -> list[str]:
    """What is wrong with a call: a command or an option that does not exist."""
    name = "summarizer"
    words = list(words)
    while isinstance(COMMANDS[name], TyperGroup) and words and not words[0].startswith("-"):
        name = f"{name} {words.pop(0)}"
        if name not in COMMANDS:
            return [f"no command {name!r}"]
    known = {"--help"} | {opt for p in COMMANDS[name].params for opt in p.opts}
    found = []
    for word in words[: words.index("--")] if "--" in words else words:
        option = word.split("=")[0]
        short = re.fullmatch(r"-([a-z])(?:\1*|\d+)", word)
        option = f"-{short[1]}" if short else option
        if re.match(r"--?[a-z]", option) and option not in known:
            found.append(f"{name!r} has no option {option!r}")
    return found


@pages
def test_the_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("seeds", "prompts"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": page.stem}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python" and block.text.startswith(">>>"):
            run_session(block, page, namespace)
        elif block.language == "python":
            run_code(block, page, namespace)


def run_code(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    # Line feeds before the code make the line numbers of a traceback the page's own.
    code = "\n" * (block.line - 1) + block.text
    compiled = compile(ast.parse(code, str(page)), str(page), "exec")
    if block.run:
        exec(compiled, namespace)  # noqa: S102


def run_session(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    parser = doctest.DocTestParser()
    session = parser.get_doctest(block.text, {}, page.name, str(page), block.line)
    session.globs = namespace
    if block.run:
        report = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
        assert not runner.run(session, out=report.write, clear_globs=False).failed, (
            report.getvalue()
        )


@pages
def test_the_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = [
        f"line {block.line}: {fault}"
        for block in blocks(text)
        for line in shell_lines(block)
        for words in invocations(line)
        for fault in faults(words)
    ]
    assert found == []


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    titles = [tokens[n + 1].content for n, t in enumerate(tokens) if t.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark").parse(text):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if isinstance(target, str) and not re.match(r"[a-z]+:", target):
                yield target


@pages
def test_the_links_lead_somewhere(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_command_reference_is_fresh() -> None:
    assert command_reference.FILE.read_text(encoding="utf-8") == command_reference.reference(), (
        "run python tests/command_reference.py"
    )


def test_every_command_is_in_the_reference() -> None:
    text = command_reference.FILE.read_text(encoding="utf-8")

    assert [name for name in COMMANDS if f"\n## {name}\n" not in text] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("summarizer summarize a.txt --json -vv -j4 -o out.json | head -3", []),
        ("cat a.txt | summarizer summarize - --length=60 2>&1 >x", []),
        ("SUMMARIZER_OFFLINE=1 summarizer doctor", []),
        ("summarizer prompts diff digest@v1 digest@v2; summarizer --help", []),
        ("cat summarizer --nope", []),
        ("pip install summarizer-llm", []),
        ("summarizer sumarize a.txt", ["no command 'summarizer sumarize'"]),
        ("summarizer prompts lsit", ["no command 'summarizer prompts lsit'"]),
        ("true && summarizer schema --jsn", ["'summarizer schema' has no option '--jsn'"]),
        ("summarizer schema -v # no such option", ["'summarizer schema' has no option '-v'"]),
        ("summarizer summarize -- --strange", []),
    ],
)
def test_the_check_of_commands_itself(line: str, wrong: list[str]) -> None:
    assert [fault for words in invocations(line) for fault in faults(words)] == wrong


def test_blocks_are_found_with_their_marks() -> None:
    text = "a\n```python\nx\n```\n\n- b\n  ```python no-run\n  y\n  ```\n"

    assert list(blocks(text)) == [
        Block("python", True, 3, "x\n"),
        Block("python", False, 8, "y\n"),
    ]


def test_a_session_that_shows_something_else_fails() -> None:
    (block,) = blocks("```python\n>>> x = 1\n>>> x\n2\n```\n")

    with pytest.raises(AssertionError, match="Expected"):
        run_session(block, ROOT / "README.md", {})


def test_the_topics_of_the_readme_are_those_that_the_example_gets() -> None:
    """A small model is not asked about them; another processor may round a vector otherwise."""
    shown = re.search(r"\nTopics\n(.+?)\n\n", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    told = {name: int(share) for name, share in re.findall(r"  (\S.*?) {2,}(\d+)%", shown[1])}

    with Summarizer(model="extractive", context=False) as summarizer:
        topics = summarizer.digest(str(ROOT / "seeds" / "border-talks.txt")).topics

    assert told == {topic.name: pytest.approx(100 * topic.confidence, abs=3) for topic in topics}


def test_what_a_suite_must_have_is_told() -> None:
    told = next(
        line
        for line in (ROOT / "docs" / "evals.md").read_text().splitlines()
        if "are required" in line
    )
    schema = Suite.model_json_schema()
    needed = [*schema["required"], *schema["$defs"]["Matrix"]["required"]]
    needed += schema["$defs"]["Metrics"]["required"]
    assert {name for name in needed if f"`{name}`" not in told} == set()
