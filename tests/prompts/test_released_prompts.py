"""The prompts that ship: as released, and safe for text that we did not write."""

from __future__ import annotations

import pytest
from jinja2 import nodes

from summarizer.errors import PromptError
from summarizer.prompts import template
from summarizer.prompts.store import list_prompts, prompts_folder, read_lock, verify_lock

# Numbers, dates and words of ours. All else may come from articles, users or models.
TRUSTED = {
    "language",
    "max_topics",
    "part",
    "parts",
    "published",
    "request",
    "sentences",
    "style",
    "words",
}


def bare_outputs(node: nodes.Node, trusted: frozenset[str]) -> list[str]:
    """The expressions that a template prints without ``untrusted``, of names not in ``trusted``.

    A loop's variable is as trusted as what the loop goes over.
    """
    if isinstance(node, nodes.Output):
        return [name for child in node.nodes for name in bare_names(child, trusted)]
    if isinstance(node, nodes.For) and not bare_names(node.iter, trusted):
        trusted |= {name.name for name in node.target.find_all(nodes.Name)}
        trusted |= {node.target.name} if isinstance(node.target, nodes.Name) else set()
    return [name for child in node.iter_child_nodes() for name in bare_outputs(child, trusted)]


def bare_names(node: nodes.Node, trusted: frozenset[str]) -> list[str]:
    if isinstance(node, nodes.Filter) and node.name == "untrusted":
        return []
    if isinstance(node, nodes.Name):
        return [] if node.name in trusted else [node.name]
    return [name for child in node.iter_child_nodes() for name in bare_names(child, trusted)]


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("{{ article | untrusted }}{{ words }}", []),
        ("{{ article | trim | untrusted }}", []),
        ("{% if article %}x{% endif %}", []),
        ("{% for n in notes %}{{ n | untrusted }}{% endfor %}", []),
        ("{{ article }}", ["article"]),
        ("{{ article | trim }}", ["article"]),
        ("{{ words if article else title }}", ["article", "title"]),
        ("{% for n in notes %}{{ n.text }}{% endfor %}", ["n"]),
        ("{% for n in words %}{{ n }}{{ title }}{% endfor %}", ["title"]),
    ],
)
def test_the_check_itself(source: str, bare: list[str]) -> None:
    assert bare_outputs(template.parse(source), frozenset(TRUSTED)) == bare


def test_every_prompt_neutralises_what_we_did_not_write() -> None:
    for file in list_prompts():
        for section in file.load().sections:
            bare = bare_outputs(template.parse(section.template), frozenset(TRUSTED))
            assert bare == [], f"{file.key}: pass {bare} through the filter 'untrusted'"


def test_every_released_prompt_is_as_it_was_released() -> None:
    try:
        verify_lock()
    except PromptError as error:
        pytest.fail(f"{error}; {error.hint}")


def test_the_lock_is_sorted() -> None:
    lock = read_lock()

    assert list(lock) == sorted(lock), prompts_folder()
