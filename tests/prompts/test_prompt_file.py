"""The file format: front matter, sections, escaped headings."""

from __future__ import annotations

import hashlib

import pytest

from summarizer.digest import Message
from summarizer.errors import PromptError
from summarizer.prompts.prompt import Parameters, Prompt, Section, parse_prompt

HEAD = "task: digest\nversion: 2\ndescription: A test.\n"


def parse(body: str, head: str = HEAD) -> Prompt:
    return parse_prompt(f"---\n{head}---\n{body}".encode(), where="here.md")


def test_a_file_is_read_whole() -> None:
    data = (
        b"---\ntask: digest\nversion: 2\ndescription: A test.\nvariables: [article]\n"
        b"parameters: {temperature: 0.5, max_tokens: 9}\n---\n"
        b"# system\n\nBe brief.\n\n# user\n{{ article }}\n"
    )

    assert parse_prompt(data, where="here.md") == Prompt(
        task="digest",
        version=2,
        sha256=hashlib.sha256(data).hexdigest(),
        description="A test.",
        variables=("article",),
        parameters=Parameters(temperature=0.5, max_tokens=9),
        sections=(
            Section(role="system", template="Be brief."),
            Section(role="user", template="{{ article }}"),
        ),
    )


def test_examples_are_turns() -> None:
    prompt = parse("# system\na\n# user\nb\n# assistant\nc\n# user\nd")

    assert [message.role for message in prompt.render()] == ["system", "user", "assistant", "user"]


def test_windows_line_ends_are_line_ends() -> None:
    data = f"---\n{HEAD}---\n# user\na\nb\n".replace("\n", "\r\n").encode()

    assert parse_prompt(data, where="x").render() == (Message(role="user", content="a\nb"),)


def test_a_byte_order_mark_does_no_harm() -> None:
    data = f"---\n{HEAD}---\n# user\na\n".encode("utf-8-sig")

    assert parse_prompt(data, where="x").render() == (Message(role="user", content="a"),)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("\\# user", "# user"),
        ("\\\\# system", "\\# system"),
        ("# User", "# User"),
        (" # user", " # user"),
        ("# users", "# users"),
        ("## user", "## user"),
        ("\\# other", "\\# other"),
        ("as in \\# user", "as in \\# user"),
    ],
)
def test_a_line_that_is_no_heading_is_text(line: str, text: str) -> None:
    assert parse(f"# user\nx\n{line}\ny").render()[0].content == f"x\n{text}\ny"


def test_a_heading_inside_a_template_comment_still_opens_a_section() -> None:
    with pytest.raises(PromptError, match="syntax"):
        parse("# user\n{# comment\n# assistant\n#}")


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("task: digest\nversion: 2\n", "description"),
        (HEAD + "variables: [\n", "line 5"),
        (HEAD + "version: 2\n", "twice"),
        (HEAD.replace("2", "zero"), "version"),
        (HEAD.replace("2", "0"), "version"),
        (HEAD + "temperature: 1\n", "temperature"),
        (HEAD + "parameters: {temprature: 1}\n", "temprature"),
        (HEAD + "parameters: {seed: 1}\n", "seed"),  # nothing would read it
        (HEAD + "parameters: {max_tokens: -1}\n", "max_tokens"),
        (HEAD + "variables: &a [x]\nparameters: *a\n", "aliases"),
        ("- a list\n", "names and values"),
        ("[" * 20_000 + "\n", "deep"),
        (HEAD + "variables: [article, article]\n", "twice|not used"),
        (HEAD + "variables: [title]\n", "'article' is used but not declared"),
        (HEAD + "variables: []\n", "'article' is used but not declared"),
    ],
)
def test_wrong_front_matter_is_refused(head: str, reason: str) -> None:
    with pytest.raises(PromptError, match=reason) as caught:
        parse("# user\n{{ article }}", head)
    assert "here.md" in str(caught.value)


def test_a_variable_that_is_never_used_is_refused() -> None:
    with pytest.raises(PromptError, match="'title' is declared but not used"):
        parse("# user\nx", HEAD + "variables: [title]\n")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "must begin with"),
        ("Text first.\n# user\na", "must begin with"),
        ("# system\na", "# user"),
        ("# user\na\n# system\nb", "only as the first"),
        ("# user\na\n# assistant\n", "empty"),
        ("# system\na\n# user\nb\n{{ c|safe }}", "under '# user', template line 2"),
    ],
)
def test_wrong_sections_are_refused(body: str, reason: str) -> None:
    with pytest.raises(PromptError, match=reason):
        parse(body)


@pytest.mark.parametrize(
    "data", [b"", b"---\n", b"task: digest\n", b"---\ntask: digest\n# user\na"]
)
def test_a_file_without_front_matter_is_refused(data: bytes) -> None:
    with pytest.raises(PromptError, match="front matter"):
        parse_prompt(data, where="x")


def test_a_file_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(PromptError, match="UTF-8"):
        parse_prompt(b"---\n\xff\n---\n", where="x")
